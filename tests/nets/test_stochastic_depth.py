"""Published numbers of stochastic depth, from our own: Huang and others 2016, section 3."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from autograder.loading import load_function
from tests.checks.common import SOLUTIONS


def given(name: str):
    return load_function("nets.stochastic_depth", name, SOLUTIONS)


def test_the_expected_depth_of_the_papers_network_is_about_three_quarters() -> None:
    """54 blocks, p_L = 0.5: "the expected number of ResBlocks during training reduces to (3L - 1)/4", 40 of 54."""
    rates = given("survival_rates")(54)
    assert sum(rates) == pytest.approx((3 * 54 - 1) / 4) and rates[-1] == 0.5


def test_the_average_of_many_training_steps_is_what_comes_out_in_use() -> None:
    torch.manual_seed(1)
    block = given("StochasticDepth")(nn.Linear(3, 3), 0.3)
    x = torch.randn(2, 3)
    with torch.no_grad():
        mean = sum(block(x) for _ in range(4000)) / 4000
        assert torch.allclose(mean, block.eval()(x), atol=0.05)


def test_what_is_no_probability_is_refused() -> None:
    for survival in (-0.1, 1.5):
        with pytest.raises(ValueError, match="between 0 and 1"):
            given("StochasticDepth")(nn.Identity(), survival)
