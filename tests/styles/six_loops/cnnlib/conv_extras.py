"""As slow and as plain as it gets: one loop for every index, no array operation but indexing."""

import numpy as np


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def pixel(x, n, c, r, s):
    """Zero outside of the image, so that nothing needs to be padded."""
    return x[n, c, r, s] if 0 <= r < x.shape[2] and 0 <= s < x.shape[3] else 0


def grouped_conv2d(x, w, b, groups, stride=1, padding=0):
    N, C, H, W = x.shape
    F, D, KH, KW = w.shape
    if C != D * groups or F % groups != 0:
        raise ValueError("groups and filters do not go together")
    (SH, SW), (PH, PW) = pair(stride), pair(padding)
    OH, OW = (H + 2 * PH - KH) // SH + 1, (W + 2 * PW - KW) // SW + 1
    out = np.zeros((N, F, OH, OW), x.dtype)
    for n in range(N):
        for k in range(F):
            group = k // (F // groups)
            for i in range(OH):
                for j in range(OW):
                    total = b[k]
                    for c in range(D):
                        for u in range(KH):
                            for v in range(KW):
                                total += w[k, c, u, v] * pixel(x, n, group * D + c, i * SH + u - PH, j * SW + v - PW)
                    out[n, k, i, j] = total
    return out


def dilated_conv2d(x, w, b, dilation, stride=1, padding=0):
    N, C, H, W = x.shape
    F, C, KH, KW = w.shape
    (DH, DW), (SH, SW), (PH, PW) = pair(dilation), pair(stride), pair(padding)
    OH, OW = (H + 2 * PH - DH * (KH - 1) - 1) // SH + 1, (W + 2 * PW - DW * (KW - 1) - 1) // SW + 1
    if OH <= 0 or OW <= 0:
        raise ValueError("the filter does not fit")
    out = np.zeros((N, F, OH, OW), x.dtype)
    for n in range(N):
        for k in range(F):
            for i in range(OH):
                for j in range(OW):
                    total = b[k]
                    for c in range(C):
                        for u in range(KH):
                            for v in range(KW):
                                total += w[k, c, u, v] * pixel(x, n, c, i * SH + u * DH - PH, j * SW + v * DW - PW)
                    out[n, k, i, j] = total
    return out
