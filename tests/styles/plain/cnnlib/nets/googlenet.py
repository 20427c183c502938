"""Every layer by its name, bends as functions, and torchvision's way of making a convolution, with its names."""

import torch
import torch.nn.functional as F
from torch import nn


class BasicConv2d(nn.Module):
    def __init__(self, in_channels, out_channels, batch_norm, **options):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=not batch_norm, **options)
        self.bn = nn.BatchNorm2d(out_channels) if batch_norm else None

    def forward(self, x):
        x = self.conv(x)
        return F.relu(x if self.bn is None else self.bn(x), inplace=True)


class Inception(nn.Module):
    def __init__(self, in_channels, out_1x1, reduce_3x3, out_3x3, reduce_5x5, out_5x5, out_pool, batch_norm=False):
        super().__init__()
        self.branch4 = BasicConv2d(in_channels, out_pool, batch_norm, kernel_size=1)
        self.branch3 = nn.Sequential(
            BasicConv2d(in_channels, reduce_5x5, batch_norm, kernel_size=1),
            BasicConv2d(reduce_5x5, out_5x5, batch_norm, kernel_size=5, padding="same"),
        )
        self.branch2 = nn.Sequential(
            BasicConv2d(in_channels, reduce_3x3, batch_norm, kernel_size=1),
            BasicConv2d(reduce_3x3, out_3x3, batch_norm, kernel_size=3, padding=1),
        )
        self.branch1 = BasicConv2d(in_channels, out_1x1, batch_norm, kernel_size=(1, 1))

    def forward(self, x):
        pooled = self.branch4(F.max_pool2d(x, 3, 1, 1))
        return torch.hstack((self.branch1(x), self.branch2(x), self.branch3(x), pooled))


class GoogLeNet(nn.Module):
    def __init__(self, classes=1000, width=64, batch_norm=False, block=Inception):
        super().__init__()

        def made(*numbers):
            given, *rest = (number * width // 64 for number in numbers)
            return block(given, *rest, batch_norm)

        self.fc = nn.Linear(1024 * width // 64, classes)
        self.conv1 = BasicConv2d(3, width, batch_norm, kernel_size=7, stride=2, padding=3)
        self.conv2 = BasicConv2d(width, width, batch_norm, kernel_size=1)
        self.conv3 = BasicConv2d(width, 3 * width, batch_norm, kernel_size=3, padding=1)
        self.inception3a = made(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = made(256, 128, 128, 192, 32, 96, 64)
        self.inception4a = made(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = made(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = made(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = made(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = made(528, 256, 160, 320, 32, 128, 128)
        self.inception5a = made(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = made(832, 384, 192, 384, 48, 128, 128)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.conv3(self.conv2(x)), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.inception3b(self.inception3a(x)), 3, 2, ceil_mode=True)
        x = self.inception4e(self.inception4d(self.inception4c(self.inception4b(self.inception4a(x)))))
        x = self.inception5b(self.inception5a(F.max_pool2d(x, 3, 2, ceil_mode=True)))
        return self.fc(F.dropout(x.mean((2, 3)), 0.4, self.training))
