"""With functions for all that has no parameters; dense blocks keep a list of all that was made and join it in every layer."""

import math

import torch
from torch import nn
from torch.nn import functional as F


class DenseLayer(nn.Module):
    def __init__(self, in_channels, growth, bottleneck=4, dropout=0.0):
        super().__init__()
        self.drop = dropout
        self.inner = bottleneck * growth
        if bottleneck > 0:
            self.conv2 = nn.Conv2d(self.inner, growth, kernel_size=3, padding=1, bias=False)
            self.norm2 = nn.BatchNorm2d(self.inner)
            self.conv1 = nn.Conv2d(in_channels, self.inner, kernel_size=1, bias=False)
        else:
            self.conv1 = nn.Conv2d(in_channels, growth, kernel_size=3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(in_channels)

    def forward(self, x):
        features = [x]
        new = F.dropout(self.conv1(F.relu(self.norm1(x))), self.drop, self.training)
        if self.inner:
            new = self.conv2(F.relu(self.norm2(new)))
            new = F.dropout(new, self.drop, self.training)
        features.append(new)
        return torch.cat(features, 1)


class DenseNet(nn.Module):
    def __init__(
        self, counts=(6, 12, 24, 16), growth=32, classes=1000, bottleneck=4, compression=0.5, dropout=0.0, stem=64, small_images=False,
        layer=DenseLayer,
    ):
        super().__init__()
        self.small, self.dropout = small_images, dropout
        if small_images:
            self.conv0 = nn.Conv2d(3, stem, 3, 1, 1, bias=False)
        else:
            self.conv0 = nn.Conv2d(3, stem, 7, 2, 3, bias=False)
            self.norm0 = nn.BatchNorm2d(stem)
        c = stem
        self.blocks, self.norms, self.convs = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for i in range(len(counts)):
            self.blocks.append(nn.Sequential(*[layer(c + j * growth, growth, bottleneck, dropout) for j in range(counts[i])]))
            c += counts[i] * growth
            self.norms.append(nn.BatchNorm2d(c))
            if i != len(counts) - 1:
                self.convs.append(nn.Conv2d(c, math.floor(c * compression), 1, bias=False))
                c = math.floor(c * compression)
        self.fc = nn.Linear(c, classes)

    def forward(self, x):
        x = self.conv0(x)
        if not self.small:
            x = F.max_pool2d(F.relu(self.norm0(x)), 3, 2, 1)
        for i, block in enumerate(self.blocks):
            x = torch.relu(self.norms[i](block(x)))
            if i < len(self.convs):
                x = F.avg_pool2d(F.dropout(self.convs[i](x), self.dropout, training=self.training), 2, 2)
        return self.fc(x.mean([-2, -1]))
