"""The numbers in modules of PyTorch: what fills them before they compute, what their random layers drop, and how their arrays are told apart.

A module may call its layers what it likes, and make them in any order: all arrays of one kind and shape hold the same numbers.
"""

from __future__ import annotations

import contextlib
import math
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

Key = tuple[str, str, tuple[int, ...]]  # the class of the layer, the name of its parameter or buffer, the shape


def fill(made: Any, seed: int) -> Any:
    """The module in float64, all its parameters and running statistics replaced by `filling`. Other buffers are constants, and stay."""
    import torch

    made = made.double()
    with torch.no_grad():
        for key, _, tensor in arrays_of(made):
            if isinstance(tensor, torch.nn.Parameter) or key[1] in ("running_mean", "running_var"):
                tensor.copy_(torch.as_tensor(filling(seed, *key)))
    return made


def filling(seed: int, layer: str, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of every array of this kind and shape: float64, such that outputs are of size 1 and no two features alike.

    They depend on nothing else. So it does not matter what a learner calls a layer and which of two equal ones comes first.
    """
    rng = np.random.default_rng([seed, zlib.crc32(shown((layer, name, shape)).encode())])
    if name == "running_var" or name == "weight" and len(shape) == 1:
        return rng.uniform(0.5, 1.5, shape)
    if len(shape) < 2:
        return 0.5 * rng.standard_normal(shape)
    return rng.standard_normal(shape) * 1.5 / math.sqrt(math.prod(shape[1:]))


def pattern(shape: tuple[int, ...], p: float) -> np.ndarray:
    """What a random layer leaves of an array of this shape: 0 where it drops, 1 / (1 - p) elsewhere.

    Axes of length 1 at its end make no difference: features are dropped alike before and after they are flattened.
    """
    length = len(shape)
    while length > 2 and shape[length - 1] == 1:
        length -= 1
    kept = np.random.default_rng([*shape[:length], round(p * 1e6)]).random(shape) >= p
    return kept / (1 - p) if p < 1 else np.zeros(shape)


@contextlib.contextmanager
def fixed_dropout() -> Iterator[None]:
    """Within, dropout in training drops by `pattern`, and its siblings for whole channels by that of their channels."""
    import torch
    from torch.nn import functional

    def dropping(axes: int | None) -> Any:
        def dropout(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
            if not 0 <= p <= 1:
                raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
            if not training or p == 0:
                return x
            shape = tuple(x.shape) if axes is None else (*x.shape[:-axes], *[1] * axes)
            factor = torch.from_numpy(pattern(shape, p)).to(x.dtype)
            return x.mul_(factor) if inplace else x * factor

        return dropout

    given = {"dropout": None, "dropout1d": 1, "dropout2d": 2, "dropout3d": 3}
    before = {name: getattr(functional, name) for name in given}
    try:
        for name, axes in given.items():
            setattr(functional, name, dropping(axes))
        yield
    finally:
        for name, function in before.items():
            setattr(functional, name, function)


def numbers_of(made: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Its parameters and its running statistics, as arrays that share its memory."""
    return [tensor.detach().numpy() for tensor in made.parameters()], [tensor.numpy() for tensor in made.buffers() if tensor.is_floating_point()]


def arrays_of(made: Any) -> list[tuple[Key, str, Any]]:
    """Every parameter and buffer once, with its key and its full name."""
    found, seen = [], set()
    for prefix, layer in made.named_modules():
        for name, tensor in (*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)):
            if id(tensor) not in seen:
                seen.add(id(tensor))
                found.append(((_kind(layer), name, tuple(tensor.shape)), f"{prefix}.{name}".lstrip("."), tensor))
    return found


def _kind(layer: Any) -> str:
    """The name of its class; of a class of one's own made from one of PyTorch's layers, that one's."""
    import torch

    made_from = (kind for kind in type(layer).__mro__ if kind.__module__.startswith("torch.nn.") and kind is not torch.nn.Module)
    return next(made_from, type(layer)).__name__


def by_kind(arrays: Iterable[tuple[Key, Any]]) -> dict[str, np.ndarray]:
    """Arrays by their kind and shape, those of the same added up."""
    found: dict[str, np.ndarray] = {}
    for key, tensor in arrays:
        found[shown(key)] = found.get(shown(key), 0) + tensor.numpy()
    return dict(sorted(found.items()))


def shown(key: Key) -> str:
    """A kind and shape as text: "Conv2d.weight 6×1×5×5"."""
    layer, name, shape = key
    return f"{layer}.{name} {'×'.join(map(str, shape))}".strip()
