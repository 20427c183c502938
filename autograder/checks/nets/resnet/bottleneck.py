"""Bottleneck: 1×1 to fewer channels, 3×3 among these, 1×1 back to four times as many."""

from __future__ import annotations

from autograder.checks.nets.modules import expected
from autograder.checks.nets.resnet.blocks import BLOCK_RETURNS, bottleneck, drawn, with_dout, without_images
from autograder.checks.nets.resnet.wrong import shared
from autograder.exercise import Aspect, Case, Exercise, Misconception


def _draw(rng):
    f, g = (int(number) for number in rng.permutation([2, 3]))
    for made in ((256, 64), (5, f, 2), (g, g), (4 * g, g, 2)):
        yield Case("parameters", without_images(drawn(rng, *made)), compare=("parameters", "expansion"))
    yield Case("identity", drawn(rng, 4 * f, f), compare=("out",))
    yield Case("identity", drawn(rng, 4 * g, g, n=1, size=(4, 9), training=False), compare=("out",))
    yield Case("projection", drawn(rng, 5, f, 2), compare=("out",))
    yield Case("projection", drawn(rng, g, g, size=(5, 8), training=False), compare=("out",))
    yield Case("projection", drawn(rng, 4 * g, g, 3, n=3, size=(10, 11)), compare=("out",))
    for made in ((4 * g, g), (7, f, 2)):
        yield Case("backward", with_dout(rng, drawn(rng, *made), 4), compare=("dx", "gradients", "statistics"))


Bottleneck = Exercise(
    id="nets.resnet.Bottleneck",
    title="The bottleneck as an nn.Module",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("parameters", 2, "the layers with parameters: their kinds and shapes, a projection only where shapes change; the expansion"),
        Aspect("identity", 2, "the output where x itself goes past the branch"),
        Aspect("projection", 4, "the output where channels or size change, with the stride on the 3×3 convolution"),
        Aspect("backward", 2, "gradients that reach x and all parameters, and running statistics that have moved once"),
    ),
    draw=_draw,
    oracle=expected(bottleneck()),
    probe="module",
    returns=BLOCK_RETURNS,
    imports=("torch",),
    misconceptions=(
        *shared(bottleneck),
        Misconception(
            "stride_on_first",
            "The stride is on the first 1×1 convolution.",
            "There it throws pixels away that nothing has looked at. The paper's network did; ours, as PyTorch's, has it on the 3×3 convolution.",
            bottleneck(strided=0),
        ),
        Misconception(
            "stride_on_last", "The stride is on the last 1×1 convolution.", "It belongs to the 3×3 convolution in the middle.", bottleneck(strided=2)
        ),
        Misconception(
            "stride_ignored",
            "The images keep their size, whatever the stride.",
            "The 3×3 convolution and the projection have the stride.",
            bottleneck(strided=None, skip={"strided": lambda stride: 1}),
        ),
        Misconception(
            "not_expanded",
            "The last convolution gives as many channels as the 3×3 has.",
            "It widens again, to four times as many: self.expansion · width.",
            bottleneck(expansion=1),
        ),
        Misconception(
            "width_of_output",
            "`width` was taken for the channels of the output: the 3×3 convolution has a quarter of it.",
            "`width` is what the 3×3 convolution has; the output has four times as many.",
            bottleneck(narrow=lambda width: max(width // 4, 1)),
        ),
        Misconception(
            "projection_asks_for_width",
            "Whether there is a projection is decided by `width`, not by the channels of the output.",
            "The output has 4·width: x fits as it is where it has just as many.",
            bottleneck(compared=lambda width, out: width),
        ),
        Misconception(
            "no_first_relu",
            "There is no ReLU after the first 1×1 convolution.",
            "Batch norm and ReLU follow the first two convolutions, batch norm alone the third.",
            bottleneck(inner=("norm", "norm relu")),
        ),
        Misconception(
            "no_second_relu",
            "There is no ReLU after the 3×3 convolution.",
            "Batch norm and ReLU follow the first two convolutions, batch norm alone the third.",
            bottleneck(inner=("norm relu", "norm")),
        ),
        Misconception(
            "no_inner_relu",
            "There is no ReLU between the convolutions.",
            "Batch norm and ReLU follow the first two convolutions, batch norm alone the third.",
            bottleneck(inner=("norm", "norm")),
        ),
        Misconception(
            "relu_before_norm",
            "The ReLUs stand before the batch norms.",
            "The order is convolution, batch norm, ReLU.",
            bottleneck(inner=("relu norm", "relu norm")),
        ),
        Misconception(
            "no_inner_norms",
            "There is no batch norm between the convolutions.",
            "Each convolution is followed by one, the third's comes before the sum.",
            bottleneck(inner=("relu", "relu")),
        ),
        Misconception(
            "no_last_norm",
            "There is no batch norm behind the third convolution.",
            "Each convolution is followed by one: the third's comes before the sum.",
            bottleneck(norm_at="nowhere"),
        ),
        Misconception(
            "all_of_3",
            "All three convolutions are 3×3.",
            "Only the middle one looks around: the first and the third are 1×1, and change the channels.",
            bottleneck(sizes=(3, 3, 3)),
        ),
    ),
    hints=(
        "What of your BasicBlock stays as it is? Only the branch is another, and how many channels come out.",
        "Narrow with a 1×1 convolution, look around with a 3×3, widen with a 1×1 to four times the width; batch norm after each, ReLU after the "
        "first two. The projection is needed when the stride is not 1 or x has not 4·F channels yet.",
        "Make the branch conv 1×1 to F, batch norm, ReLU, conv 3×3 with stride and padding 1, batch norm, ReLU, conv 1×1 to 4·F, batch norm. "
        "Everything else as in BasicBlock with its projection, with 4·F where there was F.",
    ),
)
