"""The check of ZFNet."""

from __future__ import annotations

import torch

from autograder import check
from autograder.checks.nets.zfnet import zfnet
from tests.checks.common import proofs

TestProofs = proofs("nets.zfnet", seeds=(1,))


def test_the_judges_own_sizes_are_those_of_the_paper() -> None:
    """110, 55, 26, 13 and 6 along each side, as figure 3 has them."""
    x, sizes = torch.zeros(1, 3, 224, 224), []
    for layer in zfnet()(width=3, hidden=10):
        x = layer(x)
        sizes += [x.shape[-1]] if x.ndim == 4 and type(layer).__name__ in ("Conv2d", "MaxPool2d") else []
    assert sizes == [110, 55, 26, 13, 13, 13, 13, 6]


def test_alexnets_order_costs_lrn_alone() -> None:
    verdict = check("nets.zfnet.ZFNet", zfnet(order=("bend", "norm", "pool")), seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["LRN", "backward"]
