"""CifarResNet: the residual network for small images and its plain twin, from the learner's own blocks."""

from __future__ import annotations

from autograder.checks.nets.modules import RETURNS, expected
from autograder.checks.nets.resnet.networks import changed, cifar, one_more, restaged, stages
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given


def _drawn(rng, size=None, n=2, training=True, **options):
    """Without a size nothing is computed: then lazy layers get theirs from `images`."""
    inputs = {"options": options, "seed": int(rng.integers(10**6)), "training": training}
    return inputs | ({"images": (1, 3, 32, 32)} if size is None else {"x": normal(rng, n, 3, *size)})


def _of_block(expansion):
    return Given("stride_block", {"expansion": expansion})


def _draw(rng):
    for options in ({}, {"depth": 56}, {"depth": 110, "residual": False}):
        yield Case("parameters", _drawn(rng, **options), compare=("parameters",))
    w, v = (int(number) for number in rng.permutation([2, 3]))
    yield Case("forward", _drawn(rng, (13, 18), depth=14, width=w), compare=("out",))
    yield Case("forward", _drawn(rng, (32, 32), n=1, depth=8, width=v), compare=("out",))
    yield Case("forward", _drawn(rng, (37, 14), depth=20, width=v, training=False), compare=("out",))
    yield Case("plain", _drawn(rng, (14, 17), depth=14, width=v, residual=False), compare=("parameters", "out"))
    yield Case("plain", _drawn(rng, (32, 32), depth=8, width=w, residual=False, training=False), compare=("parameters", "out"))
    yield Case("options", _drawn(rng, (15, 16), depth=8, width=5, classes=7), compare=("parameters", "out"))
    twin = {"residual": False}  # says nothing where a block is handed in
    yield Case("options", _drawn(rng, (16, 13), depth=14, width=w, classes=3, block=_of_block(1), **twin), compare=("parameters", "out"))
    yield Case("options", _drawn(rng, (18, 15), depth=14, width=v, classes=11, block=_of_block(3)), compare=("parameters", "out"))
    for residual in (True, False):
        inputs = _drawn(rng, (14, 15), depth=8, width=w, residual=residual)
        yield Case("backward", inputs | {"dout": normal(rng, 2, 10)}, compare=("dx", "gradients", "statistics"))


def _staged(change):
    return cifar(of=restaged(change))


CifarResNet = Exercise(
    id="nets.resnet.CifarResNet",
    title="Residual and plain networks for CIFAR-10, from your own blocks",
    difficulty=4,
    minutes=25,
    aspects=(
        Aspect("parameters", 3, "the published networks' layers with parameters"),
        Aspect("forward", 4, "the residual network's scores, with parameters that are handed in"),
        Aspect("plain", 2, "residual=False: the plain twin"),
        Aspect("options", 2, "other depths, widths and numbers of classes, and blocks that are handed in"),
        Aspect("backward", 2, "gradients that reach the images and all parameters, and running statistics that have moved once"),
    ),
    draw=_draw,
    oracle=expected(cifar()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "width_not_doubled", "All stages have the same width.", "Each stage is twice as wide as the one before: W, 2·W, 4·W.",
            _staged(lambda width, stride, stage, number, count: (width // 2**stage, stride)),
        ),
        Misconception(
            "never_smaller", "The image keeps its size through all stages.", "The first block of stages 2 and 3 has stride 2.",
            _staged(lambda width, stride, stage, number, count: (width, 1)),
        ),
        Misconception(
            "smaller_in_first_stage",
            "The first stage begins with stride 2 as well.",
            "The first stage works on the image in its full size; the other two begin with stride 2.",
            _staged(lambda width, stride, stage, number, count: (width, 1 if number else 2)),
        ),
        Misconception(
            "smaller_in_every_block",
            "Every block of stages 2 and 3 has stride 2.",
            "Only the first block of each of these stages makes the image smaller.",
            _staged(lambda width, stride, stage, number, count: (width, 2 if stage else 1)),
        ),
        Misconception(
            "smaller_in_last_block",
            "In stages 2 and 3 the last block has stride 2 instead of the first.",
            "The first block of a stage makes the image smaller, so that the others work on less.",
            _staged(lambda width, stride, stage, number, count: (width, 2 if stage and number == count - 1 else 1)),
        ),
        Misconception(
            "one_block_too_many",
            "The block that makes the image smaller was put before the n blocks of its stage: there is one too many.",
            "It is the first of the n.",
            cifar(of=one_more),
        ),
        Misconception(
            "depth_ignored", "Each stage has three blocks, whatever the depth.", "n = (depth - 2) // 6.", cifar(depth_of=lambda depth: 3)
        ),
        Misconception(
            "a_block_is_a_layer",
            "Each stage has (depth - 2) / 3 blocks: that counts a block as one layer.",
            "A block has two layers with weights: n = (depth - 2) // 6.",
            cifar(depth_of=lambda depth: (depth - 2) // 3),
        ),
        Misconception(
            "all_in_each_stage",
            "Each stage has (depth - 2) / 2 blocks: those of the whole network.",
            "They are spread over three stages: n = (depth - 2) // 6.",
            cifar(depth_of=lambda depth: (depth - 2) // 2),
        ),
        Misconception(
            "one_block_more",
            "Each stage has one block more than it should.",
            "n = (depth - 2) // 6, without adding 1.",
            cifar(of=changed(1)),
        ),
        Misconception(
            "one_block_fewer",
            "Each stage has one block fewer than it should.",
            "n = (depth - 2) // 6 blocks a stage, the first one among them: a block has two layers with weights, and the other two are the first "
            "convolution and the last layer.",
            cifar(of=changed(-1)),
        ),
        Misconception(
            "four_stages", "There are four stages.", "The network for CIFAR has three: W, 2·W and 4·W.", cifar(stage_count=4)
        ),
        Misconception(
            "one_block_repeated",
            "One block stands in several places: these share their parameters.",
            "[block] * n holds one object n times. Make a new one in every pass of the loop.",
            cifar(shared=True),
        ),
        Misconception(
            "in_a_list",
            "The blocks are in a plain Python list, where the module does not see them.",
            "Give them to nn.Sequential or nn.ModuleList.",
            cifar(listed=True),
        ),
        Misconception(
            "option_b",
            "The shortcuts of the residual network project where shapes change: that is option B.",
            "This network's shortcuts have no parameters: BasicBlock(…, shortcut=\"padding\").",
            cifar(kinds=("none", "projection")),
        ),
        Misconception(
            "flag_ignored", "residual=False gives the residual network too.", "The plain twin's blocks have shortcut=\"none\".",
            cifar(kinds=("padding", "padding")),
        ),
        Misconception(
            "always_plain", "Nothing is added anywhere: residual=True gives the plain network too.",
            "With residual=True the blocks have shortcut=\"padding\".", cifar(kinds=("none", "none")),
        ),
        Misconception(
            "the_other_way_round", "residual=True gives the plain network, and residual=False the residual one.",
            "\"padding\" belongs to residual=True, \"none\" to residual=False.", cifar(kinds=("padding", "none")),
        ),
        Misconception(
            "twin_projects", "The plain twin's blocks project.", "The plain twin has no shortcuts: shortcut=\"none\".",
            cifar(kinds=("projection", "padding")),
        ),
        Misconception(
            "always_projects", "All blocks are made without the option `shortcut`: they project.",
            "residual=True is shortcut=\"padding\", residual=False shortcut=\"none\".", cifar(kinds=("projection", "projection")),
        ),
        Misconception(
            "block_ignored", "The blocks are BasicBlocks, whatever is handed in.", "Where `block` is not None, make every block with it.",
            cifar(own_block=True),
        ),
        Misconception(
            "plain_despite_block",
            "With residual=False the block that is handed in is not used.",
            "`residual` chooses between the two shortcuts of your own BasicBlock. Where `block` is not None, it says nothing.",
            cifar(plain_first=True),
        ),
        Misconception(
            "asks_all_blocks",
            "A block that is handed in is asked for a kind of shortcut as well, and knows no such option.",
            "Only your own BasicBlock gets `shortcut`; other blocks are made with block(in_channels, width, stride).",
            cifar(asks_all=True),
        ),
        Misconception(
            "expansion_forgotten",
            "Every block, and the last layer, takes as many channels as the block before is wide; but it gives block.expansion times as many.",
            "Keep count of the channels: in_channels = block.expansion * width, after every block.",
            cifar(forgets=True),
        ),
        Misconception(
            "stem_of_imagenet",
            "The network begins with ImageNet's stem: it makes the image four times smaller.",
            "Images of 32×32 are small already: conv 3×3 with padding 1, batch norm, ReLU, and no pooling.",
            cifar(size=7, strided=2, pooling=("MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": 1})),
        ),
        Misconception(
            "stem_with_pooling", "There is a max pooling in the stem.", "conv, batch norm, ReLU, then the first block.",
            cifar(pooling=("MaxPool2d", {"kernel_size": 2})),
        ),
        Misconception(
            "stem_with_padded_pooling", "There is a max pooling in the stem, as in ImageNet's.", "conv, batch norm, ReLU, then the first block.",
            cifar(pooling=("MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": 1})),
        ),
        Misconception("stem_with_stride", "The first convolution has stride 2.", "Stride 1: stage 1 sees all of 32×32.", cifar(strided=2)),
        Misconception(
            "stem_without_relu", "There is no ReLU after the first batch norm.", "conv, batch norm, ReLU, then the first block.", cifar(stem="norm")
        ),
        Misconception(
            "stem_without_norm", "There is no batch norm after the first convolution.", "conv, batch norm, ReLU, then the first block.",
            cifar(stem="relu"),
        ),
        Misconception(
            "stem_relu_before_norm", "In the stem the ReLU stands before the batch norm.", "conv, batch norm, ReLU, then the first block.",
            cifar(stem="relu norm"),
        ),
        Misconception(
            "stem_with_bias", "The first convolution has a bias.", "The batch norm behind it subtracts it again: bias=False.", cifar(biased=True)
        ),
        Misconception(
            "window_of_8",
            "At the end a window of 8×8 is averaged: that fits images of 32×32 pixels alone.",
            "The mean over all places there are: nn.AdaptiveAvgPool2d(1), or mean(dim=(2, 3)).",
            cifar(pool="window"),
        ),
        Misconception(
            "no_mean", "The last layer gets all places, not their mean.", "Global average pooling comes first: one number for each channel.",
            cifar(pool="none"),
        ),
        Misconception(
            "max_pooling", "The largest number of each channel goes into the last layer, not the mean.",
            "Global average pooling: the mean over all places.", cifar(pool="largest"),
        ),
        Misconception(
            "sum_for_mean", "The sum over all places goes into the last layer, not the mean.", "Global average pooling: the mean.", cifar(pool="sum")
        ),
        Misconception(
            "softmax_at_end",
            "The network ends with a softmax.",
            "nn.CrossEntropyLoss takes the scores as they are: a second softmax would flatten them.",
            cifar(last=("Softmax", {"dim": 1})),
        ),
        Misconception(
            "log_softmax_at_end", "The network ends with the logarithm of a softmax.",
            "nn.CrossEntropyLoss takes that itself: scores come out as they are.", cifar(last=("LogSoftmax", {"dim": 1})),
        ),
        Misconception(
            "squeezed", "The axis of the batch is lost.",
            "squeeze() takes away every axis of length 1, the batch's too where it is one image: flatten(1), or mean(dim=(2, 3)), keeps it.",
            cifar(squeezed=True),
        ),
        Misconception("relu_at_end", "The scores went through a ReLU.", "Nothing comes after the last layer.", cifar(last=("ReLU", {}))),
        Misconception(
            "width_ignored", "The first stage is 16 wide, whatever is asked for.", "The stem gives `width` channels, the stages W, 2·W, 4·W.",
            cifar(taken={"width": 16}),
        ),
        Misconception(
            "width_of_stem", "Only the first convolution has the width that is asked for.",
            "The first stage has the same W, not always 16, and the others double it.", cifar(of=lambda counts, width: stages(counts, 16)),
        ),
        Misconception(
            "classes_ignored", "The network gives 10 scores, whatever is asked for.", "The last layer gives `classes`.", cifar(taken={"classes": 10})
        ),
    ),
    hints=(
        "Is the check of nets.resnet.BasicBlock green? It is in here 3·n times. Then compare the table with ResNet's: what is another, what is gone?",
        "n is (depth - 2) // 6. Collect the blocks in two loops, over three stages and over n blocks, and keep count of the channels. Which block, "
        "and which of its shortcuts, is decided by `block` and `residual`.",
        "conv 3×3, batch norm, ReLU. Stage 0, 1, 2 has n blocks of width W, 2·W, 4·W; a block has stride 2 when it is the first of stage 1 or 2. "
        "block=None: your BasicBlock with shortcut \"padding\", or \"none\" without residual; else block(in_channels, width, stride). forward: all "
        "of them, mean over the last two axes, fully connected.",
    ),
)
