"""AlexNet and ZFNet: five convolutions and a classifier. The judge's own network, its cases, and the ways in which both go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograder.checks.nets.classifiers import classifier
from autograder.checks.nets.classifiers import slips as slips_of_classifier
from autograder.checks.nets.out_of_sight import in_a_list
from autograder.draw import normal
from autograder.exercise import Misconception

NUMBERS = (1, 2, 3, 4, 5)  # the convolutions, as the papers count them
PIXELS = 224


def network(
    filters: Sequence[int], hidden: int, classes: int, *, kernels: Sequence[int], strides: Sequence[int], padding: Sequence[int],
    groups: Sequence[int], order: Sequence[str], pool: tuple[str, Mapping[str, Any]], bent=NUMBERS, normed=(1, 2), pooled=(1, 2, 5),
    alpha=5e-4, k=2.0, head=(), bias=True, listed=False, features: int | None = None,
) -> Any:
    """An nn.Module for images of 3×224×224.

    order                 in which ReLU, response normalisation and pooling follow a convolution: "bend", "norm", "pool"
    bent, normed, pooled  the convolutions that they follow
    alpha, k              of local response normalisation over 5 channels, in PyTorch's convention
    features              what the first fully connected layer takes, if not what comes out of the convolutions
    """
    from torch import nn

    steps = {
        "bend": nn.ReLU,
        "norm": lambda: nn.LocalResponseNorm(5, alpha=alpha, beta=0.75, k=k),
        "pool": lambda: getattr(nn, pool[0])(**pool[1]),
    }
    there = {"bend": bent, "norm": normed, "pool": pooled}
    layers, channels, places = [], 3, PIXELS  # places along one side
    for n, made, kernel, stride, border, group in zip(NUMBERS, filters, kernels, strides, padding, groups):
        layers.append(nn.Conv2d(channels, made, kernel, stride, border, groups=group, bias=bias))
        layers += [steps[name]() for name in order if n in there[name]]
        channels, places = made, (places + 2 * border - kernel) // stride + 1
        places = _pooled(places, **pool[1]) if n in pooled else places
    layers += classifier(features or channels * places**2, hidden, classes, bias=bias, **dict(head))
    return in_a_list(layers) if listed else nn.Sequential(*layers)


def _pooled(places: int, kernel_size: int, stride: int = 0, padding: int = 0, ceil_mode: bool = False) -> int:
    stride = stride or kernel_size
    steps, rest = divmod(places + 2 * padding - kernel_size, stride)
    return steps + 1 + (ceil_mode and rest > 0 and (steps + 1) * stride < places + padding)  # a window must begin on the image


def drawing(rng: Any, small: Mapping[str, Any]) -> Callable[..., dict[str, Any]]:
    """A function of n images (or none) and options that makes a case's inputs; `small` are the options that it has where no others are given."""

    def drawn(n=0, training=False, light=1, dout=False, defaults=False, **options):
        options = options if defaults else small | options
        case = {"options": options, "seed": int(rng.integers(10**6)), "training": training}
        case |= {"x": light * normal(rng, n, 3, PIXELS, PIXELS)} if n else {"images": (1, 3, PIXELS, PIXELS)}
        return case | ({"dout": normal(rng, n, options["classes"])} if dout else {})

    return drawn


# Slips of both networks: id, what is said, a hint, keyword arguments of their builders.
SLIPS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "last_pool_missing", "There is no pooling behind the fifth convolution.", "Three poolings: behind convolutions 1, 2 and 5.",
        {"pooled": (1, 2)},
    ),
    (
        "always_lrn", "There is local response normalisation, whatever is asked for.", "With lrn=False it is left away.",
        {"fixed": (("lrn", True),)},
    ),
    (
        "alpha_divided", "Local response normalisation divides by five times too little of the squares.",
        "nn.LocalResponseNorm divides its alpha by its size: hand it 5 times 1e-4.", {"alpha": 1e-4},
    ),
    (
        "alpha_divided_twice", "The alpha of local response normalisation is divided by its size twice.",
        "nn.LocalResponseNorm divides already. To undo that, multiply: 5 times 1e-4.", {"alpha": 2e-5},
    ),
    ("k_of_one", "Local response normalisation has k = 1.", "The paper's k is 2, and nn.LocalResponseNorm has to be told.", {"k": 1.0}),
    (
        "torchs_constants", "Local response normalisation has PyTorch's constants and not the paper's.",
        "k is 2. And nn.LocalResponseNorm divides its alpha by its size: hand it 5 times 1e-4.", {"alpha": 1e-4, "k": 1.0},
    ),
    (
        "no_relu_in_convolutions", "There is no ReLU behind any convolution.", "Every layer with parameters but the last is followed by ReLU.",
        {"bent": ()},
    ),
    (
        "no_relu_in_the_middle", "There is no ReLU between the three convolutions 3×3.",
        "Every layer with parameters but the last is followed by ReLU, whether pooling comes or not.", {"bent": (1, 2, 5)},
    ),
    (
        "features_fixed", "The first fully connected layer takes 9216 features, whatever the width.",
        "9216 are 256 · 6 · 6: it takes 6 · 6 numbers for each filter of the fifth convolution, however many there are.", {"features": 9216},
    ),
    ("no_biases", "The layers have no biases.", "There is a bias for every filter and every unit: leave bias=False away.", {"bias": False}),
)


def slips(build: Callable[..., Callable[..., Any]]) -> tuple[Misconception, ...]:
    """Those of `SLIPS`, and of the classifier, for one network: build(bent=…) and so on is its builder with a slip."""
    return *(Misconception(id, says, hint, build(**how)) for id, says, hint, how in SLIPS), *slips_of_classifier(build, width=96)
