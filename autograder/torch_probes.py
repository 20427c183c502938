"""Probes for PyTorch: modules whatever their layers are called, and functions that take models, data loaders and optimizers.

Torch is imported by the call of a probe and not before: in NumPy's exercises it is not there. Everything is computed in
float64, and what random layers drop is a fixed pattern, so that a network in training has one right answer too.
"""

from __future__ import annotations

import contextlib
import math
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np


def module(subject: Any, inputs: dict[str, Any]) -> Any:
    """The subject is a class of `nn.Module`: what it is made of, and what it computes with numbers that are handed in.

    options   arguments of the class, by name (may be left out)
    seed      of the numbers that fill parameters and running statistics, see `filling`
    training  the mode (may be left out with x: nothing is computed then)
    x, dout   what goes forward, and what comes back

    Returns a dictionary: "parameters" (how many arrays there are of each kind and shape); with x also "out", "dx", "gradients" (by kind and
    shape, those of the same kind and shape added up), "statistics" (so, too) and "idle" (names of the parameters that have no part in the output).
    """
    import torch

    made = subject(**inputs.get("options", {}))
    if made is None:
        return None
    if not isinstance(made, torch.nn.Module):
        raise TypeError(f"{type(made).__name__} is no nn.Module: write `class {type(made).__name__}(nn.Module)`")
    arrays = _arrays(made)
    found: dict[str, Any] = {"parameters": dict(sorted(Counter(_shown(key) for key, _, tensor in arrays if _learned(tensor)).items()))}
    if "x" not in inputs:
        return found
    made = made.double()
    arrays = _arrays(made)
    with torch.no_grad():
        for key, _, tensor in arrays:
            if tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(filling(inputs["seed"], *key)))
    made.train(inputs["training"])
    x = torch.from_numpy(inputs["x"]).double().requires_grad_()
    with fixed_dropout():
        out = made(x)
    if not isinstance(out, torch.Tensor):
        return found | {"out": out}
    learned = [(key, name, tensor) for key, name, tensor in arrays if _learned(tensor)]
    dx, *slopes = torch.autograd.grad(out, [x, *(tensor for _, _, tensor in learned)], torch.from_numpy(inputs["dout"]).double(), allow_unused=True)
    gradients: dict[str, np.ndarray] = {}
    for (key, _, tensor), slope in zip(learned, slopes):
        gradients[_shown(key)] = gradients.get(_shown(key), 0) + (np.zeros(tensor.shape) if slope is None else slope.numpy())
    statistics: dict[str, np.ndarray] = {}
    for key, _, tensor in arrays:
        if not _learned(tensor) and tensor.is_floating_point():
            statistics[_shown(key)] = statistics.get(_shown(key), 0) + tensor.numpy()
    return found | {
        "out": out.detach().numpy(),
        "dx": np.zeros(x.shape) if dx is None else dx.numpy(),
        "gradients": dict(sorted(gradients.items())),
        "statistics": dict(sorted(statistics.items())),
        "idle": sorted(name for (_, name, _), slope in zip(learned, slopes) if slope is None),
    }


Key = tuple[str, str, tuple[int, ...]]  # the class of the layer, the name of its parameter or buffer, the shape


def filling(seed: int, layer: str, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of every array of this kind and shape: float64, such that outputs are of size 1 and no two features alike.

    They depend on nothing else. So it does not matter what a learner calls a layer and which of two equal ones comes first.
    """
    rng = np.random.default_rng([seed, zlib.crc32(_shown((layer, name, shape)).encode())])
    if name == "running_var" or name == "weight" and len(shape) == 1:
        return rng.uniform(0.5, 1.5, shape)
    if len(shape) < 2:
        return 0.5 * rng.standard_normal(shape)
    return rng.standard_normal(shape) * 1.5 / math.sqrt(math.prod(shape[1:]))


def pattern(shape: tuple[int, ...], p: float) -> np.ndarray:
    """What a random layer leaves of an array of this shape: 0 where it drops, 1 / (1 - p) elsewhere."""
    kept = np.random.default_rng([*shape, round(p * 1e6)]).random(shape) >= p
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


def _arrays(made: Any) -> list[tuple[Key, str, Any]]:
    """Every parameter and buffer once, with its key and its full name."""
    found, seen = [], set()
    for prefix, layer in made.named_modules():
        for name, tensor in (*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)):
            if id(tensor) not in seen:
                seen.add(id(tensor))
                found.append(((type(layer).__name__, name, tuple(tensor.shape)), f"{prefix}.{name}".lstrip("."), tensor))
    return found


def _learned(tensor: Any) -> bool:
    return tensor.requires_grad


def _shown(key: Key) -> str:
    layer, name, shape = key
    return f"{layer}.{name} {'×'.join(map(str, shape))}".strip()
