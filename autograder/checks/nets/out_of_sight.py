"""Layers in a plain Python list, where the module does not see them: a slip that every network knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograder.exercise import Misconception


def in_a_list(layers: Iterable[Any]) -> Any:
    """A module that keeps its layers there."""
    from torch import nn

    class Listed(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = list(layers)

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    return Listed()


def out_of_sight(build: Callable[..., Callable[..., Any]]) -> Misconception:
    """build(listed=True) is a builder of the network with this slip."""
    return Misconception(
        "in_a_list", "The layers are in a plain Python list, where the module does not see them.",
        "Make them attributes, or give them to nn.Sequential or nn.ModuleList.", build(listed=True),
    )
