"""DenseNet: dense blocks and transitions, from layers that are handed in and from the learner's own."""

from __future__ import annotations

from autograder.checks.nets.densenet.layer import dense_layer
from autograder.checks.nets.modules import RETURNS, expected
from autograder.checks.nets.out_of_sight import out_of_sight
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given


def densenet(
    *, transition=("norm", "relu", "conv", "drop", "avg"), ended=False, kept=lambda c, t: int(t * c), stem_parts=("norm", "relu", "pool"),
    stem_pool=None, stem_conv=None, small=None, stem_width=lambda s, k: s, biased=(), handed=("bottleneck", "dropout"), head=("norm", "relu"),
    pool="mean", counted=lambda counts: counts, fixed=None, repeats=False, own=None, listed=False, last=None, begun=False, joined=False,
):
    """A builder of the judge's own network; every keyword-only argument is a way to get it wrong."""

    def build(
        counts=(6, 12, 24, 16), growth=32, classes=1000, bottleneck=4, compression=0.5, dropout=0.0, stem=64, small_images=False, layer=None,
    ):
        import torch
        from torch import nn
        from torch.nn import functional

        made = own or layer or dense_layer()
        asked = {"stem": stem, "compression": compression, "classes": classes} | (fixed or {})
        rest = (bottleneck if "bottleneck" in handed else 4, dropout if "dropout" in handed else 0.0)

        def shrink(layers, channels):
            """Append a transition; the channels behind it."""
            to = kept(channels, asked["compression"])
            layers += _transition(transition, channels, to, dropout, bias="transition" in biased)
            return to if {"conv", "stride"} & set(transition) else channels

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                channels, blocks = stem_width(asked["stem"], growth), counted(counts)
                is_small = small_images if small is None else small
                layers = _stem(is_small, channels, stem_parts, stem_conv or {}, stem_pool or {}, bias="stem" in biased)
                if begun:
                    channels = shrink(layers, channels)
                for number, count in enumerate(blocks):
                    for _ in range(1 if repeats else count):
                        layers.append(made(channels, growth, *rest))
                        channels += growth
                    if number < len(blocks) - 1 or ended:
                        channels = shrink(layers, channels)
                layers += [nn.BatchNorm2d(channels)] * ("norm" in head) + [nn.ReLU()] * ("relu" in head)
                self.layers = layers if listed else nn.ModuleList(layers)
                self.classifier = nn.Linear(channels, asked["classes"])

            def forward(self, x):
                for layer in self.layers:
                    again = joined and type(layer).__module__ != "torch.nn.modules." + type(layer).__module__.rpartition(".")[2]
                    x = torch.cat([x, layer(x)], 1) if again else layer(x)
                if pool == "7":
                    x = functional.avg_pool2d(x, 7).flatten(1)
                else:
                    x = x.amax((2, 3)) if pool == "max" else x.mean((2, 3))
                x = self.classifier(x)
                return getattr(torch, last)(x, dim=1) if last else x

        return Net()

    return build


def _stem(small, channels, parts, conv, pool, bias):
    """The layers before the first block; `conv` and `pool` are options that differ from the published ones."""
    from torch import nn

    if small:
        return [nn.Conv2d(3, channels, 3, padding=1, bias=bias)] + [nn.BatchNorm2d(channels), nn.ReLU()] * ("small norm" in parts)
    pooling = {"kernel_size": 3, "stride": 2, "padding": 1} | pool
    steps = {
        "early pool": nn.MaxPool2d(**pooling), "norm": nn.BatchNorm2d(channels), "relu": nn.ReLU(),
        "pool": nn.MaxPool2d(**pooling), "average pool": nn.AvgPool2d(**pooling),
    }
    first = nn.Conv2d(3, channels, **{"kernel_size": 7, "stride": 2, "padding": 3} | conv, bias=bias)
    return [first, *(steps[name] for name in parts if name in steps)]


def _transition(parts, channels, to, dropout, bias):
    from torch import nn

    steps = {
        "norm": lambda: nn.BatchNorm2d(channels), "relu": nn.ReLU, "conv": lambda: nn.Conv2d(channels, to, 1, bias=bias),
        "drop": lambda: nn.Dropout(dropout), "avg": lambda: nn.AvgPool2d(2), "max": lambda: nn.MaxPool2d(2),
        "avg 3": lambda: nn.AvgPool2d(3, 2, 1), "avg ceil": lambda: nn.AvgPool2d(2, ceil_mode=True),
        "narrow norm": lambda: nn.BatchNorm2d(to), "stride": lambda: nn.Conv2d(channels, to, 1, 2, bias=False),
    }
    return [steps[name]() for name in parts]


def _draw(rng):
    def drawn(x=None, back=False, training=True, own=False, **options):
        options |= {} if own else {"layer": Given("widening_layer", {})}
        made = {"options": options, "seed": int(rng.integers(10**6)), "training": training}
        return made | ({} if x is None else {"x": normal(rng, *x)}) | ({"dout": normal(rng, x[0], options["classes"])} if back else {})

    k, s = (int(number) for number in rng.permutation([3, 5]))
    tiny = {"growth": k, "stem": s, "classes": 7}
    small = tiny | {"small_images": True}
    yield Case("parameters", drawn(), compare=("parameters",))
    yield Case("parameters", drawn(counts=(2, 3, 4), growth=24, classes=100), compare=("parameters",))
    for counts, size, training in (((3, 1), 32, False), ((1, 2, 1, 2), 64, True)):
        yield Case("forward", drawn((2, 3, size, size), training=training, counts=counts, **tiny), compare=("out",))
    yield Case("forward", drawn((2, 3, 43, 38), counts=(2, 2), **tiny), compare=("out",))
    for counts, size in (((2, 1, 3), (16, 16)), ((1, 3), (22, 19))):
        yield Case("small images", drawn((2, 3, *size), counts=counts, **small), compare=("parameters", "out"))
    for compression, counts in ((1, (2, 1)), (0.4, (3, 2, 1))):
        yield Case("options", drawn((2, 3, 16, 16), counts=counts, compression=compression, **small), compare=("parameters", "out"))
    yield Case("options", drawn((2, 3, 16, 16), counts=(2, 1), bottleneck=2, **small), compare=("out",))
    yield Case("options", drawn((2, 3, 16, 16), counts=(2, 1), dropout=0.3, **small), compare=("out",))
    yield Case("backward", drawn((2, 3, 48, 40), True, counts=(1, 2, 1), **tiny), compare=("dx", "gradients", "statistics"))
    cifar = {"counts": (12,) * 3, "growth": 12, "classes": 10, "bottleneck": 0, "compression": 1, "stem": 16, "small_images": True}
    yield Case("your layers", drawn(own=True, **cifar), compare=("parameters",))
    for options in ({}, {"bottleneck": 0, "dropout": 0.3}):
        yield Case("your layers", drawn((2, 3, 16, 16), True, own=True, counts=(1, 1), **small, **options), compare=("out", "dx", "gradients"))


TRANSITION = "A transition is batch norm, ReLU, conv 1×1, dropout, average pooling 2×2."
STEM = "The stem is conv 7×7 with stride 2 and padding 3, batch norm, ReLU, and max pooling 3×3 with stride 2 and padding 1."
DenseNet = Exercise(
    id="nets.densenet.DenseNet",
    title="DenseNet",
    difficulty=4,
    minutes=35,
    aspects=(
        Aspect("parameters", 2, "the layers with parameters of DenseNet-121 and another, with a layer that is handed in"),
        Aspect("forward", 2, "the scores, with a layer that is handed in"),
        Aspect("small images", 2, "the stem for small images"),
        Aspect("options", 2, "compression, bottleneck and dropout"),
        Aspect("backward", 1, "gradients that reach the images and all parameters, and running statistics that have moved once"),
        Aspect("your layers", 2, "the same from your own DenseLayer: DenseNet-40, and what small ones compute"),
    ),
    draw=_draw,
    oracle=expected(densenet()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "no_transitions", "There are no transitions: blocks follow each other directly.", TRANSITION, densenet(transition=()),
        ),
        Misconception(
            "transition_at_end", "A transition follows the last block, too.", "They stand between blocks: the last one has none behind it.",
            densenet(ended=True),
        ),
        Misconception(
            "transition_at_start", "A transition stands before the first block, too.", "They stand between blocks: the stem has made enough room.",
            densenet(begun=True),
        ),
        Misconception(
            "dropout_behind_pooling", "In the transitions dropout comes last, behind the pooling.", TRANSITION,
            densenet(transition=("norm", "relu", "conv", "avg", "drop")),
        ),
        Misconception(
            "dropout_before_conv", "In the transitions dropout stands before the convolution.", TRANSITION,
            densenet(transition=("norm", "relu", "drop", "conv", "avg")),
        ),
        Misconception("mean_of_3x3", "The transitions take the mean of 3×3 pixels.", TRANSITION,
                      densenet(transition=("norm", "relu", "conv", "drop", "avg 3"))),
        Misconception("transition_ceil", "The transitions' pooling rounds sizes up (ceil_mode).", TRANSITION,
                      densenet(transition=("norm", "relu", "conv", "drop", "avg ceil"))),
        Misconception("no_norm_in_transition", "The transitions lack their batch norm.", TRANSITION,
                      densenet(transition=("relu", "conv", "drop", "avg"))),
        Misconception("no_relu_in_transition", "The transitions lack their ReLU.", TRANSITION,
                      densenet(transition=("norm", "conv", "drop", "avg"))),
        Misconception("transition_conv_first", "In the transitions the convolution comes before batch norm and ReLU.", TRANSITION,
                      densenet(transition=("conv", "narrow norm", "relu", "drop", "avg"))),
        Misconception("max_in_transition", "The transitions take the largest number of 2×2, not their mean.", TRANSITION,
                      densenet(transition=("norm", "relu", "conv", "drop", "max"))),
        Misconception("never_smaller", "The transitions do not make the image smaller: the pooling is missing.", TRANSITION,
                      densenet(transition=("norm", "relu", "conv", "drop"))),
        Misconception("stride_in_transition", "The transitions' convolution has stride 2, and there is no pooling.", TRANSITION,
                      densenet(transition=("norm", "relu", "stride", "drop"))),
        Misconception("no_dropout_in_transition", "The transitions have no dropout.", TRANSITION,
                      densenet(transition=("norm", "relu", "conv", "avg"))),
        Misconception(
            "compression_ignored", "The transitions keep half of the channels, whatever `compression` is.", "Of C channels they keep int(θ·C).",
            densenet(fixed={"compression": 0.5}),
        ),
        Misconception(
            "not_compressed", "The transitions keep all channels.", "Of C channels they keep int(θ·C): `compression` is θ.",
            densenet(fixed={"compression": 1}),
        ),
        Misconception(
            "compression_is_lost_share", "The transitions drop θ·C channels instead of keeping them.", "They keep int(θ·C).",
            densenet(kept=lambda c, t: int((1 - t) * c) or c),
        ),
        Misconception(
            "rounded_up", "The channels that a transition keeps are rounded up, or to the nearest whole number.", "int(θ·C) rounds down.",
            densenet(kept=lambda c, t: -int(-t * c // 1)),
        ),
        Misconception(
            "back_to_growth", "The transitions keep as many channels as a layer adds.", "They keep int(θ·C), of the C that their block gave.",
            densenet(kept=lambda c, t: 32),
        ),
        Misconception(
            "counts_ignored", "The blocks have 6, 12, 24 and 16 layers, whatever `counts` is.",
            "`counts` says how many blocks there are, and how long.",
            densenet(counted=lambda counts: (6, 12, 24, 16)),
        ),
        Misconception(
            "a_layer_too_few", "Each block lacks a layer.", "counts[0] layers in the first block, counts[1] in the second, and so on.",
            densenet(counted=lambda counts: [count - 1 for count in counts]),
        ),
        Misconception(
            "one_layer_each", "Each block has one layer.", "counts[0] layers in the first block, each k channels wider than the one before.",
            densenet(repeats=True),
        ),
        Misconception("no_norm_in_stem", "The stem lacks its batch norm.", STEM, densenet(stem_parts=("relu", "pool"))),
        Misconception("no_relu_in_stem", "The stem lacks its ReLU.", STEM, densenet(stem_parts=("norm", "pool"))),
        Misconception("no_pooling_in_stem", "The stem lacks its max pooling.", STEM, densenet(stem_parts=("norm", "relu"))),
        Misconception("stem_pooled_early", "The stem's max pooling comes before its batch norm.", STEM,
                      densenet(stem_parts=("early pool", "norm", "relu"))),
        Misconception("average_in_stem", "The stem averages where it should take the largest number.", STEM,
                      densenet(stem_parts=("norm", "relu", "average pool"))),
        Misconception("stem_pool_not_padded", "The stem's max pooling is not padded.", STEM, densenet(stem_pool={"padding": 0})),
        Misconception("stem_pool_of_2", "The stem's max pooling looks at 2×2 pixels.", STEM, densenet(stem_pool={"kernel_size": 2, "padding": 0})),
        Misconception("stem_pool_ceil", "The stem's max pooling rounds sizes up (ceil_mode).", STEM,
                      densenet(stem_pool={"padding": 0, "ceil_mode": True})),
        Misconception("stem_conv_not_padded", "The stem's convolution is not padded.", STEM, densenet(stem_conv={"padding": 0})),
        Misconception("stem_without_stride", "The stem's convolution has no stride.", STEM, densenet(stem_conv={"stride": 1})),
        Misconception(
            "small_images_ignored", "The stem is that for large images, whatever `small_images` is.",
            "With small_images=True it is one conv 3×3 with padding 1, and nothing else: 32×32 pixels leave nothing to throw away.",
            densenet(small=False),
        ),
        Misconception(
            "norm_behind_small_stem", "With small_images=True, batch norm and ReLU follow the first convolution.",
            "Not there: the first layer begins with them.", densenet(stem_parts=("norm", "relu", "pool", "small norm")),
        ),
        Misconception(
            "stem_of_growth", "The first convolution has 2·k channels, whatever `stem` is.", "It has `stem` channels: 2·k is what the paper chooses.",
            densenet(stem_width=lambda s, k: 2 * k),
        ),
        Misconception("stem_ignored", "The first convolution has 64 channels, whatever `stem` is.", "It has `stem` channels.",
                      densenet(fixed={"stem": 64})),
        Misconception("stem_with_bias", "The first convolution has a bias.", "No convolution has one: bias=False.", densenet(biased=("stem",))),
        Misconception("transition_with_bias", "The transitions' convolutions have a bias.", "No convolution has one: bias=False.",
                      densenet(biased=("transition",))),
        Misconception("biased", "The convolutions have a bias.", "No convolution has one: bias=False.", densenet(biased=("stem", "transition"))),
        Misconception(
            "bottleneck_not_handed_on", "The layers are not given `bottleneck`.", "Each gets it: layer(channels, growth, bottleneck, dropout).",
            densenet(handed=("dropout",)),
        ),
        Misconception(
            "dropout_not_handed_on", "The layers are not given `dropout`.", "Each gets it: layer(channels, growth, bottleneck, dropout).",
            densenet(handed=("bottleneck",)),
        ),
        Misconception(
            "no_last_norm_and_relu", "Batch norm and ReLU are missing behind the last block.",
            "Layers begin with them, so what the last ones made has seen none: both come before the mean.", densenet(head=()),
        ),
        Misconception("no_last_relu", "There is no ReLU before the mean.", "Behind the last block: batch norm, ReLU, mean.",
                      densenet(head=("norm",))),
        Misconception("no_last_norm", "There is no batch norm behind the last block.", "Behind the last block: batch norm, ReLU, mean.",
                      densenet(head=("relu",))),
        Misconception("max_at_end", "The largest number of each channel is taken, not the mean.", "Global AVERAGE pooling: the mean over both axes.",
                      densenet(pool="max")),
        Misconception(
            "pool_of_7", "The average is one of 7×7 pixels: that is all of them for images of 224×224 alone.",
            "Take the mean over all places, x.mean(dim=(2, 3)) or nn.AdaptiveAvgPool2d(1).", densenet(pool="7"),
        ),
        Misconception("classes_ignored", "The network gives 1000 scores, whatever is asked for.", "The last layer gives `classes`.",
                      densenet(fixed={"classes": 1000})),
        Misconception(
            "layer_ignored", "The network is built from DenseLayer, whatever `layer` is.", "`layer` is the class to build it from.",
            densenet(own=dense_layer()),
        ),
        Misconception(
            "joined_again", "One part gives another number of channels than the next one takes: most often x and a layer's output are joined twice.",
            "A layer gives in_channels + growth channels: what came in is among them. Hand its output on as it is, and count along.",
            densenet(joined=True),
        ),
        Misconception("softmax_at_end", "The network ends with a softmax.", "nn.CrossEntropyLoss takes the scores as they are.",
                      densenet(last="softmax")),
        out_of_sight(densenet),
    ),
    hints=(
        "Walk through DenseNet-121 with a pencil: how many channels are there after each part of the table?",
        "Collect the layers in a list and keep count of the channels: every dense layer adds k, every transition keeps int(θ·C). "
        "nn.Sequential(*layers) makes them parts of the module.",
        "The stem, by small_images. For each block: before every one but the first a transition (batch norm, ReLU, conv 1×1, dropout, average "
        "pooling 2×2); then its layers, layer(channels, growth, bottleneck, dropout), channels + growth after each. Batch norm, ReLU, mean, linear.",
    ),
)
