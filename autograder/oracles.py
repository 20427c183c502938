"""Building blocks of oracles: PyTorch in float64 behind NumPy arrays.

PyTorch is imported on first use, so that reading the checks (to build, list or hint) stays fast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Pair = tuple[int, int]


def tensor(array: np.ndarray) -> Any:
    """A float64 tensor with the array's values, in memory of its own: arrays of cases are read-only, and tensors cannot be."""
    import torch

    return torch.from_numpy(np.array(array, dtype=np.float64, order="C"))


def pair(value: int | Pair) -> Pair:
    return (value, value) if isinstance(value, int) else tuple(value)


def side_padding(padding: int | Pair | str, size: Pair, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> tuple[Pair, Pair]:
    """((top, bottom), (left, right)) for an int, a pair, "valid" or "same" (the odd one at the end)."""
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0) for n, k, s, d in zip(size, kernel, stride, dilation)]
        return tuple((t // 2, t - t // 2) for t in total)
    return tuple((p, p) for p in pair(padding))


def conv2d(x: Any, w: Any, b: Any = None, stride: int | Pair = 1, padding: int | Pair | str = 0, dilation: int | Pair = 1) -> Any:
    """Cross-correlation of tensors x (N, C, H, W) and w (F, C, KH, KW), as the course defines it."""
    import torch.nn.functional as F

    stride, dilation = pair(stride), pair(dilation)
    (top, bottom), (left, right) = side_padding(padding, x.shape[2:], w.shape[2:], stride, dilation)
    return F.conv2d(F.pad(x, (left, right, top, bottom)), w, b, stride, dilation=dilation)


def gradients(function: Callable[..., Any], dout: np.ndarray, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
    """Gradients of sum(function(*inputs) * dout) with respect to each input, by autograd in float64."""
    import torch

    leaves = [tensor(array).requires_grad_() for array in inputs]
    # Of the sum, not of the output with dout handed over: torch would load its symbolic shapes for that, which takes half a second.
    found = torch.autograd.grad((function(*leaves) * tensor(dout)).sum(), leaves, allow_unused=True)
    return tuple(np.zeros(leaf.shape) if g is None else g.numpy() for g, leaf in zip(found, leaves))
