"""build_lenet5: all the learner's own pieces in one network."""

from __future__ import annotations

import numpy as np

from autograder.checks.lenet.network import SHAPES, SIDE, lenet5
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Seed

WIDE = 1.5  # times what would keep the numbers' spread: so that tanh bends, and is not taken for something else


def _drawn(rng):
    """Generators, and parameters with which every layer's numbers are of size 1."""
    same, other = (int(number) for number in rng.choice(10**6, 2, replace=False))
    fan_in = [int(np.prod(shape[1:])) for shape in SHAPES]
    parameters = [normal(rng, *shape) * (WIDE / np.sqrt(n) if len(shape) > 1 else 0.5) for shape, n in zip(SHAPES, fan_in)]
    return {"rng": Seed(same), "again": Seed(same), "other": Seed(other), "parameters": parameters}


def _draw(rng):
    for aspect, compare, n in (
        ("layers", ("shapes",), 1),
        ("rng", ("from_rng",), 1),
        ("forward", ("scores",), 1),
        ("forward", ("scores",), 3),
        ("backward", ("dx", "gradients"), 2),
    ):
        yield Case(aspect, _drawn(rng) | {"x": normal(rng, n, 1, SIDE, SIDE), "dout": normal(rng, n, 10)}, compare=compare)


def _expected(rng, again, other, parameters, x, dout):
    net = lenet5()(rng)
    for layer, w, b in zip(net.layers(), parameters[::2], parameters[1::2]):
        layer.parameters = {"w": w, "b": b}
    out, dx = net.forward(x), net.backward(dout)
    return SHAPES, True, out, dx, [gradient for layer in net.layers() for gradient in layer.gradients.values()]


def _softmax(scores):
    return scores.softmax(dim=1)


def _without(*layers):
    """The parameters' shapes without some layers (0 to 4)."""
    return tuple(shape for number, shape in enumerate(SHAPES) if number // 2 not in layers)


build_lenet5 = Exercise(
    id="lenet.build_lenet5",
    title="LeNet-5 from your own layers",
    difficulty=2,
    minutes=20,
    aspects=(
        Aspect("layers", 3, "the layers with weights, in their order and of the right shapes"),
        Aspect("rng", 1, "weights that rng draws: the same seed gives the same network, another seed another"),
        Aspect("forward", 4, "the scores that it computes, with given weights"),
        Aspect("backward", 4, "the gradients of its images and of all its weights"),
    ),
    draw=_draw,
    oracle=_expected,
    probe="network",
    returns=("shapes", "from_rng", "scores", "dx", "gradients"),
    uses=("fast_conv", "linear", "activations", "pool"),
    misconceptions=(
        Misconception(
            "relu_for_tanh",
            "There is ReLU where LeNet-5 has tanh.",
            "In 1998 tanh was the choice; ReLU came with the deeper networks.",
            lenet5(activation="relu"),
        ),
        Misconception(
            "sigmoid_for_tanh",
            "There is a sigmoid where LeNet-5 has tanh.",
            "Take Tanh: it is centred on zero.",
            lenet5(activation="sigmoid"),
        ),
        Misconception(
            "max_pooling",
            "There is max pooling where LeNet-5 averages.",
            "Its subsampling takes means of 2×2 pixels: AvgPool2d.",
            lenet5(pooling="max_pool2d"),
        ),
        Misconception(
            "pooled_before_tanh",
            "The averages are taken before tanh instead of after it.",
            "The order is convolution, tanh, pooling. (For max pooling it would not matter. Here it does.)",
            lenet5(pool_first=True),
        ),
        Misconception(
            "no_tanh_after_convolutions",
            "There is no tanh after the first two convolutions.",
            "Two linear layers in a row are one linear layer: put tanh after each convolution.",
            lenet5(bent=(False, False, True, True)),
        ),
        Misconception(
            "no_tanh_after_120",
            "There is no tanh after the convolution with 120 filters.",
            "Every layer but the last is followed by tanh.",
            lenet5(bent=(True, True, False, True)),
        ),
        Misconception(
            "no_tanh_after_84",
            "There is no tanh between the two fully connected layers.",
            "Every layer but the last is followed by tanh.",
            lenet5(bent=(True, True, True, False)),
        ),
        Misconception(
            "tanh_at_end",
            "The scores went through tanh as well.",
            "Scores may be of any size: nothing comes after the last layer.",
            lenet5(last=lambda scores: scores.tanh()),
        ),
        Misconception(
            "softmax_at_end",
            "The network ends with a softmax.",
            "softmax_cross_entropy takes the scores as they are: a second softmax would flatten them.",
            lenet5(last=_softmax),
        ),
        Misconception(
            "shapes_do_not_fit",  # an error says no more than that: its several causes cannot be told apart
            "The shapes that meet in a layer do not fit one another.",
            "Print them from layer to layer, beside the table. What is often the cause: no Flatten before the first Linear; one and the same layer "
            "object at two places (each remembers one input only); a pooling that does not halve; padding=2 in the first convolution, which is for "
            "28×28 pixels: ours come with their border, 32×32.",
            lenet5(padding=2),
        ),
        Misconception(
            "dense_for_last_convolution",
            "The layer of 120 is fully connected, not a convolution of 5×5.",
            "On an image of 32×32 both compute the same; as a convolution the network also takes larger images.",
            lenet5((*SHAPES[:4], (120, 400), *SHAPES[5:])),
        ),
        Misconception(
            "layer_of_84_missing",
            "The layer of 84 is missing.",
            "After the 120 come 84, then 10.",
            lenet5((*_without(3, 4), (10, 120), (10,))),
        ),
        Misconception(
            "rng_ignored",
            "The weights do not come from rng: the same seed must give the same network, and another seed another one.",
            "Hand rng to each layer that has weights.",
            lenet5(own_rng=True),
        ),
    ),
    hints=(
        "Read the table from top to bottom: each line is one or two objects of the kit. Which of them need numbers, and which need rng?",
        "Sequential takes layers one after the other. A Conv2d needs the channels below it, how many filters and how large; a Linear its inputs "
        "and outputs. The sizes on the way: 32 → 28 → 14 → 10 → 5 → 1.",
        "Twice convolution, tanh, pooling of 2 (6, then 16 filters); a third convolution with 120 filters, tanh, flatten; a fully connected "
        "layer with 84 outputs, tanh; one with 10. Give rng to all five that have weights.",
    ),
)
