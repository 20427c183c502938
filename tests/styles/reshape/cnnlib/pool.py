"""Windows that lie side by side are a reshape away; all others fall back to a loop over windows."""

import numpy as np


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def pad(x, padding, value):
    ph, pw = pair(padding)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=value)


def tiles(x, kernel_size, stride, padding):
    """Whether the windows tile the image exactly."""
    kernel = pair(kernel_size)
    side_by_side = stride is None or pair(stride) == kernel
    return side_by_side and pair(padding) == (0, 0) and x.shape[2] % kernel[0] == 0 and x.shape[3] % kernel[1] == 0


def tiled(x, kernel_size):
    """(N, C, OH, KH, OW, KW)"""
    (n, c, h, w), (kh, kw) = x.shape, pair(kernel_size)
    return x.reshape(n, c, h // kh, kh, w // kw, kw)


def places(x, kernel_size, stride):
    """(i, j, slices) of every window."""
    (kh, kw), (sh, sw) = pair(kernel_size), pair(kernel_size if stride is None else stride)
    for i, top in enumerate(range(0, x.shape[2] - kh + 1, sh)):
        for j, left in enumerate(range(0, x.shape[3] - kw + 1, sw)):
            yield i, j, (..., slice(top, top + kh), slice(left, left + kw))


def pooled(x, kernel_size, stride, padding, value, reduce):
    if tiles(x, kernel_size, stride, padding):
        return reduce(tiled(x, kernel_size), axis=(3, 5))
    x = pad(x, padding, value)
    columns = {}
    for i, _, window in places(x, kernel_size, stride):
        columns.setdefault(i, []).append(reduce(x[window], axis=(2, 3)))
    return np.stack([np.stack(row, axis=-1) for row in columns.values()], axis=-2)


def cut(dx, x, padding):
    (ph, pw), (h, w) = pair(padding), x.shape[2:]
    return dx[:, :, ph : ph + h, pw : pw + w]


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    return pooled(x, kernel_size, stride, padding, -np.inf, np.max)


def max_pool2d_backward(dout, x, kernel_size, stride=None, padding=0):
    padded = pad(x, padding, -np.inf)
    dx = np.zeros_like(padded)
    for i, j, window in places(padded, kernel_size, stride):
        seen = padded[window]
        flat = seen.reshape(*seen.shape[:2], -1)
        one_hot = np.arange(flat.shape[2]) == flat.argmax(axis=2)[..., None]
        dx[window] += one_hot.reshape(seen.shape) * dout[:, :, i, j, None, None]
    return cut(dx, x, padding)


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    return pooled(x, kernel_size, stride, padding, 0, np.mean)


def avg_pool2d_backward(dout, x, kernel_size, stride=None, padding=0):
    kh, kw = pair(kernel_size)
    if tiles(x, kernel_size, stride, padding):
        return dout.repeat(kh, axis=2).repeat(kw, axis=3) / (kh * kw)
    dx = np.zeros_like(pad(x, padding, 0))
    for i, j, window in places(dx, kernel_size, stride):
        dx[window] += dout[:, :, i, j, None, None] / (kh * kw)
    return cut(dx, x, padding)


def global_avg_pool2d_forward(x):
    return x.reshape(*x.shape[:2], -1).mean(axis=2)


def global_avg_pool2d_backward(dout, x):
    _, _, h, w = x.shape
    return dout.repeat(h * w).reshape(x.shape) / (h * w)
