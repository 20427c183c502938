"""Models and losses of PyTorch that exercises hand to the subject, as `givens` has functions and layers of NumPy.

This module comes into the sandbox. Torch is imported when something of it is made, and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.torch_numbers import fill


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


def elsewhere(batches: Sequence[Any]) -> list[Any]:
    """A loader whose batches lie on another device than the model, on any machine: lists of tuples of tensors that must be moved first.

    Whatever is computed with them raises RuntimeError, as PyTorch does of tensors on two devices; `.to(device)` gives plain tensors.
    """
    import torch

    class Elsewhere(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name, options = getattr(function, "__name__", ""), kwargs or {}
            with torch._C.DisableTorchFunctionSubclass():
                here = [value.as_subclass(torch.Tensor) if isinstance(value, cls) else value for value in args]
                if name == "to" and ("device" in options or any(isinstance(value, PLACES) for value in here[1:])):
                    return function(*here, **options)
                if name in LOOKED_AT or getattr(function, "__self__", None) in LOOKED_UP:
                    return function(*here, **options)
                if name in ("to", *CONVERTED):  # in another dtype it is still elsewhere
                    return function(*here, **options).as_subclass(cls)
            raise RuntimeError("Expected all tensors to be on the same device: images or labels are not where the model's parameters are")

    PLACES, CONVERTED = (torch.device, torch.Tensor, str, int), ("float", "double", "half", "long", "contiguous", "clone", "detach")
    LOOKED_AT = ("__len__", "size", "dim", "numel", "element_size", "is_floating_point", "__repr__")
    LOOKED_UP = tuple(getattr(torch.Tensor, name) for name in ("shape", "dtype", "ndim", "device", "is_cuda", "requires_grad", "layout"))
    return [tuple(tensor.as_subclass(Elsewhere) for tensor in map(torch.from_numpy, batch)) for batch in batches]


TORCH_GIVENS = (sequential, loss, elsewhere)
