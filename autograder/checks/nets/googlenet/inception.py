"""The Inception module."""

from __future__ import annotations

import numpy as np

from autograder.checks.nets.googlenet.builders import MODULES, inception
from autograder.checks.nets.modules import RETURNS, expected
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception

NUMBERS = ("out_1x1", "reduce_3x3", "out_3x3", "reduce_5x5", "out_5x5", "out_pool")


def _draw_module(rng):
    def drawn(given, numbers, **more):
        options = {"in_channels": given, **dict(zip(NUMBERS, numbers))}
        if "batch_norm" in more:
            options["batch_norm"] = more.pop("batch_norm")
        return {"options": options, "seed": int(rng.integers(10**6)), "training": True, **more}

    def sizes():  # no two alike: arrays of one shape get the same numbers
        given, *numbers = (int(n) for n in rng.permutation([2, 3, 4, 5, 6, 7, 8]))
        return given, numbers

    def made(numbers):
        return numbers[0] + numbers[2] + numbers[4] + numbers[5]

    yield Case("parameters", drawn(192, MODULES["3a"]), compare=("parameters",))
    yield Case("parameters", drawn(*sizes()), compare=("parameters",))
    for n, height, width in ((2, 7, 6), (1, 4, 9), (3, 5, 5)):
        given, numbers = sizes()
        x = normal(rng, n, given, height, width)
        x[0, 0, :3, 1:4] *= -np.sign(x[0, 0, :3, 1:4])  # one window, not at the edge, in which all is negative
        yield Case("forward", drawn(given, numbers, x=x), compare=("out",))
    yield Case("batch_norm", drawn(*sizes(), batch_norm=True), compare=("parameters",))
    for training in (True, False):
        given, numbers = sizes()
        case = drawn(given, numbers, batch_norm=True, x=normal(rng, 3, given, 6, 5), training=training)
        yield Case("batch_norm", case, compare=("out", "statistics"))
    given, numbers = sizes()
    case = drawn(given, numbers, x=normal(rng, 2, given, 6, 5), dout=normal(rng, 2, made(numbers), 6, 5))
    yield Case("backward", case, compare=("dx", "gradients"))


Inception = Exercise(
    id="nets.googlenet.Inception",
    title="An Inception module",
    difficulty=2,
    minutes=25,
    aspects=(
        Aspect("parameters", 3, "the layers with parameters: their kinds and shapes"),
        Aspect("forward", 5, "what comes out, with parameters that are handed in"),
        Aspect("batch_norm", 3, "the same with batch norm"),
        Aspect("backward", 2, "gradients that reach the input and all parameters"),
    ),
    draw=_draw_module,
    oracle=expected(inception()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "no_relu_inside", "There is no ReLU between the 1×1 convolutions and the 3×3 or 5×5 ones behind them.",
            "The reductions bend as well: every convolution is followed by ReLU, six of them in all.", inception(bent=("out", "pool")),
        ),
        Misconception(
            "no_relu_outside", "The branches end without ReLU.",
            "Every convolution is followed by ReLU, the last one of each branch too.", inception(bent=("reduce",)),
        ),
        Misconception(
            "no_relu_behind_pooling", "There is no ReLU behind the 1×1 convolution after the pooling.",
            "Every convolution is followed by ReLU, that of branch 4 too.", inception(bent=("reduce", "out")),
        ),
        Misconception("no_relu_at_all", "Nothing bends: there is no ReLU anywhere.", "Every convolution is followed by ReLU.", inception(bent=())),
        Misconception(
            "do_not_fit", "PyTorch refuses: the four branches' outputs do not fit together, or x was changed in place.",
            "torch.cat(…, dim=1) joins channels, and all else must agree: padding 1 for 3×3, 2 for 5×5, and for the pooling stride 1, which is "
            "not what it has unless you say so, and padding 1. And no branch changes x in place: the others need it.", inception(axis=0),
        ),
        Misconception(
            "order_of_branches", "The branches' channels come out in another order.",
            "1×1, 3×3, 5×5, pooling: whoever carries weights from one network to another counts on it.", inception(order=(0, 2, 1, 3)),
        ),
        Misconception(
            "pooling_first", "The channels of the pooling branch come first.",
            "The order is 1×1, 3×3, 5×5, pooling.", inception(order=(3, 0, 1, 2)),
        ),
        Misconception(
            "average_pooling", "Branch 4 takes means where it should take maxima.",
            "nn.MaxPool2d(3, stride=1, padding=1).", inception(pooling="mean"),
        ),
        Misconception(
            "no_pooling", "Branch 4 has its 1×1 convolution, but no pooling before it.",
            "nn.MaxPool2d(3, stride=1, padding=1), then the 1×1.", inception(pooling="none"),
        ),
        Misconception(
            "pooled_last", "In branch 4 the 1×1 convolution comes before the pooling.",
            "It takes maxima of what came in, and reduces channels after that.", inception(pooling="last"),
        ),
        Misconception(
            "pooled_with_zeros", "The pooling sees zeros beyond the edges: where all numbers are negative, they win.",
            "nn.MaxPool2d(3, stride=1, padding=1) pads with what is smaller than every number.", inception(pooling="zeros"),
        ),
        Misconception(
            "bent_before_pooling", "In branch 4 a ReLU comes before the pooling.",
            "The pooling takes the maxima of x as it is, negative ones too: ReLU stands behind the 1×1 convolution.", inception(pooling="bent"),
        ),
        Misconception(
            "five_as_two_threes", "There are two 3×3 convolutions in place of the 5×5 one.",
            "They see as much, and a later version of the network has them. This one has a single 5×5.", inception(twice=True),
        ),
        Misconception(
            "five_is_three", "The 5×5 convolution is a 3×3 one.",
            "torchvision's GoogLeNet has that slip, and keeps it for its trained weights. The paper says 5×5.", inception(third=3),
        ),
        Misconception(
            "naive", "There are no reductions: 3×3 and 5×5 look at all channels that come in.",
            "That is the naive module, figure 2(a). Put a 1×1 convolution to reduce_3x3 or reduce_5x5 channels before them.",
            inception(reduced=False),
        ),
        Misconception(
            "reductions_swapped", "The two reductions are swapped.",
            "reduce_3x3 comes before the 3×3 convolution, reduce_5x5 before the 5×5 one.", inception(places=(0, 3, 2, 1, 4, 5)),
        ),
        Misconception(
            "before_and_after", "The numbers before and after are swapped: 3×3 and 5×5 give as many channels as they should be given.",
            "1×1 to reduce_3x3 channels, then 3×3 to out_3x3. With 5×5 alike.", inception(places=(0, 2, 1, 4, 3, 5)),
        ),
        Misconception(
            "one_behind_the_other", "The larger filters see what branch 1 gives, and not what comes in.",
            "All four branches begin with x, and all four have a 1×1 convolution of their own.", inception(chained=True),
        ),
        Misconception(
            "no_biases", "The convolutions have no biases.",
            "Without batch norm every convolution has one: only batch norm makes it needless.", inception(biases=(False, False)),
        ),
        Misconception(
            "biases_and_batch_norm", "The convolutions have biases although batch norm follows.",
            "Batch norm takes the mean away, and any bias with it: bias=not batch_norm.", inception(biases=(True, True)),
        ),
        Misconception(
            "batch_norm_ignored", "There is no batch norm when it is asked for.",
            "With batch_norm=True: convolution without bias, nn.BatchNorm2d, ReLU.", inception(norms="never"),
        ),
        Misconception(
            "batch_norm_always", "There is batch norm although it was not asked for.",
            "The paper's network has none: only with batch_norm=True.", inception(norms="always"),
        ),
        Misconception("batch_norm_after_relu", "Batch norm comes after ReLU.", "Convolution, batch norm, ReLU.", inception(norms="after ReLU")),
        Misconception(
            "eps_of_torchvision", "The batch norm adds another eps than nn.BatchNorm2d does by itself.",
            "torchvision's GoogLeNet has eps=0.001. Leave it at nn.BatchNorm2d(channels), which is 0.00001.", inception(eps=1e-3),
        ),
        Misconception("batch_norm_outside_only", "The reductions have no batch norm.", "All six convolutions have one.", inception(norms="outside")),
        Misconception(
            "in_a_list", "The branches are in a plain Python list, where the module does not see them.",
            "Make them attributes, or give them to nn.ModuleList.", inception(listed=True),
        ),
    ),
    hints=(
        "How many convolutions are in the table? Each of them has a ReLU. And what must the pooling do so that its output has the input's "
        "height and width?",
        "In __init__ make four branches, each an nn.Sequential that takes in_channels. A small function that makes a convolution with its ReLU "
        "(and its batch "
        "norm) saves most of the writing; a k×k convolution with padding k // 2 keeps the size. In forward every branch gets x.",
        "Branches: 1×1; 1×1 and 3×3; 1×1 and 5×5; max pooling (3, stride 1, padding 1) and 1×1. Each convolution: nn.Conv2d with a bias unless there "
        "is batch norm, then that, then ReLU. forward: a list of what the four give for x, joined by torch.cat over axis 1.",
    ),
)
