"""Convolution and its gradients, spelled out.

Everywhere: images x are (N, C, H, W), filters w are (F, C, KH, KW), and "convolution" means cross-correlation, as in
PyTorch: the filter is not flipped. Only `convolve2d` flips.
"""

import numpy as np


def pair(value):
    """Given: 3 -> (3, 3); (2, 3) stays. Height first, then width."""
    return (value, value) if isinstance(value, int) else tuple(value)


def side_padding(padding, size, kernel_size, stride):
    """Given: zeros to add on each side, as ((top, bottom), (left, right)).

    padding is an int, an (h, w) pair, "valid" (none) or "same" (output size ceil(n / stride); an odd total puts the
    extra zero at the end). size, kernel_size and stride are (h, w) pairs.
    """
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, kernel_size, stride)]
        return tuple((t // 2, t - t // 2) for t in total)
    return tuple((p, p) for p in pair(padding))


def conv2d_forward(x, w, b, stride=1, padding=0):
    """Convolve a batch of images with a bank of filters: every filter sees all channels and adds its own bias.

    x        (N, C, H, W)    images
    w        (F, C, KH, KW)  filters
    b        (F,)            one bias per filter
    stride   int or (h, w) pair: rows and columns between two placements of the filter
    padding  int, (h, w) pair, "valid" or "same": zeros around the image; `side_padding` turns it into numbers
    returns  (N, F, OH, OW)  with OH = (H + top + bottom - KH) // stride_h + 1, OW likewise; dtype of x

        out[n, f, i, j] = b[f] + sum over c, u, v of x_padded[n, c, i*stride_h + u, j*stride_w + v] * w[f, c, u, v]

    The arguments are not modified.
    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section II.A; torch.nn.Conv2d.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    F, C, KH, KW = w.shape
    SH, SW = pair(stride)
    sides = side_padding(padding, (H, W), (KH, KW), (SH, SW))
    x = np.pad(x, ((0, 0), (0, 0), *sides))                              # (N, C, H + top + bottom, W + left + right)
    OH, OW = (x.shape[2] - KH) // SH + 1, (x.shape[3] - KW) // SW + 1

    out = np.zeros((N, F, OH, OW), x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = x[:, :, i * SH : i * SH + KH, j * SW : j * SW + KW]  # (N, C, KH, KW)
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out
    ### END SOLUTION
