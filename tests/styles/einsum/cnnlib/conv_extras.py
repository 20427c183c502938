"""Groups as an axis of their own, two loops over the weights; einsum says the rest."""

import numpy as np


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def layer(x, w, b, groups, dilation, stride, padding):
    (DH, DW), (SH, SW), (PH, PW) = pair(dilation), pair(stride), pair(padding)
    x = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    OH, OW = (H - DH * (KH - 1) - 1) // SH + 1, (W - DW * (KW - 1) - 1) // SW + 1
    if OH < 1 or OW < 1:
        raise ValueError("the filter reaches over more than the image")
    x, w = x.reshape(N, groups, C // groups, H, W), w.reshape(groups, F // groups, -1, KH, KW)
    if x.shape[2] != w.shape[2]:
        raise ValueError("the filters are of another depth than the groups")
    out = 0
    for u, v in np.ndindex(KH, KW):
        met = x[..., u * DH : u * DH + (OH - 1) * SH + 1 : SH, v * DW : v * DW + (OW - 1) * SW + 1 : SW]
        out = out + np.einsum("ngcij,gfc->ngfij", met, w[..., u, v])
    return out.reshape(N, F, OH, OW) + b[:, None, None]


def grouped_conv2d(x, w, b, groups, stride=1, padding=0):
    return layer(x, w, b, groups, 1, stride, padding)


def dilated_conv2d(x, w, b, dilation, stride=1, padding=0):
    return layer(x, w, b, 1, dilation, stride, padding)
