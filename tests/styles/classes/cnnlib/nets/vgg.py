"""A block that is a class, and a network whose sizes an image of zeros finds."""

import torch
from torch import nn


class vgg_block(nn.Sequential):
    def __init__(self, in_channels, out_channels, convolutions, batch_norm=False):
        channels = [in_channels, *[out_channels] * convolutions]
        super().__init__(*(self.step(a, b, batch_norm) for a, b in zip(channels, channels[1:])), nn.MaxPool2d(2))

    @staticmethod
    def step(before, after, batch_norm):
        if batch_norm:
            return nn.Sequential(nn.Conv2d(before, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
        return nn.Sequential(nn.Conv2d(before, after, 3, 1, 1), nn.ReLU())


class VGG(nn.Module):
    plans = {11: "1 1 2 2 2", 13: "2 2 2 2 2", 16: "2 2 3 3 3", 19: "2 2 4 4 4"}

    def __init__(self, depth=16, classes=1000, batch_norm=False, width=64, hidden=4096, size=224, block=vgg_block):
        super().__init__()
        self.blocks = nn.ModuleList()
        channels = 3
        for number, count in enumerate(map(int, self.plans[depth].split())):
            filters = width * min(2**number, 8)
            self.blocks.append(block(in_channels=channels, out_channels=filters, convolutions=count, batch_norm=batch_norm))
            channels = filters
        self.blocks.eval()
        with torch.no_grad():
            inputs = self.features(torch.zeros(1, 3, size, size)).shape[1]
        sizes = [inputs, hidden, hidden]
        self.middle = nn.ModuleList(nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Dropout(0.5)) for a, b in zip(sizes, sizes[1:]))
        self.last = nn.Linear(hidden, classes)

    def features(self, x):
        for block in self.blocks:
            x = block(x)
        return x.flatten(1)

    def forward(self, x):
        x = self.features(x)
        for layer in self.middle:
            x = layer(x)
        return self.last(x)
