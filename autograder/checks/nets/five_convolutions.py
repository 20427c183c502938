"""The judge's own network of five convolutions and a classifier, which is what AlexNet and ZFNet both are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.checks.nets.classifiers import classifier, in_a_list

PAPER = {"alpha": 5e-4, "k": 2.0}  # of local response normalisation over 5 channels, in PyTorch's convention
PIXELS = 224


@dataclass(frozen=True)
class Row:
    """A convolution and what follows it: any of "bend", "norm" and "pool", in their order."""

    filters: int
    kernel: int
    stride: int = 1
    padding: int = 1
    groups: int = 1
    then: tuple[str, ...] = ("bend",)


def network(
    rows: Sequence[Row], hidden: int, classes: int, *, lrn: Mapping[str, float], pool: tuple[str, Mapping[str, Any]], head: Mapping[str, Any],
    bias: bool, listed: bool, features: int | None = None,
) -> Any:
    """An nn.Module for images of 3×224×224. features: what the first fully connected layer takes, if not what comes out of the convolutions."""
    from torch import nn

    steps = {
        "bend": nn.ReLU,
        "norm": lambda: nn.LocalResponseNorm(5, beta=0.75, **lrn),
        "pool": lambda: getattr(nn, pool[0])(**pool[1]),
    }
    layers = []
    places = PIXELS  # along one side
    for channels, row in zip((3, *(row.filters for row in rows)), rows):
        layers.append(nn.Conv2d(channels, row.filters, row.kernel, row.stride, row.padding, groups=row.groups, bias=bias))
        layers += [steps[name]() for name in row.then]
        places = (places + 2 * row.padding - row.kernel) // row.stride + 1
        places = _pooled(places, **pool[1]) if "pool" in row.then else places
    layers += classifier(features or rows[-1].filters * places**2, hidden, classes, bias=bias, **head)
    return in_a_list(layers) if listed else nn.Sequential(*layers)


def _pooled(places: int, kernel_size: int, stride: int = 0, padding: int = 0, ceil_mode: bool = False) -> int:
    stride = stride or kernel_size
    steps, rest = divmod(places + 2 * padding - kernel_size, stride)
    return steps + 1 + (ceil_mode and rest > 0 and (steps + 1) * stride < places + padding)  # a window must begin on the image
