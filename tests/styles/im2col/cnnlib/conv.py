"""Every window becomes a row of one matrix, found by index arrays; then there is one matrix product."""

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


def indices(size, kernel, stride):
    """For an image of any number of axes, flattened: the pixel numbers of every window, (places, weights); and the output size."""
    out = tuple((n - k) // s + 1 for n, k, s in zip(size, kernel, stride))
    starts = np.indices(out).reshape(len(size), -1, 1) * np.reshape(stride, (-1, 1, 1))
    inside = np.indices(kernel).reshape(len(size), 1, -1)
    return np.ravel_multi_index(tuple(starts + inside), size), out


def forward(x, w, b, stride, sides):
    x = np.pad(x, ((0, 0), (0, 0), *sides))
    where, out = indices(x.shape[2:], w.shape[2:], stride)
    windows = x.reshape(*x.shape[:2], -1)[:, :, where]  # (N, C, places, weights)
    rows = windows.transpose(0, 2, 1, 3).reshape(len(x) * where.shape[0], -1)  # (N*places, C*weights)
    result = rows @ w.reshape(len(w), -1).T + b
    return result.reshape(len(x), -1, len(w)).swapaxes(1, 2).reshape(len(x), len(w), *out)


def correlate2d(image, kernel):
    where, out = indices(image.shape, kernel.shape, (1, 1))
    return (image.ravel()[where] @ kernel.ravel()).reshape(out)


def convolve2d(image, kernel):
    return correlate2d(image, kernel[::-1, ::-1])


def conv_matrix(w, height, width):
    where, _ = indices((height, width), w.shape, (1, 1))
    matrix = np.zeros((len(where), height * width), w.dtype)
    np.put_along_axis(matrix, where, w.reshape(1, -1).repeat(len(where), 0), axis=1)
    return matrix


def conv2d_forward(x, w, b, stride=1, padding=0):
    return forward(x, w, b, pair(stride), side_padding(padding, x.shape[2:], w.shape[2:], pair(stride)))


def conv1d_forward(x, w, b, stride=1, padding=0):
    return forward(x, w, b, (stride,), ((padding, padding),))


def conv3d_forward(x, w, b, stride=1, padding=0):
    stride, padding = ((value,) * 3 if isinstance(value, int) else value for value in (stride, padding))
    return forward(x, w, b, stride, [(p, p) for p in padding])


def rotate180(w):
    return w.reshape(*w.shape[:-2], -1)[..., ::-1].reshape(w.shape)


def dilate(x, stride):
    (H, W), (SH, SW) = x.shape[-2:], pair(stride)
    out = np.zeros((*x.shape[:-2], (H - 1) * SH + 1, (W - 1) * SW + 1), x.dtype)
    out[(..., *np.ix_(np.arange(H) * SH, np.arange(W) * SW))] = x
    return out


def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    (top, bottom), (left, right) = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    N, C, H, W = padded.shape
    where, _ = indices((H, W), w.shape[2:], pair(stride))
    rows = padded.reshape(N, C, -1)[:, :, where].transpose(0, 2, 1, 3).reshape(-1, w[0].size)  # (N*places, C*weights)
    above = dout.transpose(0, 2, 3, 1).reshape(-1, len(w))  # (N*places, F)

    dw = (above.T @ rows).reshape(w.shape)
    to_rows = (above @ w.reshape(len(w), -1)).reshape(N, len(where), C, -1).transpose(0, 2, 1, 3)  # (N, C, places, weights)
    dx = np.zeros((N, C, H * W), x.dtype)
    np.add.at(dx, (slice(None), slice(None), where), to_rows)
    return dx.reshape(N, C, H, W)[:, :, top : H - bottom, left : W - right], dw, above.sum(axis=0)


def conv2d_input_gradient(dout, w):
    if dout.ndim == 2:
        return conv2d_input_gradient(dout[None, None], w[None, None])[0, 0]
    KH, KW = w.shape[2:]
    full = ((KH - 1, KH - 1), (KW - 1, KW - 1))
    return forward(dout, rotate180(w).swapaxes(0, 1), np.zeros(w.shape[1], dout.dtype), (1, 1), full)


def conv2d_weight_gradient(dout, x):
    if dout.ndim == 2:
        return conv2d_weight_gradient(dout[None, None], x[None, None])[0, 0]
    # Images become channels: the same layer once more.
    return forward(x.swapaxes(0, 1), dout.swapaxes(0, 1), np.zeros(dout.shape[1], x.dtype), (1, 1), ((0, 0), (0, 0))).swapaxes(0, 1)
