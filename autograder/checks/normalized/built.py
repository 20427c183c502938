"""build_normalized_net: batch norm at work among the learner's own pieces, while training and in use."""

from __future__ import annotations

import numpy as np

from autograder.checks.normalized.network import CHANNELS, CLASSES, normalized_net, shapes
from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Seed

REVISIT = "06, “A network with batch norm”"


def _drawn(rng):
    """Generators, and parameters and statistics with which no layer is like another, and each channel is at times below zero."""
    same, other = (int(number) for number in rng.choice(10**6, 2, replace=False))
    parameters, statistics = [], []
    for below, above in zip(CHANNELS, CHANNELS[1:]):
        w, b = normal(rng, above, below, 3, 3) / np.sqrt(9 * below), 0.5 * normal(rng, above)
        gamma, beta = rng.uniform(0.5, 1.5, above), 0.3 * normal(rng, above)
        parameters += [w, b, gamma, beta]
        statistics += [0.3 * normal(rng, above), rng.uniform(0.5, 2, above)]
    parameters += [normal(rng, CLASSES, CHANNELS[-1]) / 4, 0.5 * normal(rng, CLASSES)]
    return {"rng": Seed(same), "again": Seed(same), "other": Seed(other), "parameters": parameters, "statistics": statistics}


def _draw(rng):
    for aspect, compare, training in (
        ("layers", ("shapes",), True),
        ("rng", ("from_rng",), True),
        ("training", ("scores", "statistics"), True),
        ("training", ("scores", "statistics"), None),
        ("backward", ("dx", "gradients"), True),
        ("use", ("scores", "statistics"), False),
        ("use", ("scores", "dx", "gradients"), False),
    ):
        n, h, w = distinct(rng, (2, 3), (18, 20), (19, 21))  # without padding, a pixel would be left
        mode = {} if training is None else {"training": training}  # left out: the mode in which it was built
        data = mode | {"x": normal(rng, n, 1, h, w), "dout": normal(rng, n, CLASSES)}
        yield Case(aspect, _drawn(rng) | data, compare=compare)


def _expected(rng, again, other, parameters, statistics, x, dout, training=True):
    net = normalized_net()(rng)
    arrays, running = iter(parameters), iter(statistics)
    norms = [layer for layer in net.layers() if hasattr(layer, "running_mean")]
    for layer in net.layers():
        layer.parameters = {name: next(arrays) for name in layer.parameters}
        layer.training = training
    for layer in norms:
        layer.running_mean, layer.running_var = next(running), next(running)
    out, dx = net.forward(x), net.backward(dout)
    gradients = [gradient for layer in net.layers() for gradient in layer.gradients.values()]
    return shapes(), True, out, dx, gradients, [array for layer in norms for array in (layer.running_mean, layer.running_var)]


def _in_one(inputs, output):
    """All gradients as one row of numbers.

    A convolution's bias has no gradient before a batch norm that is training: what rounding leaves of it is to be measured by the
    other gradients, not by itself.
    """
    made, from_rng, scores, dx, gradients, statistics = output
    if gradients is not None:
        if [np.shape(g) for g in gradients] != [p.shape for p in inputs["parameters"]]:
            raise ValueError("gradients of other shapes than their parameters")
        gradients = np.concatenate([np.ravel(g) for g in gradients])
    return made, from_rng, scores, dx, gradients, statistics


build_normalized_net = Exercise(
    id="normalized.build_normalized_net",
    title="A small network with batch norm",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("layers", 1, "the layers with parameters, in their order and of the right shapes"),
        Aspect("rng", 1, "weights that rng draws: the same seed gives the same network, another seed another"),
        Aspect("training", 2, "while training, as a new network is: the scores of a batch, and the running statistics after it"),
        Aspect("backward", 1, "the gradients of its images and of all its parameters"),
        Aspect("use", 1, "when not training: scores by the running statistics, which stay as they are"),
    ),
    draw=_draw,
    oracle=_expected,
    view=_in_one,
    probe="network",
    returns=("shapes", "from_rng", "scores", "dx", "gradients", "statistics"),
    uses=("norm", "fast_conv", "activations", "pool", "linear"),
    misconceptions=(
        Misconception(
            "norm_after_relu",
            "The batch norm follows the ReLU.",
            "Between convolution and ReLU: then about half of the numbers that ReLU sees are above zero, whatever the filters are.",
            normalized_net(order="rnp"),
            revisit=REVISIT,
        ),
        Misconception(
            "norm_after_pooling",
            "The batch norm follows the pooling.",
            "Convolution, batch norm, ReLU, pooling: the mean is that of all pixels, not of the largest.",
            normalized_net(order="rpn"),
            revisit=REVISIT,
        ),
        Misconception(
            "pooled_before_norm",
            "The pooling stands between convolution and batch norm.",
            "Convolution, batch norm, ReLU, pooling: the mean is that of all pixels, not of the largest.",
            normalized_net(order="pnr"),
            revisit=REVISIT,
        ),
        Misconception(
            "no_norm",
            "There is no batch norm.",
            "One after each convolution: BatchNorm2d takes the number of channels.",
            normalized_net(normed=(False, False, False)),
        ),
        Misconception(
            "last_norm_missing",
            "The third convolution has no batch norm behind it.",
            "Every convolution is followed by one.",
            normalized_net(normed=(True, True, False)),
        ),
        Misconception(
            "bias_left_out",
            "The convolutions have no bias.",
            "The batch norm takes it away again, so that many networks do without. This one keeps it, as the counts in the table say (80 is 72 "
            "weights and 8 biases): leave bias=False out, and see its gradient in the experiment that follows.",
            normalized_net(biased=False),
            revisit=REVISIT,
        ),
        Misconception(
            "norm_at_end",
            "The scores are normalized too.",
            "Scores may be of any size: nothing comes after the last layer.",
            normalized_net(at_end=True),
        ),
        Misconception(
            "no_relu",
            "There is no ReLU.",
            "Batch norm scales and shifts, it does not bend: without ReLU the network is linear but for its pooling.",
            normalized_net(bent=(False, False, False)),
        ),
        Misconception(
            "last_relu_missing",
            "There is no ReLU after the third convolution.",
            "Each batch norm is followed by one, before the average is taken.",
            normalized_net(bent=(True, True, False)),
        ),
        Misconception(
            "tanh_for_relu",
            "There is tanh where ReLU is asked for.",
            "LeNet-5 had tanh; here it is ReLU.",
            normalized_net(activation="tanh"),
        ),
        Misconception(
            "average_pooling",
            "There is average pooling where max pooling is asked for.",
            "MaxPool2d(2) after the first two stages; only the last takes the mean, of each whole channel.",
            normalized_net(pooling="avg_pool2d"),
        ),
        Misconception(
            "largest_of_channel",
            "The last stage takes the largest number of each channel instead of its mean.",
            "GlobalAvgPool2d: every pixel counts.",
            normalized_net(everywhere=lambda x: x.amax(dim=(2, 3))),
        ),
        Misconception(
            "not_padded",
            "The convolutions are not padded: each takes a border of one pixel away.",
            "padding=1 keeps 3×3 filters from shrinking the image.",
            normalized_net(padding=0),
        ),
        Misconception(
            "momentum_of_the_old",
            "The batch norms have a momentum of 0.9.",
            "Ours weighs the new batch: leave it at 0.1.",
            normalized_net(momentum=0.9),
        ),
        Misconception(
            "softmax_at_end",
            "The network ends with a softmax.",
            "softmax_cross_entropy takes the scores as they are: a second softmax would flatten them.",
            normalized_net(last=lambda scores: scores.softmax(dim=1)),
        ),
        Misconception(
            "built_in_use",
            "The network comes switched to use: its batch norms normalize with running statistics that have seen nothing.",
            "A new network is there to be trained: return it in training mode. Whoever uses it calls eval().",
            normalized_net(training=False),
            revisit="06, “Training and use”",
        ),
        Misconception(
            "rng_ignored",
            "The weights do not all come from rng.",
            "Hand rng to each layer that has weights: the same seed must give the same network, and another seed another.",
            normalized_net(own_rng=True),
        ),
    ),
    hints=(
        "Read the table from top to bottom: each line is three or four objects of the kit. Which of them take a number of channels, and which rng?",
        "Sequential takes layers one after the other. A stage is Conv2d(…, 3, padding=1), BatchNorm2d, ReLU, and pooling. Channels: 1 → 8 → 16 → 32.",
        "Twice convolution, batch norm, ReLU, max pooling of 2 (8, then 16 filters); a third convolution with 32, batch norm, ReLU, global average "
        "pooling; a fully connected layer from 32 to 10. Give rng to the four that draw weights.",
    ),
)
