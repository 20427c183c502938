"""What the checks of the residual sum share: branches and shortcuts that are given, and how PyTorch computes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.draw import distinct, normal
from autograder.oracles import tensor
from autograder.values import Given

WIDE = 1.2  # times what would keep the numbers' spread: so that the branch bends


def mixing(rng, to: int, channels: int, stride: int = 1, dtype=np.float64) -> Given:
    """A layer from `channels` to `to` channels."""
    return Given("mixing_layer", {"weights": (normal(rng, to, channels) * WIDE / np.sqrt(channels)).astype(dtype), "stride": stride})


def past_nothing(rng, n=1, dtype=np.float64):
    """x and a branch that keeps its shape."""
    c, h, w = distinct(rng, (2, 3), (4, 5), (6, 7))
    return {"x": normal(rng, n, c, h, w, dtype=dtype), "branch": mixing(rng, c, c, dtype=dtype)}


def past_a_shortcut(rng, n=2, stride=2, dtype=np.float64):
    """x, a branch that changes its shape, and a shortcut that changes it alike."""
    c, f, h, w = distinct(rng, (2, 3), (4, 5), (6, 7), (8, 9))
    return {"x": normal(rng, n, c, h, w, dtype=dtype), "branch": mixing(rng, f, c, stride, dtype), "shortcut": mixing(rng, f, c, stride, dtype)}


def past_a_shortcut_of_the_same_shape(rng, n=3):
    """x, and a branch and a shortcut that keep its shape: what ignores the shortcut computes something."""
    given = past_nothing(rng, n)
    c = given["x"].shape[1]
    return given | {"shortcut": mixing(rng, c, c)}


def function(layer: Any):
    """A given layer as a function of tensors."""
    import torch

    if not hasattr(layer, "weights"):
        return lambda x: x
    return lambda x: torch.tanh(torch.einsum("fc,nchw->nfhw", tensor(layer.weights), x[:, :, :: layer.stride, :: layer.stride]))


def add(x: Any, branch: Any, shortcut: Any = None) -> Any:
    """F(x) + x, on a tensor."""
    return function(branch)(x) + (x if shortcut is None else function(shortcut)(x))
