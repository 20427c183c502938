"""What the checks of pooling share: cases, and windows as the judge sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.draw import distinct, normal
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


def windows(size, kernel, step) -> Iterator[tuple[int, int, tuple]]:
    """(i, j, where its window lies in the padded image), row by row."""
    for i, j in np.ndindex(*size):
        yield i, j, (..., slice(i * step[0], i * step[0] + kernel[0]), slice(j * step[1], j * step[1] + kernel[1]))
