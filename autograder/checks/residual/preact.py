"""PreActBlock: batch norm and ReLU before each convolution, and nothing after the sum."""

from __future__ import annotations

from autograder.checks.residual.block import RETURNS, builder, cases, expected, slopes_only
from autograder.checks.residual.wrong_blocks import all_of_them, handed_on
from autograder.exercise import Aspect, Exercise, Misconception, contract


def _planned(in_channels, channels, stride, *, projects=None, normed=False, post=False):
    """The plan, and how many layers of it are the shortcut's; the keyword-only arguments are ways to get it wrong."""
    convs = [(channels, in_channels, 3, 3), (channels, channels, 3, 3)]
    branch = [convs[0], (channels,), convs[1], (channels,)] if post else [(in_channels,), convs[0], (channels,), convs[1]]
    shortcut = [(channels, in_channels, 1, 1), (channels,)][: 1 + normed]
    project = (projects or (lambda c, f, s: s != 1 or c != f))(in_channels, channels, stride)
    return (*branch, *(shortcut * project)), len(shortcut) * project


def _compute(
    x, b, stride, projects, *, first="norm relu", second="norm relu", strides=None, past=None, of="active", last=False, way=None, post=False
):
    """The block on tensors; every keyword-only argument is a way to get it wrong."""
    if post:
        return _as_basic(x, b, stride, projects)
    strided = (stride, 1) if strides is None else strides(stride)

    def activated(place, x, steps):
        for step in steps.split():
            x = b.norm(place, x) if step == "norm" else x.relu()
        return x

    active = activated(0, x, first)
    branch = b.conv(3, activated(2, b.conv(1, active, strided[0], 1), second), strided[1], 1)
    skip = x
    if projects:
        source = x if of == "x" else active
        if way == "past first":  # right forwards; on the way back the projection's part goes round batch norm and ReLU
            source = slopes_only(active, x)
        skip = b.conv(4, source, stride if past is None else past(stride))
    elif way == "through first":  # on the way back, what went past it goes through batch norm and ReLU
        skip = slopes_only(x, active)
    elif way == "projection":  # where there is none, nothing comes back past the branch
        skip = x.detach()
    elif of == "active everywhere":
        skip = active
    skip, branch = skip.detach() if way == "branch" else skip, branch.detach() if way == "skip" else branch
    return (branch + skip).relu() if last else branch + skip


def _as_basic(x, b, stride, projects):
    """The basic block, in the order of its own layers."""
    middle = b.norm(1, b.conv(0, x, stride, 1)).relu()
    return (b.norm(3, b.conv(2, middle, 1, 1)) + (b.conv(4, x, stride) if projects else x)).relu()


preact = builder(_planned, _compute)


def _draw(rng):
    c, f, *_ = (int(number) for number in rng.permutation([2, 3, 5]))
    yield from cases(rng, _planned, 1, (c, c, 1), ((c, f, 2), (f, c, 1), (f, f, 2)), split=False, bends=False)


PreActBlock = Exercise(
    id="residual.PreActBlock",
    title="The pre-activation block",
    difficulty=4,
    minutes=25,
    aspects=(
        Aspect("layers", 3, "the layers with parameters, in their order and of the right shapes, and a projection only where shapes change"),
        Aspect("rng", 1, "weights that rng draws: the same seed gives the same block, another seed another"),
        Aspect("forward", 4, "the output, past the branch x itself or its projection"),
        Aspect("backward", 3, "the gradients of x and of all parameters, and running statistics that have moved once"),
        Aspect("evaluation", 2, "the same in evaluation, where running statistics normalise and stay as they are"),
        contract(),
    ),
    draw=_draw,
    oracle=expected(preact()),
    probe="block",
    returns=RETURNS,
    misconceptions=(
        Misconception(
            "relu_at_end",
            "There is a ReLU after the sum.",
            "Nothing comes after it: so x reaches the next block, and the block after that, unchanged.",
            preact(last=True),
            revisit="08, “Keep the way clean”",
        ),
        Misconception(
            "post_activation",
            "Batch norm and ReLU follow the convolutions: this is the basic block.",
            "Here they come before: batch norm, ReLU, conv, batch norm, ReLU, conv.",
            preact(post=True),
            revisit="08, “Keep the way clean”",
        ),
        Misconception(
            "relu_before_norm",
            "The ReLUs stand before the batch norms.",
            "The order is batch norm, ReLU, convolution.",
            preact(first="relu norm", second="relu norm"),
        ),
        Misconception(
            "no_first_relu",
            "There is no ReLU before the first convolution.",
            "Batch norm and ReLU come before each convolution, the first one too.",
            preact(first="norm"),
        ),
        Misconception(
            "no_second_relu",
            "There is no ReLU before the second convolution.",
            "Batch norm and ReLU come before each convolution.",
            preact(second="norm"),
        ),
        Misconception(
            "projection_of_x",
            "The projection got x itself.",
            "Where shapes change, both ways start behind the first batch norm and ReLU: the projection gets what the branch gets.",
            preact(of="x"),
            revisit="08, “Keep the way clean”",
        ),
        Misconception(
            "skip_of_active",
            "What goes past the branch is x after batch norm and ReLU.",
            "Where x fits as it is, x itself is added: the way past must be clean.",
            preact(of="active everywhere"),
            revisit="08, “Keep the way clean”",
        ),
        Misconception(
            "projection_with_norm",
            "The projection has a batch norm.",
            "It is a 1×1 convolution alone: its input has been normalised before, and the next block normalises again.",
            preact(normed=True),
        ),
        Misconception(
            "skip_forgotten_backward",
            "The gradient comes back through the branch alone: what went past it is missing.",
            "The sum hands dout to both ways: to the branch's backward, and past it.",
            preact(way="branch"),
        ),
        Misconception(
            "branch_forgotten_backward",
            "The gradient comes back past the branch alone.",
            "Call the branch's backward too: it also fills the gradients of the layers inside.",
            preact(way="skip"),
        ),
        Misconception(
            "projection_past_first",
            "The projection's part of the gradient did not go back through the first ReLU and batch norm.",
            "The projection got what came out of them: add its part to the branch's first, then send the sum through them.",
            preact(way="past first"),
            revisit="08, “Keep the way clean”",
        ),
        Misconception(
            "dout_through_first",
            "Where x itself is added, dout went back through the first batch norm and ReLU too.",
            "What went past the branch met neither: send the branch's gradient through them, and add dout after that.",
            preact(way="through first"),
            revisit="08, “Keep the way clean”",
        ),
        Misconception(
            "identity_forgotten_backward",
            "Where there is no projection, the gradient comes back through the branch alone.",
            "x itself went past the branch, so dout itself comes back: add it.",
            preact(way="projection"),
        ),
        Misconception(
            "stride_on_second",
            "The stride is on the second convolution instead of the first.",
            "The first convolution makes the image smaller; the second one works on less.",
            preact(strides=lambda stride: (1, stride)),
        ),
        Misconception(
            "shortcut_without_stride",
            "With a stride, branch and projection come out in different sizes: one of the two ignores it, most often the projection.",
            "The first 3×3 convolution has the stride, and the 1×1 convolution of the projection has it too.",
            preact(past=lambda stride: 1),
        ),
        Misconception(
            "never_projects",
            "There is no projection anywhere.",
            "Where the block changes channels or size, x cannot be added as it is: a 1×1 convolution with the stride brings it to shape.",
            preact(projects=lambda c, f, s: False),
        ),
        Misconception(
            "only_where_both_change",
            "There is a projection only where both channels and size change.",
            "One of the two is enough: `or`, not `and`.",
            preact(projects=lambda c, f, s: s != 1 and c != f),
        ),
        Misconception(
            "always_projects",
            "There is a projection even where x fits as it is.",
            "Where neither channels nor size change, x itself is added: that is what makes the way past clean.",
            preact(projects=lambda c, f, s: True),
        ),
        Misconception(
            "biased",
            "The convolutions have a bias.",
            "bias=False, for all of them.",
            preact(biased=all_of_them),
        ),
        *handed_on(preact),
        Misconception(
            "first_not_handed_on",
            "layers() does not hand on the first batch norm.",
            "layers() yields all layers inside: those of `first` too, before the branch's.",
            preact(handed=lambda count, past: range(1, count)),
        ),
        Misconception(
            "rng_ignored",
            "The weights do not all come from rng: the same seed gives other weights, or another seed the same.",
            "Hand rng to each convolution, that of the projection too.",
            preact(own_rng=True),
        ),
        Misconception(
            "forward_twice",
            "The running statistics have moved twice: the layers' forward ran a second time.",
            "In training each forward moves them. The layers remember what backward needs: call no forward on the way back.",
            preact(runs=2),
        ),
    ),
    hints=(
        "Take your BasicBlock apart: which steps move to the front, which one disappears, and what does the projection see now?",
        "Keep three parts: `first` (batch norm of x, ReLU), the branch (conv, batch norm, ReLU, conv), and where needed a projection. Where the "
        "projection is needed it gets what the branch gets; elsewhere x itself is added.",
        "Forward: active = first of x; branch of active plus x, or plus the projection of active. Back: dout goes into the branch's backward. With a "
        "projection, add its backward of dout to that and send the sum through first's backward; without, send the branch's part through it "
        "and add dout.",
    ),
)
