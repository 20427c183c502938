"""The plain convolution that timed cases are measured against: im2col offset by offset, matrix products, nothing clever."""

from __future__ import annotations

import numpy as np

from autograder.checks.fast_conv.common import out_size, pad
from autograder.oracles import pair


def forward(x, w, b, stride=1, padding=0):
    out = _rows(x, w.shape[2:], stride, padding) @ w.reshape(len(w), -1).T + b
    return out.reshape(len(x), *out_size(*x.shape[2:], w.shape[2:], stride, padding), len(w)).transpose(0, 3, 1, 2)


def backward(dout, x, w, b, stride=1, padding=0):
    (n, f, oh, ow), (_, c, kh, kw) = dout.shape, w.shape
    dout = dout.transpose(0, 2, 3, 1).reshape(n * oh * ow, f)
    dw = (dout.T @ _rows(x, (kh, kw), stride, padding)).reshape(w.shape)
    dcols = (dout @ w.reshape(f, -1)).reshape(n, oh, ow, c, kh, kw)
    padded = np.zeros_like(pad(x, padding))
    for u, v, seen in _seen(padded, (kh, kw), stride, (oh, ow)):
        seen += dcols[..., u, v].transpose(0, 3, 1, 2)
    (ph, pw), (h, width) = pair(padding), x.shape[2:]
    return padded[:, :, ph : ph + h, pw : pw + width], dw, dout.sum(axis=0)


def _rows(x, kernel_size, stride, padding):
    (n, c, h, w), (kh, kw) = x.shape, kernel_size
    oh, ow = out_size(h, w, kernel_size, stride, padding)
    cols = np.empty((n, oh, ow, c, kh, kw), x.dtype)
    for u, v, seen in _seen(pad(x, padding), kernel_size, stride, (oh, ow)):
        cols[..., u, v] = seen.transpose(0, 2, 3, 1)
    return cols.reshape(n * oh * ow, c * kh * kw)


def _seen(x, kernel_size, stride, size):
    """For each offset (u, v) within the filter, the pixels that all its placements see there: a view (N, C, OH, OW)."""
    (sh, sw), (oh, ow) = pair(stride), size
    for u, v in np.ndindex(*kernel_size):
        yield u, v, x[:, :, u : u + sh * oh : sh, v : v + sw * ow : sw]
