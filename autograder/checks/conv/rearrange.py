"""Checks of rotate180 and dilate: moving numbers about, the two tools of a convolution's gradient."""

from __future__ import annotations

import numpy as np

from autograder.checks.conv.common import swapped
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import pair

# --- rotate180 --------------------------------------------------------------------------------------------------------


def _rotate(w):
    return np.rot90(w, 2, axes=(-2, -1)).astype(np.float64)


def _draw_rotate(rng):
    yield Case("filter", {"w": normal(rng, 3, 3)})
    yield Case("filter", {"w": normal(rng, 2, 5)})
    yield Case("bank", {"w": normal(rng, 3, 2, 5, 4)})
    yield Case("bank", {"w": normal(rng, 2, 3, 3)})
    yield from contract_cases(lambda dtype: {"w": normal(rng, 2, 3, 5, 7, dtype=dtype)})


rotate180 = Exercise(
    id="conv.rotate180",
    title="Turn filters by 180 degrees",
    difficulty=1,
    minutes=5,
    aspects=(
        Aspect("filter", 2, "one filter"),
        Aspect("bank", 1, "a whole bank of filters: only the last two axes turn"),
        contract(),
    ),
    draw=_draw_rotate,
    oracle=_rotate,
    misconceptions=(
        Misconception(
            "transposed",
            "The filter was transposed.",
            "A transpose mirrors along the diagonal. Turned by 180 degrees, the last row comes first, itself reversed.",
            lambda w: np.swapaxes(w, -1, -2),
        ),
        Misconception(
            "rows_only",
            "Only the order of the rows was reversed.",
            "A turn by 180 degrees is two mirrorings: upside down and left to right.",
            lambda w: w[..., ::-1, :],
        ),
        Misconception(
            "columns_only",
            "Only the order of the columns was reversed.",
            "A turn by 180 degrees is two mirrorings: upside down and left to right.",
            lambda w: w[..., ::-1],
        ),
        Misconception(
            "quarter_turn",
            "The filter was turned by 90 degrees.",
            "Turn twice: the corner at the top left ends at the bottom right.",
            lambda w: np.rot90(w, 1, axes=(-2, -1)),
        ),
        Misconception(
            "first_axes",
            "In a bank of filters, the first two axes were reversed: the filters change places and stay as they are.",
            "The rows and columns of a filter are the last two axes; `...` stands for all axes before them.",
            lambda w: w[::-1, ::-1],
        ),
        Misconception(
            "all_axes",
            "In a bank of filters, all axes were reversed: the filters change places too.",
            "Reverse the last two axes only; `...` stands for all axes before them.",
            lambda w: np.flip(w),
        ),
        float64_result(_rotate, "w"),
    ),
    hints=(
        "Draw a b c / d e f / g h i on paper and turn the sheet upside down. Where is a? What has happened to the order of the rows?",
        "A slice with a negative step walks backwards along an axis.",
        "Reverse the last two axes with slices of step -1; `...` leaves all axes before them as they are.",
    ),
)


# --- dilate -----------------------------------------------------------------------------------------------------------


def _dilate(x, stride):
    # As a Kronecker product: every element becomes a block with the element at its top left; the zeros after the last are cut off.
    sh, sw = pair(stride)
    block = np.zeros((sh, sw))
    block[0, 0] = 1
    *_, h, w = x.shape
    return np.kron(x.astype(np.float64), block)[..., : (h - 1) * sh + 1, : (w - 1) * sw + 1]


def _draw_dilate(rng):
    yield Case("square", {"x": normal(rng, 3, 3), "stride": 2})
    yield Case("square", {"x": normal(rng, 2, 5), "stride": 3})
    yield Case("square", {"x": normal(rng, 3, 2), "stride": 1})
    yield Case("pair", {"x": normal(rng, 3, 5), "stride": (2, 3)})
    yield Case("pair", {"x": normal(rng, 5, 3), "stride": (3, 1)})
    yield Case("batch", {"x": normal(rng, 2, 3, 5, 4), "stride": 2})
    yield Case("batch", {"x": normal(rng, 3, 2, 3), "stride": (1, 2)})
    yield from contract_cases(lambda dtype: {"x": normal(rng, 2, 3, 5, 7, dtype=dtype), "stride": (2, 3)})


def _zeros_after_the_last(x, stride):
    sh, sw = pair(stride)
    *lead, h, w = x.shape
    out = np.zeros((*lead, h * sh, w * sw))
    out[..., ::sh, ::sw] = x
    return out


def _repeated(x, stride):
    sh, sw = pair(stride)
    *_, h, w = x.shape
    return x.repeat(sh, -2).repeat(sw, -1)[..., : (h - 1) * sh + 1, : (w - 1) * sw + 1]


def _first_axes(x, stride):
    sh, sw = pair(stride)
    n, m, *rest = x.shape
    out = np.zeros(((n - 1) * sh + 1, (m - 1) * sw + 1, *rest))
    out[::sh, ::sw] = x
    return out


dilate = Exercise(
    id="conv.dilate",
    title="Put zeros between the elements",
    difficulty=2,
    minutes=10,
    aspects=(
        Aspect("square", 2, "the same stride for height and width, also 1"),
        Aspect("pair", 1, "unequal strides"),
        Aspect("batch", 1, "more axes before the last two"),
        contract(),
    ),
    draw=_draw_dilate,
    oracle=_dilate,
    misconceptions=(
        Misconception(
            "zeros_after_the_last",
            "There are zeros after the last row and the last column.",
            "Zeros stand between elements only: H rows have H - 1 gaps, so there are (H - 1)*stride + 1 rows in the end.",
            _zeros_after_the_last,
        ),
        Misconception(
            "one_zero_too_many",
            "There are `stride` zeros between two elements, one too many.",
            "Neighbours end up `stride` places apart: there is room for stride - 1 zeros between them.",
            lambda x, stride: _dilate(x, tuple(s + 1 for s in pair(stride))),
        ),
        Misconception(
            "one_zero_always",
            "There is one zero between two elements whatever the stride.",
            "Neighbours end up `stride` places apart: there are stride - 1 zeros between them, none at stride 1.",
            lambda x, stride: _dilate(x, 2),
        ),
        Misconception(
            "repeated",
            "The elements are repeated; the places between them should be zero.",
            "Start from zeros and write each element to one place.",
            _repeated,
        ),
        Misconception(
            "stride_swapped",
            "The strides of height and width are mixed up.",
            "A pair is (height, width): the first number spreads the rows, the second the columns.",
            lambda x, stride: _dilate(x, swapped(stride)),
        ),
        Misconception(
            "first_axes",
            "The first two axes were spread.",
            "Rows and columns are the last two axes; `...` stands for all axes before them.",
            _first_axes,
        ),
        float64_result(_dilate),
    ),
    hints=(
        "How many rows does the result have? Count the elements, then the gaps between them.",
        "Make an array of zeros of the final size first; then all elements of x can be written at once.",
        "(H - 1)*stride_h + 1 rows, (W - 1)*stride_w + 1 columns, in the dtype of x; a slice with step stride_h and stride_w on the "
        "last two axes names exactly the places of x's elements.",
    ),
)
