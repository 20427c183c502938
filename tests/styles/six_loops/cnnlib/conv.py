"""As slow and as plain as it gets: one loop for every index, no array operation but indexing."""

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


def correlate2d(image, kernel):
    H, W = image.shape
    KH, KW = kernel.shape
    out = np.zeros((H - KH + 1, W - KW + 1), image.dtype)
    for i in range(H - KH + 1):
        for j in range(W - KW + 1):
            total = 0.0
            for a in range(KH):
                for b in range(KW):
                    total += kernel[a, b] * image[i + a, j + b]
            out[i, j] = total
    return out


def convolve2d(image, kernel):
    H, W = image.shape
    KH, KW = kernel.shape
    out = np.zeros((H - KH + 1, W - KW + 1), image.dtype)
    for i in range(H - KH + 1):
        for j in range(W - KW + 1):
            total = 0.0
            for a in range(KH):
                for b in range(KW):
                    total += kernel[a, b] * image[i + KH - 1 - a, j + KW - 1 - b]
            out[i, j] = total
    return out


def conv_matrix(w, height, width):
    KH, KW = w.shape
    OH, OW = height - KH + 1, width - KW + 1
    matrix = np.zeros((OH * OW, height * width), w.dtype)
    for i in range(OH):
        for j in range(OW):
            for a in range(KH):
                for b in range(KW):
                    matrix[i * OW + j, (i + a) * width + j + b] = w[a, b]
    return matrix


def conv2d_forward(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    SH, SW = pair(stride)
    (top, bottom), (left, right) = side_padding(padding, (H, W), (KH, KW), (SH, SW))
    OH, OW = (H + top + bottom - KH) // SH + 1, (W + left + right - KW) // SW + 1
    out = np.zeros((N, F, OH, OW), x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    total = float(b[f])
                    for c in range(C):
                        for u in range(KH):
                            for v in range(KW):
                                r, s = i * SH + u - top, j * SW + v - left
                                if 0 <= r < H and 0 <= s < W:  # elsewhere lie the zeros
                                    total += x[n, c, r, s] * w[f, c, u, v]
                    out[n, f, i, j] = total
    return out


def conv1d_forward(x, w, b, stride=1, padding=0):
    N, C, L = x.shape
    F, _, K = w.shape
    OL = (L + 2 * padding - K) // stride + 1
    out = np.zeros((N, F, OL), x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(OL):
                total = float(b[f])
                for c in range(C):
                    for u in range(K):
                        r = i * stride + u - padding
                        if 0 <= r < L:
                            total += x[n, c, r] * w[f, c, u]
                out[n, f, i] = total
    return out


def conv3d_forward(x, w, b, stride=1, padding=0):
    N, C, D, H, W = x.shape
    F, _, KD, KH, KW = w.shape
    (SD, SH, SW), (PD, PH, PW) = triple(stride), triple(padding)
    OD, OH, OW = (D + 2 * PD - KD) // SD + 1, (H + 2 * PH - KH) // SH + 1, (W + 2 * PW - KW) // SW + 1
    out = np.zeros((N, F, OD, OH, OW), x.dtype)
    for n, f, t, i, j in np.ndindex(out.shape):
        total = float(b[f])
        for c, q, u, v in np.ndindex(C, KD, KH, KW):
            d, r, s = t * SD + q - PD, i * SH + u - PH, j * SW + v - PW
            if 0 <= d < D and 0 <= r < H and 0 <= s < W:
                total += x[n, c, d, r, s] * w[f, c, q, u, v]
        out[n, f, t, i, j] = total
    return out


def rotate180(w):
    out = np.empty(w.shape, w.dtype)
    KH, KW = w.shape[-2:]
    for u in range(KH):
        for v in range(KW):
            out[..., u, v] = w[..., KH - 1 - u, KW - 1 - v]
    return out


def dilate(x, stride):
    SH, SW = pair(stride)
    H, W = x.shape[-2:]
    out = np.zeros((*x.shape[:-2], (H - 1) * SH + 1, (W - 1) * SW + 1), x.dtype)
    for r in range(H):
        for s in range(W):
            out[..., r * SH, s * SW] = x[..., r, s]
    return out


def conv2d_input_gradient(dout, w):
    if dout.ndim == 2:
        return conv2d_input_gradient(dout[None, None], w[None, None])[0, 0]
    N, F, OH, OW = dout.shape
    _, C, KH, KW = w.shape
    dx = np.zeros((N, C, OH + KH - 1, OW + KW - 1), dout.dtype)
    for n in range(N):
        for c in range(C):
            for f in range(F):
                for i in range(OH):
                    for j in range(OW):
                        for u in range(KH):
                            for v in range(KW):
                                dx[n, c, i + u, j + v] += dout[n, f, i, j] * w[f, c, u, v]
    return dx


def conv2d_weight_gradient(dout, x):
    if dout.ndim == 2:
        return conv2d_weight_gradient(dout[None, None], x[None, None])[0, 0]
    N, F, OH, OW = dout.shape
    _, C, H, W = x.shape
    dw = np.zeros((F, C, H - OH + 1, W - OW + 1), x.dtype)
    for n in range(N):
        for f in range(F):
            for c in range(C):
                for u in range(H - OH + 1):
                    for v in range(W - OW + 1):
                        for i in range(OH):
                            for j in range(OW):
                                dw[f, c, u, v] += dout[n, f, i, j] * x[n, c, i + u, j + v]
    return dw


def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    OH, OW = dout.shape[2:]
    SH, SW = pair(stride)
    (top, _), (left, _) = side_padding(padding, (H, W), (KH, KW), (SH, SW))
    dx, dw, db = np.zeros(x.shape, x.dtype), np.zeros(w.shape, x.dtype), np.zeros(F, x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    here = dout[n, f, i, j]
                    db[f] += here
                    for c in range(C):
                        for u in range(KH):
                            for v in range(KW):
                                r, s = i * SH + u - top, j * SW + v - left
                                if 0 <= r < H and 0 <= s < W:
                                    dx[n, c, r, s] += here * w[f, c, u, v]
                                    dw[f, c, u, v] += here * x[n, c, r, s]
    return dx, dw, db
