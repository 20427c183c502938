"""Layers as objects that remember their settings; the functions make one and ask it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def side_padding(padding, size, kernel_size, stride):
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, kernel_size, stride)]
        return tuple((t // 2, t - t // 2) for t in total)
    return tuple((p, p) for p in pair(padding))


@dataclass(frozen=True, eq=False)
class Convolution:
    """A layer in any number of dimensions: filters w (F, C, kernel…), stride and side padding for each axis."""

    w: np.ndarray
    stride: tuple
    sides: tuple

    @cached_property
    def axes(self):
        return tuple(range(2, self.w.ndim))

    def windows(self, x):
        """(place, slices) of all windows of a padded x."""
        kernel = self.w.shape[2:]
        out = tuple((n - k) // s + 1 for n, k, s in zip(x.shape[2:], kernel, self.stride))
        for place in np.ndindex(out):
            yield (..., *place), (..., *(slice(i * s, i * s + k) for i, s, k in zip(place, self.stride, kernel)))

    def padded(self, x):
        return np.pad(x, ((0, 0), (0, 0), *self.sides))

    def __call__(self, x, b=0):
        x = self.padded(x)
        places = dict(self.windows(x))
        last = max(places, key=lambda place: place[1:])[1:]
        out = np.empty((len(x), len(self.w), *(i + 1 for i in last)), x.dtype)
        for place, window in places.items():
            out[place] = np.tensordot(x[window], self.w, axes=([1, *self.axes], [1, *self.axes])) + b
        return out

    def backward(self, dout, x):
        x = self.padded(x)
        dx, dw = np.zeros_like(x), np.zeros_like(self.w)
        for place, window in self.windows(x):
            dx[window] += np.tensordot(dout[place], self.w, axes=1)
            dw += np.tensordot(dout[place].T, x[window], axes=1)
        inside = (slice(before, n - after) for n, (before, after) in zip(x.shape[2:], self.sides))
        return dx[(..., *inside)], dw, dout.sum(axis=(0, *self.axes))


def layer2d(x, w, stride=1, padding=0):
    return Convolution(w, pair(stride), side_padding(padding, x.shape[2:], w.shape[2:], pair(stride)))


def conv2d_forward(x, w, b, stride=1, padding=0):
    return layer2d(x, w, stride, padding)(x, b)


def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    return layer2d(x, w, stride, padding).backward(dout, x)


def conv1d_forward(x, w, b, stride=1, padding=0):
    return Convolution(w, (stride,), ((padding, padding),))(x, b)


def conv3d_forward(x, w, b, stride=1, padding=0):
    stride, padding = ((value,) * 3 if isinstance(value, int) else value for value in (stride, padding))
    return Convolution(w, stride, tuple((p, p) for p in padding))(x, b)


def correlate2d(image, kernel):
    return layer2d(image[None, None], kernel[None, None])(image[None, None])[0, 0]


def convolve2d(image, kernel):
    return correlate2d(image, rotate180(kernel))


def conv_matrix(w, height, width):
    pixels = np.eye(height * width, dtype=w.dtype).reshape(-1, 1, height, width)
    return layer2d(pixels, w[None, None])(pixels).reshape(height * width, -1).T


class Turned:
    """A filter seen from its other end."""

    def __init__(self, w):
        self.w = w

    def __array__(self, dtype=None, copy=None):
        return self.w[..., ::-1, ::-1]


def rotate180(w):
    return np.asarray(Turned(w))


def dilate(x, stride):
    SH, SW = pair(stride)
    for axis, step in ((-2, SH), (-1, SW)):
        x = np.insert(x, np.repeat(np.arange(1, x.shape[axis]), step - 1), 0, axis=axis)
    return x


def conv2d_input_gradient(dout, w):
    if dout.ndim == 2:
        return conv2d_input_gradient(dout[None, None], w[None, None])[0, 0]
    (N, _, OH, OW), (_, C, KH, KW) = dout.shape, w.shape
    x = np.zeros((N, C, OH + KH - 1, OW + KW - 1), dout.dtype)  # its numbers do not matter: the layer is linear
    return layer2d(x, w).backward(dout, x)[0]


def conv2d_weight_gradient(dout, x):
    if dout.ndim == 2:
        return conv2d_weight_gradient(dout[None, None], x[None, None])[0, 0]
    (_, F, OH, OW), (_, C, H, W) = dout.shape, x.shape
    w = np.zeros((F, C, H - OH + 1, W - OW + 1), x.dtype)
    return layer2d(x, w).backward(dout, x)[1]
