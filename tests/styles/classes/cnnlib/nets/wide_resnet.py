"""Small classes for parts: what comes before a convolution, and a stage."""

import torch
from torch import nn


class NormalisedReLU(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm, self.relu = nn.BatchNorm2d(channels), nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.norm(x))


class WideBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride=1, dropout=0.0):
        super().__init__()
        self.before = NormalisedReLU(in_channels)
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride=stride, padding=1, bias=False)
        self.rest = nn.ModuleList([NormalisedReLU(width), nn.Dropout(p=dropout), nn.Conv2d(width, width, 3, 1, 1, bias=False)])
        needed = stride != 1 or in_channels != width
        self.shortcut = nn.Sequential(nn.Conv2d(in_channels, width, 1, stride, bias=False)) if needed else nn.Sequential()

    def forward(self, x):
        a = self.before(x)
        out = self.conv1(a)
        for layer in self.rest:
            out = layer(out)
        return torch.add(out, self.shortcut(a) if len(self.shortcut) else x)


class Stage(nn.Sequential):
    def __init__(self, block, channels, width, count, stride, dropout):
        super().__init__()
        for number in range(count):
            self.add_module(f"block{number}", block(channels, width, stride=stride, dropout=dropout))
            channels, stride = block.expansion * width, 1
        self.channels = channels


class WideResNet(nn.Module):
    def __init__(self, depth=28, widen=10, classes=10, dropout=0.0, width=16, block=WideBlock):
        super().__init__()
        assert (depth - 4) % 6 == 0
        self.stem = nn.Conv2d(3, width, kernel_size=3, stride=1, padding=1, bias=False)
        self.stages = nn.ModuleDict()
        channels = width
        for name, factor, stride in (("first", 1, 1), ("second", 2, 2), ("third", 4, 2)):
            self.stages[name] = Stage(block, channels, factor * widen * width, (depth - 4) // 6, stride, dropout)
            channels = self.stages[name].channels
        self.head = nn.Sequential(NormalisedReLU(channels), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(channels, classes))

    def forward(self, x):
        x = self.stem(x)
        for stage in self.stages.values():
            x = stage(x)
        return self.head(x)
