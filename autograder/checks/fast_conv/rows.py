"""im2col and col2im."""

from __future__ import annotations

from functools import partial

import numpy as np

from autograder.checks.conv.common import swapped
from autograder.checks.fast_conv.common import (
    PADDINGS,
    STRIDES,
    fold,
    fold_at_stride_1,
    fold_cut_from_the_end,
    fold_overwritten,
    fold_uncropped,
    out_size,
    sizes,
    slips_of_windows,
    unfold,
)
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import pair

# --- im2col -----------------------------------------------------------------------------------------------------------


def _unmoved(rows, images):
    """The numbers as (N, C*KH*KW, OH*OW) lies in memory, in the shape of the rows."""
    return rows.reshape(images, -1, rows.shape[1]).transpose(0, 2, 1).reshape(rows.shape)


def _reordered(*order):
    """im2col with the axes (N, OH, OW, C, KH, KW) in another order; the first three make a row's number."""

    def wrong(x, kernel_size, stride=1, padding=0):
        n, c, h, w = x.shape
        rows = unfold(x, kernel_size, stride, padding)
        return rows.reshape(n, *out_size(h, w, kernel_size, stride, padding), c, *pair(kernel_size)).transpose(order).reshape(rows.shape)

    return wrong


def _images(rng, n=1, c=1, dtype=np.float64):
    h, w, kh, kw = sizes(rng)
    return {"x": normal(rng, n, c, h, w, dtype=dtype), "kernel_size": (kh, kw)}


def _draw_im2col(rng):
    for _ in range(2):
        yield Case("windows", _images(rng))
    yield Case("windows", _images(rng) | {"kernel_size": 3})
    yield Case("channels", _images(rng, c=3))
    yield Case("channels", _images(rng, c=7))
    yield Case("batch", _images(rng, n=3, c=2))
    for stride in STRIDES:
        yield Case("stride", _images(rng, n=2, c=3) | {"stride": stride})
    for padding, stride in PADDINGS:
        yield Case("padding", _images(rng, n=2, c=3) | {"padding": padding, "stride": stride})
    yield from contract_cases(lambda dtype: _images(rng, n=2, c=3, dtype=dtype))


im2col = Exercise(
    id="fast_conv.im2col",
    title="Every window as a row of a matrix",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("windows", 2, "one image, one channel: one row for each window, row by row over the image"),
        Aspect("channels", 2, "a row's numbers in the order of w[f].ravel(): channel, row, column"),
        Aspect("batch", 1, "several images, one after the other"),
        Aspect("stride", 2, "stride, also unequal for height and width"),
        Aspect("padding", 1, "zero padding, also unequal"),
        contract(),
    ),
    draw=_draw_im2col,
    oracle=unfold,
    misconceptions=(
        Misconception(
            "windows_as_columns",
            "The windows are the columns of your matrix; here they are its rows.",
            "Row (n·OH + i)·OW + j holds one window: transpose the result, or put the axes N, OH, OW first.",
            lambda x, kernel_size, stride=1, padding=0: unfold(x, kernel_size, stride, padding).T,
        ),
        Misconception(
            "not_transposed",
            "The windows were reshaped from (N, C, KH, KW, OH, OW) straight into rows: right shape, scrambled numbers.",
            "reshape never moves numbers. First transpose to (N, OH, OW, C, KH, KW), then reshape.",
            lambda x, kernel_size, stride=1, padding=0: _unmoved(unfold(x, kernel_size, stride, padding), len(x)),
        ),
        Misconception(
            "channels_last",
            "Each row has its numbers in the order row, column, channel.",
            "The order is channel, row, column, so that a row can be multiplied with w[f].ravel(). Put the axis C before KH and KW.",
            _reordered(0, 1, 2, 4, 5, 3),
        ),
        Misconception(
            "images_last",
            "The rows are ordered by output pixel first and by image second.",
            "All windows of image 0 come first, then those of image 1: put the axis N before OH and OW.",
            _reordered(1, 2, 0, 3, 4, 5),
        ),
        Misconception(
            "column_by_column",
            "The windows run down the columns of the image instead of along its rows.",
            "Windows (0, 0), (0, 1), (0, 2), … come first: the axis OW varies faster than OH.",
            _reordered(0, 2, 1, 3, 4, 5),
        ),
        Misconception(
            "kernel_swapped",
            "Height and width of the windows are mixed up.",
            "kernel_size is (KH, KW): a window is KH rows high and KW columns wide.",
            lambda x, kernel_size, stride=1, padding=0: unfold(x, swapped(kernel_size), stride, padding),
        ),
        *slips_of_windows(unfold),
        float64_result(unfold),
    ),
    hints=(
        "Draw a 3×4 image with the numbers 0 to 11 and write down its 2×2 windows, one a line: that is the matrix.",
        "Make an empty array (N, OH, OW, C, KH, KW), fill it, and reshape it once at the end. Its first three axes say which window a row is, "
        "its last three what stands in it.",
        "Pad x. For each offset (u, v) within the filter, the pixels that all windows see there are one slice of x with step (SH, SW) and "
        "shape (N, C, OH, OW); bring its axes into the order N, OH, OW, C and store it at [..., u, v]. Only KH·KW rounds of the loop.",
    ),
)


# --- col2im -----------------------------------------------------------------------------------------------------------


def _averaged(cols, x_shape, kernel_size, stride=1, padding=0):
    return fold(cols, x_shape, kernel_size, stride, padding) / np.maximum(fold(np.ones_like(cols), x_shape, kernel_size, stride, padding), 1)


def _columns_channels_last(cols, x_shape, kernel_size, stride=1, padding=0):
    (kh, kw), c = pair(kernel_size), x_shape[1]
    return fold(cols.reshape(-1, kh, kw, c).transpose(0, 3, 1, 2).reshape(cols.shape), x_shape, kernel_size, stride, padding)


def _windows(rng, n=1, c=1, stride=1, padding=0, dtype=np.float64):
    h, w, kh, kw = sizes(rng)
    oh, ow = out_size(h, w, (kh, kw), stride, padding)
    given = {"cols": normal(rng, n * oh * ow, c * kh * kw, dtype=dtype), "x_shape": (n, c, h, w), "kernel_size": (kh, kw)}
    return given | ({"stride": stride} if stride != 1 else {}) | ({"padding": padding} if padding != 0 else {})


def _draw_col2im(rng):
    for _ in range(2):
        yield Case("overlap", _windows(rng))
    yield Case("batch", _windows(rng, n=3, c=2))
    yield Case("batch", _windows(rng, n=2, c=7))
    for stride in STRIDES:
        yield Case("stride", _windows(rng, n=2, c=3, stride=stride))
    for padding, stride in PADDINGS:
        yield Case("padding", _windows(rng, n=2, c=3, padding=padding, stride=stride))
    yield from contract_cases(lambda dtype: _windows(rng, n=2, c=3, dtype=dtype))


col2im = Exercise(
    id="fast_conv.col2im",
    title="The rows back into an image, overlaps added",
    difficulty=4,
    minutes=25,
    aspects=(
        Aspect("overlap", 3, "every window back in its place; where windows overlap, their numbers add up"),
        Aspect("batch", 1, "several images and channels"),
        Aspect("stride", 2, "stride, also unequal for height and width"),
        Aspect("padding", 1, "what falls on the padding is dropped"),
        contract(),
    ),
    draw=_draw_col2im,
    oracle=fold,
    misconceptions=(
        Misconception(
            "overwritten",
            "Where windows overlap, the last window overwrites the others.",
            "Every window that saw a pixel adds to it: += instead of =.",
            fold_overwritten,
            revisit="03, “im2col and back”",
        ),
        Misconception(
            "overwritten_by_offset",
            "Where windows overlap, one number overwrites the others.",
            "All of them add up: += instead of =. With index arrays, x[index] += y adds only once where an index is repeated; "
            "np.add.at adds every time.",
            partial(fold_overwritten, by_offset=True),
            revisit="03, “im2col and back”",
        ),
        Misconception(
            "averaged",
            "Overlapping numbers are averaged instead of added.",
            "col2im is the adjoint of im2col, not its inverse: a pixel seen by three windows gets the sum of three numbers.",
            _averaged,
        ),
        Misconception(
            "padding_kept",
            "The padding is still around the result.",
            "Add into the padded image, then cut out the H×W pixels that belong to x.",
            fold_uncropped,
        ),
        Misconception(
            "cut_with_minus_zero",
            "With padding 0 the result is empty: x[pad:-pad] is x[0:0] then.",
            "Cut from PH to PH + H instead of counting from the end.",
            fold_cut_from_the_end,
        ),
        Misconception(
            "padding_fixed",
            "One pixel is cut off on every side, whatever `padding` says.",
            "Cut off PH rows and PW columns on each side; they may be 0.",
            lambda cols, x_shape, kernel_size, stride=1, padding=0: fold_uncropped(cols, x_shape, kernel_size, stride, padding)[:, :, 1:-1, 1:-1],
        ),
        Misconception(
            "stride_ignored",
            "The stride is ignored: the windows are put back one pixel apart.",
            "Window (i, j) starts at row i·SH and column j·SW.",
            fold_at_stride_1,
        ),
        Misconception(
            "channels_last",
            "Each row is read in the order row, column, channel.",
            "im2col writes channel, row, column: split the last axis into (C, KH, KW).",
            _columns_channels_last,
        ),
        float64_result(fold, "cols"),
    ),
    hints=(
        "Go through your im2col line by line and turn every copy around: what was read from x is now added to x.",
        "Split cols into its axes (N, OH, OW, C, KH, KW), start from zeros of the padded size, and add. Cut the padding off at the end.",
        "For each offset (u, v): one slice of the padded image with step (SH, SW) receives cols[..., u, v], axes brought into the "
        "order N, C, OH, OW, by +=. Then return rows PH to PH + H and columns PW to PW + W.",
    ),
)
