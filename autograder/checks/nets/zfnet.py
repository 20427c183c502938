"""ZFNet in PyTorch."""

from __future__ import annotations

from autograder.checks.nets.five_convolutions import NUMBERS, drawing, network, slips
from autograder.checks.nets.modules import RETURNS, expected
from autograder.exercise import Aspect, Case, Exercise, Misconception

SMALL = {"classes": 7, "width": 3, "hidden": 40, "wide": False, "lrn": False}  # quick, no two sizes alike, and units enough that some live
OVERLAPPING = {"kernel_size": 3, "stride": 2}


def zfnet(*, fixed=(), grouped=(), large=(16, 32, 16), turned=False, **how):
    """A builder of the judge's own network; every argument is a way to get it wrong.

    fixed: options that are always the same; large: filters of the last three where it is wide, in thirds of `width`; turned: wide where it
    should not be; how: as for `network`.
    """

    def build(classes=1000, width=96, hidden=4096, wide=True, lrn=True):
        asked = {"classes": classes, "width": width, "hidden": hidden, "wide": wide, "lrn": lrn} | dict(fixed)
        published = {
            "kernels": (7, 5, 3, 3, 3), "strides": (2, 2, 1, 1, 1), "padding": (1, 0, 1, 1, 1), "order": ("bend", "pool", "norm"),
            "pool": ("MaxPool2d", OVERLAPPING | {"ceil_mode": True}),
        }
        parts = (3, 8, *(large if asked["wide"] != turned else (12, 12, 8)))
        filters = [asked["width"] * part // 3 for part in parts]
        groups = [2 if n in grouped else 1 for n in NUMBERS]
        return network(filters, asked["hidden"], asked["classes"], groups=groups, **published | how | ({} if asked["lrn"] else {"normed": ()}))

    return build


def _draw(rng):
    drawn = drawing(rng, SMALL)
    yield Case("parameters", drawn(defaults=True, wide=False), compare=("parameters",))
    yield Case("forward", drawn(2), compare=("out",))
    yield Case("wide", drawn(defaults=True), compare=("parameters",))
    yield Case("wide", drawn(1, wide=True, classes=5, hidden=23), compare=("parameters", "out"))
    yield Case("LRN", drawn(1, lrn=True, light=50), compare=("out",))  # where alpha counts as much as k
    yield Case("dropout", drawn(1, training=True), compare=("out",))
    yield Case("options", drawn(classes=11, width=6, hidden=35, wide=True), compare=("parameters",))
    yield Case("backward", drawn(1, training=True, lrn=True, light=3, dout=True), compare=("dx", "gradients"))


ZFNet = Exercise(
    id="nets.zfnet.ZFNet",
    title="ZFNet",
    difficulty=2,
    minutes=20,
    aspects=(
        Aspect("parameters", 3, "the layers with parameters, not wide: 62,357,608 numbers"),
        Aspect("forward", 6, "the scores, with parameters that are handed in"),
        Aspect("wide", 2, "512, 1024 and 512 filters: 107,627,624 numbers"),
        Aspect("LRN", 3, "local response normalisation, behind the pooling this time"),
        Aspect("dropout", 2, "dropout in training, and its places"),
        Aspect("options", 1, "other numbers of classes, filters and units"),
        Aspect("backward", 1, "gradients that reach the images and all parameters"),
    ),
    draw=_draw,
    oracle=expected(zfnet()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "rounded_down", "The pooling windows stay on the image: 110 places become 54, and 26 become 12.",
            "The paper's maps are 55 × 55 and 13 × 13: nn.MaxPool2d(3, 2, ceil_mode=True).", zfnet(pool=("MaxPool2d", OVERLAPPING)),
        ),
        Misconception(
            "pool_padded", "The pooling windows begin one pixel outside the image.",
            "The sizes 55 and 13 come from windows that hang over the far edge: ceil_mode=True and no padding.",
            zfnet(pool=("MaxPool2d", OVERLAPPING | {"padding": 1})),
        ),
        Misconception(
            "pooled_in_twos", "The pooling windows are 2×2.", "They overlap, as AlexNet's do: windows of 3×3, two apart.",
            zfnet(pool=("MaxPool2d", {"kernel_size": 2})),
        ),
        Misconception(
            "pooled_in_twos_up", "The pooling windows are 2×2, and may hang over the edge.",
            "They overlap, as AlexNet's do: windows of 3×3, two apart.", zfnet(pool=("MaxPool2d", {"kernel_size": 2, "ceil_mode": True})),
        ),
        Misconception(
            "average_pooling", "There is average pooling where ZFNet takes maxima.", "nn.MaxPool2d(3, 2, ceil_mode=True).",
            zfnet(pool=("AvgPool2d", OVERLAPPING | {"ceil_mode": True})),
        ),
        Misconception(
            "alexnets_first", "The first convolution is AlexNet's: 11×11, stride 4.", "That is the first change: 7×7 with stride 2, padding 1.",
            zfnet(kernels=(11, 5, 3, 3, 3), strides=(4, 2, 1, 1, 1), padding=(2, 0, 1, 1, 1)),
        ),
        Misconception(
            "first_unpadded", "The first convolution does not pad: 109 × 109 places come out of it.", "The paper's maps are 110 × 110: padding 1.",
            zfnet(padding=(0, 0, 1, 1, 1)),
        ),
        Misconception(
            "first_padded_same", "The first convolution pads by 3: 112 × 112 places come out of it.", "The paper's maps are 110 × 110: padding 1.",
            zfnet(padding=(3, 0, 1, 1, 1)),
        ),
        Misconception(
            "second_padded", "The second convolution pads by 2, as AlexNet's does.", "It has no padding: 55 × 55 become 26 × 26.",
            zfnet(padding=(1, 2, 1, 1, 1)),
        ),
        Misconception(
            "second_stride_one", "The second convolution has a stride of 1.",
            "Here it is 2: as the first stride is 2 and not 4, the maps are twice as large.",
            zfnet(strides=(2, 1, 1, 1, 1)),
        ),
        Misconception(
            "small_unpadded", "The three convolutions 3×3 do not pad.", "13 × 13 stay 13 × 13: 3×3 needs padding 1.", zfnet(padding=(1, 0, 0, 0, 0)),
        ),
        Misconception(
            "grouped", "Convolutions 2, 4 and 5 are in groups.", "That is AlexNet's, cut in two for two GPUs. ZFNet ran on one: no groups here.",
            zfnet(grouped=(2, 4, 5)),
        ),
        Misconception(
            "never_wide", "The network is never wide.", "With wide=True convolutions 3, 4, 5 have 512, 1024, 512 filters.",
            zfnet(fixed=(("wide", False),)),
        ),
        Misconception(
            "always_wide", "The network is always wide.", "With wide=False it has AlexNet's 384, 384, 256 filters.", zfnet(fixed=(("wide", True),)),
        ),
        Misconception(
            "wide_turned_round", "The network is wide where it should not be, and the other way round.",
            "With wide=True convolutions 3, 4, 5 have 512, 1024, 512 filters.", zfnet(turned=True),
        ),
        Misconception(
            "wide_alike", "The three wide convolutions have 512 filters each.", "The fourth has 1024.", zfnet(large=(16, 16, 16)),
        ),
        Misconception(
            "no_lrn", "There is no local response normalisation, whatever is asked for.", "With lrn=True it stands behind the first two poolings.",
            zfnet(fixed=(("lrn", False),)),
        ),
        Misconception(
            "lrn_once", "There is local response normalisation behind the first pooling only.", "It stands behind the second one too.",
            zfnet(normed=(1,)),
        ),
        Misconception(
            "lrn_before_pooling", "Local response normalisation comes before pooling.",
            "That is AlexNet's order. Here: convolution, ReLU, pooling, LRN.", zfnet(order=("bend", "norm", "pool")),
        ),
        Misconception(
            "lrn_before_relu", "Local response normalisation comes before the ReLU.", "Here it comes last: convolution, ReLU, pooling, LRN.",
            zfnet(order=("norm", "bend", "pool")),
        ),
        *slips(zfnet),
    ),
    hints=(
        "Hold this table against AlexNet's. What has changed in the first two convolutions, in the poolings, and in the places of LRN?",
        "As in AlexNet: one nn.Sequential for convolutions, ReLU, pooling and LRN, one for the fully connected layers. Check each size in the "
        "table with floor((n + 2p - k)/s) + 1; for the poolings it is rounded up.",
        "Convolution 7×7, ReLU, pooling, LRN; convolution 5×5, ReLU, pooling, LRN; three times convolution 3×3 and ReLU; pooling, flatten; "
        "linear, ReLU, dropout, twice; linear. The features are the fifth convolution's filters times 36.",
    ),
)

EXERCISES = (ZFNet,)
