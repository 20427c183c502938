"""Residual blocks with a name for every layer and one class that adds, as one writes them in PyTorch."""

import numpy as np

from cnnlib.kit import BatchNorm2d, Conv2d, Layer, ReLU


def residual_forward(x, branch, shortcut=None):
    out = branch(x) if callable(branch) else branch.forward(x)
    past = shortcut.forward(x) if shortcut else x
    added = out + past
    return np.where(added > 0, added, np.zeros_like(added))


def residual_backward(dout, x, branch, shortcut=None):
    gate = residual_forward(x, branch, shortcut) > 0
    gradient = np.where(gate, dout, np.zeros_like(dout))
    dx = np.array(branch.backward(gradient))
    dx += shortcut.backward(gradient) if shortcut else gradient
    return dx


class _Residual(Layer):
    """`steps` one after the other, `down` past them, `last` after the sum."""

    down, last = (), ()

    def forward(self, x):
        out = _through(self.steps, x) + _through(self.down, x)
        return _through(self.last, out)

    def backward(self, dout):
        dout = _back(self.last, dout)
        return _back(self.steps, dout) + _back(self.down, dout)

    def layers(self):
        return [*self.steps, *self.down, *self.last]


def _through(steps, x):
    for step in steps:
        x = step(x)
    return x


def _back(steps, dout):
    for step in steps[::-1]:
        dout = step.backward(dout)
    return dout


class BasicBlock(_Residual):
    def __init__(self, in_channels, channels, stride=1, rng=None):
        super().__init__()
        self.conv1 = Conv2d(in_channels, channels, (3, 3), stride=stride, padding=1, rng=rng, bias=False)
        self.bn1 = BatchNorm2d(channels)
        self.conv2 = Conv2d(channels, channels, (3, 3), padding=(1, 1), rng=rng, bias=False)
        self.bn2 = BatchNorm2d(channels)
        self.steps = [self.conv1, self.bn1, ReLU(), self.conv2, self.bn2]
        self.last = [ReLU()]
        if stride > 1 or in_channels != channels:
            self.down = [Conv2d(in_channels, channels, 1, stride=(stride, stride), rng=rng, bias=False), BatchNorm2d(channels)]


class Bottleneck(_Residual):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1, rng=None):
        super().__init__()
        width = channels * self.expansion
        self.steps = []
        for before, after, kernel, step in ((in_channels, channels, 1, 1), (channels, channels, 3, stride), (channels, width, 1, 1)):
            self.steps += [Conv2d(before, after, kernel, step, kernel // 2, rng=rng, bias=False), BatchNorm2d(after), ReLU()]
        self.last = [self.steps.pop()]
        if (stride, in_channels) != (1, width):
            self.down = [Conv2d(in_channels, width, 1, stride, rng=rng, bias=False), BatchNorm2d(width)]


class PreActBlock(Layer):
    """Two convolutions, each behind its batch norm and ReLU, computed step by step."""

    def __init__(self, in_channels, channels, stride=1, rng=None):
        super().__init__()
        self.bn1, self.relu1 = BatchNorm2d(in_channels), ReLU()
        self.conv1 = Conv2d(in_channels, channels, 3, stride, 1, rng=rng, bias=False)
        self.bn2, self.relu2 = BatchNorm2d(channels), ReLU()
        self.conv2 = Conv2d(channels, channels, 3, 1, 1, rng=rng, bias=False)
        self.changes = stride != 1 or in_channels != channels
        self.skip = Conv2d(in_channels, channels, 1, stride, rng=rng, bias=False) if self.changes else None

    def forward(self, x):
        a = self.relu1(self.bn1(x))
        shortcut = self.skip(a) if self.changes else x
        return self.conv2(self.relu2(self.bn2(self.conv1(a)))) + shortcut

    def backward(self, dout):
        da = self.conv2.backward(dout)
        da = self.relu2.backward(da)
        da = self.bn2.backward(da)
        da = self.conv1.backward(da)
        if self.changes:
            da = da + self.skip.backward(dout)
        dx = self.bn1.backward(self.relu1.backward(da))
        return dx if self.changes else dx + dout

    def layers(self):
        found = (self.bn1, self.relu1, self.conv1, self.bn2, self.relu2, self.conv2, self.skip)
        return tuple(layer for layer in found if layer is not None)
