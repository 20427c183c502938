"""Residual networks as nn.Module: the blocks, the networks for ImageNet that are built from them, and those for CIFAR-10 with their plain twins.

A block is a class block(in_channels, width, stride=1) whose images come out with block.expansion · width channels. `expansion` is an attribute
of the class, as it stands below: a network asks the class for it, before there is a block.
"""

import torch
import torch.nn.functional as F
from torch import nn

SHORTCUTS = ("projection", "padding", "none")  # what BasicBlock may be asked for

# --- Blocks ---------------------------------------------------------------------------------------------------------


class BasicBlock(nn.Module):
    """The block of ResNet-18 and ResNet-34: two 3×3 convolutions, each followed by batch norm, and a shortcut past them.

    in_channels  C, the channels of x
    width        F, the channels of both convolutions, and of the output
    stride       of the first 3×3 convolution, and of the shortcut
    shortcut     how x gets past the branch, see below: "projection", "padding" or "none"
    forward      (N, C, H, W) -> (N, F, OH, OW)  with OH = (H - 1) // stride + 1, OW likewise

        branch   conv 3×3, stride · batch norm · ReLU · conv 3×3 · batch norm
        out      ReLU(branch + shortcut)

        "projection"  x itself, where the block changes neither channels (C = F) nor size (stride = 1); elsewhere conv 1×1, stride · batch norm
        "padding"     of every `stride` rows and columns of x the first; then F - C channels of zeros behind its own: no parameters (C ≤ F)
        "none"        nothing is added: out = ReLU(branch), the block of a plain network

    3×3 convolutions have padding 1, the projection has none. No convolution has a bias: the batch norm behind it would subtract it.
    Layers with parameters are nn.Conv2d and nn.BatchNorm2d; what you call them is up to you.
    Source: He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", figure 5 (left); section 3.3: "padding" is its option A,
    "projection" its option B.
    """

    expansion = 1

    def __init__(self, in_channels: int, width: int, stride: int = 1, shortcut: str = "projection") -> None:
        super().__init__()
        if shortcut not in SHORTCUTS:
            raise ValueError(f"shortcut is one of {', '.join(SHORTCUTS)}, not {shortcut!r}")
        raise NotImplementedError("nets.resnet.BasicBlock: not written yet — stride hint nets.resnet.BasicBlock")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> (N, F, OH, OW)"""
        raise NotImplementedError("nets.resnet.BasicBlock: not written yet — stride hint nets.resnet.BasicBlock")


class Bottleneck(nn.Module):
    """The block of ResNet-50, 101 and 152: 1×1 to fewer channels, 3×3 among these, 1×1 back to four times as many.

    in_channels  C, the channels of x
    width        F, the channels of the 3×3 convolution; the output has 4·F
    stride       of the 3×3 CONVOLUTION, the one in the middle, and of the projection
    forward      (N, C, H, W) -> (N, 4·F, OH, OW)  with OH = (H - 1) // stride + 1, OW likewise

        branch    conv 1×1 · batch norm · ReLU · conv 3×3, STRIDE · batch norm · ReLU · conv 1×1 · batch norm
        shortcut  x itself, where the block changes neither channels (C = 4·F) nor size (stride = 1);
                  elsewhere a projection: conv 1×1 to 4·F channels, stride · batch norm
        out       ReLU(branch + shortcut)

    The 3×3 convolution has padding 1, the 1×1 convolutions have none; none of them has a bias.

    WHERE THE STRIDE IS: there are two ResNet-50s. The paper's has the stride on the first 1×1 convolution, which throws three of four pixels
    away before anything has looked at them. PyTorch's ("v1.5", that of torchvision) has it on the 3×3 convolution: 4.1 G multiply-adds in place
    of the paper's 3.8 G, the same parameters, and a smaller error. Ours is PyTorch's, as in assignment 08.
    Source: He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", figure 5 (right); torchvision.models.resnet.
    """

    expansion = 4

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("nets.resnet.Bottleneck: not written yet — stride hint nets.resnet.Bottleneck")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> (N, 4·F, OH, OW)"""
        raise NotImplementedError("nets.resnet.Bottleneck: not written yet — stride hint nets.resnet.Bottleneck")


class PreActBlock(nn.Module):
    """The basic block with batch norm and ReLU before each convolution, and nothing after the sum: the way past it stays clean.

    in_channels  C, the channels of x
    width        F, the channels of both convolutions, and of the output
    stride       of the first 3×3 convolution, and of the projection
    forward      (N, C, H, W) -> (N, F, OH, OW)  with OH = (H - 1) // stride + 1, OW likewise

        first     batch norm · ReLU, of x
        branch    of that: conv 3×3, stride · batch norm · ReLU · conv 3×3
        shortcut  x itself, where the block changes neither channels (C = F) nor size (stride = 1);
                  elsewhere a projection of what comes out of `first`: conv 1×1, stride, without batch norm
        out       branch + shortcut, without ReLU

    3×3 convolutions have padding 1, the projection has none; none of them has a bias. A network of such blocks needs one more batch norm and
    ReLU behind the last of them.
    Source: He, Zhang, Ren, Sun 2016, "Identity mappings in deep residual networks", figure 1 (b) and figure 4 (e); where shapes change, both
    ways start behind the first ReLU, as in the authors' code.
    """

    expansion = 1

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("nets.resnet.PreActBlock: not written yet — stride hint nets.resnet.PreActBlock")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> (N, F, OH, OW)"""
        raise NotImplementedError("nets.resnet.PreActBlock: not written yet — stride hint nets.resnet.PreActBlock")


# --- Networks -------------------------------------------------------------------------------------------------------


class ResNet(nn.Module):
    """A residual network for ImageNet: a stem, four stages of blocks, the mean over all places, and one fully connected layer.

    block    a class such as BasicBlock: block(in_channels, width, stride) gives block.expansion · width channels
    counts   how many blocks each of the four stages has
    classes  how many there are to tell apart
    width    W, the width of the blocks of the first stage; the others have 2·W, 4·W and 8·W
    forward  (N, 3, H, W) -> (N, classes) scores, for images of any size; no softmax, that is part of the loss

        part                                              output, e = block.expansion      W = 64, 224×224, e = 1 or 4
        conv 7×7, stride 2, padding 3 · batch norm · ReLU W channels                       64 × 112 × 112
        max pooling 3×3, stride 2, padding 1              W                                64 × 56 × 56
        stage 1: counts[0] blocks of width W              e·W                              64 or 256 × 56 × 56
        stage 2: counts[1] blocks of width 2·W            e·2·W                            128 or 512 × 28 × 28
        stage 3: counts[2] blocks of width 4·W            e·4·W                            256 or 1024 × 14 × 14
        stage 4: counts[3] blocks of width 8·W            e·8·W                            512 or 2048 × 7 × 7
        mean over all places (global average pooling)     e·8·W                            512 or 2048
        fully connected, with bias                        classes                          1000

    The first block of stages 2, 3 and 4 has stride 2, all others have stride 1. The convolution of the stem has no bias.

        network      block        counts          parameters    multiply-adds (paper)
        ResNet-18    BasicBlock   2, 2, 2, 2      11,689,512    1.8 G
        ResNet-34    BasicBlock   3, 4, 6, 3      21,797,672    3.6 G
        ResNet-50    Bottleneck   3, 4, 6, 3      25,557,032    4.1 G  (3.8 G)
        ResNet-101   Bottleneck   3, 4, 23, 3     44,549,160    7.8 G  (7.6 G)
        ResNet-152   Bottleneck   3, 8, 36, 3     60,192,808    11.5 G (11.3 G)

    Source: He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", table 1; parameters: torchvision.models.resnet.
    """

    def __init__(self, block: type[nn.Module] = BasicBlock, counts: tuple[int, ...] = (2, 2, 2, 2), classes: int = 1000, width: int = 64) -> None:
        super().__init__()
        raise NotImplementedError("nets.resnet.ResNet: not written yet — stride hint nets.resnet.ResNet")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes)"""
        raise NotImplementedError("nets.resnet.ResNet: not written yet — stride hint nets.resnet.ResNet")


def resnet(depth: int, classes: int = 1000, width: int = 64) -> ResNet:
    """Given: the published network with so many layers that have weights: 18, 34, 50, 101 or 152."""
    published = {
        18: (BasicBlock, (2, 2, 2, 2)), 34: (BasicBlock, (3, 4, 6, 3)),
        50: (Bottleneck, (3, 4, 6, 3)), 101: (Bottleneck, (3, 4, 23, 3)), 152: (Bottleneck, (3, 8, 36, 3)),
    }
    if depth not in published:
        raise ValueError(f"depth is one of {', '.join(map(str, published))}, not {depth}")
    return ResNet(*published[depth], classes, width)


class CifarResNet(nn.Module):
    """The residual network for the small images of CIFAR-10, and its plain twin, built from your own blocks.

    depth     6·n + 2 layers with weights, with n blocks in each of three stages: 20, 32, 44, 56, 110 in the paper
    classes   how many there are to tell apart
    residual  True: your BasicBlock with shortcut="padding"; False: the plain twin, your BasicBlock with shortcut="none"
    width     W, the width of the first stage; the others have 2·W and 4·W
    block     another class of blocks in their place, block(in_channels, width, stride), with block.expansion · width channels that come out:
              block=BasicBlock is the paper's option B (`residual` says nothing then)
    forward   (N, 3, H, W) -> (N, classes) scores, for images of any size; no softmax, that is part of the loss

        part                                               output, e = block.expansion      W = 16, 32×32, e = 1
        conv 3×3, padding 1, no bias · batch norm · ReLU   W channels                       16 × 32 × 32
        stage 1: n blocks of width W                       e·W                              16 × 32 × 32
        stage 2: n blocks of width 2·W                     e·2·W                            32 × 16 × 16
        stage 3: n blocks of width 4·W                     e·4·W                            64 × 8 × 8
        mean over all places (global average pooling)      e·4·W                            64
        fully connected, with bias                         classes                          10

    The first block of stages 2 and 3 has stride 2, all others have stride 1. Shortcuts of zeros have no parameters: both twins have as many,
    and they compute the same but for the sum.

        depth        20        32        44        56        110
        parameters   269,722   464,154   658,586   853,018   1,727,962   (paper: 0.27, 0.46, 0.66, 0.85, 1.7 million)

    Source: He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", section 4.2 and table 6.
    """

    def __init__(
        self, depth: int = 20, classes: int = 10, residual: bool = True, width: int = 16, block: type[nn.Module] | None = None
    ) -> None:
        super().__init__()
        if depth < 8 or (depth - 2) % 6:
            raise ValueError(f"depth is 6·n + 2, such as 8, 14, 20, 56 or 110, not {depth}")
        raise NotImplementedError("nets.resnet.CifarResNet: not written yet — stride hint nets.resnet.CifarResNet")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes)"""
        raise NotImplementedError("nets.resnet.CifarResNet: not written yet — stride hint nets.resnet.CifarResNet")
