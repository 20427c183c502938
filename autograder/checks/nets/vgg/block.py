"""vgg_block: convolutions 3×3 and a pooling."""

from __future__ import annotations

from autograder.checks.nets.modules import RETURNS, expected
from autograder.checks.nets.out_of_sight import in_a_list, out_of_sight
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception


def vgg_block(
    *, kernel=3, padding=1, order=("norm", "bend"), bent="all", pool=("MaxPool2d", {"kernel_size": 2}), pool_each=False, widened="first",
    count=lambda asked: asked, shared=(), one_norm=False, bias="not with norm", norm=None, momentum=0.1, listed=False,
):
    """A builder of the judge's own block; every keyword-only argument is a way to get it wrong. norm: whether it has batch norm, always."""

    def build(in_channels, out_channels, convolutions, batch_norm=False):
        from torch import nn

        batch_norm = batch_norm if norm is None else norm
        biased = {"not with norm": not batch_norm, "with norm": batch_norm, "always": True, "never": False}[bias]
        number = count(convolutions)
        pooling = [getattr(nn, pool[0])(**pool[1])] if pool else []
        channels = [in_channels] + [out_channels] * number
        if widened == "last":
            channels = [in_channels] * number + [out_channels]
        layers, made, norms = [], {}, {}
        for n in range(number):
            sizes = channels[n], channels[n + 1]
            if not ("conv" in shared and sizes in made):
                made[sizes] = nn.Conv2d(*sizes, kernel, padding=padding, bias=biased)
            if not ("norm" in shared and sizes in norms or one_norm and norms):
                norms[sizes] = nn.BatchNorm2d(sizes[0] if order[0] == "norm first" else sizes[1], momentum=momentum)
            normed = [norms.get(sizes) or next(iter(norms.values()))] if batch_norm else []
            bends = [nn.ReLU()] if bent == "all" or bent == "last" and n == number - 1 or bent == "not last" and n < number - 1 else []
            steps = {"conv": [made[sizes]], "norm first": normed, "norm": normed, "bend": bends}
            placed = ("norm first", "conv", "bend") if order[0] == "norm first" else ("conv", *order)
            layers += [layer for name in placed for layer in steps[name]]
            layers += pooling if pool_each else []
        layers += [] if pool_each else pooling
        return in_a_list(layers) if listed else nn.Sequential(*layers)

    return build


def _draw(rng):
    def drawn(sizes=(), training=False, dout=(), light=1, **options):
        options = dict(zip(("in_channels", "out_channels", "convolutions"), (3, 5, 2))) | options
        case = {"options": options, "seed": int(rng.integers(10**6)), "training": training}
        case |= {} if sizes else {"images": (1, options["in_channels"], 8, 8)}
        case |= {"x": light * normal(rng, sizes[0], options["in_channels"], *sizes[1:])} if sizes else {}
        return case | ({"dout": normal(rng, *dout)} if dout else {})

    yield Case("parameters", drawn(in_channels=128, out_channels=256, convolutions=3), compare=("parameters",))
    yield Case("parameters", drawn(in_channels=5, out_channels=7, convolutions=1), compare=("parameters",))
    yield Case("parameters", drawn(in_channels=6, out_channels=6, convolutions=4), compare=("parameters",))
    yield Case("forward", drawn((2, 8, 12), convolutions=3), compare=("out",))
    yield Case("forward", drawn((1, 7, 11), light=20, in_channels=4, out_channels=2), compare=("out",))  # what does not fit is left over
    yield Case("forward", drawn((3, 6, 4), in_channels=2, out_channels=7, convolutions=1), compare=("out",))
    yield Case("batch norm", drawn(batch_norm=True, convolutions=3), compare=("parameters",))
    yield Case("batch norm", drawn((2, 6, 8), batch_norm=True), compare=("parameters", "out"))
    yield Case("batch norm", drawn((3, 8, 6), True, batch_norm=True, convolutions=3), compare=("out", "statistics"))
    yield Case("backward", drawn((2, 8, 6), convolutions=3, dout=(2, 5, 4, 3)), compare=("dx", "gradients"))
    yield Case("backward", drawn((2, 6, 8), True, batch_norm=True, dout=(2, 5, 3, 4)), compare=("dx", "gradients"))


VGGBlock = Exercise(
    id="nets.vgg.vgg_block",
    title="A block of VGG",
    difficulty=2,
    minutes=20,
    aspects=(
        Aspect("parameters", 4, "the convolutions: how many, and of which shapes"),
        Aspect("forward", 7, "what comes out, also where the size is odd"),
        Aspect("batch norm", 5, "batch norm where it is asked for, and its convolutions without bias"),
        Aspect("backward", 4, "gradients that reach the images and all parameters"),
    ),
    draw=_draw,
    oracle=expected(vgg_block()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "no_padding", "The convolutions do not pad: their maps shrink.", "3×3 with padding 1 keeps height and width.", vgg_block(padding=0),
        ),
        Misconception("five_by_five", "The convolutions are 5×5.", "All of VGG's are 3×3, with padding 1.", vgg_block(kernel=5, padding=2)),
        Misconception(
            "relu_once", "There is one ReLU, behind the last convolution.",
            "Without a ReLU between them, convolutions in a row are one larger convolution. One behind each.", vgg_block(bent="last"),
        ),
        Misconception(
            "no_relu_at_last", "There is no ReLU behind the last convolution.", "One behind each, the last too.", vgg_block(bent="not last"),
        ),
        Misconception(
            "no_relu", "Nothing bends: there is no ReLU.", "Without it, convolutions in a row are one larger convolution. One behind each.",
            vgg_block(bent="none"),
        ),
        Misconception("no_pooling", "There is no pooling.", "Max pooling 2×2 with stride 2 ends the block.", vgg_block(pool=())),
        Misconception(
            "average_pooling", "There is average pooling where VGG takes maxima.", "nn.MaxPool2d(2).",
            vgg_block(pool=("AvgPool2d", {"kernel_size": 2})),
        ),
        Misconception(
            "pooled_in_threes", "The pooling windows are 3×3.", "VGG's do not overlap: 2×2, two apart.",
            vgg_block(pool=("MaxPool2d", {"kernel_size": 3, "stride": 2})),
        ),
        Misconception(
            "pooled_in_threes_padded", "The pooling windows are 3×3, with padding.", "VGG's do not overlap: 2×2, two apart.",
            vgg_block(pool=("MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": 1})),
        ),
        Misconception(
            "pool_stride_one", "The pooling windows are one pixel apart.", "Two apart, so that height and width are halved: nn.MaxPool2d(2).",
            vgg_block(pool=("MaxPool2d", {"kernel_size": 2, "stride": 1})),
        ),
        Misconception(
            "rounded_up", "Where the size is odd, a pooling window hangs over the edge.", "H // 2 is asked for: leave ceil_mode away.",
            vgg_block(pool=("MaxPool2d", {"kernel_size": 2, "ceil_mode": True})),
        ),
        Misconception("pooled_each_time", "There is pooling behind every convolution.", "One pooling ends the block.", vgg_block(pool_each=True)),
        Misconception(
            "widened_last", "The last convolution changes the number of channels, not the first.",
            "in_channels → out_channels comes first; then out_channels → out_channels.", vgg_block(widened="last"),
        ),
        Misconception(
            "two_convolutions",
            "There are two convolutions, whatever is asked for.", "`convolutions` says how many.", vgg_block(count=lambda asked: 2),
        ),
        Misconception(
            "one_convolution", "There is one convolution, whatever is asked for.", "`convolutions` says how many.", vgg_block(count=lambda asked: 1),
        ),
        Misconception(
            "one_too_few", "There is one convolution less than is asked for.", "`convolutions` counts them all, the first too.",
            vgg_block(count=lambda asked: max(asked - 1, 1)),
        ),
        Misconception(
            "one_too_many", "There is one convolution more than is asked for.", "`convolutions` counts them all, the first too.",
            vgg_block(count=lambda asked: asked + 1),
        ),
        Misconception(
            "shared", "Convolutions share their weights: one module stands in several places.",
            "[layer] * n is the same layer n times. Make a new one each time.", vgg_block(shared=("conv",)),
        ),
        Misconception(
            "repeated", "Convolutions and batch norms are shared: the same modules stand in several places.",
            "[conv, norm, relu] * n is the same three layers n times. Make new ones inside the loop.", vgg_block(shared=("conv", "norm")),
        ),
        Misconception(
            "one_batch_norm", "One batch norm stands behind all convolutions: they share its scale, its shift and its running statistics.",
            "Make a new nn.BatchNorm2d inside the loop, for each convolution.", vgg_block(one_norm=True),
        ),
        Misconception(
            "no_batch_norm", "There is no batch norm, whatever is asked for.",
            "With batch_norm=True one stands between each convolution and its ReLU.",
            vgg_block(norm=False),
        ),
        Misconception("always_batch_norm", "There is batch norm, whatever is asked for.", "Only with batch_norm=True.", vgg_block(norm=True)),
        Misconception(
            "batch_norm_after_relu", "Batch norm comes behind the ReLU.", "It stands between convolution and ReLU.",
            vgg_block(order=("bend", "norm")),
        ),
        Misconception(
            "batch_norm_first", "Batch norm comes before the convolution.", "It stands between convolution and ReLU.",
            vgg_block(order=("norm first",)),
        ),
        Misconception(
            "bias_before_batch_norm", "The convolutions before batch norm have a bias.",
            "Batch norm subtracts it again: bias=False where batch_norm is True.", vgg_block(bias="always"),
        ),
        Misconception(
            "bias_turned_round",
            "The convolutions have a bias with batch norm, and none without it.", "It is the other way round: bias=not batch_norm.",
            vgg_block(bias="with norm"),
        ),
        Misconception(
            "no_biases", "The convolutions never have a bias.", "Only with batch norm they have none: bias=not batch_norm.", vgg_block(bias="never"),
        ),
        out_of_sight(vgg_block),
    ),
    hints=(
        "Write down the layers of vgg_block(64, 128, 2) by hand. What would be different with 3 convolutions? With batch norm?",
        "Collect layers in a list, in a loop over the convolutions; only the first has in_channels. nn.Sequential(*layers) makes a module of "
        "the list.",
        "For each convolution: an nn.Conv2d 3×3 with padding 1 (no bias if there is batch norm), then nn.BatchNorm2d if asked for, then nn.ReLU. "
        "After the loop one nn.MaxPool2d(2).",
    ),
)
