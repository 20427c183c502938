"""Checks of conv_parameters, conv_flops and receptive_field: counting without computing.

The oracles count the elements of the arrays that the layer would hold, or follow every connection back to the input.
"""

from __future__ import annotations

import math

from autograder.draw import telling_apart
from autograder.exercise import CONTRACT, Aspect, Case, Exercise, Misconception
from autograder.oracles import pair


def _number(rng, *candidates):
    return int(rng.choice(candidates))


def _area(value):
    return math.prod(pair(value))


# --- conv_parameters --------------------------------------------------------------------------------------------------


def _parameters(in_channels, out_channels, kernel_size, bias=True):
    shapes = [(out_channels, in_channels, *pair(kernel_size))] + [(out_channels,)] * bias
    return sum(map(math.prod, shapes))


def _draw_parameters(rng):
    yield Case("weights", {"in_channels": 3, "out_channels": 10, "kernel_size": 5, "bias": False})
    inputs = {"in_channels": _number(rng, 2, 3, 5), "out_channels": _number(rng, 7, 11), "kernel_size": _number(rng, 3, 5), "bias": False}
    yield Case("weights", inputs)
    yield Case("bias", {"in_channels": 3, "out_channels": 10, "kernel_size": 5})
    yield Case("bias", {"in_channels": _number(rng, 13, 17), "out_channels": _number(rng, 7, 11), "kernel_size": 1, "bias": True})
    inputs = {"in_channels": _number(rng, 5, 7), "out_channels": _number(rng, 2, 3), "kernel_size": (_number(rng, 3, 5), _number(rng, 7, 11))}
    yield Case("pair", inputs)


PARAMETER_SLIPS = (
    Misconception(
        "bias_forgotten",
        "The biases are missing.",
        "Every filter has one number more than its weights: its bias.",
        lambda in_channels, out_channels, kernel_size, bias=True: in_channels * out_channels * _area(kernel_size),
    ),
    Misconception(
        "one_bias_in_all",
        "One bias was counted for the whole layer.",
        "Every filter has a bias of its own.",
        lambda in_channels, out_channels, kernel_size, bias=True: in_channels * out_channels * _area(kernel_size) + bias,
    ),
    Misconception(
        "bias_per_channel",
        "A bias was counted for every channel of every filter.",
        "A filter adds its bias once, after summing over all channels.",
        lambda in_channels, out_channels, kernel_size, bias=True: in_channels * out_channels * (_area(kernel_size) + bias),
    ),
    Misconception(
        "depth_forgotten",
        "The depth of the filters is forgotten.",
        "A filter extends through all channels of the input: in_channels*KH*KW weights.",
        lambda in_channels, out_channels, kernel_size, bias=True: out_channels * (_area(kernel_size) + bias),
    ),
    Misconception(
        "one_filter_only",
        "Only one filter was counted.",
        "Each output channel has a filter of its own.",
        lambda in_channels, out_channels, kernel_size, bias=True: in_channels * _area(kernel_size) + bias,
    ),
    Misconception(
        "one_side_only",
        "The filters' height was counted, their width was not.",
        "A filter has height times width weights in each channel: 5 means 5×5.",
        lambda in_channels, out_channels, kernel_size, bias=True: out_channels * (in_channels * pair(kernel_size)[0] + bias),
    ),
    Misconception(
        "always_a_bias",
        "Biases were counted although there are none.",
        "With bias=False a filter has its weights only.",
        lambda in_channels, out_channels, kernel_size, bias=True: out_channels * (in_channels * _area(kernel_size) + 1),
    ),
)

conv_parameters = Exercise(
    id="shapes.conv_parameters",
    title="How many numbers a layer learns",
    difficulty=1,
    minutes=6,
    aspects=(
        Aspect("weights", 2, "the weights of all filters"),
        Aspect("bias", 1, "with biases"),
        Aspect("pair", 1, "filters that are not square"),
    ),
    draw=telling_apart(_draw_parameters, _parameters, PARAMETER_SLIPS),
    oracle=_parameters,
    misconceptions=PARAMETER_SLIPS,
    hints=(
        "Count one filter first. How many channels does it look at?",
        "One filter has a weight for every channel, row and column that it covers, and perhaps a bias. There is a filter for every output channel.",
        "Turn kernel_size into (KH, KW) with `pair`; one filter is in_channels*KH*KW, plus 1 with a bias; multiply by out_channels.",
    ),
)


# --- conv_flops -------------------------------------------------------------------------------------------------------


def _flops(in_channels, out_channels, kernel_size, out_size):
    """Every number of the output takes as many multiply-adds as one filter has weights."""
    one_filter, output = (in_channels, *pair(kernel_size)), (out_channels, *pair(out_size))
    return math.prod(one_filter) * math.prod(output)


def _draw_flops(rng):
    yield Case("square", {"in_channels": 100, "out_channels": 100, "kernel_size": 5, "out_size": 64})
    yield Case("square", {"in_channels": _number(rng, 2, 3), "out_channels": _number(rng, 7, 11), "kernel_size": 5, "out_size": _number(rng, 13, 17)})
    inputs = {"in_channels": _number(rng, 2, 3), "out_channels": _number(rng, 7, 11)}
    yield Case("pair", inputs | {"kernel_size": (3, 5), "out_size": (_number(rng, 13, 17), _number(rng, 19, 23))})
    yield Case("pair", inputs | {"kernel_size": (5, 2), "out_size": 13})


FLOP_SLIPS = (
    Misconception(
        "counted_twice",
        "Multiplications and additions were counted one by one.",
        "Here a multiplication together with its addition counts once (one multiply-add); the notebook says who counts 2.",
        lambda in_channels, out_channels, kernel_size, out_size: 2 * _flops(in_channels, out_channels, kernel_size, out_size),
    ),
    Misconception(
        "depth_forgotten",
        "The channels of the input are forgotten.",
        "Each number of the output sums over all input channels.",
        lambda in_channels, out_channels, kernel_size, out_size: out_channels * _area(kernel_size) * _area(out_size),
    ),
    Misconception(
        "one_filter_only",
        "Only one output channel was counted.",
        "All out_channels filters slide over the image.",
        lambda in_channels, out_channels, kernel_size, out_size: in_channels * _area(kernel_size) * _area(out_size),
    ),
    Misconception(
        "parameters_instead",
        "That is the number of weights: the size of the output is missing.",
        "Every weight is used again at each place that the filter takes.",
        lambda in_channels, out_channels, kernel_size, out_size: in_channels * out_channels * _area(kernel_size),
    ),
    Misconception(
        "bias_counted",
        "The biases were counted, too.",
        "Leave them out: they take one addition per output number, next to nothing.",
        lambda in_channels, out_channels, kernel_size, out_size: out_channels * (in_channels * _area(kernel_size) + 1) * _area(out_size),
    ),
    Misconception(
        "one_side_only",
        "Only one side of the output was counted.",
        "The output has height times width places: 64 means 64×64.",
        lambda in_channels, out_channels, kernel_size, out_size: in_channels * out_channels * _area(kernel_size) * pair(out_size)[0],
    ),
)

conv_flops = Exercise(
    id="shapes.conv_flops",
    title="How much a layer computes",
    difficulty=1,
    minutes=6,
    aspects=(
        Aspect("square", 2, "square filters and outputs"),
        Aspect("pair", 2, "unequal heights and widths"),
    ),
    draw=telling_apart(_draw_flops, _flops, FLOP_SLIPS),
    oracle=_flops,
    misconceptions=FLOP_SLIPS,
    hints=(
        "How many products go into one number of the output?",
        "Work for one number of the output, times how many numbers the output has.",
        "in_channels*KH*KW products for one number; out_channels*OH*OW numbers.",
    ),
)


# --- receptive_field --------------------------------------------------------------------------------------------------


def _field(layers):
    """Follow the connections back: which elements of the input does element 0 of the last layer see?"""
    seen = {0}
    for kernel_size, stride in reversed(layers):
        seen = {element * stride + k for element in seen for k in range(kernel_size)}
    return max(seen) - min(seen) + 1


def _folded(step):
    """Field and distance of neighbours, layer by layer, by another rule."""

    def field(layers):
        size, jump = 1, 1
        for kernel_size, stride in layers:
            size, jump = step(size, jump, kernel_size, stride)
        return size

    return field


def _draw_field(rng):
    yield Case("stride 1", {"layers": [(3, 1), (3, 1)]})
    yield Case("stride 1", {"layers": [(_number(rng, 3, 5), 1), (_number(rng, 2, 4), 1), (_number(rng, 1, 7), 1)]})
    for count in (2, 3, 4):
        yield Case("strides", {"layers": [(_number(rng, 2, 3, 4, 5), _number(rng, 1, 2, 3)) for _ in range(count)]})
    yield Case("strides", {"layers": [(5, 2), (3, 3), (2, 2), (3, 1)]})
    yield Case("ends", {"layers": []})
    yield Case("ends", {"layers": [(_number(rng, 3, 5, 7), _number(rng, 2, 3))]})
    yield Case("contract", {"layers": [(3, 1), (_number(rng, 2, 4), 2), (5, 1)]})


FIELD_SLIPS = (
    Misconception(
        "strides_ignored",
        "The strides are ignored.",
        "After a layer of stride 2, neighbours are two input elements apart: all later layers see twice as wide.",
        lambda layers: _field([(k, 1) for k, _ in layers]),
    ),
    Misconception(
        "own_stride_first",
        "A layer's stride was applied to the layer itself.",
        "A stride spreads what the layer's OUTPUTS see. The layer's own filter still lies on neighbours of its input.",
        _folded(lambda size, jump, k, s: (size + (k - 1) * jump * s, jump * s)),
    ),
    Misconception(
        "last_stride_only",
        "Only the stride of the layer just before counts.",
        "Strides multiply: after two layers of stride 2, neighbours are four input elements apart.",
        _folded(lambda size, jump, k, s: (size + (k - 1) * jump, s)),
    ),
    Misconception(
        "strides_added",
        "The strides were added up.",
        "Strides multiply: after two layers of stride 3, neighbours are nine input elements apart.",
        _folded(lambda size, jump, k, s: (size + (k - 1) * jump, jump + s - 1)),
    ),
    Misconception(
        "kernel_sizes_added",
        "Each layer adds its whole filter size.",
        "One element is there already: a filter of 3 adds 2.",
        _folded(lambda size, jump, k, s: (size + k * jump, jump * s)),
    ),
    Misconception(
        "started_at_zero",
        "The count starts at 0.",
        "Without any layer, an element sees itself: start at 1.",
        lambda layers: _field(layers) - 1,
    ),
    Misconception(
        "only_kernel_sizes",
        "The filters' sizes were added up.",
        "Two filters of 3 see 5, not 6: they overlap. And after a stride, the elements that a filter sees are further apart.",
        lambda layers: sum(k for k, _ in layers),
    ),
    Misconception(
        "wrong_direction",
        "The layers were taken in the wrong order.",
        "Going back from the output, begin with the last layer; going forward, begin with the first. The list starts at the input.",
        lambda layers: _field(layers[::-1]),
    ),
)

receptive_field = Exercise(
    id="shapes.receptive_field",
    title="What an output element sees",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("stride 1", 2, "layers of stride 1"),
        Aspect("strides", 2, "layers with strides"),
        Aspect("ends", 1, "a single layer, and none at all"),
        Aspect(CONTRACT, 1, "leaves the list of layers unchanged"),
    ),
    draw=telling_apart(_draw_field, _field, FIELD_SLIPS),
    oracle=_field,
    misconceptions=FIELD_SLIPS,
    hints=(
        "Draw two layers of 3 below each other, then give the first one stride 2. How far apart are now the three elements that the second one sees?",
        "Keep two numbers from layer to layer: what an element sees so far, and how far apart two neighbours are, measured in input elements.",
        "Start with 1 and 1. For each layer: the field grows by (kernel_size - 1) times the distance; after that, the "
        "distance is multiplied by the stride.",
    ),
)
