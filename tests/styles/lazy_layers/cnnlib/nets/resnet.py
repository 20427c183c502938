"""Layers that get their sizes from the first images they see, under the names that torchvision gives them."""

import torch
import torch.nn.functional as F
from torch import nn


def conv(width, size, stride=1):
    return nn.LazyConv2d(width, size, stride=stride, padding=size // 2, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride=1, shortcut="projection"):
        super().__init__()
        self.conv1, self.bn1 = conv(width, 3, stride), nn.LazyBatchNorm2d()
        self.conv2, self.bn2 = conv(width, 3), nn.LazyBatchNorm2d()
        self.relu = nn.ReLU(inplace=True)
        self.stride, self.kind, self.downsample = stride, shortcut, None
        if shortcut == "projection" and not (stride == 1 and in_channels == width):
            self.downsample = nn.Sequential(conv(width, 1, stride), nn.LazyBatchNorm2d())

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            out += self.downsample(x)
        elif self.kind != "none":
            out[:, : x.shape[1]] += x[..., :: self.stride, :: self.stride]
        return self.relu(out)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.conv1, self.bn1 = conv(width, 1), nn.LazyBatchNorm2d()
        self.conv2, self.bn2 = conv(width, 3, stride), nn.LazyBatchNorm2d()
        self.conv3, self.bn3 = conv(4 * width, 1), nn.LazyBatchNorm2d()
        self.downsample = None
        if stride > 1 or in_channels != 4 * width:
            self.downsample = nn.Sequential(conv(4 * width, 1, stride), nn.LazyBatchNorm2d())

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return F.relu(self.bn3(self.conv3(out)) + identity)


class PreActBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.bn1, self.conv1 = nn.LazyBatchNorm2d(), conv(width, 3, stride)
        self.bn2, self.conv2 = nn.LazyBatchNorm2d(), conv(width, 3)
        if stride > 1 or in_channels != width:
            self.shortcut = conv(width, 1, stride)

    def forward(self, x):
        out = F.relu(self.bn1(x))
        past = self.shortcut(out) if hasattr(self, "shortcut") else x
        return self.conv2(F.relu(self.bn2(self.conv1(out)))) + past


class ResNet(nn.Module):
    def __init__(self, block=BasicBlock, counts=(2, 2, 2, 2), classes=1000, width=64):
        super().__init__()
        self.inplanes = width
        self.conv1 = nn.LazyConv2d(width, 7, stride=2, padding=3, bias=False)
        self.bn1, self.maxpool = nn.LazyBatchNorm2d(), nn.MaxPool2d(3, stride=2, padding=1)
        for number, count in enumerate(counts):
            self.add_module(f"layer{number + 1}", self._make_layer(block, width * 2**number, count, 2 if number else 1))
        self.fc = nn.LazyLinear(classes)

    def _make_layer(self, block, planes, count, stride):
        layers = [block(self.inplanes, planes, stride)]
        self.inplanes = planes * block.expansion
        return nn.Sequential(*layers, *(block(self.inplanes, planes) for _ in range(1, count)))

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class CifarResNet(nn.Module):
    def __init__(self, depth=20, classes=10, residual=True, width=16, block=None):
        super().__init__()
        self.stem, channels, blocks = nn.Sequential(conv(width, 3), nn.LazyBatchNorm2d(), nn.ReLU()), width, []
        for number in range((depth - 2) // 2):
            stage, place = divmod(number, (depth - 2) // 6)
            shape = channels, width << stage, 2 if stage and not place else 1
            if block is not None:
                blocks.append(block(*shape))
            else:
                blocks.append(BasicBlock(*shape, "padding" if residual else "none"))
            channels = blocks[-1].expansion * (width << stage)
        self.blocks, self.fc = nn.ModuleList(blocks), nn.LazyLinear(classes)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.fc(x.mean((-2, -1)))
