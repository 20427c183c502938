"""What the checks of pooling share: cases, and windows as the judge sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.draw import distinct, normal
from autograder.exercise import Misconception
from autograder.oracles import pair, tensor

Options = dict[str, Any]


def images(rng, n=1, c=1, dtype=np.float64, shift=0.0, sizes=(7, 11, 13)):
    """x alone, height and width different."""
    h, w = distinct(rng, sizes, sizes)
    return {"x": (normal(rng, n, c, h, w) + shift).astype(dtype)}


def out_size(x, kernel_size, stride=None, padding=0):
    """(OH, OW)."""
    steps = pair(kernel_size if stride is None else stride)
    return tuple((n + 2 * p - k) // s + 1 for n, k, s, p in zip(x.shape[2:], pair(kernel_size), steps, pair(padding)))


def with_dout(rng, inputs):
    """The inputs with a random gradient of the output's shape before them."""
    x = inputs["x"]
    size = out_size(x, *(inputs.get(name, other) for name, other in (("kernel_size", 1), ("stride", None), ("padding", 0))))
    return {"dout": normal(rng, *x.shape[:2], *size, dtype=x.dtype)} | inputs


def forward_by(torch_name: str) -> Callable[..., np.ndarray]:
    """PyTorch's pooling of that name, in float64."""

    def forward(x, kernel_size, stride=None, padding=0):
        import torch.nn.functional as F

        return getattr(F, torch_name)(tensor(x), kernel_size, stride, padding).numpy()

    return forward


def backward_by(torch_name: str) -> Callable[..., np.ndarray]:
    """Its gradient, by autograd."""

    def backward(dout, x, kernel_size, stride=None, padding=0):
        import torch.nn.functional as F

        from autograder.oracles import gradients

        return gradients(lambda x: getattr(F, torch_name)(x, kernel_size, stride, padding), dout, x)[0]

    return backward


def padded(x, padding, value):
    ph, pw = pair(padding)
    return np.pad(x.astype(np.float64), ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=value)


def cropped(dx, x, padding):
    (ph, pw), (h, w) = pair(padding), x.shape[2:]
    return dx[:, :, ph : ph + h, pw : pw + w]


def cut_from_the_end(dx, x, padding):
    """dx[pad:-pad], which is empty for padding 0."""
    ph, pw = pair(padding)
    return dx[:, :, ph:-ph, pw:-pw]


def kept(dx, x, padding):
    """The padding stays around the result."""
    return dx


def window_by_window(put, *, value=0.0, step=None, size=None, window_size=None, crop=cropped) -> Callable[..., np.ndarray]:
    """A backward pass in NumPy: put(dx, x, window, given, kernel) hands on what a window was given. Raises IndexError beyond the image or dout.

    All but `put` are ways to get it wrong: what stands in the padding, how far windows move, how many there are, how large they are, what is cut.
    """

    def backward(dout, x, kernel_size, stride=None, padding=0):
        kernel, steps = pair(kernel_size), pair(kernel_size if stride is None else stride)
        x_padded = padded(x, padding, value)
        dx = np.zeros(x_padded.shape)
        moves = pair(step(kernel_size, stride)) if step else steps
        for i, j, window in windows(size(x, kernel) if size else dout.shape[2:], window_size(steps) if window_size else kernel, moves):
            put(dx, x_padded, window, dout[:, :, i, j], kernel)
        return crop(dx, x, padding)

    return backward


def slips_of_windows(wrong: Callable[..., Callable[..., np.ndarray]]) -> tuple[Misconception, ...]:
    """What goes wrong on the way back whatever a window passes on; wrong(…) is `window_by_window` with one of its arguments."""
    return (
        Misconception(
            "count_from_kernel",
            "As many windows were gone through as fit side by side: the stride is left out of their number.",
            "There are as many windows as numbers in dout: OH rows and OW columns.",
            wrong(size=lambda x, kernel: tuple(n // k for n, k in zip(x.shape[2:], kernel))),
        ),
        Misconception(
            "window_is_stride",
            "The windows are taken to be as large as the stride.",
            "The kernel says how large a window is, the stride how far it moves.",
            wrong(window_size=lambda steps: steps),
        ),
        Misconception(
            "stride_none_is_one",
            "Without a stride, the windows are taken to lie one pixel apart.",
            "stride=None means: as far as the window is large, on the way back as on the way there.",
            wrong(step=lambda kernel_size, stride: 1 if stride is None else stride),
        ),
        Misconception(
            "stride_ignored",
            "The stride is ignored: windows are taken to lie side by side.",
            "Window (i, j) starts at row i·SH and column j·SW, on the way back as on the way there.",
            wrong(step=lambda kernel_size, stride: kernel_size),
        ),
        Misconception(
            "padding_kept",
            "dx still has the padding around it.",
            "dx has the shape of x: cut out rows PH to PH + H and columns PW to PW + W.",
            wrong(crop=kept),
        ),
        Misconception(
            "cut_with_minus_zero",
            "With padding 0, dx is empty: dx[pad:-pad] is dx[0:0] then.",
            "Cut from PH to PH + H instead of counting from the end.",
            wrong(crop=cut_from_the_end),
        ),
    )


def windows(size, kernel, step) -> Iterator[tuple[int, int, tuple]]:
    """(i, j, where its window lies in the padded image), row by row."""
    for i, j in np.ndindex(*size):
        yield i, j, (..., slice(i * step[0], i * step[0] + kernel[0]), slice(j * step[1], j * step[1] + kernel[1]))
