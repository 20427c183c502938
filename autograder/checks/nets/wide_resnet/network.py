"""WideResNet: three stages of blocks that are handed in."""

from __future__ import annotations

from autograder.checks.nets.modules import RETURNS, expected
from autograder.checks.nets.out_of_sight import out_of_sight
from autograder.checks.nets.wide_resnet.block import wide_block
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given


def wide_resnet(
    *, count=lambda depth: (depth - 4) // 6, widths=lambda k, w, stage: k * w * 2**stage,
    stride=lambda stage, number, n: 2 if stage and not number else 1, stem=("conv",), first=lambda k, w: w, stem_bias=False, handed="all",
    head=("norm", "relu"), pool="mean", fixed=None, repeats=False, own=False, listed=False, last=None, final_dropout=False, expands=True,
):
    """A builder of the judge's own network; every keyword-only argument is a way to get it wrong."""

    def build(depth=28, widen=10, classes=10, dropout=0.0, width=16, block=None):
        import torch
        from torch import nn
        from torch.nn import functional

        asked = {"widen": widen, "width": width, "classes": classes} | (fixed or {})
        n, k, w = count(depth), asked["widen"], asked["width"]
        block, expansion = (wide_block(), 1) if own or block is None else (block, block.expansion)

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                channels = first(k, w)
                layers = [nn.Conv2d(3, channels, 3, padding=1, bias=stem_bias)]
                layers += [nn.BatchNorm2d(channels)] * ("norm" in stem) + [nn.ReLU()] * ("relu" in stem) + [nn.MaxPool2d(3, 2, 1)] * ("pool" in stem)
                for stage in range(3):
                    inner = widths(k, w, stage)
                    for number in range(n):
                        if repeats and number > 1:
                            layers.append(layers[-1])
                            continue
                        given = {"all": dropout, "none": 0.0, "first": 0.0 if number else dropout}[handed]
                        layers.append(block(channels, inner, stride(stage, number, n), given))
                        channels = (expansion if expands else 1) * inner
                layers += [nn.BatchNorm2d(channels)] * ("norm" in head) + [nn.ReLU()] * ("relu" in head)
                self.layers = layers if listed else nn.ModuleList(layers)
                self.flat = 64 * channels if pool == "none" else channels
                self.classifier = nn.Linear(self.flat, asked["classes"])

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                if pool == "mean":
                    x = x.mean((2, 3))
                elif pool == "max":
                    x = x.amax((2, 3))
                else:
                    x = (functional.avg_pool2d(x, 8) if pool == "8" else x).flatten(1)
                if final_dropout:
                    x = functional.dropout(x, dropout, self.training)
                x = self.classifier(x)
                return getattr(torch, last)(x, dim=1) if last else x

        return Net()

    return build


def _draw(rng):
    def drawn(depth, widen, classes, x=None, back=False, training=True, expansion=1, **more):
        options = {"depth": depth, "widen": widen, "classes": classes, **more}
        options["block"] = Given("stride_block_with_dropout", {"expansion": expansion})
        made = {"options": options, "seed": int(rng.integers(10**6)), "training": training}
        return made | ({} if x is None else {"x": normal(rng, *x)}) | ({"dout": normal(rng, x[0], classes)} if back else {})

    a, b = (int(number) for number in rng.permutation([2, 3]))
    for depth, widen in ((28, 10), (16, 8), (40, 4)):
        yield Case("parameters", drawn(depth, widen, 10), compare=("parameters",))
    for depth, training in ((10, False), (16, True), (28, True)):
        yield Case("forward", drawn(depth, a, 10, (2, 3, 32, 32), width=b, training=training), compare=("out",))
    yield Case("options", drawn(16, b, 7, (2, 3, 32, 32), width=5, expansion=2), compare=("parameters", "out"))
    yield Case("options", drawn(28, 1, 11, width=4), compare=("parameters",))
    for p in (0.3, 0.5):
        yield Case("dropout", drawn(22, a, 10, (2, 3, 32, 32), width=b, dropout=p), compare=("out",))
    yield Case("any size", drawn(10, a, 5, (3, 3, 36, 40), width=b), compare=("out",))
    yield Case("any size", drawn(10, a, 5, (1, 3, 20, 16), width=b, training=False), compare=("out",))
    yield Case("backward", drawn(16, b, 10, (2, 3, 32, 32), width=a, back=True), compare=("dx", "gradients", "statistics"))


SECOND_AND_THIRD = "The first block of stages 2 and 3 has stride 2, all others have stride 1."
WideResNet = Exercise(
    id="nets.wide_resnet.WideResNet",
    title="A wide residual network",
    difficulty=3,
    minutes=25,
    aspects=(
        Aspect("parameters", 3, "the layers with parameters of WRN-28-10, 16-8 and 40-4, with a block that is handed in"),
        Aspect("forward", 3, "the scores of images of 32×32 pixels"),
        Aspect("options", 1, "other widths, numbers of classes, and blocks with expansion"),
        Aspect("dropout", 1, "dropout, handed to every block"),
        Aspect("any size", 1, "images of other sizes"),
        Aspect("backward", 2, "gradients that reach the images and all parameters, and running statistics that have moved once"),
    ),
    draw=_draw,
    oracle=expected(wide_resnet()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "too_many_blocks", "Each stage has twice as many blocks as it should.", "A block has two convolutions: n = (depth - 4) / 6.",
            wide_resnet(count=lambda depth: (depth - 4) // 3),
        ),
        Misconception(
            "depth_ignored", "Each stage has four blocks, whatever the depth.", "n = (depth - 4) / 6.", wide_resnet(count=lambda depth: 4),
        ),
        Misconception(
            "extra_block", "Each stage has a block too many: one that changes shapes came before its n.", "It is the first of the n.",
            wide_resnet(count=lambda depth: (depth - 4) // 6 + 1),
        ),
        Misconception(
            "not_widened", "The blocks are as narrow as those of the thin network: `widen` is not used.", "Stage widths are k·W, 2·k·W, 4·k·W.",
            wide_resnet(fixed={"widen": 1}),
        ),
        Misconception(
            "stem_widened", "The first convolution is widened as well.", "It has W channels, 16 in all published networks: only the blocks are wide.",
            wide_resnet(first=lambda k, w: k * w),
        ),
        Misconception(
            "first_stage_not_widened", "The first stage is not widened.", "Stage widths are k·W, 2·k·W, 4·k·W.",
            wide_resnet(widths=lambda k, w, stage: k * w * 2**stage if stage else w),
        ),
        Misconception(
            "width_not_doubled", "All stages have the same width.", "Each stage is twice as wide as the one before: k·W, 2·k·W, 4·k·W.",
            wide_resnet(widths=lambda k, w, stage: k * w),
        ),
        Misconception(
            "widened_by_stage", "The stages are widened by k, k², k³.", "Each stage is twice as wide as the one before: k·W, 2·k·W, 4·k·W.",
            wide_resnet(widths=lambda k, w, stage: w * k ** (stage + 1)),
        ),
        Misconception(
            "never_smaller", "The image keeps its size through all stages.", SECOND_AND_THIRD, wide_resnet(stride=lambda stage, number, n: 1),
        ),
        Misconception(
            "smaller_in_first_stage",
            "The image gets smaller too early: the first stage begins with stride 2, or the first convolution has it.",
            SECOND_AND_THIRD,
            wide_resnet(stride=lambda stage, number, n: 1 if number else 2),
        ),
        Misconception(
            "smaller_in_every_block", "Every block of stages 2 and 3 has stride 2.", SECOND_AND_THIRD,
            wide_resnet(stride=lambda stage, number, n: 2 if stage else 1),
        ),
        Misconception(
            "smaller_in_last_block", "In stages 2 and 3 the last block has stride 2 instead of the first.", SECOND_AND_THIRD,
            wide_resnet(stride=lambda stage, number, n: 2 if stage and number == n - 1 else 1),
        ),
        Misconception(
            "smaller_in_second_block", "In stages 2 and 3 the second block has stride 2 instead of the first.", SECOND_AND_THIRD,
            wide_resnet(stride=lambda stage, number, n: 2 if stage and number == min(1, n - 1) else 1),
        ),
        Misconception(
            "smaller_before_the_next_stage", "The image gets smaller in the last blocks of stages 1 and 2.", SECOND_AND_THIRD,
            wide_resnet(stride=lambda stage, number, n: 2 if stage < 2 and number == n - 1 else 1),
        ),
        Misconception(
            "smaller_in_stages_1_and_2", "Stages 1 and 2 begin with stride 2, stage 3 does not.", SECOND_AND_THIRD,
            wide_resnet(stride=lambda stage, number, n: 2 if stage < 2 and not number else 1),
        ),
        Misconception(
            "norm_behind_stem", "Batch norm and ReLU follow the first convolution.", "Not here: every block begins with them.",
            wide_resnet(stem=("conv", "norm", "relu")),
        ),
        Misconception(
            "relu_behind_stem", "A ReLU follows the first convolution.", "Not here: every block begins with batch norm and ReLU.",
            wide_resnet(stem=("conv", "relu")),
        ),
        Misconception(
            "pool_behind_stem", "Max pooling follows the first convolution.",
            "That is the stem for photographs of ImageNet. Images of 32×32 keep their size: the first stage sees all of it.",
            wide_resnet(stem=("conv", "pool")),
        ),
        Misconception(
            "stem_with_bias", "The first convolution has a bias.", "bias=False, as everywhere: batch norm follows in the first block.",
            wide_resnet(stem_bias=True),
        ),
        Misconception(
            "no_last_norm_and_relu", "Batch norm and ReLU are missing behind the last block.",
            "Blocks begin with them, so the last block's output has seen none: both come before the mean.", wide_resnet(head=()),
        ),
        Misconception("no_last_relu", "There is no ReLU before the mean.", "Behind the last block: batch norm, ReLU, mean.",
                      wide_resnet(head=("norm",))),
        Misconception("no_last_norm", "There is no batch norm behind the last block.", "Behind the last block: batch norm, ReLU, mean.",
                      wide_resnet(head=("relu",))),
        Misconception("max_at_end", "The largest number of each channel is taken, not the mean.", "Global AVERAGE pooling: the mean over both axes.",
                      wide_resnet(pool="max")),
        Misconception(
            "pool_of_8", "The average is one of 8×8 pixels: that is all of them for images of 32×32 alone.",
            "Take the mean over all places, x.mean(dim=(2, 3)) or nn.AdaptiveAvgPool2d(1).", wide_resnet(pool="8"),
        ),
        Misconception(
            "not_pooled", "The last layer takes all places of all channels: there is no pooling.", "The mean over all places comes before it.",
            wide_resnet(pool="none"),
        ),
        Misconception(
            "dropout_not_handed_on", "The blocks are not given `dropout`.", "Every block gets it: block(in_channels, width, stride, dropout).",
            wide_resnet(handed="none"),
        ),
        Misconception(
            "dropout_in_first_blocks", "Only the first block of each stage is given `dropout`.", "Every block gets it.", wide_resnet(handed="first"),
        ),
        Misconception(
            "dropout_at_end", "There is dropout before the last layer, and none in the blocks.",
            "Every block is given `dropout`, nothing else drops.",
            wide_resnet(handed="none", final_dropout=True),
        ),
        Misconception(
            "dropout_at_end_too", "Besides that in the blocks, there is dropout before the last layer.",
            "Every block is given `dropout`, nothing else drops.",
            wide_resnet(final_dropout=True),
        ),
        Misconception(
            "classes_ignored", "The network gives 10 scores, whatever is asked for.", "The last layer gives `classes`.",
            wide_resnet(fixed={"classes": 10}),
        ),
        Misconception(
            "width_ignored", "The first convolution has 16 channels and the stages follow from that, whatever `width` is.",
            "16 is W's default: write `width` wherever W stands.", wide_resnet(fixed={"width": 16}),
        ),
        Misconception(
            "block_ignored", "The network is built from WideBlock, whatever `block` is.", "`block` is the class to build it from.",
            wide_resnet(own=True),
        ),
        Misconception(
            "expansion_ignored", "A block is taken to give `width` channels, whatever its expansion is.",
            "block.expansion · width channels come out: so many go into the next block, and in the end into batch norm and the last layer.",
            wide_resnet(expands=False),
        ),
        Misconception(
            "one_block_repeated", "The same block object stands in a stage several times: its steps share their weights.",
            "Call block(…) for each of them.", wide_resnet(repeats=True),
        ),
        Misconception("softmax_at_end", "The network ends with a softmax.", "nn.CrossEntropyLoss takes the scores as they are.",
                      wide_resnet(last="softmax")),
        out_of_sight(wide_resnet),
    ),
    hints=(
        "It is CifarResNet of assignment 11 with three differences: the widths, what stands behind the first convolution, and what stands behind the "
        "last block.",
        "Collect the layers in a list as you go through the stages and their blocks, and remember how many channels came out of the last one. "
        "nn.Sequential(*layers) makes them parts of the module.",
        "conv 3×3 to W. For stage 0, 1, 2: width k·W·2^stage; for each of its (depth - 4) // 6 blocks: block(channels so far, width, stride, "
        "dropout), stride 2 for the first one of stages 1 and 2; then channels are block.expansion · width. Batch norm, ReLU, mean, linear.",
    ),
)
