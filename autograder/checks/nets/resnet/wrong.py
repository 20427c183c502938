"""Wrong ways of building a block that the basic block and the bottleneck share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.checks.nets.resnet.blocks import silent
from autograder.exercise import Misconception


def shared(wrong: Callable[..., Any]) -> tuple[Misconception, ...]:
    """wrong(**slips) is a builder of the block that is wrong in the way that the slips say."""
    return (
        Misconception(
            "nothing_added",
            "x does not get past the branch: nothing is added.",
            "The block gives ReLU(branch + shortcut): add x itself, or its projection, before the last ReLU.",
            wrong(last="no sum"),
        ),
        Misconception(
            "shortcut_detached",
            "No gradient comes back past the branch: what goes past it is detached.",
            "The shortcut is there for the gradient, too: add x, or its projection, without .detach() and outside torch.no_grad().",
            wrong(last="detached"),
        ),
        Misconception(
            "joined",
            "What goes past the branch is joined to it channel behind channel, as in an Inception module.",
            "A residual block adds: number by number, so that no channels are gained.",
            wrong(last="joined"),
        ),
        Misconception(
            "relu_before_sum",
            "The last ReLU stands before the sum: it saw the branch alone.",
            "Add first; the ReLU comes last and sees the sum.",
            wrong(last="relu before"),
        ),
        Misconception("relu_missing", "There is no ReLU after the sum.", "The block ends with one.", wrong(last="sum")),
        Misconception(
            "relu_twice",
            "The branch ends with a ReLU, and the sum goes through another one.",
            "The branch ends with its batch norm: it may be negative when it is added.",
            wrong(last="relu twice"),
        ),
        Misconception(
            "norm_after_sum",
            "The last batch norm comes after the sum: what goes past the branch meets it as well.",
            "It belongs to the branch: batch norm, then add, then ReLU.",
            wrong(norm_at="sum"),
        ),
        Misconception(
            "one_norm_for_two",
            "One batch norm stands in two places.",
            "Each convolution has a batch norm of its own, with its own γ, β and running statistics: make one for each.",
            wrong(same=True),
        ),
        Misconception(
            "not_padded",
            "The branch gives another size than what goes past it: most often a 3×3 convolution is not padded.",
            "Padding 1 keeps the size of a 3×3 convolution; a 1×1 convolution needs none.",
            wrong(padding=0),
        ),
        Misconception(
            "shortcut_without_stride",
            "With a stride, branch and shortcut come out in different sizes: one of the two ignores it, most often the projection, or has it twice.",
            "One convolution of the branch has the stride, and the 1×1 convolution of the projection has it too.",
            wrong(skip={"strided": lambda stride: 1}),
        ),
        Misconception(
            "projection_without_norm",
            "The projection has no batch norm.",
            "conv 1×1, then batch norm, as everywhere in the block.",
            wrong(skip={"normed": False}),
        ),
        Misconception(
            "projection_with_bias",
            "The projection has a bias in place of a batch norm.",
            "conv 1×1 without bias, then batch norm, as everywhere in the block.",
            wrong(skip={"normed": False, "biased": True}),
        ),
        Misconception(
            "projection_with_relu",
            "The projection ends with a ReLU.",
            "What goes past the branch may be negative: the ReLU comes after the sum.",
            wrong(skip={"bent": True}),
        ),
        Misconception(
            "projection_of_3",
            "The projection is a 3×3 convolution.",
            "It only changes channels and size: 1×1, without padding.",
            wrong(skip={"size": 3}),
        ),
        Misconception(
            "no_projection_for_stride",
            "There is a projection only where channels change; with a stride, x is still too large for the sum.",
            "Project when the stride is not 1, too.",
            wrong(skip={"projects": lambda c, f, s: c != f}),
        ),
        Misconception(
            "projection_for_stride_2",
            "Of all strides, only 2 gets a projection: with 3, x is still too large for the sum.",
            "Project wherever the stride is not 1: stride != 1, not stride == 2.",
            wrong(skip={"projects": lambda c, f, s: s == 2 or c != f}),
        ),
        Misconception(
            "no_projection_for_channels",
            "There is a projection only where there is a stride; when channels change, x does not fit the sum.",
            "Project when the channels of x and of the output differ, too.",
            wrong(skip={"projects": lambda c, f, s: s != 1}),
        ),
        Misconception(
            "only_where_both_change",
            "There is a projection only where both channels and size change.",
            "One of the two is enough: `or`, not `and`.",
            wrong(skip={"projects": lambda c, f, s: s != 1 and c != f}),
        ),
        Misconception(
            "never_projects",
            "There is no projection anywhere.",
            "Where the block changes channels or size, x cannot be added as it is: a 1×1 convolution with the stride brings it to shape. __init__ "
            "makes it.",
            wrong(skip={"projects": lambda c, f, s: False}),
        ),
        Misconception(
            "always_projects",
            "There is a projection even where x fits as it is.",
            "Where neither channels nor size change, x itself is added: that way the gradient passes unhindered, and it costs nothing.",
            wrong(skip={"projects": lambda c, f, s: True}),
        ),
        Misconception(
            "biased",
            "The convolutions have a bias.",
            "The batch norm behind them subtracts it again: bias=False, for all of them.",
            wrong(biased=True),
        ),
        Misconception(
            "biased_and_bare",
            "The convolutions have a bias, and the projection has no batch norm, as in some lectures' code.",
            "The paper's block: bias=False for all convolutions, and a batch norm behind each, the projection's too.",
            wrong(biased=True, skip={"normed": False}),
        ),
        Misconception(
            "expansion_not_said",
            "The class does not say its `expansion`: how many times `width` channels come out.",
            "It is an attribute of the class, not of what __init__ makes: networks ask for it before there is a block.",
            silent(wrong()),
        ),
    )
