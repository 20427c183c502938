"""build_small_resnet: all the learner's own pieces in one network, and in its plain twin."""

from __future__ import annotations

from autograder.checks.residual.block import arrays
from autograder.checks.small_resnet.network import CLASSES, plan, small_resnet, stages
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Seed

RETURNS = ("shapes", "from_rng", "scores", "dx", "gradients", "statistics")


def _drawn(rng, blocks, width, residual=True, training=True):
    """Generators, options, parameters and running statistics with which every layer's numbers are of size 1, and images that are no squares."""
    same, other = (int(number) for number in rng.choice(10**6, 2, replace=False))
    made = arrays(rng, plan(blocks, width, residual))
    statistics = [array for layer in made for name, array in layer.items() if name.startswith("running")]
    return {
        "options": {"blocks": blocks, "width": width} | ({} if residual else {"residual": False}),
        **{"rng": Seed(same), "again": Seed(same), "other": Seed(other)},
        "parameters": [array for layer in made for name, array in layer.items() if not name.startswith("running")],
        **{"statistics": statistics, "training": training, "x": normal(rng, 3, 1, 9, 7), "dout": normal(rng, 3, CLASSES)},
    }


def _draw(rng):
    yield Case("layers", _drawn(rng, 2, 3), compare=("shapes",))
    yield Case("layers", _drawn(rng, 1, 2), compare=("shapes",))
    yield Case("layers", _drawn(rng, 3, 2), compare=("shapes",))
    yield Case("rng", _drawn(rng, 1, 3), compare=("from_rng",))
    for blocks, width, training in ((1, 2, True), (2, 3, True), (1, 3, False), (3, 2, True)):
        yield Case("forward", _drawn(rng, blocks, width, training=training), compare=("scores",))
    yield Case("backward", _drawn(rng, 1, 3), compare=("dx", "gradients", "statistics"))
    yield Case("backward", _drawn(rng, 2, 2, training=False), compare=("dx", "gradients", "statistics"))
    yield Case("plain", _drawn(rng, 1, 3, residual=False), compare=("shapes", "scores", "dx"))
    yield Case("plain", _drawn(rng, 2, 2, residual=False), compare=("shapes", "scores", "dx"))
    yield Case("plain", _drawn(rng, 3, 2, residual=False), compare=("shapes", "scores", "dx"))


def _expected(options, rng, again, other, parameters, statistics, training, x, dout):
    """What the probe `network` should give back."""
    net, given, moving = small_resnet()(**options, rng=rng), iter(parameters), iter(statistics)
    for layer in net.layers():
        layer.parameters = {name: next(given) for name in layer.parameters}
        layer.training = training
        if hasattr(layer, "running_mean"):
            layer.running_mean, layer.running_var = next(moving), next(moving)
    out, dx = net.forward(x), net.backward(dout)
    gradients = [layer.gradients[name] for layer in net.layers() for name in layer.parameters]
    moved = [getattr(layer, name) for layer in net.layers() if hasattr(layer, "running_mean") for name in ("running_mean", "running_var")]
    return tuple(array.shape for array in parameters), True, out, dx, gradients, moved


def _restaged(change):
    """change(channels, stride, stage, number, width) -> channels, stride of that block."""

    def of(blocks, width):
        places = [(stage, number) for stage in range(3) for number in range(blocks)]
        return [change(*made, *place, width) for made, place in zip(stages(blocks, width), places)]

    return of


def _one_fewer(blocks, width):
    """The block that changes shapes comes before the n blocks of its stage."""
    return [made for stage in range(3) for made in [(width * 2**stage, 2)] * (stage > 0) + [(width * 2**stage, 1)] * blocks]


def _smaller_at_the_end(blocks, width):
    return [(width * 2**stage, 2 if stage and number == blocks - 1 else 1) for stage in range(3) for number in range(blocks)]


build_small_resnet = Exercise(
    id="small_resnet.build_small_resnet",
    title="A residual network from your own pieces",
    difficulty=3,
    minutes=25,
    aspects=(
        Aspect("layers", 2, "the layers with parameters, in their order and of the right shapes"),
        Aspect("rng", 1, "weights that rng draws: the same seed gives the same network, another seed another"),
        Aspect("forward", 3, "the scores that it computes with given parameters, in training and in evaluation"),
        Aspect("backward", 2, "the gradients of its images and of all its parameters, and running statistics that have moved once"),
        Aspect("plain", 2, "residual=False: the same network without shortcuts"),
    ),
    draw=_draw,
    oracle=_expected,
    probe="network",
    returns=RETURNS,
    uses=("residual", "norm", "fast_conv", "linear", "activations", "pool"),
    misconceptions=(
        Misconception(
            "width_not_doubled",
            "All stages have the same number of channels.",
            "Each stage has twice as many as the one before: W, 2·W, 4·W.",
            small_resnet(of=_restaged(lambda channels, stride, stage, number, width: (width, stride))),
            revisit="08, “A small residual network”",
        ),
        Misconception(
            "never_smaller",
            "The image keeps its size through all stages.",
            "The first block of the second and of the third stage has stride 2.",
            small_resnet(of=_restaged(lambda channels, stride, stage, number, width: (channels, 1))),
            revisit="08, “A small residual network”",
        ),
        Misconception(
            "smaller_in_every_block",
            "Every block of the second and third stage has stride 2.",
            "Only the first block of each of these stages makes the image smaller.",
            small_resnet(of=_restaged(lambda channels, stride, stage, number, width: (channels, 2 if stage else 1))),
            revisit="08, “A small residual network”",
        ),
        Misconception(
            "smaller_in_first_stage",
            "The first stage begins with stride 2 as well.",
            "The first stage works on the image in its full size; the other two begin with stride 2.",
            small_resnet(of=_restaged(lambda channels, stride, stage, number, width: (channels, 1 if number else 2))),
        ),
        Misconception(
            "extra_block",
            "The block that makes the image smaller was put before the n blocks of its stage: there is one too many.",
            "It is the first of the n.",
            small_resnet(of=_one_fewer),
        ),
        Misconception(
            "smaller_in_last_block",
            "In the second and third stage, the last block has stride 2 instead of the first.",
            "The first block of a stage makes the image smaller, so that the others work on less.",
            small_resnet(of=_smaller_at_the_end),
        ),
        Misconception(
            "two_at_most",
            "No stage has more than two blocks.",
            "`blocks` may be any number: each stage has so many.",
            small_resnet(of=lambda blocks, width: stages(min(blocks, 2), width)),
        ),
        Misconception(
            "one_block_repeated",
            "The same block object stands in the list several times: its steps share their weights, and remember only the last forward.",
            "[block] * n holds one object n times. Make a new one in every pass of the loop.",
            small_resnet(shared=True),
        ),
        Misconception(
            "stem_without_relu",
            "There is no ReLU after the first batch norm.",
            "conv, batch norm, ReLU, then the first block.",
            small_resnet(stem="norm"),
        ),
        Misconception(
            "stem_without_norm",
            "There is no batch norm after the first convolution.",
            "conv, batch norm, ReLU, then the first block.",
            small_resnet(stem="relu", planned={"stem_norm": False}),
        ),
        Misconception(
            "flag_ignored",
            "residual=False gives the residual network too.",
            "The plain twin has a branch and a ReLU where the residual network has a block.",
            small_resnet(flag=lambda residual: True),
        ),
        Misconception(
            "always_plain",
            "Nothing is added anywhere: residual=True gives the plain network too.",
            "With residual=True each step is a BasicBlock.",
            small_resnet(flag=lambda residual: False),
        ),
        Misconception(
            "twin_without_last_relu",
            "The plain twin's branches end without a ReLU.",
            "conv, batch norm, ReLU, conv, batch norm, ReLU: as the block, only that nothing is added before the last ReLU.",
            small_resnet(twin_ends="nothing"),
        ),
        Misconception(
            "max_pooling",
            "The largest number of each channel goes into the last layer, not the mean.",
            "Global average pooling: GlobalAvgPool2d.",
            small_resnet(pool="max"),
        ),
        Misconception(
            "softmax_at_end",
            "The network ends with a softmax.",
            "softmax_cross_entropy takes the scores as they are: a second softmax would flatten them.",
            small_resnet(last=lambda scores: scores.softmax(dim=1)),
        ),
        Misconception(
            "relu_at_end",
            "The scores went through a ReLU.",
            "Scores may be of any size: nothing comes after the last layer.",
            small_resnet(last=lambda scores: scores.relu()),
        ),
        Misconception(
            "rng_ignored",
            "The weights do not all come from rng: the same seed gives other weights, or another seed the same.",
            "Hand rng to each layer that has weights, and to each block.",
            small_resnet(own_rng=True),
        ),
    ),
    hints=(
        "Is the check of residual.BasicBlock green? Mend that first: it is in here n times. Then read the table from top to bottom. "
        "Which line is the same three times over but for its channels and its first stride?",
        "Collect the steps in a list: the first convolution with its batch norm and ReLU, then for each of three stages n blocks, then pooling and "
        "the last layer. Keep count of the channels that the step before gave. Sequential(*steps) makes the network.",
        "Stage 0, 1, 2 has W, 2·W, 4·W channels; a block has stride 2 when it is the first of stage 1 or 2, and 1 otherwise. With residual=True a "
        "step is a BasicBlock, otherwise a Sequential of conv, batch norm, ReLU, conv, batch norm, ReLU of the same sizes. Hand rng to all.",
    ),
)
