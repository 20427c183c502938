"""Models and losses of PyTorch that exercises hand to the subject, as `givens` has functions and layers of NumPy.

This module comes into the sandbox. Torch is imported when something of it is made, and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.torch_probes import fill


def sequential(layers: Sequence[tuple[str, dict[str, Any]]], seed: int, training: bool = True) -> Any:
    """An nn.Sequential in float64: of each layer the class's name in torch.nn and its arguments; its numbers are those of `fill`."""
    from torch import nn

    return fill(nn.Sequential(*(getattr(nn, name)(**arguments) for name, arguments in layers)), seed).train(training)


def loss(name: str) -> Callable[..., Any]:
    """A function of torch.nn.functional, such as "cross_entropy"."""
    from torch.nn import functional

    return getattr(functional, name)


TORCH_GIVENS = (sequential, loss)
