"""GoogLeNet: nine Inception modules, each with four branches side by side."""

import torch
import torch.nn.functional as F
from torch import nn

# One Inception module a row: filters 1×1; 1×1 before 3×3, and 3×3; 1×1 before 5×5, and 5×5; 1×1 behind the pooling (table 1 of the paper).
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class Inception(nn.Module):
    """An Inception module with dimension reductions: four branches on the same input, their channels joined.

        branch   layers                                                channels that come out
        1        1×1                                                   out_1x1
        2        1×1 to reduce_3x3 channels, 3×3                       out_3x3
        3        1×1 to reduce_5x5 channels, 5×5                       out_5x5
        4        max pooling 3×3 with stride 1, 1×1                    out_pool

    forward     (N, in_channels, H, W) -> (N, out_1x1 + out_3x3 + out_5x5 + out_pool, H, W), the branches' channels in this order
    batch_norm  False: every convolution has a bias, and ReLU follows it, as in the paper, which is older than batch norm
                True: every convolution is followed by nn.BatchNorm2d, then by ReLU, and has no bias

    All strides are 1, and padding keeps H and W, that of the pooling too. Inception(192, 64, 96, 128, 16, 32, 32), the first of the network
    (3a), has 163,696 parameters and needs 128 million multiplications with additions for 28×28 places.
    Source: Szegedy and others 2014, "Going deeper with convolutions", section 4, figure 2(b).
    """

    def __init__(
        self, in_channels: int, out_1x1: int, reduce_3x3: int, out_3x3: int, reduce_5x5: int, out_5x5: int, out_pool: int, batch_norm: bool = False
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        def convolution(given: int, made: int, kernel_size: int) -> nn.Sequential:
            norm = nn.BatchNorm2d(made) if batch_norm else nn.Identity()
            return nn.Sequential(nn.Conv2d(given, made, kernel_size, padding=kernel_size // 2, bias=not batch_norm), norm, nn.ReLU())

        self.branches = nn.ModuleList([
            convolution(in_channels, out_1x1, 1),
            nn.Sequential(convolution(in_channels, reduce_3x3, 1), convolution(reduce_3x3, out_3x3, 3)),
            nn.Sequential(convolution(in_channels, reduce_5x5, 1), convolution(reduce_5x5, out_5x5, 5)),
            nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), convolution(in_channels, out_pool, 1)),
        ])
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, in_channels, H, W) -> (N, out_1x1 + out_3x3 + out_5x5 + out_pool, H, W)"""
        ### BEGIN SOLUTION
        return torch.cat([branch(x) for branch in self.branches], dim=1)
        ### END SOLUTION


class GoogLeNet(nn.Module):
    """GoogLeNet: 22 layers with parameters, one behind the other, and 6,998,552 of those.

        layer                              output            parameters   operations, for 224×224
        convolution 7×7, stride 2          64 × 112 × 112         9,472   118 million
        ReLU, max pooling 3×3, stride 2    64 × 56 × 56
        convolution 1×1, ReLU              64 × 56 × 56           4,160    13 million
        convolution 3×3, ReLU              192 × 56 × 56        110,784   347 million
        max pooling 3×3, stride 2          192 × 28 × 28
        3a, 3b                             480 × 28 × 28        552,432   432 million
        max pooling 3×3, stride 2          480 × 14 × 14
        4a, 4b, 4c, 4d, 4e                 832 × 14 × 14      2,809,168   550 million
        max pooling 3×3, stride 2          832 × 7 × 7
        5a, 5b                             1024 × 7 × 7       2,487,536   122 million
        means over all places              1024
        dropout, 40 %                      1024
        fully connected                    classes            1,025,000     1 million

    classes     how many there are to tell apart
    width       filters of the first convolution: 64 is the published network. For another, every number of filters, those in MODULES
                too, becomes number · width // 64; width is a multiple of 8
    batch_norm  True: as in Inception, behind the first three convolutions too, and handed on to every block
    block       the class of the modules, made as Inception is: block(in_channels, *six numbers, batch_norm=batch_norm)
    forward     (N, 3, H, W) -> (N, classes) scores, no softmax, for images of any size from 32 by 32 pixels on

    The 7×7 convolution has padding 3, the 3×3 one padding 1. Max pooling with stride 2 has no padding and rounds sizes up
    (ceil_mode=True): 112 becomes 56, where rounding down would give 55.

    Source: Szegedy and others 2014, "Going deeper with convolutions", table 1. Left out are its two auxiliary classifiers, which are thrown
    away after training: a year later their authors found that they do not help lower layers to learn, and add little in the end (2015,
    "Rethinking the Inception architecture for computer vision", section 4). Left out, too, are the two local response normalizations
    that figure 3 has and table 1 has not. Batch norm is not in the paper; nearly everybody who trains the network today puts it in.
    """

    def __init__(self, classes: int = 1000, width: int = 64, batch_norm: bool = False, block: type[nn.Module] = Inception) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        def convolution(given: int, made: int, kernel_size: int, stride: int = 1) -> list[nn.Module]:
            norm = nn.BatchNorm2d(made) if batch_norm else nn.Identity()
            return [nn.Conv2d(given, made, kernel_size, stride, kernel_size // 2, bias=not batch_norm), norm, nn.ReLU()]

        def pool() -> nn.MaxPool2d:
            return nn.MaxPool2d(3, stride=2, ceil_mode=True)

        layers = [*convolution(3, width, 7, 2), pool(), *convolution(width, width, 1), *convolution(width, 3 * width, 3), pool()]
        channels = 3 * width
        for name, row in MODULES.items():
            if name in ("4a", "5a"):
                layers.append(pool())
            numbers = [number * width // 64 for number in row]
            layers.append(block(channels, *numbers, batch_norm=batch_norm))
            channels = numbers[0] + numbers[2] + numbers[4] + numbers[5]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.4), nn.Linear(channels, classes))
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes)"""
        ### BEGIN SOLUTION
        return self.classifier(self.features(x))
        ### END SOLUTION
