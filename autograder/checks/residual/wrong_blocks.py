"""Wrong ways of building a block that the basic block and the bottleneck share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.exercise import Misconception


def all_of_them(count: int, past: int) -> bool:
    return True


def handed_on(build: Callable[..., Any]) -> tuple[Misconception, ...]:
    """What layers() may give in place of all layers, in order."""
    return (
        Misconception(
            "shortcut_first",
            "layers() gives the shortcut's layers before the others.",
            "The shortcut's come last: weights are saved and exchanged in the order of layers().",
            build(handed=lambda count, past: [*range(count - past, count), *range(count - past)]),
        ),
        Misconception(
            "projection_not_handed_on",
            "layers() does not hand on the projection.",
            "Without that its weights are neither trained nor saved: yield its layers too, after the branch's.",
            build(handed=lambda count, past: range(count - past)),
        ),
        Misconception(
            "nothing_handed_on",
            "layers() gives no layer that has parameters: it is not written, or yields a whole Sequential.",
            "A Sequential has no parameters of its own: hand on the layers inside, with yield from and its layers().",
            build(handed=lambda count, past: ()),
        ),
    )


def shared(build: Callable[..., Any]) -> tuple[Misconception, ...]:
    """build(**slips) is a builder of the block that is wrong in the way that the slips say."""
    return (
        Misconception(
            "skip_forgotten_backward",
            "The gradient comes back through the branch alone: what went past it is missing.",
            "The sum hands its gradient to both: add what the shortcut makes of it (without a projection, the gradient itself).",
            build(way="branch"),
            revisit="08, “Two ways back”",
        ),
        Misconception(
            "identity_forgotten_backward",
            "Where there is no projection, the gradient comes back through the branch alone.",
            "x itself went past the branch, so the gradient of the sum itself comes back: add it.",
            build(way="projection"),
            revisit="08, “Two ways back”",
        ),
        Misconception(
            "branch_forgotten_backward",
            "The gradient comes back past the branch alone.",
            "Call the branch's backward too, and add what it gives: it also fills the gradients of the layers inside.",
            build(way="skip"),
            revisit="08, “Two ways back”",
        ),
        Misconception(
            "last_relu_not_reversed",
            "On the way back, the gradient passes the last ReLU as if it were not there.",
            "It comes first on the way back: ReLU's backward, then the fork.",
            build(way="no gate"),
        ),
        Misconception(
            "kink_passes",
            "On the way back, the gradient passes the last ReLU where the sum is exactly 0.",
            "The course takes slope 0 there: > 0, not >= 0. A kit ReLU that you keep does it right.",
            build(way="kink"),
        ),
        Misconception(
            "relu_before_sum",
            "The last ReLU stands before the sum: it saw the branch alone.",
            "Add first; the ReLU comes last and sees the sum.",
            build(last="relu before"),
        ),
        Misconception(
            "relu_missing",
            "There is no ReLU after the sum.",
            "The block ends with one.",
            build(last="sum"),
        ),
        Misconception(
            "relu_twice",
            "The branch ends with a ReLU, and the sum goes through another one.",
            "The branch ends with its batch norm: it may be negative when it is added.",
            build(last="relu twice"),
        ),
        Misconception(
            "shortcut_without_stride",
            "With a stride, branch and shortcut come out in different sizes: one of the two ignores it, most often the projection.",
            "One convolution of the branch has the stride, and the 1×1 convolution of the projection has it too.",
            build(past=lambda stride: 1),
            revisit="08, “The basic block”",
        ),
        Misconception(
            "projection_without_norm",
            "The projection has no batch norm.",
            "conv 1×1, then batch norm, as everywhere in the block.",
            build(normed=False),
            revisit="08, “The basic block”",
        ),
        Misconception(
            "no_projection_for_stride",
            "There is a projection only where channels change; with a stride, x is still too large for the sum.",
            "Project when the stride is not 1, too.",
            build(projects=lambda c, f, s: c != f),
        ),
        Misconception(
            "no_projection_for_channels",
            "There is a projection only where there is a stride; when channels change, x does not fit the sum.",
            "Project when the channels of x and of the output differ, too.",
            build(projects=lambda c, f, s: s != 1),
        ),
        Misconception(
            "never_projects",
            "There is no projection anywhere.",
            "Where the block changes channels or size, x cannot be added as it is: a 1×1 convolution with the stride brings it to shape.",
            build(projects=lambda c, f, s: False),
            revisit="08, “The basic block”",
        ),
        Misconception(
            "only_where_both_change",
            "There is a projection only where both channels and size change.",
            "One of the two is enough: `or`, not `and`.",
            build(projects=lambda c, f, s: s != 1 and c != f),
        ),
        Misconception(
            "always_projects",
            "There is a projection even where x fits as it is.",
            "Where neither channels nor size change, x itself is added: that way the gradient passes unhindered, and it costs nothing.",
            build(projects=lambda c, f, s: True),
            revisit="08, “The basic block”",
        ),
        Misconception(
            "biased",
            "The convolutions have a bias.",
            "The batch norm behind them subtracts it again: bias=False, for all of them.",
            build(biased=all_of_them),
        ),
        Misconception(
            "projection_with_bias",
            "The projection has a bias in place of a batch norm.",
            "conv 1×1 without bias, then batch norm, as everywhere in the block. (Some texts do it your way.)",
            build(normed=False, biased=lambda count, past: range(count - past, count)),
            revisit="08, “The basic block”",
        ),
        *handed_on(build),
        Misconception(
            "rng_ignored",
            "The weights do not all come from rng: the same seed gives other weights, or another seed the same.",
            "Hand rng to each convolution, that of the projection too.",
            build(own_rng=True),
        ),
        Misconception(
            "forward_twice",
            "The running statistics have moved twice: the layers' forward ran a second time.",
            "In training each forward moves them. The layers remember what backward needs: call no forward on the way back.",
            build(runs=2),
        ),
    )
