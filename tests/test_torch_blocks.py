"""Stand-ins for the blocks of networks: made as blocks are, and telling what was handed on to them."""

from __future__ import annotations

import pytest
import torch

from autograder.probes import arrange
from autograder.torch_numbers import fixed_dropout
from autograder.values import Given


@pytest.mark.parametrize("expansion", [1, 4])
def test_a_stand_in_is_made_as_blocks_are(expansion: int) -> None:
    block = arrange(Given("stride_block", {"expansion": expansion}), "plain")
    assert block.expansion == expansion
    assert block(3, 5, 2)(torch.ones(2, 3, 8, 6)).shape == (2, 5 * expansion, 4, 3) and block(3, 5)(torch.ones(2, 3, 8, 6)).shape[2:] == (8, 6)
    other = arrange(Given("stride_block", {"expansion": 2}), "plain")
    assert (block.expansion, other.expansion) == (expansion, 2)


def test_stand_ins_tell_whether_their_options_were_handed_on() -> None:
    x = torch.ones(1, 3, 8, 6)
    with fixed_dropout():
        for made in (arrange(Given("stride_block_with_dropout", {"expansion": 2}), "plain"), arrange(Given("widening_layer", {}), "plain")):
            blocks = [made(3, 5, stride, dropout) for stride, dropout in ((1, 0.0), (1, 0.5), (2, 0.0))]
            for block in blocks[1:]:
                block.load_state_dict(blocks[0].state_dict())
            plain, dropped, other = (block(x) for block in blocks)
            assert plain.shape[1] in (10, 8) and not torch.allclose(plain, dropped)
            assert plain.shape != other.shape or not torch.allclose(plain, other)
