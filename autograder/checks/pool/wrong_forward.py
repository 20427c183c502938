"""Wrong ways of pooling forwards, for the maximum and the mean alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.checks.pool.common import out_size, padded, windows
from autograder.exercise import Misconception
from autograder.oracles import pair

Reduce = Callable[[np.ndarray], np.ndarray]  # windows (N, C, h, w) -> (N, C)


def maximum(window: np.ndarray) -> np.ndarray:
    return window.max(axis=(2, 3))


def mean(window: np.ndarray) -> np.ndarray:
    return window.mean(axis=(2, 3))


def swapped(value):
    return value[::-1] if isinstance(value, tuple) else value


def pooled(reduce: Reduce, fill: float, *, kernel=pair, step=None, size=None, value=None):
    """Pooling window by window, with one of its parts replaced.

    kernel(kernel_size) -> (KH, KW); step(kernel_size, stride) -> (SH, SW); size(x, kernel_size, stride, padding) -> (OH, OW);
    value: what the padding is filled with, instead of `fill`. Windows that reach over the edge are cut there; one with nothing
    in it raises ValueError.
    """

    def forward(x, kernel_size, stride=None, padding=0):
        steps = step(kernel_size, stride) if step else pair(kernel_size if stride is None else stride)
        shape = size(x, kernel_size, stride, padding) if size else out_size(x, kernel(kernel_size), steps, padding)
        x = padded(x, padding, fill if value is None else value)
        out = np.zeros((*x.shape[:2], *shape))
        for i, j, window in windows(shape, kernel(kernel_size), steps):
            out[:, :, i, j] = reduce(x[window])
        return out

    return forward


def _from_kernel(x, kernel_size, stride, padding):
    return tuple(n // k for n, k in zip(x.shape[2:], pair(kernel_size)))


def _rounded_up(x, kernel_size, stride, padding):
    steps = pair(kernel_size if stride is None else stride)
    return tuple(-(-(n + 2 * p - k) // s) + 1 for n, k, s, p in zip(x.shape[2:], pair(kernel_size), steps, pair(padding)))


def shared(reduce: Reduce, fill: float) -> tuple[Misconception, ...]:
    """The misconceptions that maximum and mean share."""
    forward = pooled(reduce, fill)
    return (
        Misconception(
            "stride_ignored",
            "The stride is ignored: windows always lie side by side.",
            "Window (i, j) starts at row i·SH and column j·SW; only where stride is None are these the kernel's sizes.",
            pooled(reduce, fill, step=lambda kernel_size, stride: pair(kernel_size)),
        ),
        Misconception(
            "stride_none_is_one",
            "Without a stride the window moves by one pixel.",
            "stride=None means: as far as the window is large. So 2×2 windows halve an image.",
            pooled(reduce, fill, step=lambda kernel_size, stride: pair(1 if stride is None else stride)),
        ),
        Misconception(
            "stride_swapped",
            "The strides of height and width are mixed up.",
            "A pair is (height, width): the first number moves the window down, the second to the right.",
            pooled(reduce, fill, step=lambda kernel_size, stride: pair(swapped(kernel_size if stride is None else stride))),
        ),
        Misconception(
            "window_is_stride",
            "The windows are as large as the stride, whatever kernel_size says.",
            "The kernel says how large a window is, the stride how far it moves: windows may overlap, or leave gaps.",
            _window_is_stride(reduce, fill),
        ),
        Misconception(
            "count_from_kernel",
            "The number of windows is H / KH, as if they lay side by side: stride and padding are left out of the output's size.",
            "OH = (H + 2·PH - KH) // SH + 1, and the same for the width.",
            pooled(reduce, fill, size=_from_kernel),
        ),
        Misconception(
            "rounded_up",
            "Windows that reach beyond the lower or right edge count as well: there are too many of them.",
            "The output's size is rounded down: only windows that lie wholly within the (padded) image count.",
            pooled(reduce, fill, size=_rounded_up),
        ),
        Misconception(
            "padding_ignored",
            "The padding is ignored.",
            "With padding, windows start PH rows above the image and PW columns left of it, and there are more of them.",
            lambda x, kernel_size, stride=None, padding=0: forward(x, kernel_size, stride, 0),
        ),
    )


def _window_is_stride(reduce: Reduce, fill: float):
    def forward(x, kernel_size, stride=None, padding=0):
        size = out_size(x, kernel_size, stride, padding)
        steps = pair(kernel_size if stride is None else stride)
        return pooled(reduce, fill, size=lambda *_: size)(x, steps, steps, padding)

    return forward
