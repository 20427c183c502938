"""Small classes for the parts: shortcuts as modules, blocks that inherit, networks that are Sequentials."""

from functools import partial
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn


class ConvNorm(nn.Sequential):
    def __init__(self, in_channels, out_channels, size, stride=1):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, size, stride, padding=(size - 1) // 2, bias=False), nn.BatchNorm2d(out_channels)
        )


class Padding(nn.Module):
    def __init__(self, more, stride):
        super().__init__()
        self.more, self.stride = more, stride

    def forward(self, x):
        return F.pad(F.max_pool2d(x, 1, self.stride), (0, 0, 0, 0, 0, self.more))


class Nothing(nn.Module):
    def forward(self, x):
        return 0


class Residual(nn.Module):
    def shortcut_of(self, in_channels, out_channels, stride, kind="projection"):
        if kind == "none":
            return Nothing()
        if stride == 1 and in_channels == out_channels:
            return nn.Identity()
        if kind == "padding":
            return Padding(out_channels - in_channels, stride)
        return ConvNorm(in_channels, out_channels, 1, stride)

    def forward(self, x):
        return (self.shortcut(x) + self.branch(x)).clamp(min=0)


class BasicBlock(Residual):
    expansion = 1

    def __init__(self, in_channels, width, stride=1, shortcut="projection"):
        super().__init__()
        self.shortcut = self.shortcut_of(in_channels, width, stride, shortcut)
        self.branch = nn.Sequential(ConvNorm(in_channels, width, 3, stride), nn.ReLU(), ConvNorm(width, width, 3))


class Bottleneck(Residual):
    expansion = 4

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        sizes = [in_channels, width, width, 4 * width]
        steps = []
        for (before, after), size in zip(pairwise(sizes), (1, 3, 1)):
            steps += [ConvNorm(before, after, size, stride if size == 3 else 1), nn.ReLU()]
        self.branch = nn.Sequential(*steps[:-1])
        self.shortcut = self.shortcut_of(in_channels, 4 * width, stride)


class PreActBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        conv = partial(nn.Conv2d, bias=False)
        self.parts = nn.ModuleDict({
            "norm": nn.BatchNorm2d(in_channels), "conv": conv(in_channels, width, 3, stride, 1),
            "second_norm": nn.BatchNorm2d(width), "second_conv": conv(width, width, 3, 1, 1),
        })
        if (in_channels, stride) != (width, 1):
            self.parts["way"] = conv(in_channels, width, 1, stride)

    def forward(self, x):
        parts = self.parts
        start = F.relu(parts["norm"](x))
        past = parts["way"](start) if "way" in parts else x
        return torch.add(past, parts["second_conv"](F.relu(parts["second_norm"](parts["conv"](start)))))


class Mean(nn.Module):
    def forward(self, x):
        return x.flatten(2).mean(2)


def stages(make, expansion, before, widths, counts):
    for number, (width, count) in enumerate(zip(widths, counts)):
        stage = nn.Sequential()
        for place in range(count):
            stage.append(make(before, width, 1 + (number > 0 and place == 0)))
            before = expansion * width
        yield stage


class ResNet(nn.Sequential):
    def __init__(self, block=BasicBlock, counts=(2, 2, 2, 2), classes=1000, width=64):
        super().__init__(
            ConvNorm(3, width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
            *stages(block, block.expansion, width, [width << stage for stage in range(4)], counts),
            Mean(), nn.Linear(block.expansion * 8 * width, classes),
        )


class CifarResNet(nn.Sequential):
    def __init__(self, depth=20, classes=10, residual=True, width=16, block=None):
        make = block or partial(BasicBlock, shortcut="padding" if residual else "none")
        expansion = getattr(block, "expansion", 1)
        super().__init__(
            ConvNorm(3, width, 3), nn.ReLU(), *stages(make, expansion, width, (width, 2 * width, 4 * width), [(depth - 2) // 6] * 3),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width * expansion, classes),
        )
