"""Bottleneck: 1×1 to fewer channels, 3×3 among these, 1×1 back to four times as many."""

from __future__ import annotations

from autograder.checks.residual.block import RETURNS, builder, cases, ended, expected
from autograder.checks.residual.wrong_blocks import shared
from autograder.exercise import Aspect, Exercise, Misconception, contract


def _planned(in_channels, channels, stride, *, projects=None, normed=True, expansion=4):
    """The plan, and how many layers of it are the shortcut's; the keyword-only arguments are ways to get it wrong."""
    out = expansion * channels
    branch = [(channels, in_channels, 1, 1), (channels,), (channels, channels, 3, 3), (channels,), (out, channels, 1, 1), (out,)]
    shortcut = [(out, in_channels, 1, 1), (out,)][: 1 + normed]
    project = (projects or (lambda c, f, s: s != 1 or c != f))(in_channels, out, stride)
    return (*branch, *(shortcut * project)), len(shortcut) * project


def _compute(x, b, stride, projects, *, strided=1, bent=(True, True), last="relu of sum", past=None, way=None, padding=1, relu_first=False):
    """The block on tensors; every keyword-only argument is a way to get it wrong. strided: which of the three convolutions has the stride."""
    branch = x
    for number, pads in enumerate((0, padding, 0)):
        branch = b.conv(2 * number, branch, stride if number == strided else 1, pads)
        bends = number < 2 and bent[number]
        branch = b.norm(2 * number + 1, branch.relu() if bends and relu_first else branch)
        branch = branch.relu() if bends and not relu_first else branch
    skip = x
    if projects:
        skip = b.conv(6, x, stride if past is None else past(stride))
        skip = b.norm(7, skip) if projects > 1 else skip
    return ended(branch, skip, projects, last=last, way=way)


bottleneck = builder(_planned, _compute)


def _narrow_inputs(in_channels, channels, stride=1, rng=None):
    """`channels` is taken for the output's: the 3×3 convolution has a quarter of it (at least one)."""
    return bottleneck()(in_channels, max(channels // 4, 1), stride, rng)


def _compared_with_channels(in_channels, channels, stride=1, rng=None):
    return bottleneck(projects=lambda c, out, s: s != 1 or c != channels)(in_channels, channels, stride, rng)


def _draw(rng):
    f, g = (int(number) for number in rng.permutation([2, 3]))
    yield from cases(rng, _planned, 4, (4 * f, f, 1), ((5, g, 2), (f, f, 1), (4 * g, g, 2)), split=False)


Bottleneck = Exercise(
    id="residual.Bottleneck",
    title="The bottleneck",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("layers", 3, "the layers with parameters, in their order and of the right shapes, and a projection only where shapes change"),
        Aspect("rng", 1, "weights that rng draws: the same seed gives the same block, another seed another"),
        Aspect("forward", 4, "the output, past the branch x itself or its projection"),
        Aspect("backward", 3, "the gradients of x and of all parameters, and running statistics that have moved once"),
        Aspect("evaluation", 2, "the same in evaluation, where running statistics normalise and stay as they are"),
        contract(),
    ),
    draw=_draw,
    oracle=expected(bottleneck()),
    probe="block",
    returns=RETURNS,
    misconceptions=(
        *shared(bottleneck),
        Misconception(
            "stride_on_first",
            "The stride is on the first 1×1 convolution.",
            "There it throws pixels away that nothing has looked at. The paper's network did; here, as in PyTorch, the 3×3 convolution has it.",
            bottleneck(strided=0),
            revisit="08, “The bottleneck”",
        ),
        Misconception(
            "stride_on_last",
            "The stride is on the last 1×1 convolution.",
            "It belongs to the 3×3 convolution.",
            bottleneck(strided=2),
        ),
        Misconception(
            "not_expanded",
            "The last convolution gives as many channels as the 3×3 has.",
            "It widens again, to four times as many.",
            bottleneck(expansion=1),
            revisit="08, “The bottleneck”",
        ),
        Misconception(
            "channels_of_output",
            "`channels` was taken for the channels of the output: the 3×3 convolution has a quarter of it.",
            "`channels` is what the 3×3 convolution has; the output has four times as many.",
            _narrow_inputs,
            revisit="08, “The bottleneck”",
        ),
        Misconception(
            "projection_asks_for_channels",
            "Whether there is a projection is decided by `channels`, not by the channels of the output.",
            "The output has 4·channels: x fits as it is where it has just as many.",
            _compared_with_channels,
        ),
        Misconception(
            "no_first_relu",
            "There is no ReLU after the first 1×1 convolution.",
            "Batch norm and ReLU follow the first two convolutions, batch norm alone the third.",
            bottleneck(bent=(False, True)),
        ),
        Misconception(
            "no_second_relu",
            "There is no ReLU after the 3×3 convolution.",
            "Batch norm and ReLU follow the first two convolutions, batch norm alone the third.",
            bottleneck(bent=(True, False)),
        ),
        Misconception(
            "relu_before_norm",
            "The ReLUs stand before the batch norms.",
            "The order is convolution, batch norm, ReLU.",
            bottleneck(relu_first=True),
        ),
        Misconception(
            "not_padded",
            "The branch's output is of another size than what goes past it: most often the 3×3 convolution is not padded.",
            "Padding 1 keeps the size of a 3×3 convolution; the 1×1 convolutions need none.",
            bottleneck(padding=0),
        ),
    ),
    hints=(
        "What of your BasicBlock stays as it is? Only the branch is another, and how many channels come out.",
        "Narrow with a 1×1 convolution, look around with a 3×3, widen with a 1×1 to four times the channels; batch norm after each, ReLU after the "
        "first two. The projection is needed when the stride is not 1 or x has not 4·F channels yet.",
        "Make the branch conv 1×1 to F, batch norm, ReLU, conv 3×3 with stride and padding 1, batch norm, ReLU, conv 1×1 to 4·F, batch norm. "
        "Everything else as in BasicBlock, with 4·F where there was F.",
    ),
)
