"""Stand-ins for the blocks that a network of PyTorch's is built from: made the same way, and computing something else.

A network that takes its block as an argument is judged with one of these, so that an earlier slip in a learner's own block costs nothing
there. They come into the sandbox, before the learner's eyes: so none of them is what an exercise asks for. Torch is imported when one is
asked for, and not before.
"""

from __future__ import annotations

from typing import Any


def stride_block(expansion: int = 1) -> Any:
    """A class block(in_channels, width, stride=1) with `expansion`: tanh of one 1×1 convolution to expansion · width channels."""
    import torch
    from torch import nn

    class StrideBlock(nn.Module):
        def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
            super().__init__()
            self.only = nn.Conv2d(in_channels, self.expansion * width, 1, stride)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tanh(self.only(x))

    StrideBlock.expansion = expansion
    return StrideBlock


def halving_block() -> Any:
    """block(in_channels, out_channels, convolutions, batch_norm=False), half as high and wide: a convolution of 2×(2·convolutions) of the sine."""
    from torch import nn

    class Sine(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.sin()

    def block(in_channels: int, out_channels: int, convolutions: int, batch_norm: bool = False) -> Any:
        only = nn.Conv2d(in_channels, out_channels, (2, 2 * convolutions), 2, (0, convolutions - 1))
        return nn.Sequential(Sine(), only, *([nn.BatchNorm2d(out_channels)] if batch_norm else []))

    return block


BLOCK_GIVENS = (stride_block, halving_block)
