"""ResNet: stem, four stages of blocks that are handed in, mean, and one fully connected layer."""

from __future__ import annotations

from autograder.checks.nets.modules import RETURNS, expected
from autograder.checks.nets.resnet.networks import changed, one_more, resnet, restaged, stages
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given

CLASSES = 7


def _drawn(rng, counts, width=2, expansion=1, classes=CLASSES, size=None, n=2, training=True):
    """A network of stand-ins for blocks; without a size nothing is computed: then lazy layers get theirs from `images`."""
    block = Given("stride_block", {"expansion": expansion})
    options = {"block": block, "counts": counts, "classes": classes, "width": width}
    inputs = {"options": options, "seed": int(rng.integers(10**6)), "training": training}
    return inputs | ({"images": (1, 3, 64, 64)} if size is None else {"x": normal(rng, n, 3, *size)})


def _draw(rng):
    published = _drawn(rng, (2, 2, 2, 2), 64, 1, 1000)  # what is left out of a call: ResNet-18
    yield Case("parameters", published | {"options": {"block": published["options"]["block"]}}, compare=("parameters",))
    yield Case("parameters", _drawn(rng, (3, 4, 23, 3), 64, 4, 1000), compare=("parameters",))
    a, b, c, d = (int(number) for number in rng.permutation([1, 2, 3, 4]))
    yield Case("forward", _drawn(rng, (a, b, c, d), size=(70, 57)), compare=("out",))
    yield Case("forward", _drawn(rng, (d, a, b, c), 3, 2, size=(65, 90), n=1, training=False), compare=("out",))
    yield Case("forward", _drawn(rng, (1, 2, 1, 2), 2, 1, size=(224, 224), n=1), compare=("out",))
    yield Case("forward", _drawn(rng, (2, 3, 2, 1), 3, size=(64, 235)), compare=("out",))
    for width, classes, counts in ((5, 11, (1, 1, 2, 1)), (4, 3, (2, 1, 1, 3))):
        yield Case("options", _drawn(rng, counts, width, 2, classes, size=(66, 75)), compare=("parameters", "out"))
    for expansion, size in ((1, (70, 65)), (3, (67, 90))):
        inputs = _drawn(rng, (1, 2, 1, 1), 2, expansion, size=size)
        yield Case("backward", inputs | {"dout": normal(rng, 2, CLASSES)}, compare=("dx", "gradients", "statistics"))


def _staged(change):
    return resnet(of=restaged(change))


ResNet = Exercise(
    id="nets.resnet.ResNet",
    title="ResNet for ImageNet",
    difficulty=4,
    minutes=30,
    aspects=(
        Aspect("parameters", 3, "the published networks' layers with parameters, from blocks that are handed in"),
        Aspect("forward", 6, "the scores, with parameters that are handed in, for images of several sizes"),
        Aspect("options", 2, "other numbers of classes, widths and counts"),
        Aspect("backward", 2, "gradients that reach the images and all parameters, and running statistics that have moved once"),
    ),
    draw=_draw,
    oracle=expected(resnet()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "width_not_doubled", "All stages have the same width.", "Each stage is twice as wide as the one before: W, 2·W, 4·W, 8·W.",
            _staged(lambda width, stride, stage, number, count: (width // 2**stage, stride)),
        ),
        Misconception(
            "never_smaller", "The image keeps its size through all stages.", "The first block of stages 2, 3 and 4 has stride 2.",
            _staged(lambda width, stride, stage, number, count: (width, 1)),
        ),
        Misconception(
            "smaller_in_first_stage",
            "The first stage begins with stride 2 as well.",
            "The max pooling before it has made the image smaller: its blocks all have stride 1.",
            _staged(lambda width, stride, stage, number, count: (width, 1 if number else 2)),
        ),
        Misconception(
            "smaller_in_every_block",
            "Every block of stages 2, 3 and 4 has stride 2.",
            "Only the first block of each of these stages makes the image smaller.",
            _staged(lambda width, stride, stage, number, count: (width, 2 if stage else 1)),
        ),
        Misconception(
            "smaller_in_last_block",
            "In stages 2, 3 and 4 the last block has stride 2 instead of the first.",
            "The first block of a stage makes the image smaller, so that the others work on less.",
            _staged(lambda width, stride, stage, number, count: (width, 2 if stage and number == count - 1 else 1)),
        ),
        Misconception(
            "one_block_too_many",
            "The block that makes the image smaller was put before those of its stage: there is one too many.",
            "It is the first of the stage's counts.",
            resnet(of=one_more),
        ),
        Misconception(
            "one_block_more",
            "Every stage has one block more than it should.",
            "Stage s has counts[s] blocks, its first one among them: range(1, counts[s]) where that is made by itself.",
            resnet(of=changed(1)),
        ),
        Misconception(
            "one_block_fewer",
            "Every stage has one block fewer than it should.",
            "Stage s has counts[s] blocks: the first one, and counts[s] - 1 more.",
            resnet(of=changed(-1)),
        ),
        Misconception(
            "counts_ignored", "Every stage has two blocks, whatever is asked for.", "Stage s has counts[s] blocks.",
            resnet(taken={"counts": (2, 2, 2, 2)}),
        ),
        Misconception(
            "first_count_for_all", "Every stage has as many blocks as the first.", "Stage s has counts[s] blocks.",
            resnet(taken=lambda counts: {"counts": (counts[0],) * 4}),
        ),
        Misconception(
            "one_block_repeated",
            "One block stands in several places: these share their parameters.",
            "[block(…)] * n holds one object n times. Make a new one in every pass of the loop.",
            resnet(shared=True),
        ),
        Misconception(
            "in_a_list",
            "The blocks are in a plain Python list, where the module does not see them.",
            "Give them to nn.Sequential or nn.ModuleList.",
            resnet(listed=True),
        ),
        Misconception(
            "expansion_forgotten",
            "Every block, and the last layer, takes as many channels as the block before is wide; but it gives block.expansion times as many.",
            "Keep count of the channels: in_channels = block.expansion * width, after every block.",
            resnet(forgets=True),
        ),
        Misconception(
            "expansion_of_4",
            "block.expansion is taken for 4.",
            "Ask the block: its class says how many times its width comes out.",
            resnet(given_expansion=4),
        ),
        Misconception(
            "expanded_twice",
            "Blocks were made with expansion times their width: they expand it themselves.",
            "The second argument of a block is its width: W, 2·W, 4·W or 8·W.",
            resnet(times="expansion"),
        ),
        Misconception(
            "block_ignored", "The blocks are BasicBlocks, whatever is handed in.", "Make every block with block(in_channels, width, stride).",
            resnet(own_block=True),
        ),
        Misconception(
            "no_pooling", "There is no max pooling in the stem.", "nn.MaxPool2d(3, stride=2, padding=1) comes before the first stage.",
            resnet(pooling=None),
        ),
        Misconception(
            "mean_pooling", "The stem ends with average pooling.", "It is max pooling: nn.MaxPool2d(3, stride=2, padding=1).",
            resnet(pooling=("AvgPool2d", {"padding": 1})),
        ),
        Misconception(
            "pooling_not_padded", "The max pooling of the stem is not padded.", "nn.MaxPool2d(3, stride=2, padding=1): 112 becomes 56.",
            resnet(pooling=("MaxPool2d", {})),
        ),
        Misconception(
            "ceil_mode", "The max pooling of the stem rounds its output's size up.",
            "nn.MaxPool2d(3, stride=2, padding=1), without ceil_mode: padding does what is needed.",
            resnet(pooling=("MaxPool2d", {"ceil_mode": True})),
        ),
        Misconception(
            "pooling_of_2", "The max pooling of the stem is 2×2.", "It is 3×3 with stride 2 and padding 1: its windows overlap.",
            resnet(pooling=("MaxPool2d", {"kernel_size": 2})),
        ),
        Misconception(
            "stem_not_padded", "The first convolution is not padded.", "Padding 3: 224 becomes 112.", resnet(padding=0)
        ),
        Misconception("stem_padded_by_2", "The first convolution has padding 2.", "Padding 3: 224 becomes 112.", resnet(padding=2)),
        Misconception("stem_without_stride", "The first convolution has stride 1.", "Stride 2: 224 becomes 112.", resnet(strided=1)),
        Misconception("stem_of_3", "The first convolution is 3×3.", "It is 7×7: only the network for CIFAR begins with 3×3.", resnet(size=3)),
        Misconception(
            "stem_without_relu", "There is no ReLU after the first batch norm.", "conv, batch norm, ReLU, max pooling.", resnet(stem="norm")
        ),
        Misconception(
            "stem_without_norm", "There is no batch norm after the first convolution.", "conv, batch norm, ReLU, max pooling.", resnet(stem="relu")
        ),
        Misconception(
            "stem_relu_before_norm", "In the stem the ReLU stands before the batch norm.", "conv, batch norm, ReLU, max pooling.",
            resnet(stem="relu norm"),
        ),
        Misconception(
            "stem_with_bias", "The first convolution has a bias.", "The batch norm behind it subtracts it again: bias=False.", resnet(biased=True)
        ),
        Misconception(
            "window_of_7",
            "At the end a window of 7×7 is averaged: that fits images of 224×224 pixels alone.",
            "The mean over all places there are: nn.AdaptiveAvgPool2d(1), or mean(dim=(2, 3)).",
            resnet(pool="window"),
        ),
        Misconception(
            "no_mean",
            "The last layer gets all places, not their mean.",
            "Global average pooling comes first: one number for each channel.",
            resnet(pool="none"),
        ),
        Misconception(
            "max_pooling",
            "The largest number of each channel goes into the last layer, not the mean.",
            "Global average pooling: the mean over all places.",
            resnet(pool="largest"),
        ),
        Misconception(
            "sum_for_mean", "The sum over all places goes into the last layer, not the mean.", "Global average pooling: the mean.", resnet(pool="sum")
        ),
        Misconception(
            "softmax_at_end",
            "The network ends with a softmax.",
            "nn.CrossEntropyLoss takes the scores as they are: a second softmax would flatten them.",
            resnet(last=("Softmax", {"dim": 1})),
        ),
        Misconception(
            "log_softmax_at_end", "The network ends with the logarithm of a softmax.",
            "nn.CrossEntropyLoss takes that itself: scores come out as they are.", resnet(last=("LogSoftmax", {"dim": 1})),
        ),
        Misconception(
            "squeezed", "The axis of the batch is lost.",
            "squeeze() takes away every axis of length 1, the batch's too where it is one image: flatten(1), or mean(dim=(2, 3)), keeps it.",
            resnet(squeezed=True),
        ),
        Misconception("relu_at_end", "The scores went through a ReLU.", "Nothing comes after the last layer.", resnet(last=("ReLU", {}))),
        Misconception(
            "width_ignored", "The first stage is 64 wide, whatever is asked for.", "The stem gives `width` channels, the stages W, 2·W, 4·W, 8·W.",
            resnet(taken={"width": 64}),
        ),
        Misconception(
            "width_of_stem", "Only the first convolution has the width that is asked for.",
            "The first stage has the same W, not always 64, and the others double it.", resnet(of=lambda counts, width: stages(counts, 64)),
        ),
        Misconception(
            "classes_ignored", "The network gives 1000 scores, whatever is asked for.", "The last layer gives `classes`.",
            resnet(taken={"classes": 1000}),
        ),
    ),
    hints=(
        "Read the table from top to bottom. Which line is the same four times over but for its width, its count and its first stride?",
        "Collect the blocks in a list, in two loops: over the stages, and over a stage's blocks. Keep count of the channels that the block before "
        "gave: at first the stem's, then block.expansion times its width. nn.Sequential(*blocks) makes one layer of them.",
        "Stem: conv 7×7, batch norm, ReLU, max pooling. Stage 0, 1, 2, 3 has blocks of width W, 2·W, 4·W, 8·W; a block has stride 2 when it is the "
        "first of stage 1, 2 or 3, and 1 otherwise. forward: stem, blocks, mean over the last two axes, fully connected.",
    ),
)
