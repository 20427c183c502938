"""One number at a time."""

import numpy as np


def linear_forward(x, w, b):
    (N, D), M = x.shape, len(w)
    out = np.zeros((N, M), dtype=x.dtype)
    for n in range(N):
        for m in range(M):
            total = b[m]
            for d in range(D):
                total += x[n, d] * w[m, d]
            out[n, m] = total
    return out


def linear_backward(dout, x, w, b):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n in range(len(x)):
        for m in range(len(w)):
            db[m] += dout[n, m]
            for d in range(x.shape[1]):
                dx[n, d] += dout[n, m] * w[m, d]
                dw[m, d] += dout[n, m] * x[n, d]
    return dx, dw, db
