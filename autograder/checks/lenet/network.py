"""LeNet-5 as the judge sees it: in PyTorch and float64, with ways to build it wrongly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.oracles import tensor

SHAPES = ((6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 16, 5, 5), (120,), (84, 120), (84,), (10, 84), (10,))
SIDE = 32  # pixels of an image's side


@dataclass
class _Layer:
    """A layer with parameters, as the probe looks for them."""

    parameters: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray] = field(default_factory=dict)


class Network:
    """compute(x, parameters) on tensors, behind the face of the kit's Sequential. Raises ValueError where shapes do not fit."""

    def __init__(self, rng: np.random.Generator, shapes: Sequence[tuple[int, ...]], compute: Callable[..., Any]) -> None:
        drawn = [rng.standard_normal(shape) for shape in shapes]
        self._layers = [_Layer({"w": w, "b": b}) for w, b in zip(drawn[::2], drawn[1::2])]
        self._compute = compute

    def layers(self) -> list[_Layer]:
        return self._layers

    def forward(self, x: np.ndarray) -> np.ndarray:
        parameters = [array for layer in self._layers for array in layer.parameters.values()]
        self._leaves = [tensor(array).requires_grad_() for array in (x, *parameters)]
        try:
            self._out = self._compute(self._leaves[0], self._leaves[1:])
        except RuntimeError as error:
            raise ValueError(str(error)) from error
        return self._out.detach().numpy()

    def backward(self, dout: np.ndarray) -> np.ndarray:
        import torch

        dx, *gradients = (g.numpy() for g in torch.autograd.grad(self._out, self._leaves, tensor(dout)))
        for layer, dw, db in zip(self._layers, gradients[::2], gradients[1::2]):
            layer.gradients = {"w": dw, "b": db}
        return dx


def scores(
    x: Any,
    parameters: Sequence[Any],
    *,
    activation: str = "tanh",
    pooling: str = "avg_pool2d",
    pool_first: bool = False,
    padding: int = 0,
    bent: tuple[bool, bool, bool, bool] = (True, True, True, True),
    last: Callable[[Any], Any] = lambda scores: scores,
) -> Any:
    """LeNet-5 on tensors; every keyword-only argument is a way to get it wrong.

    bent says after which of the four hidden layers the activation stands.
    """
    import torch
    import torch.nn.functional as F

    def act(x: Any, layer: int) -> Any:
        return getattr(torch, activation)(x) if bent[layer] else x

    pool = lambda x: getattr(F, pooling)(x, 2)
    for layer in (0, 1):
        x = F.conv2d(x, *parameters[2 * layer : 2 * layer + 2], padding=padding if layer == 0 else 0)
        x = act(pool(x), layer) if pool_first else pool(act(x, layer))
    w, b = parameters[4:6]
    x = act(F.conv2d(x, w.reshape(SHAPES[4]), b), 2).flatten(1)
    x = act(F.linear(x, *parameters[6:8]), 3)
    return last(F.linear(x, *parameters[8:10]))


def lenet5(shapes: Sequence[tuple[int, ...]] = SHAPES, own_rng: bool = False, **slips: Any) -> Callable[..., Network]:
    """A builder: rng -> Network."""

    def build(rng: np.random.Generator) -> Network:
        return Network(np.random.default_rng(0) if own_rng else rng, shapes, lambda x, parameters: scores(x, parameters, **slips))

    return build
