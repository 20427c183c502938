"""The small residual network as one comprehension per stage; its plain twin is a block that forgets its way past."""

from cnnlib.kit import BatchNorm2d, Conv2d, GlobalAvgPool2d, Linear, ReLU, Sequential
from cnnlib.residual import BasicBlock


class Twin(Sequential):
    def __init__(self, c, f, stride=1, rng=None):
        first, second = Conv2d(c, f, 3, stride, 1, rng, bias=False), Conv2d(f, f, 3, 1, 1, rng, bias=False)
        super().__init__(first, BatchNorm2d(f), ReLU(), second, BatchNorm2d(f), ReLU())


def build_small_resnet(blocks, width, rng, residual=True):
    kind = BasicBlock if residual else Twin
    stem = Sequential(Conv2d(1, width, 3, padding=1, rng=rng, bias=False), BatchNorm2d(width), ReLU())
    body = []
    for before, channels, stride in ((width, width, 1), (width, 2 * width, 2), (2 * width, 4 * width, 2)):
        body.append(Sequential(kind(before, channels, stride, rng=rng), *[kind(channels, channels, rng=rng) for _ in range(blocks - 1)]))
    return Sequential(stem, *body, GlobalAvgPool2d(), Linear(4 * width, 10, rng))
