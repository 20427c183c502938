"""ZFNet in PyTorch."""

from __future__ import annotations

from autograder.checks.nets.classifiers import slips
from autograder.checks.nets.five_convolutions import PAPER, PIXELS, Row, network
from autograder.checks.nets.modules import RETURNS, expected
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception

SMALL = {"classes": 7, "width": 3, "hidden": 40, "wide": False, "lrn": False}  # quick, no two sizes alike, and units enough that some live
OVERLAPPING = {"kernel_size": 3, "stride": 2}


def zfnet(
    *, fixed=(), bent=(1, 2, 3, 4, 5), kernels=(7, 5, 3, 3, 3), padding=(1, 0, 1, 1, 1), strides=(2, 2, 1, 1, 1), large=(16, 32, 16),
    pooled=(1, 2, 5), pool=("MaxPool2d", OVERLAPPING | {"ceil_mode": True}), normed=(1, 2), constants=PAPER, order=("bend", "pool", "norm"),
    turned=False, head=(), bias=True, listed=False, features=None, grouped=(),
):
    """A builder of the judge's own network; every keyword-only argument is a way to get it wrong. fixed: options that are always the same."""

    def build(classes=1000, width=96, hidden=4096, wide=True, lrn=True):
        asked = {"classes": classes, "width": width, "hidden": hidden, "wide": wide, "lrn": lrn} | dict(fixed)
        there = {"bend": bent, "norm": normed if asked["lrn"] else (), "pool": pooled}
        parts = (3, 8, *(large if asked["wide"] != turned else (12, 12, 8)))
        rows = [
            Row(
                asked["width"] * parts[n - 1] // 3, kernels[n - 1], strides[n - 1], padding[n - 1], 2 if n in grouped else 1,
                then=tuple(name for name in order if n in there[name]),
            )
            for n in (1, 2, 3, 4, 5)
        ]
        return network(
            rows, asked["hidden"], asked["classes"], lrn=constants, pool=pool, head=dict(head), bias=bias, listed=listed, features=features,
        )

    return build


def _draw(rng):
    def drawn(n=0, training=False, light=1, dout=False, defaults=False, **options):
        options = options if defaults else SMALL | options
        case = {"options": options, "seed": int(rng.integers(10**6)), "training": training}
        case |= {} if n else {"images": (1, 3, PIXELS, PIXELS)}
        case |= {"x": light * normal(rng, n, 3, PIXELS, PIXELS)} if n else {}
        return case | ({"dout": normal(rng, n, options["classes"])} if dout else {})

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
            "last_pool_missing", "There is no pooling behind the fifth convolution.", "Three poolings: behind convolutions 1, 2 and 5.",
            zfnet(pooled=(1, 2)),
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
            "always_lrn", "There is local response normalisation, whatever is asked for.", "With lrn=False it is left away.",
            zfnet(fixed=(("lrn", True),)),
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
        Misconception(
            "alpha_divided", "Local response normalisation divides by five times too little of the squares.",
            "nn.LocalResponseNorm divides its alpha by its size: hand it 5 times 1e-4.", zfnet(constants={"alpha": 1e-4, "k": 2.0}),
        ),
        Misconception(
            "alpha_divided_twice", "The alpha of local response normalisation is divided by its size twice.",
            "nn.LocalResponseNorm divides already. To undo that, multiply: 5 times 1e-4.", zfnet(constants={"alpha": 2e-5, "k": 2.0}),
        ),
        Misconception(
            "k_of_one", "Local response normalisation has k = 1.", "k is 2, and nn.LocalResponseNorm has to be told.",
            zfnet(constants={"alpha": 5e-4, "k": 1.0}),
        ),
        Misconception(
            "torchs_constants", "Local response normalisation has PyTorch's constants.",
            "k is 2. And nn.LocalResponseNorm divides its alpha by its size: hand it 5 times 1e-4.", zfnet(constants={"alpha": 1e-4, "k": 1.0}),
        ),
        Misconception(
            "no_relu_in_convolutions", "There is no ReLU behind any convolution.", "Every layer with parameters but the last is followed by ReLU.",
            zfnet(bent=()),
        ),
        Misconception(
            "no_relu_in_the_middle", "There is no ReLU between the three convolutions 3×3.",
            "Every layer with parameters but the last is followed by ReLU, whether pooling comes or not.", zfnet(bent=(1, 2, 5)),
        ),
        *slips(zfnet),
        Misconception(
            "classes_ignored", "The network gives 1000 scores, whatever is asked for.", "The last layer gives `classes`.",
            zfnet(fixed=(("classes", 1000),)),
        ),
        Misconception(
            "width_ignored", "The first convolution has 96 filters, whatever is asked for.", "All numbers of filters follow from `width`.",
            zfnet(fixed=(("width", 96),)),
        ),
        Misconception(
            "features_fixed", "The first fully connected layer takes 9216 features, whatever the width.",
            "9216 are 256 · 6 · 6. How many filters the fifth convolution has follows from `width` and `wide`.", zfnet(features=9216),
        ),
        Misconception(
            "hidden_ignored", "The fully connected layers have 4096 units, whatever is asked for.", "Both layers in the middle have `hidden` units.",
            zfnet(fixed=(("hidden", 4096),)),
        ),
        Misconception(
            "options_ignored", "The network has the published size, whatever is asked for.",
            "`classes`, `width` and `hidden` decide about the sizes of all layers.",
            zfnet(fixed=(("classes", 1000), ("width", 96), ("hidden", 4096))),
        ),
        Misconception(
            "no_biases", "The layers have no biases.", "ZFNet has a bias for every filter and every unit: leave bias=False away.", zfnet(bias=False),
        ),
        Misconception(
            "in_a_list", "The layers are in a plain Python list, where the module does not see them.",
            "Make them attributes, or give them to nn.Sequential or nn.ModuleList.", zfnet(listed=True),
        ),
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
