"""ResNeXt: a bottleneck whose 3×3 convolution looks at its channels in groups."""

import torch
from torch import nn


class ResNeXtBlock(nn.Module):
    """The block of ResNeXt: the bottleneck of ResNet-50 with many narrow paths in place of one wide path.

    in_channels  C, the channels of x
    width        F, as ResNet has it: 64, 128, 256, 512 in its four stages; the output has 4·F channels
    stride       of the 3×3 convolution, the one in the middle, and of the projection
    cardinality  G, the number of paths ("32" in ResNeXt-50 32×4d)
    base_width   channels that each path has where F = 64 ("4d"); for other F there are d = F · base_width // 64
    forward      (N, C, H, W) -> (N, 4·F, OH, OW)  with OH = (H - 1) // stride + 1, OW likewise

        branch    conv 1×1 to G·d channels · batch norm · ReLU
                  conv 3×3 from G·d to G·d channels in G groups, stride · batch norm · ReLU
                  conv 1×1 to 4·F channels · batch norm
        shortcut  x itself, where the block changes neither channels (C = 4·F) nor size (stride = 1);
                  elsewhere a projection: conv 1×1 to 4·F channels, stride · batch norm
        out       ReLU(branch + shortcut)

    The 3×3 convolution has padding 1, the 1×1 convolutions have none; none of them has a bias. Layers with parameters are nn.Conv2d and
    nn.BatchNorm2d; what you call them is up to you.

    The same function can be written in three ways (figure 3 of the paper):

        (a)  G paths side by side, each conv 1×1 to d channels · conv 3×3 · conv 1×1 to 4·F channels, and their outputs ADDED: the form of the idea,
             "split, transform, merge";
        (b)  G paths of conv 1×1 · conv 3×3, their outputs CONCATENATED, then one conv 1×1 to 4·F channels: a sum of matrix products is one
             product with longer rows. It looks like Inception, with all paths alike;
        (c)  one conv 1×1 to G·d channels, one conv 3×3 in G GROUPS, where each group of d channels sees only itself, one conv 1×1 to 4·F.

    Write (c): it is the shortest and the fastest. cardinality=1, base_width=64 is the bottleneck of ResNet-50; cardinality=1,
    base_width=128 doubles its inner width (F = 64: 128 channels inside, 256 come out as ever), which is how Wide ResNet-50-2 is made.
    Source: Xie, Girshick, Dollár, Tu, He 2017, "Aggregated residual transformations for deep neural networks", figure 3 and table 1;
    d for other F: torchvision.models.resnet.
    """

    expansion = 4

    def __init__(self, in_channels: int, width: int, stride: int = 1, cardinality: int = 32, base_width: int = 4) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        inner = cardinality * (width * base_width // 64)
        out_channels = self.expansion * width
        self.branch = nn.Sequential(
            nn.Conv2d(in_channels, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU(),
            nn.Conv2d(inner, inner, 3, stride, padding=1, groups=cardinality, bias=False), nn.BatchNorm2d(inner), nn.ReLU(),
            nn.Conv2d(inner, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels),
        )
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> (N, 4·F, OH, OW)"""
        ### BEGIN SOLUTION
        return torch.relu(self.branch(x) + self.shortcut(x))
        ### END SOLUTION


def resnext(depth: int = 50, classes: int = 1000, cardinality: int = 32, base_width: int = 4, width: int = 64) -> nn.Module:
    """Given: your ResNet of assignment 11 with ResNeXt blocks in place of bottlenecks; depth is 50, 101 or 152.

        network              cardinality, base_width   parameters    multiply-adds
        ResNet-50            1, 64                     25,557,032    4.1 G
        ResNeXt-50 32×4d     32, 4                     25,028,904    4.2 G
        Wide ResNet-50-2     1, 128                    68,883,240    11.4 G
        ResNeXt-101 32×8d    32, 8                     88,791,336    16.4 G

    Source: torchvision.models.resnet.
    """
    from cnnlib.nets.resnet import ResNet

    counts = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
    if depth not in counts:
        raise ValueError(f"depth is one of {', '.join(map(str, counts))}, not {depth}")

    class Block(ResNeXtBlock):
        def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
            super().__init__(in_channels, width, stride, cardinality, base_width)

    return ResNet(Block, counts[depth], classes, width)
