"""No loops: views of all windows, made by NumPy's sliding_window_view or by strides."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def side_padding(padding, size, kernel_size, stride):
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, kernel_size, stride)]
        return tuple((t // 2, t - t // 2) for t in total)
    return tuple((p, p) for p in pair(padding))


def windows(x, kernel, stride):
    """(N, C, places…, kernel…)."""
    axes = tuple(range(2, x.ndim))
    return sliding_window_view(x, kernel, axes)[(..., *(slice(None, None, s) for s in stride), *(slice(None) for _ in kernel))]


def layer(x, w, b, stride, sides):
    seen = windows(np.pad(x, ((0, 0), (0, 0), *sides)), w.shape[2:], stride)
    d = len(stride)
    out = np.tensordot(seen, w, axes=([1, *range(2 + d, 2 + 2 * d)], [1, *range(2, 2 + d)])) + b  # (N, places…, F)
    return np.moveaxis(out, -1, 1)


def correlate2d(image, kernel):
    (H, W), (KH, KW), (down, right) = image.shape, kernel.shape, image.strides
    seen = as_strided(image, (H - KH + 1, W - KW + 1, KH, KW), (down, right, down, right), writeable=False)
    return np.tensordot(seen, kernel, 2)


def convolve2d(image, kernel):
    return np.tensordot(sliding_window_view(image, kernel.shape)[..., ::-1, ::-1], kernel, 2)


def conv_matrix(w, height, width):
    pixels = np.eye(height * width, dtype=w.dtype).reshape(-1, height, width)
    return np.tensordot(sliding_window_view(pixels, w.shape, (1, 2)), w, 2).reshape(height * width, -1).T


def conv2d_forward(x, w, b, stride=1, padding=0):
    return layer(x, w, b, pair(stride), side_padding(padding, x.shape[2:], w.shape[2:], pair(stride)))


def conv1d_forward(x, w, b, stride=1, padding=0):
    return layer(x, w, b, (stride,), ((padding, padding),))


def conv3d_forward(x, w, b, stride=1, padding=0):
    stride, padding = ((value,) * 3 if isinstance(value, int) else value for value in (stride, padding))
    return layer(x, w, b, stride, tuple((p, p) for p in padding))


def rotate180(w):
    return np.flip(w, (-2, -1))


def dilate(x, stride):
    (H, W), (SH, SW) = x.shape[-2:], pair(stride)
    blocks = np.zeros((*x.shape[:-2], H, SH, W, SW), x.dtype)
    blocks[..., 0, :, 0] = x
    return blocks.reshape(*x.shape[:-2], H * SH, W * SW)[..., : H * SH - SH + 1, : W * SW - SW + 1]


def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    stride = pair(stride)
    (top, bottom), (left, right) = side_padding(padding, x.shape[2:], w.shape[2:], stride)
    H, W = x.shape[2:]
    KH, KW = w.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    spread = dilate(dout, stride)
    rows, columns = (n - k + 1 - m for n, k, m in zip(x.shape[2:], (KH, KW), spread.shape[2:]))  # left over at the end
    spread = np.pad(spread, ((0, 0), (0, 0), (0, rows), (0, columns)))

    dw = conv2d_weight_gradient(spread, x)
    dx = conv2d_input_gradient(spread, w)[:, :, top : top + H, left : left + W]
    return dx, dw, dout.sum((0, 2, 3))


def conv2d_input_gradient(dout, w):
    if dout.ndim == 2:
        return conv2d_input_gradient(dout[None, None], w[None, None])[0, 0]
    KH, KW = w.shape[2:]
    padded = np.pad(dout, ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
    gathered = np.tensordot(windows(padded, (KH, KW), (1, 1)), rotate180(w), axes=([1, 4, 5], [0, 2, 3]))  # (N, H, W, C)
    return np.moveaxis(gathered, 3, 1)


def conv2d_weight_gradient(dout, x):
    if dout.ndim == 2:
        return np.tensordot(sliding_window_view(x, dout.shape), dout, 2)
    seen = windows(x, dout.shape[2:], (1, 1))  # (N, C, KH, KW, OH, OW)
    return np.tensordot(dout, seen, axes=([0, 2, 3], [0, 4, 5]))
