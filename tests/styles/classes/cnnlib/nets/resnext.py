"""A small class for a convolution with its batch norm."""

from torch import nn


class ConvNorm(nn.Sequential):
    def __init__(self, given, made, side, **options):
        super().__init__(nn.Conv2d(given, made, side, padding=side // 2, bias=False, **options), nn.BatchNorm2d(made))


class ResNeXtBlock(nn.Module):
    expansion = 4

    def __init__(self, in_channels, width, stride=1, cardinality=32, base_width=4):
        super().__init__()
        each = (width * base_width) // 64
        made = self.expansion * width
        self.split = ConvNorm(in_channels, cardinality * each, 1)
        self.transform = ConvNorm(cardinality * each, cardinality * each, 3, stride=stride, groups=cardinality)
        self.merge = ConvNorm(cardinality * each, made, 1)
        fits = stride == 1 and in_channels == made
        self.past = nn.Identity() if fits else ConvNorm(in_channels, made, 1, stride=stride)
        self.relu = nn.ReLU()

    def forward(self, x):
        out = self.merge(self.relu(self.transform(self.relu(self.split(x)))))
        return self.relu(self.past(x).add(out))
