"""The checks of VGG and its block."""

from __future__ import annotations

import torch
from torch import nn

from autograder import check
from autograder.checks.nets.vgg.block import vgg_block
from autograder.checks.nets.vgg.network import vgg
from autograder.probes import arrange
from autograder.values import Given
from tests.checks.common import proofs

TestProofs = proofs("nets.vgg", seeds=(1,))


def test_a_slip_in_the_learners_own_block_costs_the_last_aspect_alone() -> None:
    wrong = vgg_block(bent="last")

    def network(block=wrong, **options):
        return vgg()(block=block, **options)

    verdict = check("nets.vgg.VGG", network, seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["whole"]


def test_a_block_that_is_not_written_costs_the_last_aspect_alone() -> None:
    def stub(*_):
        raise NotImplementedError("nets.vgg.vgg_block: not written yet — stride hint nets.vgg.vgg_block")

    verdict = check("nets.vgg.VGG", lambda block=stub, **options: vgg()(block=block, **options), seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["whole"]
    assert "needs nets.vgg.vgg_block, which is not written yet" in verdict.feedback


def test_a_block_may_be_any_module() -> None:
    class Block(nn.Module):
        def __init__(self, **options):
            super().__init__()
            self.inner = vgg_block()(**options)

        def forward(self, x):
            return self.inner(x)

    assert check("nets.vgg.vgg_block", Block, seed=1).passed


def test_the_stand_in_is_no_block_of_vggs() -> None:
    """Learners may read it: what it computes must not be what they are asked for."""
    stand_in = arrange(Given("halving_block", {}), "plain")
    for convolutions in (1, 2, 4):
        made = stand_in(3, 5, convolutions, batch_norm=convolutions == 2)
        assert made(torch.ones(2, 3, 8, 6)).shape == (2, 5, 4, 3)
        assert made[1].weight.shape == (5, 3, 2, 2 * convolutions)
        assert any(isinstance(layer, nn.BatchNorm2d) for layer in made) == (convolutions == 2)
    assert check("nets.vgg.vgg_block", stand_in, seed=1).points == 0
