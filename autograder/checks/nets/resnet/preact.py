"""PreActBlock: batch norm and ReLU before each convolution, and nothing after the sum."""

from __future__ import annotations

from autograder.checks.nets.modules import expected
from autograder.checks.nets.resnet.blocks import BLOCK_RETURNS, basic, drawn, preact, silent, with_dout, without_images
from autograder.exercise import Aspect, Case, Exercise, Misconception


def _draw(rng):
    c, f, *_ = (int(number) for number in rng.permutation([2, 3, 5]))
    for made in ((64, 64), (c, f, 2), (f, c), (f, f, 2)):
        yield Case("parameters", without_images(drawn(rng, *made)), compare=("parameters", "expansion"))
    yield Case("identity", drawn(rng, c, c), compare=("out",))
    yield Case("identity", drawn(rng, f, f, n=1, size=(4, 9), training=False), compare=("out",))
    yield Case("projection", drawn(rng, c, f, 2), compare=("out",))
    yield Case("projection", drawn(rng, f, c, size=(5, 8), training=False), compare=("out",))
    yield Case("projection", drawn(rng, f, f, 3, n=3, size=(10, 11)), compare=("out",))
    for made in ((c, c), (f, c, 2)):
        yield Case("backward", with_dout(rng, drawn(rng, *made)), compare=("dx", "gradients", "statistics"))


def _where(projects):
    return preact(skip={"projects": projects})


PreActBlock = Exercise(
    id="nets.resnet.PreActBlock",
    title="The pre-activation block as an nn.Module",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("parameters", 2, "the layers with parameters: their kinds and shapes, a projection only where shapes change; the expansion"),
        Aspect("identity", 3, "the output where x itself goes past the branch"),
        Aspect("projection", 3, "the output where channels or size change"),
        Aspect("backward", 2, "gradients that reach x and all parameters, and running statistics that have moved once"),
    ),
    draw=_draw,
    oracle=expected(preact()),
    probe="module",
    returns=BLOCK_RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "nothing_added",
            "x does not get past the branch: nothing is added.",
            "The block gives branch + shortcut: add x itself, or its projection.",
            preact(last="no sum and no relu"),
        ),
        Misconception(
            "shortcut_detached",
            "No gradient comes back past the branch: what goes past it is detached.",
            "The shortcut is there for the gradient, too: add x, or its projection, without .detach() and outside torch.no_grad().",
            preact(last="detached sum"),
        ),
        Misconception(
            "joined",
            "What goes past the branch is joined to it channel behind channel, as in an Inception module.",
            "A residual block adds: number by number, so that no channels are gained.",
            preact(last="joined without relu"),
        ),
        Misconception(
            "relu_at_end",
            "There is a ReLU after the sum.",
            "Nothing comes after it: so x reaches the next block, and the block after that, unchanged.",
            preact(last="relu of sum"),
        ),
        Misconception(
            "post_activation",
            "Batch norm and ReLU follow the convolutions: this is the basic block.",
            "Here they come before: batch norm, ReLU, conv, batch norm, ReLU, conv.",
            basic(),
        ),
        Misconception(
            "relu_before_norm", "The ReLUs stand before the batch norms.", "The order is batch norm, ReLU, convolution.",
            preact(first="relu norm", second="relu norm"),
        ),
        Misconception(
            "no_first_relu", "There is no ReLU before the first convolution.",
            "Batch norm and ReLU come before each convolution, the first one too.", preact(first="norm"),
        ),
        Misconception(
            "no_second_relu", "There is no ReLU before the second convolution.", "Batch norm and ReLU come before each convolution.",
            preact(second="norm"),
        ),
        Misconception(
            "no_relu", "There is no ReLU before the convolutions.", "Batch norm and ReLU come before each convolution.",
            preact(first="norm", second="norm"),
        ),
        Misconception(
            "no_first_norm",
            "x meets no batch norm before the first convolution.",
            "Batch norm and ReLU come before each convolution, the first one too: that batch norm has in_channels.",
            preact(first="relu"),
        ),
        Misconception(
            "first_norm_of_width",
            "The first batch norm has `width` channels.",
            "It normalises x itself, which has in_channels.",
            preact(normed=lambda c, f: f),
        ),
        Misconception(
            "norm_at_end",
            "A batch norm follows the second convolution.",
            "Each stands before its convolution, and nothing follows the second one but the sum. (The next block begins with a batch norm.)",
            preact(third=("BatchNorm2d",)),
        ),
        Misconception(
            "projection_of_x",
            "The projection got x itself.",
            "Where shapes change, both ways start behind the first batch norm and ReLU: the projection gets what the branch gets.",
            preact(of="x"),
        ),
        Misconception(
            "skip_of_active",
            "What goes past the branch is x after batch norm and ReLU, even where x fits as it is.",
            "There x itself is added: the way past must be clean.",
            preact(of="active everywhere"),
        ),
        Misconception(
            "projection_with_norm",
            "The projection has a batch norm.",
            "It is a 1×1 convolution alone: its input has been normalised before, and the next block normalises again.",
            preact(skip={"normed": True}),
        ),
        Misconception(
            "projection_of_x_with_norm",
            "The projection got x itself, and has a batch norm: it is the basic block's.",
            "Where shapes change, both ways start behind the first batch norm and ReLU, and the projection is a 1×1 convolution alone.",
            preact(of="x", skip={"normed": True}),
        ),
        Misconception(
            "one_norm_for_two",
            "Where channels stay the same, one batch norm stands in two places.",
            "Each has its own γ, β and running statistics: make two.",
            preact(same=True),
        ),
        Misconception(
            "stride_on_second",
            "The stride is on the second convolution instead of the first.",
            "The first convolution makes the image smaller; the second one works on less.",
            preact(strides=lambda stride: (1, stride)),
        ),
        Misconception(
            "stride_ignored",
            "The images keep their size, whatever the stride.",
            "The first 3×3 convolution and the projection have the stride.",
            preact(strides=lambda stride: (1, 1), skip={"strided": lambda stride: 1}),
        ),
        Misconception(
            "shortcut_without_stride",
            "With a stride, branch and projection give different sizes: one of the two ignores it, most often the projection, or has it twice.",
            "The first 3×3 convolution has the stride, and the 1×1 convolution of the projection has it too.",
            preact(skip={"strided": lambda stride: 1}),
        ),
        Misconception(
            "not_padded",
            "The branch gives another size than what goes past it: most often a 3×3 convolution is not padded.",
            "Padding 1 keeps the size of a 3×3 convolution; a 1×1 convolution needs none.",
            preact(padding=0),
        ),
        Misconception(
            "widened_late",
            "The first convolution keeps the channels of x, and only the second one gives `width`.",
            "Both give `width` channels: the first one changes them.",
            preact(middle=lambda c, f: c),
        ),
        Misconception(
            "no_projection_for_stride",
            "There is a projection only where channels change; with a stride, x is still too large for the sum.",
            "Project when the stride is not 1, too.",
            _where(lambda c, f, s: c != f),
        ),
        Misconception(
            "projection_for_stride_2",
            "Of all strides, only 2 gets a projection: with 3, x is still too large for the sum.",
            "Project wherever the stride is not 1: stride != 1, not stride == 2.",
            _where(lambda c, f, s: s == 2 or c != f),
        ),
        Misconception(
            "no_projection_for_channels",
            "There is a projection only where there is a stride; when channels change, x does not fit the sum.",
            "Project when the channels of x and of the output differ, too.",
            _where(lambda c, f, s: s != 1),
        ),
        Misconception(
            "only_where_both_change",
            "There is a projection only where both channels and size change.",
            "One of the two is enough: `or`, not `and`.",
            _where(lambda c, f, s: s != 1 and c != f),
        ),
        Misconception(
            "never_projects",
            "There is no projection anywhere.",
            "Where the block changes channels or size, x cannot be added as it is: a 1×1 convolution with the stride brings it to shape. __init__ "
            "makes it.",
            _where(lambda c, f, s: False),
        ),
        Misconception(
            "always_projects",
            "There is a projection even where x fits as it is.",
            "Where neither channels nor size change, x itself is added: that is what makes the way past clean.",
            _where(lambda c, f, s: True),
        ),
        Misconception(
            "projection_of_3",
            "The projection is a 3×3 convolution.",
            "It only changes channels and size: 1×1, without padding.",
            preact(skip={"size": 3}),
        ),
        Misconception(
            "expansion_not_said",
            "The class does not say its `expansion`: how many times `width` channels come out.",
            "It is an attribute of the class, not of what __init__ makes: networks ask for it before there is a block.",
            silent(preact()),
        ),
        Misconception(
            "biased", "The convolutions have a bias.", "bias=False, for all of them: a batch norm has shifted already.", preact(biased=True)
        ),
    ),
    hints=(
        "Take your BasicBlock apart: which steps move to the front, which one disappears, and what does the projection see now?",
        "Keep three parts: `first` (batch norm of x, ReLU), the branch (conv, batch norm, ReLU, conv), and where needed a projection. Where the "
        "projection is needed it gets what the branch gets; elsewhere x itself is added.",
        "forward: active is first of x. Return the branch of active plus x, or plus the projection of active. Neither batch norm nor ReLU follows.",
    ),
)
