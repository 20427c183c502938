"""Check of the sizing question in notebook 02: all shapes of a small network, and how many numbers it learns.

    100×100×3 → 9×9 conv, 48 filters → 9×9 conv, 96 filters, padding 4 → 5×5 conv, 192 filters, stride 2
              → 2×2 max pool, stride 2 → 1×1 conv, 256 filters → fully connected, 100 outputs
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from autograder.exercise import Aspect, Case, Exercise, Misconception

IMAGE = (3, 100, 100)
OUTPUTS = 100


@dataclass(frozen=True)
class Layer:
    """A convolution with `filters`, or a pooling layer (None)."""

    name: str
    filters: int | None
    kernel: int
    stride: int = 1
    padding: int = 0


LAYERS = (
    Layer("conv1", 48, 9),
    Layer("conv2", 96, 9, padding=4),
    Layer("conv3", 192, 5, stride=2),
    Layer("pool", None, 2, stride=2),
    Layer("conv4", 256, 1),
)
NAMES = (*(layer.name for layer in LAYERS), "fc", "parameters")


def _network(layers=LAYERS, divide=lambda a, b: a // b, bias=1, depth=True, flatten=True):
    """All shapes (channels, height, width) and the number of parameters, from the formulas; the switches make them wrong."""
    found, parameters = {}, 0
    channels, *size = IMAGE
    for layer in layers:
        size = [divide(n + 2 * layer.padding - layer.kernel, layer.stride) + 1 for n in size]
        if layer.filters:
            parameters += layer.filters * ((channels if depth else 1) * layer.kernel**2 + bias)
            channels = layer.filters
        found[layer.name] = (channels, *size)
    parameters += OUTPUTS * ((math.prod(size) if flatten else 1) * channels + bias)
    return {**found, "fc": OUTPUTS, "parameters": parameters}


def _all_with(**options):
    """The layers, with the same options for all."""
    return tuple(replace(layer, **options) for layer in LAYERS)


def _channels_last():
    return {name: (*value[1:], value[0]) if isinstance(value, tuple) else value for name, value in _network().items()}


def _channels_kept():
    """Every layer's shape with the channels of its input."""
    right, channels = _network(), IMAGE[0]
    for name in (layer.name for layer in LAYERS):
        right[name], channels = (channels, *right[name][1:]), right[name][0]
    return right


sizing = Exercise(
    id="shapes.sizing",
    title="Size a whole network",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("conv1", 1, "the first convolution's output"),
        Aspect("conv2", 1, "the second convolution's output: padding 4"),
        Aspect("conv3", 1, "the third convolution's output: stride 2"),
        Aspect("pool", 1, "the pooling layer's output"),
        Aspect("conv4", 1, "the 1×1 convolution's output"),
        Aspect("fc", 1, "the fully connected layer's output"),
        Aspect("parameters", 2, "how many numbers the network learns, biases included"),
    ),
    draw=lambda rng: [Case(name, {}, compare=(name,)) for name in NAMES],
    oracle=_network,
    returns=NAMES,
    probe="answer",
    answer="sizing",
    misconceptions=(
        Misconception(
            "biases_forgotten",
            "The biases are missing from the parameters.",
            "Every filter, and every output of the fully connected layer, has one.",
            lambda: _network(bias=0),
        ),
        Misconception(
            "depth_forgotten",
            "In the parameters, the filters have no depth.",
            "A filter extends through all channels of its input: the second layer's filters are 9×9×48.",
            lambda: _network(depth=False),
        ),
        Misconception(
            "not_flattened",
            "In the parameters, the fully connected layer was given one input per channel.",
            "It sees every number of the volume before it: channels times height times width inputs.",
            lambda: _network(flatten=False),
        ),
        Misconception(
            "plus_one_forgotten",
            "Each size is one too small: the filter's first place was not counted.",
            "A filter of 9 has 92 places on 100 pixels, not 91.",
            lambda: _network(divide=lambda a, b: a // b - 1),
        ),
        Misconception(
            "rounded_up",
            "Where the stride does not divide, the size was rounded up.",
            "A step that would leave the image is not taken: round down.",
            lambda: _network(divide=lambda a, b: -(-a // b)),
        ),
        Misconception(
            "padding_ignored",
            "The padding of the second convolution is ignored.",
            "Four rows of zeros above and four below: 92 + 8 - 9 + 1.",
            lambda: _network(_all_with(padding=0)),
        ),
        Misconception(
            "padded_once",
            "The padding was counted on one side only.",
            "Four rows of zeros above and four below: 92 + 8 - 9 + 1.",
            lambda: _network(tuple(replace(layer, padding=layer.padding // 2) for layer in LAYERS)),
        ),
        Misconception(
            "stride_ignored",
            "The strides are ignored.",
            "With stride 2 the filter takes every second place only.",
            lambda: _network(_all_with(stride=1)),
        ),
        Misconception(
            "channels_last",
            "The shapes are in the order height, width, channels.",
            "Ours is (channels, height, width), as in N, C, H, W.",
            _channels_last,
        ),
        Misconception(
            "channels_kept",
            "Each shape has the channels of the layer's input.",
            "A convolution's output has as many channels as it has filters.",
            _channels_kept,
        ),
    ),
    hints=(
        "Take one layer at a time, and one axis: all images here are square. Your own functions in `shapes` do the arithmetic.",
        "A convolution's output has as many channels as it has filters; pooling keeps the channels and learns nothing. Before the fully connected "
        "layer, the whole volume becomes one long vector.",
        "Sizes: `conv_output_size` layer by layer. Parameters: `conv_parameters` for each convolution, plus, for the fully connected layer, "
        "100 times (channels*height*width of the volume before it, plus 1). Add them up.",
    ),
)
