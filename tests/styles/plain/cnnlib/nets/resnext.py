"""As in many libraries: a name for every layer, a `downsample` that may be None, ReLUs that write in place."""

from torch import nn
from torch.nn import functional as F


class ResNeXtBlock(nn.Module):
    expansion = 4

    def __init__(self, in_channels, width, stride=1, cardinality=32, base_width=4):
        super().__init__()
        D = int(width * (base_width / 64.0)) * cardinality
        self.bn3 = nn.BatchNorm2d(width * 4)
        self.conv3 = nn.Conv2d(D, width * 4, kernel_size=1, bias=False)
        self.conv1 = nn.Conv2d(in_channels, D, kernel_size=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(D), nn.BatchNorm2d(D)
        self.conv2 = nn.Conv2d(D, D, 3, stride, 1, 1, cardinality, False)
        self.downsample = None
        if stride != 1 or in_channels != width * 4:
            self.downsample = nn.Sequential(nn.Conv2d(in_channels, width * 4, 1, stride, bias=False), nn.BatchNorm2d(width * 4))

    def forward(self, x):
        identity = x
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = F.relu(self.bn2(self.conv2(out)), inplace=True)
        out = self.bn3(self.conv3(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return F.relu(out, inplace=True)
