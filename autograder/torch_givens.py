"""Models and losses of PyTorch that exercises hand to the subject, as `givens` has functions and layers of NumPy.

This module comes into the sandbox. Torch is imported when something of it is made, and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.torch_probes import fill


def sequential(layers: Sequence[Any], seed: int, training: bool = True, dtype: str = "float64", resting: Sequence[int] = ()) -> Any:
    """An nn.Sequential; its numbers are those of `fill`.

    layers  for each [name of a class in torch.nn, its arguments], or a list of such for an nn.Sequential inside this one, or a number: the
            layer at that earlier place once more
    resting  places of layers that are in evaluation mode, whatever the others are in
    """
    import torch

    made = fill(_chained(layers), seed).to(getattr(torch, dtype)).train(training)
    for place in resting:
        made[place].eval()
    return made


def _chained(layers: Sequence[Any]) -> Any:
    from torch import nn

    made: list[Any] = []
    for layer in layers:
        if isinstance(layer, int):
            made.append(made[layer])
        else:
            made.append(getattr(nn, layer[0])(**layer[1]) if isinstance(layer[0], str) else _chained(layer))
    return nn.Sequential(*made)


def loss(name: str) -> Callable[..., Any]:
    """A function of torch.nn.functional, such as "cross_entropy"."""
    from torch.nn import functional

    return getattr(functional, name)


TORCH_GIVENS = (sequential, loss)
