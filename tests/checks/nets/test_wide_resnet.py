"""The check of wide residual networks."""

from __future__ import annotations

import pytest
from torch import nn

from autograder import check
from autograder.checks.nets.wide_resnet.network import wide_resnet
from autograder.exercise import load
from tests.checks.common import check_misconception, proofs

TestProofs = proofs("nets.wide_resnet")
STRIDES = ("smaller_in_last_block", "smaller_in_second_block", "smaller_before_the_next_stage", "smaller_in_stages_1_and_2")


@pytest.mark.parametrize("slip", STRIDES)
def test_a_stride_in_the_wrong_block_costs_the_scores(slip: str) -> None:
    lost = {aspect.name for aspect in check_misconception(load("nets.wide_resnet.WideResNet"), slip, 4).aspects if not aspect.passed}
    assert lost >= {"forward", "options", "dropout", "backward"}


def test_layers_out_of_sight_are_said_to_be() -> None:
    class Listed(nn.Module):
        def __init__(self, **options):
            super().__init__()
            self.layers = list(wide_resnet()(**options).layers)

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x.mean((2, 3))

    said = " ".join(str(check("nets.wide_resnet.WideResNet", Listed, seed=1)).split())
    assert "self.layers is a plain Python list, where the module does not see its layers" in said
