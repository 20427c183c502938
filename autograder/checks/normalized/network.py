"""The small network with batch norm as the judge sees it: in PyTorch and float64, with ways to build it wrongly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.checks.residual.block import Block, Plan

CHANNELS = (1, 8, 16, 32)
CLASSES = 10


def plan(normed: Sequence[bool] = (True, True, True), at_end: bool = False) -> Plan:
    """The layers with parameters: each convolution, and the batch norm behind it, where there is one; the last layer."""
    found = []
    for below, above, norm in zip(CHANNELS, CHANNELS[1:], normed):
        found += [(above, below, 3, 3), *[(above,)] * norm]
    return [*found, (CLASSES, CHANNELS[-1]), *[(CLASSES,)] * at_end]


def shapes() -> tuple[tuple[int, ...], ...]:
    """The parameters' shapes in order."""
    return tuple(array.shape for layer in normalized_net()(np.random.default_rng(0)).layers() for array in layer.parameters.values())


def scores(
    x: Any,
    block: Block,
    *,
    order: str = "nrp",
    normed: Sequence[bool] = (True, True, True),
    bent: Sequence[bool] = (True, True, True),
    activation: str = "relu",
    pooling: str = "max_pool2d",
    everywhere: Callable[[Any], Any] = lambda x: x.mean(dim=(2, 3)),
    padding: int = 1,
    momentum: float = 0.1,
    at_end: bool = False,
    last: Callable[[Any], Any] = lambda scores: scores,
) -> Any:
    """The network on tensors; every keyword-only argument is a way to get it wrong.

    order        of what follows a convolution: "n" batch norm, "r" the activation, "p" pooling (the last stage has none)
    normed, bent after which convolutions there is a batch norm, and an activation
    at_end       a batch norm of the scores
    last         what is done with the scores
    """
    import torch
    import torch.nn.functional as F

    places = iter(range(10))
    for stage in range(3):
        x = block.conv(next(places), x, padding=padding)
        for step in order:
            if step == "n" and normed[stage]:
                x = block.norm(next(places), x, momentum)
            if step == "r" and bent[stage]:
                x = getattr(torch, activation)(x)
            if step == "p" and stage < 2:
                x = getattr(F, pooling)(x, 2)
    x = block.linear(next(places), everywhere(x))
    return last(block.norm(next(places), x, momentum) if at_end else x)


def normalized_net(*, own_rng: bool = False, biased: bool = True, training: bool = True, **slips: Any) -> Callable[..., Block]:
    """A builder: rng -> Block. biased: the convolutions have a bias; training: the mode in which it is built."""
    made = plan(**{name: slips[name] for name in ("normed", "at_end") if name in slips})

    def build(rng: np.random.Generator) -> Block:
        net = Block(made, lambda x, block: scores(x, block, **slips), np.random.default_rng(0) if own_rng else rng, biased=biased)
        for layer in net.layers():
            layer.training = training
        return net

    return build
