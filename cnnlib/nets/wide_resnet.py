"""Wide residual networks: fewer blocks, each with many more channels."""

import torch
from torch import nn


class WideBlock(nn.Module):
    """The block of wide residual networks: batch norm and ReLU before each convolution, and dropout between the two convolutions.

    in_channels  C, the channels of x
    width        F, the channels of both convolutions, and of the output
    stride       of the first 3×3 convolution, and of the projection
    dropout      the probability with which a number is dropped in training
    forward      (N, C, H, W) -> (N, F, OH, OW)  with OH = (H - 1) // stride + 1, OW likewise

        first     batch norm · ReLU, of x
        branch    of that: conv 3×3, stride · batch norm · ReLU · dropout · conv 3×3
        shortcut  x itself, where the block changes neither channels (C = F) nor size (stride = 1);
                  elsewhere a projection of what comes out of `first`: conv 1×1, stride, without batch norm
        out       branch + shortcut, without ReLU

    3×3 convolutions have padding 1, the projection has none; none of them has a bias. Without the dropout it is the pre-activation block of
    assignment 11. Layers with parameters are nn.Conv2d and nn.BatchNorm2d, dropout is nn.Dropout (or F.dropout); names are up to you.
    Source: Zagoruyko, Komodakis 2016, "Wide residual networks", figure 1 (d) and section 2.4; where shapes change, as in the authors' code.
    """

    expansion = 1

    def __init__(self, in_channels: int, width: int, stride: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        raise NotImplementedError("nets.wide_resnet.WideBlock: not written yet — stride hint nets.wide_resnet.WideBlock")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> (N, F, OH, OW)"""
        raise NotImplementedError("nets.wide_resnet.WideBlock: not written yet — stride hint nets.wide_resnet.WideBlock")


class WideResNet(nn.Module):
    """The wide residual network for CIFAR's small images: WRN-28-10 has 28 convolutions, ten times as wide as in a thin network.

    depth    6·n + 4 convolutions, with n blocks in each of three stages: the first one, two in every block, and one projection a stage;
             16, 22, 28, 40 in the paper
    widen    k, how many times as wide as the thin network of the same form all blocks are
    classes  how many there are to tell apart
    dropout  handed to every block
    width    W, the channels of the first convolution: that one is not widened
    block    a class such as WideBlock: block(in_channels, width, stride, dropout) gives block.expansion · width channels
    forward  (N, 3, H, W) -> (N, classes) scores, for images of any size; no softmax, that is part of the loss

        part                                               output, e = block.expansion   WRN-28-10, 32×32
        conv 3×3, padding 1, no bias                       W channels                    16 × 32 × 32
        stage 1: n blocks of width k·W                     e·k·W                         160 × 32 × 32
        stage 2: n blocks of width 2·k·W                   e·2·k·W                       320 × 16 × 16
        stage 3: n blocks of width 4·k·W                   e·4·k·W                       640 × 8 × 8
        batch norm · ReLU                                  e·4·k·W                       640 × 8 × 8
        mean over all places (global average pooling)      e·4·k·W                       640
        fully connected, with bias                         classes                       10

    The first block of stages 2 and 3 has stride 2, all others have stride 1. Blocks begin with batch norm and ReLU, so the first convolution
    has none behind it, and the last block needs them.

        network      WRN-16-8      WRN-28-10     WRN-40-4
        parameters   10,961,370    36,479,194    8,949,210     (paper: 11.0, 36.5 and 8.9 million)

    Source: Zagoruyko, Komodakis 2016, "Wide residual networks", table 1 and table 5.
    """

    def __init__(
        self, depth: int = 28, widen: int = 10, classes: int = 10, dropout: float = 0.0, width: int = 16, block: type[nn.Module] = WideBlock
    ) -> None:
        super().__init__()
        if depth < 10 or (depth - 4) % 6:
            raise ValueError(f"depth is 6·n + 4, such as 10, 16, 22, 28 or 40, not {depth}")
        raise NotImplementedError("nets.wide_resnet.WideResNet: not written yet — stride hint nets.wide_resnet.WideResNet")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes)"""
        raise NotImplementedError("nets.wide_resnet.WideResNet: not written yet — stride hint nets.wide_resnet.WideResNet")
