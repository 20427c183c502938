"""BasicBlock: two 3×3 convolutions, and a way past them."""

from __future__ import annotations

from autograder.checks.residual.block import RETURNS, builder, cases, ended, expected
from autograder.checks.residual.wrong_blocks import shared
from autograder.exercise import Aspect, Exercise, Misconception, contract


def _planned(in_channels, channels, stride, *, projects=None, projection=1, normed=True):
    """The plan, and how many layers of it are the shortcut's; the keyword-only arguments are ways to get it wrong."""
    branch = [(channels, in_channels, 3, 3), (channels,), (channels, channels, 3, 3), (channels,)]
    shortcut = [(channels, in_channels, projection, projection), (channels,)][: 1 + normed]
    project = (projects or (lambda c, f, s: s != 1 or c != f))(in_channels, channels, stride)
    return (*branch, *(shortcut * project)), len(shortcut) * project


def _compute(x, b, stride, projects, *, strides=None, inner="norm relu", last="relu of sum", past=None, way=None, norm_at="branch", projection=1):
    """The block on tensors; every keyword-only argument is a way to get it wrong."""
    first, second = (stride, 1) if strides is None else strides(stride)
    middle = b.conv(0, x, first, 1)
    for step in inner.split():
        middle = b.norm(1, middle) if step == "norm" else middle.relu()
    branch = b.conv(2, middle, second, 1)
    if norm_at == "branch":
        branch = b.norm(3, branch)
    skip = x
    if projects:
        skip = b.conv(4, x, stride if past is None else past(stride), projection // 2)
        skip = b.norm(5, skip) if projects > 1 else skip
    return ended(branch, skip, projects, last=last, way=way, normed=(lambda x: b.norm(3, x)) if norm_at == "sum" else lambda x: x)


basic = builder(_planned, _compute)


def _draw(rng):
    c, f, *_ = (int(number) for number in rng.permutation([2, 3, 5]))
    yield from cases(rng, _planned, 1, (c, c, 1), ((c, f, 2), (f, c, 1), (f, f, 2)), split=True)


BasicBlock = Exercise(
    id="residual.BasicBlock",
    title="The basic block",
    difficulty=3,
    minutes=35,
    aspects=(
        Aspect("layers", 3, "the layers with parameters, in their order and of the right shapes, and a projection only where shapes change"),
        Aspect("rng", 1, "weights that rng draws: the same seed gives the same block, another seed another"),
        Aspect("identity", 4, "the output where x itself goes past the branch"),
        Aspect("projection", 4, "the output where channels or size change"),
        Aspect("backward", 5, "the gradients of x and of all parameters, and running statistics that have moved once"),
        Aspect("evaluation", 2, "the same in evaluation, where running statistics normalise and stay as they are"),
        contract(),
    ),
    draw=_draw,
    oracle=expected(basic()),
    probe="block",
    returns=RETURNS,
    misconceptions=(
        *shared(basic),
        Misconception(
            "no_inner_relu",
            "There is no ReLU between the two convolutions.",
            "Two linear layers in a row are one linear layer: conv, batch norm, ReLU, conv, batch norm.",
            basic(inner="norm"),
        ),
        Misconception(
            "relu_before_norm",
            "The ReLU stands before the batch norm.",
            "The order is convolution, batch norm, ReLU.",
            basic(inner="relu norm"),
        ),
        Misconception(
            "norm_after_sum",
            "The second batch norm comes after the sum: x goes through it as well.",
            "It belongs to the branch: conv, batch norm, then add, then ReLU. What goes past stays as it is.",
            basic(norm_at="sum"),
        ),
        Misconception(
            "stride_on_second",
            "The stride is on the second convolution instead of the first.",
            "The first convolution makes the image smaller; the second one works on less.",
            basic(strides=lambda stride: (1, stride)),
        ),
        Misconception(
            "projection_of_3",
            "The projection is a 3×3 convolution.",
            "It only changes channels and size: 1×1, without padding.",
            basic(projection=3),
        ),
    ),
    hints=(
        "Draw the block as in the notebook, x at the top. Which boxes hold parameters? Which arrows meet where, and which way do they go back?",
        "Put the branch into a Sequential, and the projection, where one is needed, into another. forward adds their outputs and applies a ReLU; "
        "backward is residual_backward without its forward: the layers remember. layers() hands on those of both.",
        "Make the branch conv, batch norm, ReLU, conv, batch norm. The shortcut is needed when stride is not 1 or the channels differ: conv 1×1 with "
        "the stride, batch norm. Keep a ReLU for the sum. Back: ReLU's backward first; its result goes to the branch's backward and to the "
        "shortcut's (or stays as it is); add the two.",
    ),
)
