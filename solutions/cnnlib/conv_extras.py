"""Two more convolutions: in groups, where a filter sees some of the channels only, and dilated, where it leaves gaps.

Everywhere: images x are (N, C, H, W), filters are not flipped, stride and padding are an int or an (h, w) pair.
"""

import numpy as np


def pair(value):
    """Given: 3 -> (3, 3); (2, 3) stays. Height first, then width."""
    return (value, value) if isinstance(value, int) else tuple(value)


def grouped_conv2d(x, w, b, groups, stride=1, padding=0):
    """Divide channels and filters into groups; the filters of a group see the channels of that group only.

    x        (N, C, H, W)            images
    w        (F, C/groups, KH, KW)   filters
    b        (F,)                    one bias per filter
    groups   int                     how many groups; divides C and F
    stride   int or (h, w) pair      rows and columns between two placements of the filter
    padding  int or (h, w) pair      zeros on each side of the image
    returns  (N, F, OH, OW)          with OH = (H + 2*padding_h - KH) // stride_h + 1, OW likewise; dtype of x

    Neighbours make a group. With c = C/groups and f = F/groups, group g has the channels g*c … g*c + c - 1 and the filters
    g*f … g*f + f - 1: filter k belongs to group k // f, and its first slice w[k, 0] meets that group's first channel. Outputs
    stay in the order of the filters.

    groups=1 is the convolution that you know. groups=C is depthwise: each channel has filters of its own.
    Raises ValueError where groups does not divide C, or F, or where the filters are not C/groups channels deep.
    The arguments are not modified.
    Source: Krizhevsky, Sutskever, Hinton 2012, "ImageNet classification with deep convolutional neural networks", section 3.5;
    Xie et al. 2017, "Aggregated residual transformations for deep neural networks", section 3.4; torch.nn.functional.conv2d.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    F, deep, KH, KW = w.shape
    (SH, SW), (PH, PW) = pair(stride), pair(padding)
    if C % groups or F % groups:
        raise ValueError(f"{C} channels and {F} filters cannot be divided into {groups} groups")
    if deep != C // groups:
        raise ValueError(f"filters {deep} channels deep, groups of {C // groups} channels")
    x = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    OH, OW = (x.shape[2] - KH) // SH + 1, (x.shape[3] - KW) // SW + 1

    out = np.zeros((N, F, OH, OW), x.dtype)
    for g in range(groups):
        own = slice(g * F // groups, (g + 1) * F // groups)              # the group's filters, and its outputs
        seen = x[:, g * deep : (g + 1) * deep]                            # (N, C/groups, H + 2 PH, W + 2 PW)
        for i in range(OH):
            for j in range(OW):
                window = seen[:, :, i * SH : i * SH + KH, j * SW : j * SW + KW]
                out[:, own, i, j] = np.tensordot(window, w[own], axes=([1, 2, 3], [1, 2, 3])) + b[own]
    return out
    ### END SOLUTION


def dilated_conv2d(x, w, b, dilation, stride=1, padding=0):
    """Convolve with filters that have gaps: neighbouring weights meet pixels that lie `dilation` apart.

    x         (N, C, H, W)        images
    w         (F, C, KH, KW)      filters
    b         (F,)                one bias per filter
    dilation  int or (h, w) pair  rows and columns from one weight's pixel to the next one's; 1 leaves no gaps
    stride    int or (h, w) pair  rows and columns between two placements of the filter
    padding   int or (h, w) pair  zeros on each side of the image
    returns   (N, F, OH, OW)      with OH = (H + 2*padding_h - RH) // stride_h + 1, OW likewise; dtype of x

    RH = dilation_h*(KH - 1) + 1 is the filter's reach, gaps included: from its first row to its last one; RW likewise.

        out[n, f, i, j] = b[f] + sum over c, u, v of x_padded[n, c, i*stride_h + u*dilation_h, j*stride_w + v*dilation_w] * w[f, c, u, v]

    Raises ValueError where the reach is larger than the padded image. The arguments are not modified.
    Source: Yu, Koltun 2016, "Multi-scale context aggregation by dilated convolutions", section 2; Dumoulin & Visin 2016,
    "A guide to convolution arithmetic for deep learning", section 5.1; torch.nn.functional.conv2d.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    F, C, KH, KW = w.shape
    (DH, DW), (SH, SW), (PH, PW) = pair(dilation), pair(stride), pair(padding)
    RH, RW = DH * (KH - 1) + 1, DW * (KW - 1) + 1
    if RH > H + 2 * PH or RW > W + 2 * PW:
        raise ValueError(f"a filter that reaches over {RH}×{RW} pixels does not fit into {H + 2 * PH}×{W + 2 * PW}")
    x = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    OH, OW = (x.shape[2] - RH) // SH + 1, (x.shape[3] - RW) // SW + 1

    out = np.zeros((N, F, OH, OW), x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = x[:, :, i * SH : i * SH + RH : DH, j * SW : j * SW + RW : DW]  # (N, C, KH, KW)
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out
    ### END SOLUTION
