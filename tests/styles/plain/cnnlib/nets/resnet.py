"""Layer by layer, each with a name of its own, as torchvision writes it; ReLUs in place, sums in place."""

import torch
from torch import nn


def conv3x3(in_planes, planes, stride=1):
    return nn.Conv2d(in_planes, planes, kernel_size=(3, 3), stride=(stride, stride), padding=(1, 1), bias=False)


class BasicBlock(nn.Module):
    expansion: int = 1

    def __init__(self, in_channels, width, stride=1, shortcut="projection"):
        super().__init__()
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv1 = conv3x3(in_channels, width, stride)
        self.relu = nn.ReLU(inplace=True)
        self.kind, self.stride, self.missing = shortcut, stride, width - in_channels
        self.downsample = None
        if shortcut == "projection" and not (stride == 1 and in_channels == width):
            self.downsample = nn.Sequential(nn.Conv2d(in_channels, width, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.kind == "none":
            return self.relu(out)
        if self.kind == "padding":
            identity = nn.functional.avg_pool2d(x, 1, self.stride)
            zeros = torch.zeros(x.shape[0], self.missing, *identity.shape[2:], dtype=x.dtype, device=x.device)
            identity = torch.cat((identity, zeros), dim=1)
        elif self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class Bottleneck(nn.Module):
    expansion: int = 4

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Identity()
        if stride != 1 or in_channels != width * 4:
            self.downsample = nn.Sequential(nn.Conv2d(in_channels, width * 4, 1, stride, bias=False), nn.BatchNorm2d(width * 4))

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += self.downsample(x)
        return self.relu(out)


class PreActBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = conv3x3(in_channels, width, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width)
        if stride != 1 or in_channels != width:
            self.shortcut = nn.Conv2d(in_channels, width, kernel_size=1, stride=stride, bias=False)

    def forward(self, x):
        out = torch.relu_(self.bn1(x))
        shortcut = self.shortcut(out) if hasattr(self, "shortcut") else x
        out = self.conv1(out)
        out = self.conv2(torch.relu_(self.bn2(out)))
        out += shortcut
        return out


class ResNet(nn.Module):
    def __init__(self, block=BasicBlock, counts=(2, 2, 2, 2), classes=1000, width=64):
        super().__init__()
        self.inplanes = width
        self.fc = nn.Linear(8 * width * block.expansion, classes)
        self.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, width, counts[0], 1)
        self.layer2 = self._make_layer(block, 2 * width, counts[1], 2)
        self.layer3 = self._make_layer(block, 4 * width, counts[2], 2)
        self.layer4 = self._make_layer(block, 8 * width, counts[3], 2)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _make_layer(self, block, planes, blocks, stride):
        layers = [block(self.inplanes, planes, stride)]
        self.inplanes = planes * block.expansion
        layers += [block(self.inplanes, planes) for _ in range(1, blocks)]
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = torch.flatten(nn.functional.adaptive_avg_pool2d(x, (1, 1)), 1)
        return self.fc(x)


class CifarResNet(nn.Module):
    def __init__(self, depth=20, classes=10, residual=True, width=16, block=None):
        super().__init__()
        n = depth // 6
        self.conv1 = conv3x3(3, width)
        self.bn1 = nn.BatchNorm2d(width)
        self.inplanes = width
        self.stages = nn.ModuleList()
        for planes, stride in ((width, 1), (2 * width, 2), (4 * width, 2)):
            for number in range(n):
                self.stages.append(self._block(block, residual, planes, stride if number == 0 else 1))
        self.linear = nn.Linear(self.inplanes, classes)

    def _block(self, block, residual, planes, stride):
        before = self.inplanes
        if block is None:
            self.inplanes = planes
            return BasicBlock(before, planes, stride, "padding" if residual else "none")
        self.inplanes = planes * block.expansion
        return block(before, planes, stride)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        for stage in self.stages:
            x = stage(x)
        return self.linear(x.mean(-1).mean(-1))
