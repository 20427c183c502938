"""What the checks of fast_conv share: sizes, and convolution's pieces as the judge sees them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.checks.conv.common import swapped
from autograder.draw import distinct
from autograder.exercise import Misconception
from autograder.oracles import pair, tensor

# Times the baseline, measured in this process and in a sandbox on a busy machine: a loop over the filter's places 1 to 4, over rows of pixels 2 to
# 5, index arrays and np.add.at 4 to 8; im2col pixel by pixel 14 to 28, a product for every pixel 39 to 57. Between 8 and 14 nothing is known to lie.
MAX_SLOWDOWN = 11
STRIDES = (2, (1, 3), (3, 2))
PADDINGS = ((1, 1), ((2, 1), 1), ((0, 2), (2, 1)))  # with a stride each


def sizes(rng):
    """H, W, KH, KW, all different."""
    return distinct(rng, (7, 11, 13), (7, 11, 13), (2, 3, 5), (2, 3, 5))


def out_size(h, w, kernel_size, stride=1, padding=0):
    """(OH, OW)."""
    return tuple((n + 2 * p - k) // s + 1 for n, k, s, p in zip((h, w), pair(kernel_size), pair(stride), pair(padding)))


def pad(x, padding):
    ph, pw = pair(padding)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))


def unfold(x, kernel_size, stride=1, padding=0):
    """What im2col should give: PyTorch's unfold (N, C*KH*KW, OH*OW), with the windows as rows."""
    import torch.nn.functional as F

    columns = F.unfold(tensor(x), pair(kernel_size), padding=pair(padding), stride=pair(stride))
    return columns.transpose(1, 2).reshape(-1, columns.shape[1]).numpy()


def fold(cols, x_shape, kernel_size, stride=1, padding=0):
    """What col2im should give: PyTorch's fold of the rows, brought back into its layout."""
    import torch.nn.functional as F

    columns = tensor(cols).reshape(x_shape[0], -1, cols.shape[1]).transpose(1, 2)
    return F.fold(columns, tuple(x_shape[2:]), pair(kernel_size), padding=pair(padding), stride=pair(stride)).numpy()


def slips_of_windows(right: Callable[..., np.ndarray]) -> tuple[Misconception, ...]:
    """What goes wrong where windows are laid, in im2col and in the layer; right(…, stride, padding) does it right."""

    def wrong(change):
        def slip(stride=1, padding=0, **inputs):
            return right(**inputs, **{"stride": stride, "padding": padding} | change(stride))

        return slip

    return (
        Misconception(
            "stride_ignored",
            "The stride is ignored: the windows lie one pixel apart.",
            "Window (i, j) starts at row i·SH and column j·SW.",
            wrong(lambda stride: {"stride": 1}),
        ),
        Misconception(
            "stride_swapped",
            "The strides of height and width are mixed up.",
            "A pair is (height, width): the first number moves the window down, the second to the right.",
            wrong(lambda stride: {"stride": swapped(stride)}),
        ),
        Misconception(
            "padding_ignored",
            "The padding is ignored.",
            "Surround the image with zeros before windows are cut out of it, and count them in OH and OW.",
            wrong(lambda stride: {"padding": 0}),
        ),
        Misconception(
            "padding_fixed",
            "The image is always padded by 1, whatever `padding` says.",
            "Use PH and PW, which may be 0, in np.pad and in OH and OW.",
            wrong(lambda stride: {"padding": 1}),
        ),
    )


# Slips that col2im and the backward pass share.


def fold_uncropped(cols, x_shape, kernel_size, stride=1, padding=0):
    """The padding stays around the result."""
    (n, c, h, w), (ph, pw) = x_shape, pair(padding)
    return fold(cols, (n, c, h + 2 * ph, w + 2 * pw), kernel_size, stride)


def fold_cut_from_the_end(cols, x_shape, kernel_size, stride=1, padding=0):
    """x[pad:-pad], which is empty for padding 0."""
    ph, pw = pair(padding)
    return fold_uncropped(cols, x_shape, kernel_size, stride, padding)[:, :, ph:-ph, pw:-pw]


def fold_at_stride_1(cols, x_shape, kernel_size, stride=1, padding=0):
    """The right windows, put back one pixel apart."""
    (n, c, h, w), (kh, kw), (ph, pw) = x_shape, pair(kernel_size), pair(padding)
    oh, ow = out_size(h, w, kernel_size, stride, padding)
    x = np.zeros((n, c, h + 2 * ph, w + 2 * pw))
    for i, j in np.ndindex(oh, ow):
        x[:, :, i : i + kh, j : j + kw] += cols.reshape(n, oh, ow, c, kh, kw)[:, i, j]
    return x[:, :, ph : ph + h, pw : pw + w]


def fold_overwritten(cols, x_shape, kernel_size, stride=1, padding=0, *, by_offset=False):
    """`=` for `+=`: of all numbers that meet at a pixel the last one wins, in the order in which the loop runs."""
    (n, c, h, w), (kh, kw), (sh, sw), (ph, pw) = x_shape, pair(kernel_size), pair(stride), pair(padding)
    oh, ow = out_size(h, w, kernel_size, stride, padding)
    cols = cols.reshape(n, oh, ow, c, kh, kw)
    x = np.zeros((n, c, h + 2 * ph, w + 2 * pw))
    if by_offset:
        for u, v in np.ndindex(kh, kw):
            x[:, :, u : u + sh * oh : sh, v : v + sw * ow : sw] = cols[..., u, v].transpose(0, 3, 1, 2)
    else:
        for i, j in np.ndindex(oh, ow):
            x[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw] = cols[:, i, j]
    return x[:, :, ph : ph + h, pw : pw + w]
