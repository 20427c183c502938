"""Stand-ins for the blocks that a network of PyTorch's is built from: made the same way, and computing something else.

A network that takes its block as an argument is judged with one of these, so that an earlier slip in a learner's own block costs nothing
there. They come into the sandbox, before the learner's eyes: so none of them is what an exercise asks for. Torch is imported when one is
asked for, and not before.
"""

from __future__ import annotations

from typing import Any


def stride_block(expansion: int = 1) -> Any:
    """A class block(in_channels, width, stride=1) with `expansion`: means of 3×3, one 1×1 convolution to expansion · width channels, tanh.

    It looks around, or nobody could tell in which of several blocks a stride is.
    """

    class StrideBlock(stride_block_with_dropout(expansion)):
        def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
            super().__init__(in_channels, width, stride)

    return StrideBlock


def stride_block_with_dropout(expansion: int = 1) -> Any:
    """A class block(in_channels, width, stride=1, dropout=0.0) with `expansion`: stride_block, of what dropout leaves of x."""
    import torch
    from torch import nn

    class StrideBlockWithDropout(nn.Module):
        def __init__(self, in_channels: int, width: int, stride: int = 1, dropout: float = 0.0) -> None:
            super().__init__()
            self.drop, self.around = nn.Dropout(dropout), nn.AvgPool2d(3, stride, padding=1)
            self.only = nn.Conv2d(in_channels, self.expansion * width, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tanh(self.only(self.around(self.drop(x))))

    StrideBlockWithDropout.expansion = expansion
    return StrideBlockWithDropout


def inception_block() -> Any:
    """A class made as Inception is, block(in_channels, *six numbers, batch_norm=False): one 1×1 convolution to the channels that four branches
    would give together, and ReLU. Three small parameters have the six numbers as their shapes, so that none of them goes unseen.
    """
    import torch
    from torch import nn

    class GivenBlock(nn.Module):
        def __init__(
            self, in_channels: int, out_1x1: int, reduce_3x3: int, out_3x3: int, reduce_5x5: int, out_5x5: int, out_pool: int,
            batch_norm: bool = False,
        ) -> None:
            super().__init__()
            self.one_and_pool = nn.Parameter(torch.zeros(out_1x1, out_pool))
            self.three = nn.Parameter(torch.zeros(reduce_3x3, out_3x3))
            self.five = nn.Parameter(torch.zeros(reduce_5x5, out_5x5))
            made = out_1x1 + out_3x3 + out_5x5 + out_pool
            self.only = nn.Conv2d(in_channels, made, 1)
            self.after = nn.Sequential(*([nn.BatchNorm2d(made)] if batch_norm else []))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.after(self.only(x)) + self.one_and_pool.mean() + self.three.mean() + self.five.mean())

    return GivenBlock


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


BLOCK_GIVENS = (stride_block, stride_block_with_dropout, inception_block, halving_block, widening_layer)
