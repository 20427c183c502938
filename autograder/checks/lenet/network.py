"""LeNet-5 as the judge sees it: in PyTorch and float64, with ways to build it wrongly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.checks.residual.block import Block

SHAPES = ((6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 16, 5, 5), (120,), (84, 120), (84,), (10, 84), (10,))
SIDE = 32  # pixels of an image's side


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


def lenet5(shapes: Sequence[tuple[int, ...]] = SHAPES, own_rng: bool = False, **slips: Any) -> Callable[..., Block]:
    """A builder: rng -> Block."""

    def build(rng: np.random.Generator) -> Block:
        rng = np.random.default_rng(0) if own_rng else rng
        return Block(shapes[::2], lambda x, block: scores(x, block.leaves(), **slips), rng, biased=True)

    return build
