"""In small classes of its own."""

from torch import nn


class Step(nn.Module):
    def __init__(self, channels, filters, *sizes, pool=False, lrn=False):
        super().__init__()
        self.convolution = nn.Conv2d(channels, filters, *sizes)
        self.bend = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True) if pool else None
        self.lrn = nn.LocalResponseNorm(5, alpha=5e-4, k=2.0) if lrn else None

    def forward(self, x):
        x = self.bend(self.convolution(x))
        x = self.pool(x) if self.pool else x
        return self.lrn(x) if self.lrn else x


class Dense(nn.Sequential):
    def __init__(self, before, after):
        super().__init__(nn.Linear(before, after), nn.Dropout(0.5), nn.ReLU())


class ZFNet(nn.Sequential):
    def __init__(self, classes=1000, width=96, hidden=4096, wide=True, lrn=True):
        third = width // 3
        sizes = (16 * third, 32 * third, 16 * third) if wide else (12 * third, 12 * third, 8 * third)
        super().__init__(
            Step(3, 3 * third, 7, 2, 1, pool=True, lrn=lrn),
            Step(3 * third, 8 * third, 5, 2, 0, pool=True, lrn=lrn),
            Step(8 * third, sizes[0], 3, 1, 1),
            Step(sizes[0], sizes[1], 3, 1, 1),
            Step(sizes[1], sizes[2], 3, 1, 1, pool=True),
            nn.Flatten(),
            Dense(36 * sizes[2], hidden),
            Dense(hidden, hidden),
            nn.Linear(hidden, classes),
        )
