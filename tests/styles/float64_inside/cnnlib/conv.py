"""Everything in double precision inside, cast back at the door; and small functions that call each other."""

from functools import wraps

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


def keeps_dtype(function):
    """Compute in float64, return the first argument's dtype."""

    @wraps(function)
    def cast(*args, **named):
        values = [*args, *named.values()]
        dtype = next(value.dtype for value in values if isinstance(value, np.ndarray))
        doubled = [value.astype(np.float64) if isinstance(value, np.ndarray) else value for value in values]
        result = function(*doubled[: len(args)], **dict(zip(named, doubled[len(args) :])))
        return tuple(part.astype(dtype) for part in result) if isinstance(result, tuple) else result.astype(dtype)

    return cast


def along(x, w, axis=2):
    """Sum over the windows' axes one by one, by recursion: x (N, C, sizes…), w (F, C, kernel…) -> (N, F, sizes…)."""
    if axis == x.ndim:
        return np.moveaxis(np.tensordot(x, w.reshape(w.shape[:2]), axes=([1], [1])), -1, 1)
    k, n = w.shape[axis], x.shape[axis]
    return sum(along(x.take(range(a, a + n - k + 1), axis), w.take([a], axis), axis + 1) for a in range(k))


def every(x, stride):
    return x[(..., *(slice(None, None, s) for s in stride))]


@keeps_dtype
def correlate2d(image, kernel):
    return along(image[None, None], kernel[None, None])[0, 0]


@keeps_dtype
def convolve2d(image, kernel):
    return along(image[None, None], kernel[None, None, ::-1, ::-1])[0, 0]


@keeps_dtype
def conv_matrix(w, height, width):
    def bands(weights, n):  # one axis: row i holds the weights from column i on
        return sum(weight * np.eye(n - len(weights) + 1, n, a) for a, weight in enumerate(weights))

    return sum(np.kron(np.eye(height - len(w) + 1, height, a), bands(row, width)) for a, row in enumerate(w))


@keeps_dtype
def conv2d_forward(x, w, b, stride=1, padding=0):
    padded = np.pad(x, ((0, 0), (0, 0), *side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))))
    return every(along(padded, w), pair(stride)) + b[:, None, None]


@keeps_dtype
def conv1d_forward(x, w, b, stride=1, padding=0):
    return every(along(np.pad(x, ((0, 0), (0, 0), (padding, padding))), w), (stride,)) + b[:, None]


@keeps_dtype
def conv3d_forward(x, w, b, stride=1, padding=0):
    stride, padding = ((value,) * 3 if isinstance(value, int) else value for value in (stride, padding))
    return every(along(np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding))), w), stride) + b[:, None, None, None]


@keeps_dtype
def rotate180(w):
    return w.swapaxes(-1, -2)[..., ::-1].swapaxes(-1, -2)[..., ::-1]


@keeps_dtype
def dilate(x, stride):
    SH, SW = pair(stride)
    first = np.zeros((SH, SW))
    first[0, 0] = 1
    *_, H, W = x.shape
    return np.kron(x, first)[..., : (H - 1) * SH + 1, : (W - 1) * SW + 1]


@keeps_dtype
def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    (top, bottom), (left, right) = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    H, W = x.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    spread = np.zeros((*dout.shape[:2], x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1))
    every(spread, pair(stride))[...] = dout
    return conv2d_input_gradient(spread, w)[:, :, top : top + H, left : left + W], conv2d_weight_gradient(spread, x), dout.sum((0, 2, 3))


@keeps_dtype
def conv2d_input_gradient(dout, w):
    if dout.ndim == 2:
        return conv2d_input_gradient(dout[None, None], w[None, None])[0, 0]
    KH, KW = w.shape[2:]
    padded = np.pad(dout, ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
    return along(padded, w[:, :, ::-1, ::-1].swapaxes(0, 1))


@keeps_dtype
def conv2d_weight_gradient(dout, x):
    if dout.ndim == 2:
        return along(x[None, None], dout[None, None])[0, 0]
    return along(x.swapaxes(0, 1), dout.swapaxes(0, 1)).swapaxes(0, 1)
