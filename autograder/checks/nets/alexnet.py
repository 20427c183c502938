"""AlexNet in PyTorch."""

from __future__ import annotations

from autograder.checks.nets.classifiers import slips
from autograder.checks.nets.five_convolutions import PAPER, PIXELS, Row, network
from autograder.checks.nets.modules import RETURNS, expected
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception

SMALL = {"classes": 7, "width": 6, "hidden": 40, "groups": 1, "lrn": False}  # quick, no two sizes alike, and units enough that some live


def alexnet(
    *, fixed=(), grouped=(2, 4, 5), bent=(1, 2, 3, 4, 5), padding=(2, 2, 1, 1, 1), strides=(4, 1, 1, 1, 1), parts=(6, 16, 24, 24, 16),
    pooled=(1, 2, 5), pool=("MaxPool2d", {"kernel_size": 3, "stride": 2}), normed=(1, 2), constants=PAPER, order=("bend", "norm", "pool"),
    head=(), bias=True, listed=False, features=None,
):
    """A builder of the judge's own network; every keyword-only argument is a way to get it wrong. fixed: options that are always the same."""

    def build(classes=1000, width=96, hidden=4096, groups=2, lrn=True):
        asked = {"classes": classes, "width": width, "hidden": hidden, "groups": groups, "lrn": lrn} | dict(fixed)
        there = {"bend": bent, "norm": normed if asked["lrn"] else (), "pool": pooled}
        rows = [
            Row(
                asked["width"] * parts[n - 1] // 6, (11, 5, 3, 3, 3)[n - 1], strides[n - 1], padding[n - 1],
                asked["groups"] if n in grouped else 1, tuple(name for name in order if n in there[name]),
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
            alexnet(pool=("AvgPool2d", {"kernel_size": 3, "stride": 2})),
        ),
        Misconception(
            "last_pool_missing", "There is no pooling behind the fifth convolution.", "Three poolings: behind convolutions 1, 2 and 5.",
            alexnet(pooled=(1, 2)),
        ),
        Misconception(
            "no_lrn", "There is no local response normalisation, whatever is asked for.", "With lrn=True it stands behind the first two ReLUs.",
            alexnet(fixed=(("lrn", False),)),
        ),
        Misconception(
            "always_lrn", "There is local response normalisation, whatever is asked for.", "With lrn=False it is left away.",
            alexnet(fixed=(("lrn", True),)),
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
            "alpha_divided", "Local response normalisation divides by five times too little of the squares.",
            "nn.LocalResponseNorm divides its alpha by its size: hand it 5 times the paper's 1e-4.", alexnet(constants={"alpha": 1e-4, "k": 2.0}),
        ),
        Misconception(
            "alpha_divided_twice", "The alpha of local response normalisation is divided by its size twice.",
            "nn.LocalResponseNorm divides already. To undo that, multiply: 5 times the paper's 1e-4.", alexnet(constants={"alpha": 2e-5, "k": 2.0}),
        ),
        Misconception(
            "k_of_one", "Local response normalisation has k = 1.", "The paper's k is 2, and nn.LocalResponseNorm has to be told.",
            alexnet(constants={"alpha": 5e-4, "k": 1.0}),
        ),
        Misconception(
            "torchs_constants", "Local response normalisation has PyTorch's constants and not the paper's.",
            "The paper's k is 2. And nn.LocalResponseNorm divides its alpha by its size: hand it 5 times the paper's 1e-4.",
            alexnet(constants={"alpha": 1e-4, "k": 1.0}),
        ),
        Misconception(
            "no_relu_in_convolutions", "There is no ReLU behind any convolution.", "Every layer with parameters but the last is followed by ReLU.",
            alexnet(bent=()),
        ),
        Misconception(
            "no_relu_in_the_middle", "There is no ReLU between the three convolutions 3×3.",
            "Every layer with parameters but the last is followed by ReLU, whether pooling comes or not.", alexnet(bent=(1, 2, 5)),
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
        Misconception(
            "classes_ignored", "The network gives 1000 scores, whatever is asked for.", "The last layer gives `classes`.",
            alexnet(fixed=(("classes", 1000),)),
        ),
        Misconception(
            "width_ignored", "The first convolution has 96 filters, whatever is asked for.",
            "All numbers of filters follow from `width`: 1, 8/3, 4, 4 and 8/3 times as many.", alexnet(fixed=(("width", 96),)),
        ),
        Misconception(
            "features_fixed", "The first fully connected layer takes 9216 features, whatever the width.",
            "9216 are 256 · 6 · 6. How many filters the fifth convolution has follows from `width`.", alexnet(features=9216),
        ),
        Misconception(
            "hidden_ignored", "The fully connected layers have 4096 units, whatever is asked for.", "Both layers in the middle have `hidden` units.",
            alexnet(fixed=(("hidden", 4096),)),
        ),
        Misconception(
            "options_ignored", "The network has the published size, whatever is asked for.",
            "`classes`, `width` and `hidden` decide about the sizes of all layers.",
            alexnet(fixed=(("classes", 1000), ("width", 96), ("hidden", 4096))),
        ),
        Misconception(
            "no_biases", "The layers have no biases.", "AlexNet has a bias for every filter and every unit: leave bias=False away.",
            alexnet(bias=False),
        ),
        Misconception(
            "in_a_list", "The layers are in a plain Python list, where the module does not see them.",
            "Make them attributes, or give them to nn.Sequential or nn.ModuleList.", alexnet(listed=True),
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
