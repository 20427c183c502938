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


def stride_block_with_dropout(expansion: int = 1) -> Any:
    """A class block(in_channels, width, stride=1, dropout=0.0) with `expansion`: tanh of a 1×1 convolution of what dropout leaves of x."""
    import torch
    from torch import nn

    class StrideBlockWithDropout(nn.Module):
        def __init__(self, in_channels: int, width: int, stride: int = 1, dropout: float = 0.0) -> None:
            super().__init__()
            self.drop, self.only = nn.Dropout(dropout), nn.Conv2d(in_channels, self.expansion * width, 1, stride)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tanh(self.only(self.drop(x)))

    StrideBlockWithDropout.expansion = expansion
    return StrideBlockWithDropout


def widening_layer() -> Any:
    """A class layer(in_channels, growth, bottleneck=4, dropout=0.0): all in_channels + growth channels anew, tanh of one convolution.

    `bottleneck` is a factor of what it gives, so that it tells whether it was handed on.
    """
    import torch
    from torch import nn

    class WideningLayer(nn.Module):
        def __init__(self, in_channels: int, growth: int, bottleneck: int = 4, dropout: float = 0.0) -> None:
            super().__init__()
            self.drop, self.only, self.factor = nn.Dropout(dropout), nn.Conv2d(in_channels, in_channels + growth, 1), 1 + bottleneck

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.factor * torch.tanh(self.only(self.drop(x)))

    return WideningLayer


BLOCK_GIVENS = (stride_block, stride_block_with_dropout, widening_layer)
