"""The probe for modules that draw random numbers: which results many calls give, how often each comes, and what ran for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autograder.probes import Answer, observe
from autograder.random_probes import MOST_OUTPUTS, random_module
from autograder.values import Given

X = np.random.default_rng(5).standard_normal((3, 2, 6, 6))


class Coin(nn.Module):
    """Twice what its branch gives with a probability of 0.4, else nothing that its branch knows of."""

    def __init__(self, branch: nn.Module, computes: bool = False) -> None:
        super().__init__()
        self.branch, self.computes = branch, computes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        on = torch.rand(()) < 0.4 if self.training else True
        return 2 * self.branch(x) if on else 3 * x[:, :, :4, :4] + 0 * self.branch(x) if self.computes else 3 * x[:, :, :4, :4]


def many_calls(subject: Any, training: bool = True, calls: int = 50, **options: Any) -> Answer:
    branch = Given("sequential", {"layers": [["Conv2d", {"in_channels": 2, "out_channels": 2, "kernel_size": 3}]], "seed": 4})
    inputs = {"options": {"branch": branch, **options}, "seed": 1, "training": training, "x": X, "dout": np.ones((3, 2, 4, 4)), "calls": calls}
    return observe("random_module", subject, inputs)


def test_many_calls_of_a_random_module_give_each_of_its_results_once() -> None:
    outputs, dxs, gradients, runs, (first, again, other) = many_calls(Coin).output
    kept, dropped = (0, 1) if runs[0]["branch"] else (1, 0)
    assert np.allclose(outputs[dropped], 3 * X[:, :, :4, :4]) and runs[dropped] == {"branch": 0} and runs[kept] == {"branch": 1}
    assert dxs[dropped].sum() == pytest.approx(3 * 3 * 2 * 4 * 4) and not gradients[dropped]["Conv2d.weight 2×2×3×3"].any()
    assert gradients[kept]["Conv2d.bias 2"].tolist() == [2 * 3 * 4 * 4] * 2
    assert len(first) == len(other) == 50 and first[:40] == again and first != other and set(first) == {0, 1}
    outputs, _, _, runs, (first, _, other) = many_calls(Coin, training=False, calls=3).output
    assert len(outputs) == 1 and runs == [{"branch": 1}] and first == other == [0, 0, 0]
    assert [run["branch"] for run in many_calls(Coin, computes=True).output[3]] == [1, 1]


def test_the_generator_of_whoever_calls_stays_where_it_was() -> None:
    inputs = {"options": {"branch": nn.Conv2d(2, 2, 3)}, "seed": 1, "training": True, "x": X, "dout": np.ones((3, 2, 4, 4)), "calls": 5}
    before = torch.random.get_rng_state()
    random_module(Coin, inputs)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_of_too_many_different_results_the_first_ones_are_given() -> None:
    class Noise(Coin):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.branch(x) + torch.rand(())

    outputs, *_, (first, again, other) = many_calls(Noise, calls=20).output
    assert len(outputs) == MOST_OUTPUTS and first == again == list(range(20)) and set(other) == set(range(20, 40))


def test_random_modules_that_are_none() -> None:
    assert many_calls(lambda branch: 3).error == "TypeError"
    assert many_calls(lambda branch: None).output is None

    class Nothing(Coin):
        def forward(self, x: torch.Tensor) -> None:
            return None

    assert many_calls(Nothing).output is None
