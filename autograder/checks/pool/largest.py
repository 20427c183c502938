"""max_pool2d_forward: the largest number of each window."""

from __future__ import annotations

import numpy as np

from autograder.checks.pool.common import forward_by, images
from autograder.checks.pool.wrong_forward import maximum, mean, pooled, shared
from autograder.draw import distinct
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import pair

forward = forward_by("max_pool2d")
LOW = -4.0  # all numbers negative, or all but a few
FAR_BELOW = -1e6  # below any number that one would take for "small enough"


def _draw(rng):
    yield Case("values", images(rng) | {"kernel_size": 2})
    yield Case("values", images(rng, n=2, c=3) | {"kernel_size": 3})
    yield Case("negative", images(rng, n=2, c=3, shift=2 * LOW) | {"kernel_size": 2})
    yield Case("stride", images(rng, n=2, c=3) | {"kernel_size": 3, "stride": 2})
    yield Case("stride", images(rng, n=3, c=2, shift=1.0) | {"kernel_size": 3, "stride": 1})
    yield Case("stride", images(rng, n=2, c=3, shift=1.0, sizes=(8, 11, 14)) | {"kernel_size": 2, "stride": 3})
    yield Case("pairs", images(rng, n=2, c=3) | {"kernel_size": distinct(rng, (2, 3, 5), (2, 3, 5))})
    yield Case("pairs", images(rng, n=2, c=2) | {"kernel_size": distinct(rng, (2, 3), (2, 3)), "stride": distinct(rng, (1, 2, 3), (1, 2, 3))})
    # A swapped stride is not the kernel here.
    yield Case("pairs", images(rng, n=2, c=2) | {"kernel_size": (2, 3), "stride": (1, 2)})
    yield Case("padding", images(rng, n=2, c=3, shift=LOW) | {"kernel_size": 3, "stride": 2, "padding": 1})
    yield Case("padding", images(rng, n=2, c=3, shift=LOW) | {"kernel_size": (3, 2), "stride": (2, 1), "padding": (0, 1)})
    yield Case("padding", images(rng, n=3, c=2, shift=LOW) | {"kernel_size": (5, 4), "padding": (2, 1)})
    yield Case("padding", images(rng, n=2, c=3, shift=FAR_BELOW) | {"kernel_size": 3, "stride": 2, "padding": 1})
    yield from contract_cases(lambda dtype: images(rng, n=2, c=3, dtype=dtype) | {"kernel_size": 3, "stride": 2, "padding": 1})


def _largest_at_least_zero(x, kernel_size, stride=None, padding=0):
    return np.maximum(forward(x, kernel_size, stride, padding), 0)


def _across_channels(x, kernel_size, stride=None, padding=0):
    return forward(x, kernel_size, stride, padding).max(axis=1, keepdims=True)


def _by_size(x, kernel_size, stride=None, padding=0):
    """The number that is largest without its sign."""
    up, down = forward(x, kernel_size, stride, padding), -forward(-x, kernel_size, stride, padding)
    return np.where(up >= -down, up, down)


max_pool2d_forward = Exercise(
    id="pool.max_pool2d_forward",
    title="Max pooling",
    difficulty=2,
    minutes=20,
    aspects=(
        Aspect("values", 3, "images and channels, windows side by side"),
        Aspect("negative", 1, "images that hold only negative numbers"),
        Aspect("stride", 3, "windows that overlap or leave gaps; what is left over at the edge is not looked at"),
        Aspect("pairs", 2, "kernel and stride of unequal height and width"),
        Aspect("padding", 2, "padding that never wins, also unequal"),
        contract(),
    ),
    draw=_draw,
    oracle=forward,
    misconceptions=(
        Misconception(
            "padded_with_zeros",
            "The image was padded with zeros: where all numbers of a window are negative, the padding wins.",
            "A maximum must never come from outside the image: pad with minus infinity.",
            pooled(maximum, -np.inf, value=0.0),
        ),
        Misconception(
            "padded_with_a_number",
            "The padding is a number, not minus infinity: where a window holds smaller ones, the padding wins.",
            "No number is small enough for every image: pad with -np.inf.",
            pooled(maximum, -np.inf, value=-1000.0),
        ),
        Misconception(
            "never_below_zero",
            "No output is below zero: the search for the maximum started at 0.",
            "Start from minus infinity, or from the window's own first number.",
            _largest_at_least_zero,
        ),
        Misconception(
            "largest_in_size",
            "The number that is largest without its sign was taken.",
            "Pooling takes the maximum: -5 is smaller than 1.",
            _by_size,
        ),
        Misconception(
            "mean_for_max",
            "The mean of each window was taken, not its maximum.",
            "Average pooling comes later; here only the largest number counts.",
            lambda x, kernel_size, stride=None, padding=0: pooled(mean, 0.0)(x, kernel_size, stride, padding),
        ),
        Misconception(
            "kernel_swapped",
            "Height and width of the window are mixed up.",
            "A pair is (height, width): KH rows and KW columns.",
            pooled(maximum, -np.inf, kernel=lambda kernel_size: pair(kernel_size)[::-1]),
        ),
        *shared(maximum, -np.inf),
        Misconception(
            "across_channels",
            "The channels were pooled together.",
            "Every channel is pooled by itself: the output has as many channels as the input.",
            _across_channels,
        ),
        float64_result(forward),
    ),
    hints=(
        "Which pixels of x does output (i, j) look at? Write their rows and columns down for a 2×2 window, then for any stride.",
        "Pad with something that can never be the largest number. Then either loop over output pixels and take the maximum of a window "
        "over its last two axes, or loop over the KH·KW offsets within a window and keep the larger number each time.",
        "Sizes: OH = (H + 2·PH - KH) // SH + 1, OW likewise. Pad with minus infinity on both sides of both axes. For every (i, j): rows "
        "i·SH to i·SH + KH, columns j·SW to j·SW + KW, of all images and channels at once; their maximum is out[:, :, i, j].",
    ),
)
