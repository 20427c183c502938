"""VGG as an nn.Module: blocks of small convolutions, one after the other."""

import torch
from torch import nn


def vgg_block(in_channels: int, out_channels: int, convolutions: int, batch_norm: bool = False) -> nn.Sequential:
    """Some convolutions 3×3 in a row, then max pooling: what VGG is built from.

    in_channels, out_channels  of the block; the first convolution changes the number, all others keep it
    convolutions               how many: each 3×3, stride 1, padding 1, with a ReLU behind it
    batch_norm                 puts an nn.BatchNorm2d between each convolution and its ReLU. These convolutions have no bias: the batch norm
                               behind them subtracts it again, and adds one of its own
    returns                    nn.Sequential: (N, in_channels, H, W) -> (N, out_channels, H // 2, W // 2), by max pooling 2×2 with stride 2

    Parameters: 9 · in · out + out for the first convolution, 9 · out² + out for each of the others; with batch norm 2 · out for its bias.
    Source: Simonyan, Zisserman 2015, "Very deep convolutional networks for large-scale image recognition", section 2.1. Batch norm came
    later (Ioffe, Szegedy 2015).
    """
    raise NotImplementedError("nets.vgg.vgg_block: not written yet — stride hint nets.vgg.vgg_block")


class VGG(nn.Module):
    """VGG-11, -13, -16 or -19 for square colour images.

    depth       how many layers have weights: 11, 13, 16 or 19
    classes     how many there are to tell apart
    batch_norm  handed on to the blocks; the fully connected layers have none
    width       filters of the first block, 64 in the table below, and all others in proportion to it
    hidden      units of each of the two fully connected layers in the middle
    size        height and width of the images, a multiple of 32
    block       what makes a block: block(in_channels, out_channels, convolutions, batch_norm); a check may hand in another one than yours
    forward     (N, 3, size, size) -> (N, classes) scores; no softmax, that is part of the loss

        convolutions of a block       VGG-11   VGG-13   VGG-16   VGG-19     output (size 224)
        block 1, 64 filters                1        2        2        2     64 × 112 × 112
        block 2, 128 filters               1        2        2        2     128 × 56 × 56
        block 3, 256 filters               2        2        3        4     256 × 28 × 28
        block 4, 512 filters               2        2        3        4     512 × 14 × 14
        block 5, 512 filters               2        2        3        4     512 × 7 × 7
        flattened                                                           25088
        fully connected, ReLU, dropout                                      4096
        fully connected, ReLU, dropout                                      4096
        fully connected                                                     classes
        parameters                   132.9 M  133.0 M  138.4 M  143.7 M     (VGG-16: 138,357,544; the paper rounds to 133, 133, 138, 144)

    Dropout drops half. Layers with parameters outside the blocks are nn.Linear.
    Source: Simonyan, Zisserman 2015, "Very deep convolutional networks for large-scale image recognition", table 1 (A, B, D, E) and table 2.
    """

    def __init__(
        self, depth: int = 16, classes: int = 1000, batch_norm: bool = False, width: int = 64, hidden: int = 4096, size: int = 224, block=vgg_block
    ) -> None:
        super().__init__()
        raise NotImplementedError("nets.vgg.VGG: not written yet — stride hint nets.vgg.VGG")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, size, size) -> (N, classes)"""
        raise NotImplementedError("nets.vgg.VGG: not written yet — stride hint nets.vgg.VGG")
