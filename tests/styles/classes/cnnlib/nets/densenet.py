"""Small classes for parts, chained by nn.Sequential alone."""

from collections import OrderedDict

import torch
from torch import nn


def composite(given, made, side, dropout):
    return [nn.BatchNorm2d(given), nn.ReLU(inplace=True), nn.Conv2d(given, made, side, padding=side // 2, bias=False), nn.Dropout(dropout)]


class DenseLayer(nn.Sequential):
    def __init__(self, in_channels, growth, bottleneck=4, dropout=0.0):
        if bottleneck:
            super().__init__(*composite(in_channels, bottleneck * growth, 1, dropout), *composite(bottleneck * growth, growth, 3, dropout))
        else:
            super().__init__(*composite(in_channels, growth, 3, dropout))

    def forward(self, x):
        return torch.concat((x, super().forward(x)), dim=-3)


class Transition(nn.Sequential):
    def __init__(self, given, made, dropout):
        super().__init__(*composite(given, made, 1, dropout), nn.AvgPool2d(kernel_size=2, stride=2))


class DenseNet(nn.Module):
    def __init__(
        self, counts=(6, 12, 24, 16), growth=32, classes=1000, bottleneck=4, compression=0.5, dropout=0.0, stem=64, small_images=False,
        layer=DenseLayer,
    ):
        super().__init__()
        parts = OrderedDict(conv=nn.Conv2d(3, stem, kernel_size=3 if small_images else 7, stride=1 if small_images else 2,
                                           padding=1 if small_images else 3, bias=False))
        if not small_images:
            parts.update(norm=nn.BatchNorm2d(stem), relu=nn.ReLU(inplace=True), pool=nn.MaxPool2d(kernel_size=3, stride=2, padding=1))
        channels = stem
        for number, count in enumerate(counts, 1):
            for place in range(count):
                parts[f"block{number}_layer{place}"] = layer(channels, growth, bottleneck=bottleneck, dropout=dropout)
                channels += growth
            if number < len(counts):
                parts[f"transition{number}"] = Transition(channels, int(channels * compression), dropout)
                channels = int(channels * compression)
        parts.update(last=nn.BatchNorm2d(channels), bend=nn.ReLU(inplace=True), mean=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten())
        self.all = nn.Sequential(parts)
        self.scores = nn.Linear(channels, classes)

    def forward(self, x):
        return self.scores(self.all(x))
