"""VGG-11, 13, 16 and 19: five blocks and a classifier."""

from __future__ import annotations

from autograder.checks.nets.classifiers import classifier, slips
from autograder.checks.nets.modules import RETURNS, expected
from autograder.checks.nets.out_of_sight import in_a_list
from autograder.checks.nets.vgg.block import vgg_block
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given

COUNTS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
STAND_IN = Given("halving_block", {})
SMALL = {"classes": 7, "width": 3, "hidden": 40, "size": 64}  # quick, no two sizes alike, and units enough that some live


def vgg(
    *, fixed=(), parts=(1, 2, 4, 8, 8), counts=COUNTS, own=False, normed="handed on", averaged=False, head=(), bias=True, listed=False,
    features=None,
):
    """A builder of the judge's own network; every keyword-only argument is a way to get it wrong. own: its own block, whatever is handed in."""

    def build(depth=16, classes=1000, batch_norm=False, width=64, hidden=4096, size=224, block=None):
        from torch import nn

        asked = {"depth": depth, "classes": classes, "width": width, "hidden": hidden, "size": size} | dict(fixed)
        made = vgg_block() if own or block is None else block
        widths = [asked["width"] * part for part in parts]
        norm = {"handed on": batch_norm, "never": False, "always": True, "turned round": not batch_norm}[normed]
        layers = [made(*sizes, norm) for sizes in zip((3, *widths), widths, counts[asked["depth"]])]
        layers += [nn.AdaptiveAvgPool2d(1)] if averaged else []
        places = 1 if averaged else (asked["size"] // 32) ** 2
        layers += classifier(features or widths[-1] * places, asked["hidden"], asked["classes"], bias=bias, **dict(head))
        return in_a_list(layers) if listed else nn.Sequential(*layers)

    return build


def _draw(rng):
    def drawn(n=0, training=False, dout=False, light=1, block=STAND_IN, defaults=False, **options):
        options = options if defaults else SMALL | options | ({"block": block} if block else {})
        case = {"options": options, "seed": int(rng.integers(10**6)), "training": training}
        case |= {} if n else {"images": (1, 3, *2 * (options.get("size", 224),))}
        case |= {"x": light * normal(rng, n, 3, options["size"], options["size"])} if n else {}
        return case | ({"dout": normal(rng, n, options["classes"])} if dout else {})

    for depth in COUNTS:
        yield Case("blocks", drawn(depth=depth), compare=("parameters",))
    yield Case("forward", drawn(2), compare=("out",))
    yield Case("forward", drawn(1, depth=11, width=2), compare=("out",))
    yield Case("dropout", drawn(2, True), compare=("out",))
    yield Case("options", drawn(depth=13, classes=11, width=4, hidden=35, size=224), compare=("parameters",))
    yield Case("options", drawn(1, depth=19, classes=5, hidden=23, size=96), compare=("parameters", "out"))
    yield Case("options", drawn(2, True, depth=13, batch_norm=True), compare=("parameters", "out", "statistics"))
    yield Case("backward", drawn(2, True, dout=True), compare=("dx", "gradients"))
    yield Case("whole", drawn(defaults=True), compare=("parameters",))
    yield Case("whole", drawn(defaults=True, depth=19, batch_norm=True), compare=("parameters",))
    yield Case("whole", drawn(2, block=None, light=300), compare=("parameters", "out"))  # bright, so that ReLU6 is no ReLU


VGG = Exercise(
    id="nets.vgg.VGG",
    title="VGG-11, 13, 16, 19",
    difficulty=3,
    minutes=35,
    aspects=(
        Aspect("blocks", 5, "the blocks that are made, and the fully connected layers (with a block of ours)"),
        Aspect("forward", 7, "the scores (with a block of ours)"),
        Aspect("dropout", 3, "dropout in training, and its places"),
        Aspect("options", 5, "other depths, classes, filters, units and sizes; batch norm is handed on to the blocks"),
        Aspect("backward", 3, "gradients that reach the images and all parameters"),
        Aspect("whole", 5, "the published network from your own blocks: 138,357,544 numbers, and its scores"),
    ),
    draw=_draw,
    oracle=expected(vgg()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "block_ignored", "The blocks are always made by vgg_block, whatever `block` is handed in.",
            "Call block(…): its default is vgg_block already.", vgg(own=True),
        ),
        Misconception(
            "doubled_once_more", "The fifth block has twice as many filters as the fourth.", "1, 2, 4, 8 and again 8 times `width`.",
            vgg(parts=(1, 2, 4, 8, 16)),
        ),
        Misconception("never_doubled", "All blocks have the same number of filters.", "1, 2, 4, 8 and 8 times `width`.", vgg(parts=(1, 1, 1, 1, 1))),
        Misconception(
            "always_sixteen", "The network is VGG-16, whatever depth is asked for.", "The table has a column for each depth.",
            vgg(fixed=(("depth", 16),)),
        ),
        Misconception(
            "early_blocks_single", "The first two blocks have one convolution each, in every network.", "That is VGG-11 alone; the others have two.",
            vgg(counts={depth: (1, 1, *counts[2:]) for depth, counts in COUNTS.items()}),
        ),
        Misconception(
            "three_everywhere", "VGG-19 has VGG-16's blocks.", "Its last three blocks have 4 convolutions each.",
            vgg(counts=COUNTS | {19: COUNTS[16]}),
        ),
        Misconception(
            "thirteen_as_eleven", "VGG-13 has VGG-11's blocks.", "All its five blocks have 2 convolutions.", vgg(counts=COUNTS | {13: COUNTS[11]}),
        ),
        Misconception(
            "batch_norm_not_handed_on", "The blocks never have batch norm, whatever is asked for.",
            "block(in_channels, out_channels, convolutions, batch_norm).", vgg(normed="never"),
        ),
        Misconception(
            "batch_norm_always", "The blocks always have batch norm, whatever is asked for.",
            "block(in_channels, out_channels, convolutions, batch_norm).", vgg(normed="always"),
        ),
        Misconception(
            "batch_norm_turned_round", "The blocks have batch norm where none is asked for, and the other way round.",
            "block(in_channels, out_channels, convolutions, batch_norm).", vgg(normed="turned round"),
        ),
        Misconception(
            "averaged", "The maps are averaged before the fully connected layers.",
            "VGG looks at every place: flatten all 7 × 7 of each map. (Averaging came with the networks of 11.)", vgg(averaged=True),
        ),
        *slips(vgg, width=64),
        Misconception(
            "features_fixed", "The first fully connected layer takes 25088 features, whatever the width and the size of the images.",
            "25088 are 512 · 7 · 7: the last block's filters, and size // 32 places along each side.", vgg(features=25088),
        ),
        Misconception(
            "size_ignored", "The first fully connected layer takes 7 × 7 places, whatever size the images have.",
            "Five blocks halve height and width five times: size // 32 places along each side.", vgg(fixed=(("size", 224),)),
        ),
        Misconception("no_biases", "The fully connected layers have no biases.", "Leave bias=False away.", vgg(bias=False)),
    ),
    hints=(
        "What do the four columns of the table share, and in what do they differ? Which numbers decide about a block?",
        "Keep the numbers of convolutions in a dictionary by depth, and the numbers of filters as multiples of `width`. Then one loop makes the five "
        "blocks: each takes the channels that the one before it gives.",
        "Look up five counts by depth; five widths: 1, 2, 4, 8, 8 times width. For each pair: block(channels so far, filters, count, batch_norm). "
        "Then flatten, linear from 8·width·(size // 32)² to hidden, ReLU, dropout; linear, ReLU, dropout; linear to classes.",
    ),
)
