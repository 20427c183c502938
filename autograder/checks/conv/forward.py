"""Checks of conv2d_forward: the layer."""

from __future__ import annotations

import numpy as np

from autograder.checks.conv.common import layer, swapped
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import conv2d, pair, side_padding, tensor


def _forward(x, w, b, stride=1, padding=0):
    return conv2d(tensor(x), tensor(w), tensor(b), stride, padding).numpy()


def _draw_forward(rng):
    for _ in range(2):
        yield Case("plain", layer(rng) | {"b": np.zeros(1)})
    yield Case("channels", layer(rng, c=3, f=5) | {"b": np.zeros(5)})
    yield Case("channels", layer(rng, c=5, f=2) | {"b": np.zeros(2)})
    yield Case("bias", layer(rng, c=2, f=3))
    yield Case("batch", layer(rng, n=3, c=2, f=5))
    for stride in (2, (1, 3), (3, 2)):
        yield Case("stride", layer(rng, n=2, c=3, f=2) | {"stride": stride})
    for padding, stride in ((1, 1), ((2, 1), 1), ((0, 2), (2, 1))):
        yield Case("padding", layer(rng, n=2, c=2, f=3) | {"padding": padding, "stride": stride})
    for stride in (1, 2, (3, 2)):  # a kernel of even height at stride 1: the total is odd, one side gets more
        kernels = ((2, 4), (3, 5)) if stride == 1 else ((2, 3, 5), (2, 3, 5))
        yield Case("same", layer(rng, n=2, c=2, f=3, kernels=kernels) | {"padding": "same", "stride": stride})
    yield Case("same", layer(rng, c=2, f=3) | {"padding": "valid"})
    yield from contract_cases(lambda dtype: layer(rng, n=2, c=3, f=2, dtype=dtype) | {"padding": 1})


def _strided(x, w, b, stride, padding, taken):
    """Padded as asked for, but with the stride `taken`."""
    return _forward(np.pad(x, ((0, 0), (0, 0), *side_padding(padding, x.shape[2:], w.shape[2:], pair(stride)))), w, b, taken)


def _windows_not_strided(x, w, b, stride=1, padding=0):
    height, width = _forward(x, w, b, stride, padding).shape[2:]
    return _strided(x, w, b, stride, padding, 1)[:, :, :height, :width]


def _padded_on_one_side(x, w, b, stride=1, padding=0):
    sides = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    (top, bottom), (left, right) = sides
    return _forward(np.pad(x, ((0, 0), (0, 0), (0, top + bottom), (0, left + right))), w, b, stride)


def _padded_before_only(x, w, b, stride=1, padding=0):
    (top, _), (left, _) = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    return _forward(np.pad(x, ((0, 0), (0, 0), (top, 0), (left, 0))), w, b, stride)


def _same_odd_one_first(x, w, b, stride=1, padding=0):
    (top, bottom), (left, right) = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    return _forward(np.pad(x, ((0, 0), (0, 0), (bottom, top), (right, left))), w, b, stride)


def _rounded_up(x, w, b, stride=1, padding=0):
    """Also the last step that leaves the image is taken, over more zeros."""
    sides = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    missing = [-(n + sum(side) - k) % s for n, side, k, s in zip(x.shape[2:], sides, w.shape[2:], pair(stride))]
    sides = [(before, after + more) for (before, after), more in zip(sides, missing)]
    return _forward(np.pad(x, ((0, 0), (0, 0), *sides)), w, b, stride)


def _padded(mode):
    def forward(x, w, b, stride=1, padding=0):
        sides = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
        return _forward(np.pad(x, ((0, 0), (0, 0), *sides), mode=mode), w, b, stride)

    return forward


conv2d_forward = Exercise(
    id="conv.conv2d_forward",
    title="Convolution of a batch with a bank of filters",
    difficulty=3,
    minutes=30,
    aspects=(
        Aspect("plain", 4, "one channel, one filter, no padding"),
        Aspect("channels", 3, "every filter sums over all channels"),
        Aspect("bias", 1, "one bias per filter"),
        Aspect("batch", 1, "several images at once"),
        Aspect("stride", 4, "stride, also unequal for height and width"),
        Aspect("padding", 2, "zero padding, also unequal"),
        Aspect("same", 2, '"same" and "valid" padding'),
        contract(),
    ),
    draw=_draw_forward,
    oracle=_forward,
    misconceptions=(
        Misconception(
            "flipped_filter",
            "The filter was flipped: that is the mathematicians' convolution.",
            "A convolution layer slides the filter as it is (cross-correlation): out[0, 0] uses w[0, 0] with the top left pixel.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w[:, :, ::-1, ::-1], b, stride, padding),
            revisit="02, “Correlation or convolution”",
        ),
        Misconception(
            "bias_forgotten",
            "The bias is missing.",
            "Add b[f] to every pixel of the output of filter f.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, 0 * b, stride, padding),
        ),
        Misconception(
            "stride_ignored",
            "The stride is ignored: the filter moves one pixel at a time.",
            "Output pixel (i, j) looks at the window that starts at row i·stride_h and column j·stride_w.",
            lambda x, w, b, stride=1, padding=0: _strided(x, w, b, stride, padding, 1),
        ),
        Misconception(
            "stride_swapped",
            "The strides of height and width are mixed up.",
            "A pair is (height, width): the first number moves the window down, the second to the right.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, swapped(stride), padding),
        ),
        Misconception(
            "stride_of_height_for_both",
            "The stride of the height is used for the width, too.",
            "A pair is (height, width): output pixel (i, j) looks at the window that starts at row i·stride_h and column j·stride_w.",
            lambda x, w, b, stride=1, padding=0: _strided(x, w, b, stride, padding, pair(stride)[:1] * 2),
        ),
        Misconception(
            "padding_swapped",
            "The paddings of height and width are mixed up.",
            "A pair is (height, width): the first number adds rows, the second adds columns.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, stride, swapped(padding)),
        ),
        Misconception(
            "padding_ignored",
            "The padding is ignored.",
            "Surround the image with zeros before the filter slides over it: np.pad, on the last two axes only.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, stride),
        ),
        Misconception(
            "padded_on_one_side",
            "All the padding is on one side.",
            "padding=1 adds a row above and a row below, a column on the left and one on the right.",
            _padded_on_one_side,
        ),
        Misconception(
            "padded_before_only",
            "Only the top and the left are padded.",
            "padding=1 adds a row above AND one below, a column on the left AND one on the right; OH and OW count both.",
            _padded_before_only,
        ),
        Misconception(
            "same_odd_one_first",
            "With \"same\" padding, the odd zero is at the start.",
            "When the total is odd, the extra row goes to the bottom and the extra column to the right.",
            _same_odd_one_first,
        ),
        Misconception(
            "first_channel_only",
            "Only the first channel is used.",
            "A filter extends through all channels: sum over c as well as over rows and columns.",
            lambda x, w, b, stride=1, padding=0: _forward(x[:, :1], w[:, :1], b, stride, padding),
        ),
        Misconception(
            "last_channel_only",
            "Only the last channel counts: `=` stands where `+=` belongs.",
            "The channels add up: start at zero, then += for each of them.",
            lambda x, w, b, stride=1, padding=0: _forward(x[:, -1:], w[:, -1:], b, stride, padding),
        ),
        Misconception(
            "bias_for_every_channel",
            "The bias was added once for every channel.",
            "One bias per filter: add it after the sum over the channels, not inside.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, x.shape[1] * b, stride, padding),
        ),
        Misconception(
            "first_bias_for_all",
            "All filters got the first filter's bias.",
            "Filter f adds b[f].",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, 0 * b + b[0], stride, padding),
        ),
        Misconception(
            "windows_not_strided",
            "The output has the right size, but its windows lie one pixel apart: they start at (i, j).",
            "The window of output pixel (i, j) starts at row i·stride_h and column j·stride_w.",
            _windows_not_strided,
        ),
        Misconception(
            "padding_fixed_at_one",
            "Whatever padding is asked for, one ring of zeros is added.",
            "Pad by the numbers that `side_padding` gives; they can be 0, 1, 2 or more, and differ between the sides.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, stride, 1 if padding else 0),
        ),
        Misconception(
            "border_repeated",
            "The image is surrounded by copies of its border.",
            "Padding means zeros here: np.pad does that unless told otherwise.",
            _padded("edge"),
        ),
        Misconception(
            "last_lost",
            "The last row and the last column of the output are missing.",
            "The number of places is (H + top + bottom - KH) // stride_h + 1: do not forget the + 1.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, stride, padding)[:, :, :-1, :-1],
        ),
        Misconception(
            "rounded_up",
            "Where the stride does not divide, the output has a row or column too many.",
            "A step that would leave the image is not taken: round the number of steps down (//), then add 1.",
            _rounded_up,
        ),
        Misconception(
            "channels_averaged",
            "The channels were averaged, not summed.",
            "Add up over the channels: np.sum, not np.mean.",
            lambda x, w, b, stride=1, padding=0: _forward(x / x.shape[1], w, b, stride, padding),
        ),
        float64_result(_forward),
    ),
    hints=(
        "Forget batches and channels first: one image, one filter, one output pixel is one sum of products.",
        "Pad x once with np.pad. Then loop over the output pixels (i, j) and cut out the window of x that each one sees, "
        "for all images and channels at once. Its shape is (N, C, KH, KW).",
        "Work out OH and OW; make out with the dtype of x; for every i, j: cut the window that starts at (i·SH, j·SW), multiply it with "
        "every filter, sum over channel, row and column (np.tensordot or einsum does all filters together), add b.",
    ),
)

EXERCISES = (conv2d_forward,)
