"""Both through one ordinary convolution as a matrix product: groups become a filter bank full of zeros, gaps a filter full of zeros."""

import numpy as np


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def ordinary(x, w, b, stride, padding):
    (SH, SW), (PH, PW) = pair(stride), pair(padding)
    x = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    OH, OW = (H - KH) // SH + 1, (W - KW) // SW + 1
    rows = np.arange(OH)[:, None, None, None] * SH + np.arange(KH)[None, None, :, None]  # (OH, 1, KH, 1)
    columns = np.arange(OW)[None, :, None, None] * SW + np.arange(KW)[None, None, None, :]  # (1, OW, 1, KW)
    windows = x[:, :, rows, columns].transpose(0, 2, 3, 1, 4, 5).reshape(N * OH * OW, C * KH * KW)
    product = windows @ w.reshape(F, -1).T + b
    return product.reshape(N, OH, OW, F).transpose(0, 3, 1, 2)


def grouped_conv2d(x, w, b, groups, stride=1, padding=0):
    C, F = x.shape[1], len(w)
    if C % groups or F % groups or w.shape[1] * groups != C:
        raise ValueError(f"{C} channels, {F} filters and {groups} groups do not go together")
    whole = np.zeros((groups, F // groups, groups, *w.shape[1:]), w.dtype)  # block diagonal
    whole[np.arange(groups), :, np.arange(groups)] = w.reshape(groups, F // groups, *w.shape[1:])
    return ordinary(x, whole.reshape(F, C, *w.shape[2:]), b, stride, padding)


def dilated_conv2d(x, w, b, dilation, stride=1, padding=0):
    (DH, DW), (PH, PW), (F, C, KH, KW) = pair(dilation), pair(padding), w.shape
    spread = np.zeros((F, C, DH * (KH - 1) + 1, DW * (KW - 1) + 1), w.dtype)
    spread[..., ::DH, ::DW] = w
    if spread.shape[2] > x.shape[2] + 2 * PH or spread.shape[3] > x.shape[3] + 2 * PW:
        raise ValueError("the spread filter is larger than the image")
    return ordinary(x, spread, b, stride, padding)
