"""With functions for all that has no parameters, and layers made in another order than they compute."""

import torch
from torch import nn
from torch.nn import functional as F


class WideBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride=1, dropout=0.0):
        super().__init__()
        self.p = dropout
        self.equal = stride == 1 and in_channels == width
        if not self.equal:
            self.convShortcut = nn.Conv2d(in_channels, width, kernel_size=1, stride=stride, padding=0, bias=False)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, stride=1, padding="same", bias=False)
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.bn1 = nn.BatchNorm2d(in_channels)

    def forward(self, x):
        out = F.relu(self.bn1(x))
        shortcut = x if self.equal else self.convShortcut(out)
        out = F.relu(self.bn2(self.conv1(out)), inplace=True)
        if self.p > 0:
            out = F.dropout(out, p=self.p, training=self.training)
        out = self.conv2(out)
        out += shortcut
        return out


class WideResNet(nn.Module):
    def __init__(self, depth=28, widen=10, classes=10, dropout=0.0, width=16, block=WideBlock):
        super().__init__()
        n = (depth - 4) / 6
        e = block.expansion
        channels = [width, width * widen, 2 * width * widen, 4 * width * widen]
        self.fc = nn.Linear(e * channels[3], classes)
        self.bn = nn.BatchNorm2d(e * channels[3])
        self.conv = nn.Conv2d(3, channels[0], 3, padding=1, bias=False)
        self.stage1 = self.stage(int(n), channels[0], channels[1], block, 1, dropout)
        self.stage2 = self.stage(int(n), e * channels[1], channels[2], block, 2, dropout)
        self.stage3 = self.stage(int(n), e * channels[2], channels[3], block, 2, dropout)

    @staticmethod
    def stage(n, given, width, block, stride, dropout):
        blocks = []
        for i in range(n):
            blocks.append(block(given if i == 0 else block.expansion * width, width, stride if i == 0 else 1, dropout))
        return nn.Sequential(*blocks)

    def forward(self, x):
        x = self.stage3(self.stage2(self.stage1(self.conv(x))))
        x = F.adaptive_avg_pool2d(torch.relu(self.bn(x)), 1)
        return self.fc(torch.flatten(x, 1))
