"""As slow and as plain as it gets: one loop for every index, padding by asking whether a pixel is there."""

import numpy as np


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def geometry(x, kernel_size, stride, padding):
    (KH, KW), (PH, PW) = pair(kernel_size), pair(padding)
    SH, SW = pair(kernel_size if stride is None else stride)
    OH = (x.shape[2] + 2 * PH - KH) // SH + 1
    OW = (x.shape[3] + 2 * PW - KW) // SW + 1
    return KH, KW, SH, SW, PH, PW, OH, OW


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    KH, KW, SH, SW, PH, PW, OH, OW = geometry(x, kernel_size, stride, padding)
    N, C, H, W = x.shape
    out = np.zeros((N, C, OH, OW), x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(OH):
                for j in range(OW):
                    best = None
                    for row in range(i * SH - PH, i * SH - PH + KH):
                        for column in range(j * SW - PW, j * SW - PW + KW):
                            if 0 <= row < H and 0 <= column < W and (best is None or x[n, c, row, column] > best):
                                best = x[n, c, row, column]
                    out[n, c, i, j] = best
    return out


def max_pool2d_backward(dout, x, kernel_size, stride=None, padding=0):
    KH, KW, SH, SW, PH, PW, OH, OW = geometry(x, kernel_size, stride, padding)
    N, C, H, W = x.shape
    dx = np.zeros(x.shape, x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(OH):
                for j in range(OW):
                    best, place = None, None
                    for row in range(i * SH - PH, i * SH - PH + KH):
                        for column in range(j * SW - PW, j * SW - PW + KW):
                            if 0 <= row < H and 0 <= column < W and (best is None or x[n, c, row, column] > best):
                                best, place = x[n, c, row, column], (row, column)
                    dx[n, c, place[0], place[1]] += dout[n, c, i, j]
    return dx


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    KH, KW, SH, SW, PH, PW, OH, OW = geometry(x, kernel_size, stride, padding)
    N, C, H, W = x.shape
    out = np.zeros((N, C, OH, OW), x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(OH):
                for j in range(OW):
                    total = 0.0
                    for row in range(i * SH - PH, i * SH - PH + KH):
                        for column in range(j * SW - PW, j * SW - PW + KW):
                            if 0 <= row < H and 0 <= column < W:
                                total += x[n, c, row, column]
                    out[n, c, i, j] = total / (KH * KW)
    return out


def avg_pool2d_backward(dout, x, kernel_size, stride=None, padding=0):
    KH, KW, SH, SW, PH, PW, OH, OW = geometry(x, kernel_size, stride, padding)
    N, C, H, W = x.shape
    dx = np.zeros(x.shape, x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(OH):
                for j in range(OW):
                    for row in range(i * SH - PH, i * SH - PH + KH):
                        for column in range(j * SW - PW, j * SW - PW + KW):
                            if 0 <= row < H and 0 <= column < W:
                                dx[n, c, row, column] += dout[n, c, i, j] / (KH * KW)
    return dx


def global_avg_pool2d_forward(x):
    N, C, H, W = x.shape
    out = np.zeros((N, C), x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(H):
                for j in range(W):
                    out[n, c] += x[n, c, i, j] / (H * W)
    return out


def global_avg_pool2d_backward(dout, x):
    N, C, H, W = x.shape
    dx = np.zeros(x.shape, x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(H):
                for j in range(W):
                    dx[n, c, i, j] = dout[n, c] / (H * W)
    return dx
