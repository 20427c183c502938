"""BasicBlock: two 3×3 convolutions and a way past them, of three kinds."""

from __future__ import annotations

from autograder.checks.nets.modules import expected
from autograder.checks.nets.resnet.blocks import BLOCK_RETURNS, basic, drawn, with_dout, without_images
from autograder.checks.nets.resnet.wrong import shared
from autograder.exercise import Aspect, Case, Exercise, Misconception

PADDED, PLAIN = {"shortcut": "padding"}, {"shortcut": "none"}


def _draw(rng):
    c, f, *_ = (int(number) for number in rng.permutation([2, 3, 5]))
    few, more = sorted((c, f))
    for made in ((64, 64), (c, f, 2), (f, c), (f, f, 2)):
        yield Case("parameters", without_images(drawn(rng, *made)), compare=("parameters", "expansion"))
    yield Case("identity", drawn(rng, c, c), compare=("out",))
    yield Case("identity", drawn(rng, f, f, n=1, size=(4, 9), training=False), compare=("out",))
    yield Case("projection", drawn(rng, c, f, 2), compare=("out",))
    yield Case("projection", drawn(rng, f, c, size=(5, 8), training=False), compare=("out",))
    yield Case("projection", drawn(rng, f, f, 3, n=3, size=(10, 11)), compare=("out",))
    yield Case("padding", drawn(rng, few, more, 2, size=(8, 6), **PADDED), compare=("parameters", "out"))
    yield Case("padding", drawn(rng, few, more + 1, 2, size=(7, 9), training=False, **PADDED), compare=("parameters", "out"))
    yield Case("padding", drawn(rng, few, few, 3, size=(7, 8), **PADDED), compare=("parameters", "out"))
    yield Case("padding", drawn(rng, few, few, **PADDED), compare=("parameters", "out"))
    yield Case("plain", drawn(rng, c, f, 2, **PLAIN), compare=("parameters", "out"))
    yield Case("plain", drawn(rng, f, f, training=False, **PLAIN), compare=("parameters", "out"))
    for made, options in (((c, c), {}), ((f, c, 2), {}), ((few, more, 2), PADDED), ((c, f, 2), PLAIN)):
        yield Case("backward", with_dout(rng, drawn(rng, *made, **options)), compare=("dx", "gradients", "statistics"))


def _taken_for(change):
    return basic(skip={"taken_for": change})


BasicBlock = Exercise(
    id="nets.resnet.BasicBlock",
    title="The basic block as an nn.Module",
    difficulty=3,
    minutes=30,
    aspects=(
        Aspect("parameters", 3, "the layers with parameters: their kinds and shapes, a projection only where shapes change; the expansion"),
        Aspect("identity", 3, "the output where x itself goes past the branch"),
        Aspect("projection", 3, "the output where channels or size change"),
        Aspect("padding", 3, "shortcut=\"padding\": subsampled, with channels of zeros, and without parameters"),
        Aspect("plain", 2, "shortcut=\"none\": the branch and its ReLU alone"),
        Aspect("backward", 2, "gradients that reach x and all parameters, and running statistics that have moved once"),
    ),
    draw=_draw,
    oracle=expected(basic()),
    probe="module",
    returns=BLOCK_RETURNS,
    imports=("torch",),
    misconceptions=(
        *shared(basic),
        Misconception(
            "no_inner_relu",
            "There is no ReLU between the two convolutions.",
            "Without it both are one linear map: conv, batch norm, ReLU, conv, batch norm.",
            basic(inner="norm"),
        ),
        Misconception(
            "relu_before_norm", "The ReLU stands before the batch norm.", "The order is convolution, batch norm, ReLU.", basic(inner="relu norm")
        ),
        Misconception(
            "no_inner_norm",
            "There is no batch norm behind the first convolution.",
            "Each convolution is followed by one: conv, batch norm, ReLU, conv, batch norm.",
            basic(inner="relu"),
        ),
        Misconception(
            "no_last_norm",
            "There is no batch norm behind the second convolution.",
            "Each convolution is followed by one: the second's comes before the sum.",
            basic(norm_at="nowhere"),
        ),
        Misconception(
            "stride_on_second",
            "The stride is on the second convolution instead of the first.",
            "The first convolution makes the image smaller; the second one works on less.",
            basic(strides=lambda stride: (1, stride)),
        ),
        Misconception(
            "stride_on_both",
            "Both convolutions have the stride: the branch comes out smaller than what goes past it.",
            "Only the first one has it.",
            basic(strides=lambda stride: (stride, stride)),
        ),
        Misconception(
            "stride_ignored",
            "The images keep their size, whatever the stride.",
            "The first 3×3 convolution and the shortcut have the stride.",
            basic(strides=lambda stride: (1, 1), skip={"strided": lambda stride: 1, "kept": "all"}),
        ),
        Misconception(
            "widened_late",
            "The first convolution keeps the channels of x, and only the second one gives `width`.",
            "Both give `width` channels: the first one changes them.",
            basic(middle=lambda c, f: c),
        ),
        Misconception(
            "zeros_before",
            "The channels of zeros stand before those of x.",
            "They come behind: channel 0 of x stays channel 0.",
            basic(skip={"zeros": "before"}),
        ),
        Misconception(
            "zeros_around",
            "Half of the channels of zeros stand before those of x.",
            "All of them come behind: channel 0 of x stays channel 0. (Some codes do it your way.)",
            basic(skip={"zeros": "around"}),
        ),
        Misconception(
            "zeros_beside_columns",
            "With shortcut=\"padding\", what goes past the branch does not get the channels that are missing.",
            "torch.nn.functional.pad counts axes from the last, two numbers for each: (0, 0, 0, 0, 0, F - C) puts zeros behind the channels.",
            basic(skip={"zeros": "columns"}),
        ),
        Misconception(
            "not_subsampled",
            "With shortcut=\"padding\" and a stride, x goes past the branch in its full size.",
            "Keep the first of every `stride` rows and columns: x[:, :, ::stride, ::stride].",
            basic(skip={"kept": "all"}),
        ),
        Misconception(
            "quarters_of_zeros",
            "A quarter of the output's channels is put as zeros on either side of x, and every second pixel is kept.",
            "That fits where channels double and the stride is 2, and there alone. Keep x[:, :, ::stride, ::stride], and put the F - C channels that "
            "are missing behind those of x.",
            basic(skip={"zeros": "quarters", "kept": "of two"}),
        ),
        Misconception(
            "every_second_pixel",
            "With shortcut=\"padding\" every second row and column is kept, whatever the stride.",
            "x[:, :, ::stride, ::stride]: with stride 1 that is all of x.",
            basic(skip={"kept": "of two"}),
        ),
        Misconception(
            "copies_for_zeros",
            "The new channels are filled with copies of x.",
            "Option A fills them with zeros.",
            basic(skip={"zeros": "copies"}),
        ),
        Misconception(
            "means_for_pixels",
            "With shortcut=\"padding\", the image is made smaller by averaging.",
            "Keep the first of every `stride` rows and columns: x[:, :, ::stride, ::stride].",
            basic(skip={"kept": "mean"}),
        ),
        Misconception(
            "maxima_for_pixels",
            "With shortcut=\"padding\", the image is made smaller by max pooling.",
            "Keep the first of every `stride` rows and columns: x[:, :, ::stride, ::stride].",
            basic(skip={"kept": "largest"}),
        ),
        Misconception(
            "always_option_b",
            "shortcut=\"padding\" projects as well.",
            "Option A has no parameters: subsample x and add channels of zeros.",
            _taken_for(lambda shortcut: "projection" if shortcut == "padding" else shortcut),
        ),
        Misconception(
            "padding_not_written",
            "With shortcut=\"padding\" nothing is added, at least where shapes change.",
            "Subsample x, add channels of zeros behind its own, and add that to the branch.",
            _taken_for(lambda shortcut: "none" if shortcut == "padding" else shortcut),
        ),
        Misconception(
            "never_plain",
            "shortcut=\"none\" adds something all the same: a projection, or x itself where it fits.",
            "Nothing goes past the branch then: out = ReLU(branch).",
            _taken_for(lambda shortcut: "projection" if shortcut == "none" else shortcut),
        ),
        Misconception(
            "option_ignored",
            "The option `shortcut` makes no difference: it is always \"projection\".",
            "\"padding\" has no parameters, and with \"none\" nothing is added.",
            _taken_for(lambda shortcut: "projection"),
        ),
        Misconception(
            "plain_without_relu",
            "With shortcut=\"none\" the block ends without a ReLU.",
            "Only the sum is left out: out = ReLU(branch).",
            basic(plain="sum"),
        ),
    ),
    hints=(
        "It is the block of assignment 08, and backward comes for free. Which of its layers are there for each of the three shortcuts?",
        "Make the branch one nn.Sequential, and the projection another where it is asked for and shapes change. Keep what forward needs to know: "
        "stride and shortcut. forward adds what goes past the branch, if anything does, and applies one ReLU to the result.",
        "Branch: conv, batch norm, ReLU, conv, batch norm. Past it, \"projection\": conv 1×1 and batch norm, or x itself where it fits. "
        "\"padding\": slice rows and columns with a step, then add zeros behind the channels (torch.nn.functional.pad counts axes from the last). "
        "\"none\": leave the sum out.",
    ),
)
