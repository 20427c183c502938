"""The check of LeNet-5 as an nn.Module."""

from __future__ import annotations

import pytest
from torch import nn

from autograder import check
from autograder.checks.nets.lenet import lenet5
from tests.checks.common import proofs

TestProofs = proofs("nets.lenet")


def test_the_published_number_of_parameters() -> None:
    assert sum(p.numel() for p in lenet5()().parameters()) == 61_706


@pytest.mark.parametrize("width", [5, 17])
def test_other_widths_are_told_by_their_arrays(width: int) -> None:
    verdict = check("nets.lenet.LeNet5", lenet5(widths=(width, 16, 120, 84)), seed=1)
    text = " ".join(str(verdict).split())
    assert not verdict.passed and "missing: Conv2d.bias 6, " in text and f"not asked for: Conv2d.bias {width}, " in text


def test_a_layer_that_is_never_called_is_named() -> None:
    class Idle(nn.Module):
        def __init__(self, channels: int = 1, classes: int = 10) -> None:
            super().__init__()
            self.used, self.spare = lenet5()(channels, classes), nn.Linear(84, classes)

        def forward(self, x):
            return self.used(x)

    verdict = check("nets.lenet.LeNet5", Idle, seed=1)
    assert "spare.weight, spare.bias: no part in the output" in str(verdict)
    earned = {aspect.name for aspect in verdict.aspects if aspect.passed}
    assert earned == {"forward"}


def test_what_is_no_module_is_said() -> None:
    assert "int is no nn.Module" in str(check("nets.lenet.LeNet5", lambda channels, classes: 3, seed=1))
