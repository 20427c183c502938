"""AlexNet in PyTorch."""

from __future__ import annotations

from autograder.checks.nets.five_convolutions import NUMBERS, drawing, network, slips
from autograder.checks.nets.modules import RETURNS, expected
from autograder.exercise import Aspect, Case, Exercise, Misconception

SMALL = {"classes": 7, "width": 6, "hidden": 40, "groups": 1, "lrn": False}  # quick, no two sizes alike, and units enough that some live
OVERLAPPING = {"kernel_size": 3, "stride": 2}


def alexnet(*, fixed=(), grouped=(2, 4, 5), parts=(6, 16, 24, 24, 16), **how):
    """A builder of the judge's own network; every argument is a way to get it wrong.

    fixed: options that are always the same; parts: filters, in sixths of `width`; how: as for `network`.
    """

    def build(classes=1000, width=96, hidden=4096, groups=2, lrn=True):
        asked = {"classes": classes, "width": width, "hidden": hidden, "groups": groups, "lrn": lrn} | dict(fixed)
        published = {
            "kernels": (11, 5, 3, 3, 3), "strides": (4, 1, 1, 1, 1), "padding": (2, 2, 1, 1, 1), "order": ("bend", "norm", "pool"),
            "pool": ("MaxPool2d", OVERLAPPING),
        }
        filters = [asked["width"] * part // 6 for part in parts]
        groups = [asked["groups"] if n in grouped else 1 for n in NUMBERS]
        return network(filters, asked["hidden"], asked["classes"], groups=groups, **published | how | ({} if asked["lrn"] else {"normed": ()}))

    return build


def _draw(rng):
    drawn = drawing(rng, SMALL)
    yield Case("parameters", drawn(defaults=True, groups=1), compare=("parameters",))
    yield Case("forward", drawn(2), compare=("out",))
    yield Case("groups", drawn(defaults=True), compare=("parameters",))
    yield Case("groups", drawn(1, groups=2, classes=5, hidden=23), compare=("parameters", "out"))
    yield Case("LRN", drawn(1, lrn=True, light=50), compare=("out",))  # where alpha counts as much as k
    yield Case("dropout", drawn(1, training=True), compare=("out",))
    yield Case("options", drawn(classes=11, width=12, hidden=35, groups=4), compare=("parameters",))
    yield Case("backward", drawn(1, training=True, lrn=True, groups=2, light=3, dout=True), compare=("dx", "gradients"))


AlexNet = Exercise(
    id="nets.alexnet.AlexNet",
    title="AlexNet",
    difficulty=3,
    minutes=35,
    aspects=(
        Aspect("parameters", 5, "the layers with parameters, undivided: 62,378,344 numbers"),
        Aspect("forward", 7, "the scores, with parameters that are handed in"),
        Aspect("groups", 3, "convolutions 2, 4 and 5 in groups: 60,965,224 numbers"),
        Aspect("LRN", 4, "local response normalisation with the paper's constants, in its places"),
        Aspect("dropout", 3, "dropout in training, and its places"),
        Aspect("options", 2, "other numbers of classes, filters and units"),
        Aspect("backward", 2, "gradients that reach the images and all parameters"),
    ),
    draw=_draw,
    oracle=expected(alexnet()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "not_grouped", "No convolution is in groups, whatever is asked for.", "nn.Conv2d(…, groups=groups), for convolutions 2, 4 and 5.",
            alexnet(fixed=(("groups", 1),)),
        ),
        Misconception(
            "always_grouped", "There are two groups, whatever is asked for.", "Hand the argument on: nn.Conv2d(…, groups=groups).",
            alexnet(fixed=(("groups", 2),)),
        ),
        Misconception(
            "third_grouped", "The third convolution is in groups as well.",
            "It is where the two halves of the network meet: its filters see all channels. Only 2, 4 and 5 are divided.",
            alexnet(grouped=(2, 3, 4, 5)),
        ),
        Misconception(
            "second_not_grouped", "The second convolution is not in groups.", "Three are: the second, the fourth and the fifth.",
            alexnet(grouped=(4, 5)),
        ),
        Misconception(
            "fifth_not_grouped", "The fifth convolution is not in groups.", "Three are: the second, the fourth and the fifth.",
            alexnet(grouped=(2, 4)),
        ),
        Misconception(
            "second_grouped_only", "Only the second convolution is in groups.", "The fourth and the fifth are too.", alexnet(grouped=(2,)),
        ),
        Misconception(
            "thin_edge", "The first convolution pads by 1, and 54 × 54 places come out of it.",
            "The paper's maps are 55 × 55: two rows of zeros on each side of 224 pixels.", alexnet(padding=(1, 2, 1, 1, 1)),
        ),
        Misconception(
            "no_edge", "The first convolution does not pad, and 54 × 54 places come out of it.",
            "The paper's maps are 55 × 55: two rows of zeros on each side of 224 pixels.", alexnet(padding=(0, 2, 1, 1, 1)),
        ),
        Misconception(
            "second_unpadded", "The second convolution does not pad: its maps shrink to 23 × 23.", "27 × 27 stay 27 × 27: 5×5 needs padding 2.",
            alexnet(padding=(2, 0, 1, 1, 1)),
        ),
        Misconception(
            "small_unpadded", "The three convolutions 3×3 do not pad.", "13 × 13 stay 13 × 13: 3×3 needs padding 1.",
            alexnet(padding=(2, 2, 0, 0, 0)),
        ),
        Misconception(
            "second_stride", "The second convolution has a stride of 2.", "Its stride is 1. What halves the maps is the pooling behind it.",
            alexnet(strides=(4, 2, 1, 1, 1)),
        ),
        Misconception(
            "pooled_in_twos", "The pooling windows are 2×2.",
            "AlexNet's overlap: windows of 3×3, two apart. The sizes come out the same, the numbers do not.",
            alexnet(pool=("MaxPool2d", {"kernel_size": 2})),
        ),
        Misconception(
            "average_pooling", "There is average pooling where AlexNet takes maxima.", "nn.MaxPool2d(3, 2).",
            alexnet(pool=("AvgPool2d", OVERLAPPING)),
        ),
        Misconception(
            "no_lrn", "There is no local response normalisation, whatever is asked for.", "With lrn=True it stands behind the first two ReLUs.",
            alexnet(fixed=(("lrn", False),)),
        ),
        Misconception(
            "lrn_once", "There is local response normalisation behind the first ReLU only.", "It stands behind the second one too.",
            alexnet(normed=(1,)),
        ),
        Misconception(
            "lrn_everywhere", "There is local response normalisation behind all five convolutions.", "It stands behind the first two ReLUs only.",
            alexnet(normed=(1, 2, 3, 4, 5)),
        ),
        Misconception(
            "pooled_before_lrn", "Pooling comes before local response normalisation.",
            "In the paper normalisation comes first: convolution, ReLU, LRN, pooling.", alexnet(order=("bend", "pool", "norm")),
        ),
        Misconception(
            "lrn_before_relu", "Local response normalisation comes before the ReLU.",
            "The ReLU comes first: convolution, ReLU, LRN, pooling.", alexnet(order=("norm", "bend", "pool")),
        ),
        Misconception(
            "no_relu_after_fifth", "There is no ReLU behind the fifth convolution.",
            "Every layer with parameters but the last is followed by ReLU.", alexnet(bent=(1, 2, 3, 4)),
        ),
        *slips(alexnet),
        Misconception(
            "other_widths", "The convolutions have 64, 192, 384, 256 and 256 filters (in proportion).",
            "That is a later version of 2014, which PyTorch's model library calls AlexNet. Here they are 96, 256, 384, 384 and 256.",
            alexnet(parts=(4, 12, 24, 16, 16)),
        ),
    ),
    hints=(
        "The docstring's table is the network, row by row. Which sizes come in and go out of each? conv.conv_output_size of 02 still counts.",
        "Write the numbers of filters as multiples of `width` first. Then one nn.Sequential for convolutions, ReLU, LRN and pooling, one for the "
        "fully connected layers; nn.Identity() stands where an option leaves a layer away.",
        "Convolution, ReLU, LRN, pooling, twice; three times convolution and ReLU; pooling, flatten; linear, ReLU, dropout, twice; linear. "
        "groups goes to convolutions 2, 4 and 5. Filters: width, 8/3, 4, 4, 8/3 times width as whole numbers; features: the last of these times 36. "
        "LRN: size 5, beta 0.75, k 2, and five times the paper's alpha.",
    ),
)

EXERCISES = (AlexNet,)
