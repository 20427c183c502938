"""Two loops over the filter's weights; einsum says the rest."""

import numpy as np


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def triple(value):
    return (value, value, value) if isinstance(value, int) else tuple(value)


def side_padding(padding, size, kernel_size, stride):
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, kernel_size, stride)]
        return tuple((t // 2, t - t // 2) for t in total)
    return tuple((p, p) for p in pair(padding))


def met(size, kernel, stride, weight):
    """The pixels that one weight meets: a slice for each of the last axes."""
    places = [(n - k) // s + 1 for n, k, s in zip(size, kernel, stride)]
    return (..., *(slice(a, a + (p - 1) * s + 1, s) for a, p, s in zip(weight, places, stride)))


def layer(x, w, b, stride, sides):
    x = np.pad(x, ((0, 0), (0, 0), *sides))
    size, kernel = x.shape[2:], w.shape[2:]
    out = 0
    for weight in np.ndindex(kernel):
        out = out + np.einsum("nc...,fc->nf...", x[met(size, kernel, stride, weight)], w[(..., *weight)])
    return out + b.reshape(-1, *(1 for _ in size))


def correlate2d(image, kernel):
    return sum(kernel[weight] * image[met(image.shape, kernel.shape, (1, 1), weight)] for weight in np.ndindex(kernel.shape))


def convolve2d(image, kernel):
    return correlate2d(image, np.einsum("ij->ij", kernel[::-1, ::-1]))


def conv_matrix(w, height, width):
    shift = [np.stack([np.eye(n - k + 1, n, a, dtype=w.dtype) for a in range(k)]) for n, k in zip((height, width), w.shape)]  # (K, O, N)
    matrix = np.einsum("ab,air,bjs->ijrs", w, *shift)
    return matrix.reshape(-1, height * width)


def conv2d_forward(x, w, b, stride=1, padding=0):
    return layer(x, w, b, pair(stride), side_padding(padding, x.shape[2:], w.shape[2:], pair(stride)))


def conv1d_forward(x, w, b, stride=1, padding=0):
    return layer(x, w, b, (stride,), [(padding, padding)])


def conv3d_forward(x, w, b, stride=1, padding=0):
    return layer(x, w, b, triple(stride), [(p, p) for p in triple(padding)])


def rotate180(w):
    return np.rot90(w, 2, axes=(-2, -1))


def dilate(x, stride):
    (H, W), (SH, SW) = x.shape[-2:], pair(stride)
    down = np.eye((H - 1) * SH + 1, dtype=x.dtype)[::SH]
    right = np.eye((W - 1) * SW + 1, dtype=x.dtype)[::SW]
    return np.einsum("...hw,hr,ws->...rs", x, down, right)


def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    sides = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    x = np.pad(x, ((0, 0), (0, 0), *sides))
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for weight in np.ndindex(w.shape[2:]):
        here = met(x.shape[2:], w.shape[2:], pair(stride), weight)
        dx[here] += np.einsum("nfij,fc->ncij", dout, w[(..., *weight)])
        dw[(..., *weight)] = np.einsum("nfij,ncij->fc", dout, x[here])
    (top, bottom), (left, right) = sides
    return dx[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right], dw, np.einsum("nfij->f", dout)


def conv2d_input_gradient(dout, w):
    single = dout.ndim == 2
    dout, w = (dout[None, None], w[None, None]) if single else (dout, w)
    (N, _, OH, OW), (_, C, KH, KW) = dout.shape, w.shape
    dx = np.zeros((N, C, OH + KH - 1, OW + KW - 1), dout.dtype)
    for u, v in np.ndindex(KH, KW):
        dx[:, :, u : u + OH, v : v + OW] += np.einsum("nfij,fc->ncij", dout, w[:, :, u, v])
    return dx[0, 0] if single else dx


def conv2d_weight_gradient(dout, x):
    single = dout.ndim == 2
    dout, x = (dout[None, None], x[None, None]) if single else (dout, x)
    (OH, OW), (H, W) = dout.shape[2:], x.shape[2:]
    parts = [[np.einsum("nfij,ncij->fc", dout, x[:, :, u : u + OH, v : v + OW]) for v in range(W - OW + 1)] for u in range(H - OH + 1)]
    dw = np.array(parts).transpose(2, 3, 0, 1)
    return dw[0, 0] if single else dw
