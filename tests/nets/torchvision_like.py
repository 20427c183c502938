"""Small networks that have torchvision's names, layer for layer, and its odd places: what torchvision.models would build with fewer filters.

The names are those of the state dicts of torchvision 0.28; test_published.py compares with torchvision itself where that is installed.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F


def stir(model: nn.Module, seed: int = 1) -> nn.Module:
    """Numbers everywhere that a network in training has, and a fresh one has not: biases, batch norm's scales and statistics."""
    generator = torch.Generator().manual_seed(seed)

    def numbers(like: torch.Tensor) -> torch.Tensor:
        return torch.rand(like.shape, generator=generator, dtype=torch.float64)

    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.copy_(numbers(module.weight) / 2 + 0.75)
                module.running_mean.copy_(numbers(module.bias) - 0.5)
                module.running_var.copy_(numbers(module.bias) + 0.5)
                module.num_batches_tracked.fill_(7)
            if isinstance(getattr(module, "bias", None), torch.Tensor):
                module.bias.copy_(numbers(module.bias) / 4)
    return model


class Block(nn.Module):
    """BasicBlock (expansion 1) or Bottleneck (expansion 4)."""

    def __init__(self, given: int, width: int, stride: int, expansion: int) -> None:
        super().__init__()
        made = expansion * width
        rows = [(given, width, 3, stride), (width, width, 3, 1)]
        if expansion == 4:
            rows = [(given, width, 1, 1), (width, width, 3, stride), (width, made, 1, 1)]
        for number, (before, after, size, step) in enumerate(rows, 1):
            self.add_module(f"conv{number}", nn.Conv2d(before, after, size, step, size // 2, bias=False))
            self.add_module(f"bn{number}", nn.BatchNorm2d(after))
        self.downsample = None
        if stride != 1 or given != made:
            self.downsample = nn.Sequential(nn.Conv2d(given, made, 1, stride, bias=False), nn.BatchNorm2d(made))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if hasattr(self, "conv3"):
            out = self.bn3(self.conv3(F.relu(out)))
        return F.relu(out + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, counts: tuple[int, ...], expansion: int, width: int, classes: int = 5) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        given = width
        for stage, count in enumerate(counts):
            blocks = []
            for number in range(count):
                blocks.append(Block(given, width * 2**stage, 2 if stage and not number else 1, expansion))
                given = expansion * width * 2**stage
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(given, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class VGG(nn.Module):
    """Its convolutions have a bias with batch norm behind them, too."""

    def __init__(self, counts: tuple[int, ...], width: int, hidden: int, batch_norm: bool, classes: int = 5) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        given = 3
        for count, made in zip(counts, (width, 2 * width, 4 * width, 8 * width, 8 * width)):
            for _ in range(count):
                layers += [nn.Conv2d(given, made, 3, padding=1), *([nn.BatchNorm2d(made)] if batch_norm else []), nn.ReLU()]
                given = made
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(given, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes)
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x).flatten(1))


class AlexNet(nn.Module):
    def __init__(self, filters: tuple[int, ...], hidden: int, classes: int = 5) -> None:
        super().__init__()
        a, b, c, d, e = filters
        self.features = nn.Sequential(
            nn.Conv2d(3, a, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(a, b, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(b, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, d, 3, padding=1), nn.ReLU(), nn.Conv2d(d, e, 3, padding=1), nn.ReLU(),
            nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(e * 36, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x).flatten(1))


class ConvNorm(nn.Module):
    """GoogLeNet's BasicConv2d: its batch norm has an eps of its own."""

    def __init__(self, given: int, made: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(given, made, size, stride, size // 2, bias=False)
        self.bn = nn.BatchNorm2d(made, eps=0.001)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    """branch3 is 3×3 where the paper has 5×5."""

    def __init__(self, given: int, one: int, r3: int, three: int, r5: int, five: int, pool: int) -> None:
        super().__init__()
        self.branch1 = ConvNorm(given, one, 1)
        self.branch2 = nn.Sequential(ConvNorm(given, r3, 1), ConvNorm(r3, three, 3))
        self.branch3 = nn.Sequential(ConvNorm(given, r5, 1), ConvNorm(r5, five, 3))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), ConvNorm(given, pool, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


ROWS = {
    "3a": (192, 64, 96, 128, 16, 32, 32), "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64), "4b": (512, 160, 112, 224, 24, 64, 64), "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64), "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128), "5b": (832, 384, 192, 384, 48, 128, 128),
}  # fmt: skip


class GoogLeNet(nn.Module):
    """With auxiliary classifiers, which eval mode does not use, a last pooling of 2×2 and pixels that it scales itself."""

    def __init__(self, width: int, classes: int = 5) -> None:
        super().__init__()
        self.transform_input = True
        self.conv1, self.conv2, self.conv3 = ConvNorm(3, width, 7, 2), ConvNorm(width, width, 1), ConvNorm(width, 3 * width, 3)
        for name, row in ROWS.items():
            self.add_module(f"inception{name}", Inception(*(number * width // 64 for number in row)))
        self.aux1 = nn.Sequential(OrderedDict(conv=ConvNorm(8 * width, 4, 1), fc1=nn.Linear(4, 3)))
        self.aux2 = nn.Sequential(OrderedDict(conv=ConvNorm(8 * width, 4, 1), fc1=nn.Linear(4, 3)))
        self.fc = nn.Linear(16 * width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.transform_input:
            x = x * 0.45 - 0.1
        x = F.max_pool2d(self.conv1(x), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.conv3(self.conv2(x)), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.inception3b(self.inception3a(x)), 3, 2, ceil_mode=True)
        x = self.inception4e(self.inception4d(self.inception4c(self.inception4b(self.inception4a(x)))))
        x = self.inception5b(self.inception5a(F.max_pool2d(x, 2, 2, ceil_mode=True)))
        return self.fc(x.mean((2, 3)))


class DenseLayer(nn.Module):
    def __init__(self, given: int, growth: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(given), nn.Conv2d(given, 4 * growth, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(4 * growth), nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, self.conv2(F.relu(self.norm2(self.conv1(F.relu(self.norm1(x))))))], 1)


class DenseNet(nn.Module):
    def __init__(self, counts: tuple[int, ...], growth: int, stem: int, classes: int = 5) -> None:
        super().__init__()
        parts: OrderedDict[str, nn.Module] = OrderedDict(conv0=nn.Conv2d(3, stem, 7, 2, 3, bias=False), norm0=nn.BatchNorm2d(stem), relu0=nn.ReLU())
        parts["pool0"] = nn.MaxPool2d(3, 2, 1)
        given = stem
        for block, count in enumerate(counts, 1):
            layers = OrderedDict((f"denselayer{number + 1}", DenseLayer(given + number * growth, growth)) for number in range(count))
            parts[f"denseblock{block}"] = nn.Sequential(layers)
            given += count * growth
            if block < len(counts):
                narrow = nn.Conv2d(given, given // 2, 1, bias=False)
                steps = OrderedDict(norm=nn.BatchNorm2d(given), relu=nn.ReLU(), conv=narrow, pool=nn.AvgPool2d(2))
                parts[f"transition{block}"] = nn.Sequential(steps)
                given //= 2
        parts["norm5"] = nn.BatchNorm2d(given)
        self.features = nn.Sequential(parts)
        self.classifier = nn.Linear(given, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(F.relu(self.features(x)).mean((2, 3)))
