"""ReLU once, on what is joined; the pooling padded by hand with what is smaller than everything; stages as modules of their own."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F


def conv(given, made, size, batch_norm, stride=1):
    layers = OrderedDict(weights=nn.Conv2d(given, made, size, stride, padding=(size - 1) // 2, bias=not batch_norm))
    if batch_norm:
        layers["norm"] = nn.BatchNorm2d(made)
    return nn.Sequential(layers)


class Inception(nn.Module):
    def __init__(self, in_channels, out_1x1, reduce_3x3, out_3x3, reduce_5x5, out_5x5, out_pool, batch_norm=False):
        super().__init__()
        self.point = nn.ModuleDict({"one": conv(in_channels, out_1x1, 1, batch_norm), "pool": conv(in_channels, out_pool, 1, batch_norm)})
        self.reduce = nn.ModuleDict({"three": conv(in_channels, reduce_3x3, 1, batch_norm), "five": conv(in_channels, reduce_5x5, 1, batch_norm)})
        self.look = nn.ModuleDict({"three": conv(reduce_3x3, out_3x3, 3, batch_norm), "five": conv(reduce_5x5, out_5x5, 5, batch_norm)})

    def forward(self, x):
        large = [look(torch.relu(self.reduce[name](x))) for name, look in self.look.items()]
        most = F.max_pool2d(F.pad(x, (1, 1, 1, 1), value=-torch.inf), 3, 1)
        return torch.concatenate([self.point["one"](x), *large, self.point["pool"](most)], 1).relu_()


class Stage(nn.Sequential):
    """Pooling, then what stands in the stage."""

    def __init__(self, *parts):
        super().__init__(nn.MaxPool2d(kernel_size=(3, 3), stride=(2, 2), ceil_mode=True), *parts)


class GoogLeNet(nn.Module):
    def __init__(self, classes=1000, width=64, batch_norm=False, block=Inception):
        super().__init__()
        rows = {
            3: [(64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)],
            4: [(192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64),
                (256, 160, 320, 32, 128, 128)],
            5: [(256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)],
        }
        channels, self.stages = 3 * width, nn.ModuleList()
        self.stages.append(nn.Sequential(conv(3, width, 7, batch_norm, 2)))
        self.stages.append(Stage(conv(width, width, 1, batch_norm), nn.ReLU(), conv(width, 3 * width, 3, batch_norm)))
        for several in rows.values():
            blocks = []
            for row in several:
                one, r3, three, r5, five, pool = (int(n * width / 64) for n in row)
                asked = {"out_1x1": one, "reduce_3x3": r3, "out_3x3": three, "reduce_5x5": r5, "out_5x5": five, "out_pool": pool}
                blocks.append(block(in_channels=channels, batch_norm=batch_norm, **asked))
                channels = one + three + five + pool
            self.stages.append(Stage(*blocks))
        self.drop = nn.Dropout(p=0.4)
        self.last = nn.Linear(channels, classes)

    def forward(self, x):
        for stage in self.stages:
            x = torch.relu(stage(x))  # behind a module it changes nothing
        return self.last(self.drop(F.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]))
