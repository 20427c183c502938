"""avg_pool2d_forward and avg_pool2d_backward."""

from __future__ import annotations

import numpy as np

from autograder.checks.pool.common import backward_by, cropped, forward_by, images, padded, slips_of_windows, window_by_window, with_dout
from autograder.checks.pool.wrong_forward import mean, pooled, shared
from autograder.draw import distinct
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import pair

forward, backward = forward_by("avg_pool2d"), backward_by("avg_pool2d")


def _inputs(rng, n=2, c=3, dtype=np.float64, sizes=(7, 11, 13), **options):
    return images(rng, n, c, dtype, shift=0.5, sizes=sizes) | options


def _padded(rng):
    yield _inputs(rng, kernel_size=3, stride=2, padding=1)
    yield _inputs(rng, kernel_size=(2, 3), stride=(1, 2), padding=(0, 1))
    yield _inputs(rng, n=3, c=2, kernel_size=(5, 4), padding=(2, 1))


# --- avg_pool2d_forward -----------------------------------------------------------------------------------------------


def _draw_forward(rng):
    yield Case("values", _inputs(rng, n=1, c=1, kernel_size=2))
    yield Case("values", _inputs(rng, kernel_size=3))
    yield Case("stride", _inputs(rng, kernel_size=3, stride=2))
    yield Case("stride", _inputs(rng, n=3, c=2, kernel_size=3, stride=1))
    yield Case("stride", _inputs(rng, kernel_size=2, stride=3, sizes=(8, 11, 14)))
    yield Case("pairs", _inputs(rng, kernel_size=distinct(rng, (2, 3, 5), (2, 3, 5))))
    yield Case("pairs", _inputs(rng, kernel_size=distinct(rng, (2, 3), (2, 3)), stride=distinct(rng, (1, 2, 3), (1, 2, 3))))
    yield Case("pairs", _inputs(rng, kernel_size=(2, 3), stride=(1, 2)))  # a swapped stride is not the kernel here
    yield from (Case("padding", inputs) for inputs in _padded(rng))
    yield from contract_cases(lambda dtype: _inputs(rng, dtype=dtype, kernel_size=3, stride=2, padding=1))


def _without_padding(window):
    """The mean of what is not padding (NaN)."""
    return np.nanmean(window, axis=(2, 3))


def _divided_by(number):
    """number(KH, KW) instead of KH*KW."""

    def wrong(x, kernel_size, stride=None, padding=0):
        kh, kw = pair(kernel_size)
        return forward(x, kernel_size, stride, padding) * kh * kw / number(kh, kw)

    return wrong


avg_pool2d_forward = Exercise(
    id="pool.avg_pool2d_forward",
    title="Average pooling",
    difficulty=2,
    minutes=10,
    aspects=(
        Aspect("values", 2, "images and channels, windows side by side"),
        Aspect("stride", 2, "windows that overlap or leave gaps; what is left over at the edge is not looked at"),
        Aspect("pairs", 1, "kernel and stride of unequal height and width"),
        Aspect("padding", 2, "zeros as padding, which count in the mean"),
        contract(),
    ),
    draw=_draw_forward,
    oracle=forward,
    misconceptions=(
        Misconception(
            "padding_not_counted",
            "At the edge the mean is taken over the image's own numbers only.",
            "The zeros of the padding count here: always divide by KH·KW (PyTorch's count_include_pad=True).",
            pooled(_without_padding, 0.0, value=np.nan),
        ),
        Misconception(
            "sum_for_mean",
            "The windows are summed, not averaged.",
            "Divide by how many numbers a window has.",
            _divided_by(lambda kh, kw: 1),
        ),
        Misconception(
            "divided_by_height_only",
            "The sum is divided by KH², as if every window were a square.",
            "A window has KH·KW numbers.",
            _divided_by(lambda kh, kw: kh * kh),
        ),
        Misconception(
            "max_for_mean",
            "The maximum of each window was taken, not its mean.",
            "That was the exercise before: here every number of a window counts.",
            forward_by("max_pool2d"),
        ),
        Misconception(
            "padded_with_minus_infinity",
            "The padding is minus infinity, as for the maximum: every mean at the edge becomes infinite.",
            "A mean counts all numbers of its window: pad with zeros.",
            pooled(mean, 0.0, value=-np.inf),
        ),
        *shared(mean, 0.0),
        float64_result(forward),
    ),
    hints=(
        "The windows are those of max pooling. What else is done with them, and what does the padding hold now?",
        "Pad with zeros. Add up the pixels of every window, offset by offset or window by window, and divide once at the end.",
        "Sizes as in max pooling. Start from zeros of shape (N, C, OH, OW) and the dtype of x; for each of the KH·KW offsets add the pixels that "
        "all windows have there; divide by KH·KW.",
    ),
)


# --- avg_pool2d_backward ----------------------------------------------------------------------------------------------


def _draw_backward(rng):
    def case(aspect, inputs):
        return Case(aspect, with_dout(rng, inputs))

    yield case("values", _inputs(rng, n=1, c=1, kernel_size=2))
    yield case("values", _inputs(rng, kernel_size=3))
    yield case("values", _inputs(rng, kernel_size=distinct(rng, (2, 3, 5), (2, 3, 5))))
    yield case("overlap", _inputs(rng, kernel_size=3, stride=1))
    yield case("overlap", _inputs(rng, n=3, c=2, kernel_size=3, stride=2))
    yield case("stride", _inputs(rng, kernel_size=2, stride=3, sizes=(8, 11, 14)))
    yield case("stride", _inputs(rng, kernel_size=(3, 2), stride=(2, 4)))
    yield from (case("padding", inputs) for inputs in _padded(rng))
    yield from contract_cases(lambda dtype: with_dout(rng, _inputs(rng, dtype=dtype, kernel_size=3, stride=2, padding=1)))


def _wrong(*, add=True, divide=lambda kernel, size: kernel[0] * kernel[1], **how):
    """A backward pass, window by window; every argument is a way to get it wrong. how: as for `window_by_window`."""

    def put(dx, x, window, given, kernel):
        dx[window] = given[..., None, None] + (dx[window] if add else 0)

    passed = window_by_window(put, **how)

    def wrong(dout, x, kernel_size, stride=None, padding=0):
        return passed(dout / divide(pair(kernel_size), dout.shape[2:]), x, kernel_size, stride, padding)

    return wrong


def _overwritten_by_offset(dout, x, kernel_size, stride=None, padding=0):
    """`=` for `+=` in a loop over the offsets within a window: the last offset wins."""
    (kh, kw), (sh, sw) = pair(kernel_size), pair(kernel_size if stride is None else stride)
    dx, (oh, ow) = np.zeros(padded(x, padding, 0.0).shape), dout.shape[2:]
    for u, v in np.ndindex(kh, kw):
        dx[:, :, u : u + sh * oh : sh, v : v + sw * ow : sw] = dout / (kh * kw)
    return cropped(dx, x, padding)


def _padding_not_counted(dout, x, kernel_size, stride=None, padding=0):
    import torch.nn.functional as F

    from autograder.oracles import gradients

    return gradients(lambda x: F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=False), dout, x)[0]


avg_pool2d_backward = Exercise(
    id="pool.avg_pool2d_backward",
    title="The gradient of average pooling",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("values", 3, "windows side by side, also with unequal height and width"),
        Aspect("overlap", 3, "windows that overlap: shares add up"),
        Aspect("stride", 2, "strides that leave gaps or differ for height and width"),
        Aspect("padding", 3, "with padding, which is cut off again"),
        contract(),
    ),
    draw=_draw_backward,
    oracle=backward,
    returns=("dx",),
    misconceptions=(
        Misconception(
            "not_divided",
            "Every number of a window gets the whole gradient.",
            "Each number is one of KH·KW in a mean, so it gets that part of the gradient.",
            _wrong(divide=lambda kernel, size: 1),
        ),
        Misconception(
            "divided_by_height_only",
            "The gradient is divided by KH², as if every window were a square.",
            "A window has KH·KW numbers.",
            _wrong(divide=lambda kernel, size: kernel[0] ** 2),
        ),
        Misconception(
            "divided_by_output_size",
            "The gradient is divided by the number of windows.",
            "What counts is how many numbers a window has: KH·KW.",
            _wrong(divide=lambda kernel, size: size[0] * size[1]),
        ),
        Misconception(
            "overwritten",
            "Where windows overlap, the last window overwrites the shares of the others.",
            "A number that several windows saw gets a share from each: += instead of =.",
            _wrong(add=False),
        ),
        Misconception(
            "overwritten_by_offset",
            "Where windows overlap, one share overwrites the others.",
            "A number that several windows saw gets a share from each: += instead of =.",
            _overwritten_by_offset,
        ),
        Misconception(
            "padding_not_counted",
            "At the edge the gradient is shared by the image's own numbers only.",
            "The zeros of the padding counted in the mean, so their share goes to them and is dropped: always divide by KH·KW.",
            _padding_not_counted,
        ),
        *slips_of_windows(_wrong),
        float64_result(backward),
    ),
    hints=(
        "A mean of KH·KW numbers: by how much does it change when one of them grows a little?",
        "Each window hands the same share to all its numbers. Go through windows or through offsets, and add the shares up.",
        "share = dout over the number of pixels in a window. For each of the KH·KW offsets add share to the pixels that all windows have there "
        "(every SH-th row, every SW-th column); then cut the padding off.",
    ),
)
