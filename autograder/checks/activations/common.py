"""What the checks of all activations share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.draw import normal
from autograder.exercise import Case, Misconception, contract_cases
from autograder.oracles import gradients, tensor

FAR = (1000.0, -1000.0, 100.0, -100.0, 0.0)  # where exp overflows: from 710 on, in float32 from 89 on; and 0, which is on no side


def oracles(name: str) -> tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]:
    """Forward and backward of torch's activation `name`, in float64."""

    def function(x: Any) -> Any:
        import torch

        return getattr(torch, name)(x)

    return lambda x: function(tensor(x)).numpy(), lambda dout, x: gradients(function, dout, x)[0]


def forward(rng: np.random.Generator, *shape: int, dtype: type = np.float64) -> dict[str, np.ndarray]:
    return {"x": 2 * normal(rng, *shape, dtype=dtype)}


def backward(rng: np.random.Generator, *shape: int, dtype: type = np.float64) -> dict[str, np.ndarray]:
    return {"dout": normal(rng, *shape, dtype=dtype)} | forward(rng, *shape, dtype=dtype)


def far_out(rng: np.random.Generator, make: Callable[..., dict[str, np.ndarray]], dtype: type = np.float64) -> dict[str, np.ndarray]:
    """Inputs with a few numbers far from 0, and 0 itself, among ordinary ones."""
    inputs = make(rng, 3, 5, dtype=dtype)
    inputs["x"].flat[rng.permutation(15)[: len(FAR)]] = FAR
    return inputs


def draw(make: Callable[..., dict[str, np.ndarray]], *, far: bool) -> Callable[[np.random.Generator], Iterator[Case]]:
    """Cases of an activation: arrays of several shapes, perhaps 0 and numbers far from it, and the contract."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for shape in ((11,), (3, 5), (2, 3, 5, 4)):
            inputs = make(rng, *shape)
            if far:
                inputs["x"].flat[rng.integers(inputs["x"].size)] = 0  # two masks, x > 0 and x < 0, leave it out
            yield Case("values", inputs)
        if far:
            yield Case("large", far_out(rng, make))
            yield Case("large", far_out(rng, make, np.float32))
        yield from contract_cases(lambda dtype: make(rng, 5, 7, dtype=dtype))

    return cases


def dout_overwritten(oracle: Callable[..., np.ndarray]) -> Misconception:
    """Right numbers, written into dout."""

    def overwriting(dout: np.ndarray, x: np.ndarray) -> np.ndarray:
        dout[...] = oracle(dout, x)
        return dout

    return Misconception(
        "dout_overwritten",
        "The gradient is written into dout: the array that came in is changed.",
        "dx = dout is only a second name for the same array. Multiply into a new one, or copy first.",
        overwriting,
    )


def x_overwritten(oracle: Callable[..., np.ndarray]) -> Misconception:
    """Right numbers, written into x."""

    def overwriting(x: np.ndarray) -> np.ndarray:
        x[...] = oracle(x)
        return x

    return Misconception(
        "x_overwritten",
        "The result is written into x: the array that came in is changed.",
        "out = x is only a second name for the same array. Compute a new one: backward still needs x.",
        overwriting,
    )


def dout_forgotten(oracle: Callable[..., np.ndarray]) -> Misconception:
    """The slope alone."""
    return Misconception(
        "dout_forgotten",
        "This is the slope of the activation alone: dout is missing.",
        "By the chain rule, the gradient is dout times the slope, number by number.",
        lambda dout, x: oracle(np.ones_like(dout), x),
    )
