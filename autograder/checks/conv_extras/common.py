"""What both convolutions share: bias, filter, stride and padding, and the ways to get these wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.conv.common import swapped
from autograder.draw import normal
from autograder.exercise import Aspect, Misconception
from autograder.oracles import pair, tensor

LAYER_ASPECTS = (
    Aspect("bias", 1, "one bias per filter"),
    Aspect("stride", 1, "stride, also unequal for height and width"),
    Aspect("padding", 1, "zero padding, also unequal"),
)


def convolved(x, w, b, stride=1, padding=0, dilation=1, groups=1) -> np.ndarray:
    """PyTorch's convolution in float64. Raises ValueError where shapes do not fit, as NumPy would."""
    import torch.nn.functional as F

    try:
        out = F.conv2d(tensor(x), tensor(w), tensor(b), pair(stride), pair(padding), pair(dilation), groups)
    except RuntimeError as error:
        raise ValueError(str(error)) from error
    return out.numpy()


def expected(forward: Callable[..., np.ndarray]) -> Callable[..., Any]:
    """The oracle: what `forward` gives, or that a ValueError is right."""
    return lambda refuses=False, **inputs: "ValueError" if refuses else forward(**inputs)


def biased(rng, inputs):
    return inputs | {"b": normal(rng, len(inputs["b"]), dtype=inputs["x"].dtype)}


def shared(forward: Callable[..., np.ndarray]) -> tuple[Misconception, ...]:
    """The slips that have nothing to do with groups or dilation, for a forward(x, w, b, stride, padding, …)."""

    def wrong(change):
        def slip(x, w, b, stride=1, padding=0, **own):
            given = {"x": x, "w": w, "b": b, "stride": stride, "padding": padding}
            return forward(**(given | change(**given)), **own)

        return slip

    def windows_not_strided(x, w, b, stride=1, padding=0, **own):
        height, width = forward(x, w, b, stride=stride, padding=padding, **own).shape[2:]
        return forward(x, w, b, stride=1, padding=padding, **own)[:, :, :height, :width]

    def padded_on_one_side(x, w, b, stride=1, padding=0, **own):
        more = ((0, 2 * p) for p in pair(padding))
        return forward(np.pad(x, ((0, 0), (0, 0), *more)), w, b, stride=stride, **own)

    def border_repeated(x, w, b, stride=1, padding=0, **own):
        return forward(np.pad(x, ((0, 0), (0, 0), *((p, p) for p in pair(padding))), mode="edge"), w, b, stride=stride, **own)

    return (
        Misconception(
            "flipped_filter",
            "The filter was flipped: that is the mathematicians' convolution.",
            "A convolution layer slides the filter as it is (cross-correlation).",
            wrong(lambda w, **_: {"w": w[:, :, ::-1, ::-1]}),
            revisit="02, “Correlation or convolution”",
        ),
        Misconception(
            "bias_forgotten",
            "The bias is missing.",
            "Add b[k] to every pixel of the output of filter k.",
            wrong(lambda b, **_: {"b": 0 * b}),
        ),
        Misconception(
            "bias_for_every_channel",
            "The bias was added once for every channel that a filter sees.",
            "One bias per filter: add it after the sum over the channels, not inside.",
            wrong(lambda b, w, **_: {"b": w.shape[1] * b}),
        ),
        Misconception(
            "first_bias_for_all",
            "All filters got the first filter's bias.",
            "Filter k adds b[k].",
            wrong(lambda b, **_: {"b": 0 * b + b[0]}),
        ),
        Misconception(
            "stride_ignored",
            "The stride is ignored: the filter moves one pixel at a time.",
            "The window of output pixel (i, j) starts at row i·stride_h and column j·stride_w; there are fewer of them, too.",
            wrong(lambda **_: {"stride": 1}),
        ),
        Misconception(
            "windows_not_strided",
            "The output has the right size, but its windows lie one pixel apart: they start at (i, j).",
            "The window of output pixel (i, j) starts at row i·stride_h and column j·stride_w.",
            windows_not_strided,
        ),
        Misconception(
            "stride_swapped",
            "The strides of height and width are mixed up.",
            "A pair is (height, width): the first number moves the window down, the second to the right.",
            wrong(lambda stride, **_: {"stride": swapped(stride)}),
        ),
        Misconception(
            "stride_of_height_for_both",
            "The stride of the height is used for the width, too.",
            "A pair is (height, width): the first number moves the window down, the second to the right.",
            wrong(lambda stride, **_: {"stride": pair(stride)[0]}),
        ),
        Misconception(
            "stride_of_width_for_both",
            "The stride of the width is used for the height, too.",
            "A pair is (height, width): the first number moves the window down, the second to the right.",
            wrong(lambda stride, **_: {"stride": pair(stride)[1]}),
        ),
        Misconception(
            "padding_ignored",
            "The padding is ignored.",
            "Surround the image with zeros first: np.pad, on the last two axes only.",
            wrong(lambda **_: {"padding": 0}),
        ),
        Misconception(
            "padding_swapped",
            "The paddings of height and width are mixed up.",
            "A pair is (height, width): the first number adds rows, the second adds columns.",
            wrong(lambda padding, **_: {"padding": swapped(padding)}),
        ),
        Misconception(
            "padding_of_height_for_both",
            "The padding of the height is used for the width, too.",
            "A pair is (height, width): the first number adds rows, the second adds columns.",
            wrong(lambda padding, **_: {"padding": pair(padding)[0]}),
        ),
        Misconception(
            "padding_fixed_at_one",
            "Whatever padding is asked for, one ring of zeros is added.",
            "Pad by `padding`: it can be 0, 1, 2 or more, and differ between height and width.",
            wrong(lambda padding, **_: {"padding": 1 if padding else 0}),
        ),
        Misconception(
            "border_repeated",
            "The image is surrounded by copies of its border.",
            "Padding means zeros here: np.pad does that unless told otherwise.",
            border_repeated,
        ),
        Misconception(
            "padded_on_one_side",
            "All the padding is on one side.",
            "padding=1 adds a row above and a row below, a column on the left and one on the right.",
            padded_on_one_side,
        ),
        Misconception(
            "last_lost",
            "The last row and the last column of the output are missing.",
            "Between the first place and the last there are that many steps: do not forget the + 1.",
            lambda **given: forward(**given)[:, :, :-1, :-1],
        ),
        Misconception(
            "channels_averaged",
            "The channels were averaged, not summed.",
            "Add up over the channels that a filter sees: np.sum, not np.mean.",
            wrong(lambda w, **_: {"w": w / w.shape[1]}),
        ),
    )
