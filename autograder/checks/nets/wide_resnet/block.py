"""WideBlock: pre-activation, with dropout between the convolutions."""

from __future__ import annotations

from autograder.checks.nets.modules import RETURNS, expected
from autograder.checks.nets.out_of_sight import out_of_sight
from autograder.checks.nets.projections import slips
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception


def wide_block(
    *, normed=(True, True), bent=(True, True), order="norm first", drops="between", rate=None, at_test=False, kind="dropout", strided=0, padding=1,
    projects=lambda c, f, s: s != 1 or c != f, past="active", past_stride=True, past_norm=False, kept="x", skips=True, biased=(), last=None,
    shared=False, listed=False,
):
    """A builder of the judge's own block; every keyword-only argument is a way to get it wrong."""

    def build(in_channels, width, stride=1, dropout=0.0):
        import torch
        from torch import nn
        from torch.nn import functional

        def conv(name, given, side, step):
            return nn.Conv2d(given, width, side, step, padding=padding if side == 3 else 0, bias=name in biased)

        def norm(on, channels):
            return nn.BatchNorm2d(channels) if on else nn.Identity()

        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                steps = (stride, 1) if strided == 0 else (1, stride)
                convs = [conv("first", in_channels, 3, steps[0]), conv("second", width, 3, steps[1])]
                channels = (in_channels, width) if order != "conv first" else (width, width)
                norms = [norm(normed[0], channels[0]), norm(normed[1], channels[1])]
                if shared and in_channels == width:
                    norms[1] = norms[0]
                past_block = [conv("past", in_channels, 1, stride if past_stride else 1)] * bool(projects(in_channels, width, stride))
                past_block += [nn.BatchNorm2d(width)] * (past_norm and bool(past_block))
                self.convs, self.norms, self.past = ((convs, norms, past_block) if listed else map(nn.ModuleList, (convs, norms, past_block)))

            def dropped(self, x, place):
                p = dropout if rate is None else rate(dropout) if callable(rate) else rate
                return getattr(functional, kind)(x, p, self.training or at_test) if drops == place else x

            def active(self, x, number):
                if order == "relu first":
                    return self.norms[number](x.relu())
                x = self.norms[number](x)
                if number == 1:
                    x = self.dropped(x, "before relu")
                return x.relu() if bent[number] else x

            def forward(self, x):
                if order == "conv first":
                    out = self.dropped(self.active(self.convs[0](x), 0), "between")
                    out, skip = self.active(self.convs[1](out), 1), x
                else:
                    active = self.active(self.dropped(x, "at start"), 0)
                    out = self.dropped(self.convs[0](self.dropped(active, "before first")), "before norm")
                    out = self.dropped(self.active(out, 1), "between")
                    out = self.dropped(self.convs[1](out), "after second")
                    skip = active if (past if self.past else kept) == "active" else x
                for layer in self.past:
                    skip = layer(skip)
                out = self.dropped(out + skip if skips else out, "after sum")
                return getattr(torch, last)(out) if last else out

        return Block()

    return build


def _draw(rng):
    a, b = (int(number) for number in rng.permutation([3, 5]))

    def drawn(channels, width, stride=1, dropout=0.0, training=True, back=False):
        options = {"in_channels": channels, "width": width, "stride": stride} | ({"dropout": dropout} if dropout else {})
        made = {"options": options, "seed": int(rng.integers(10**6)), "training": training}
        made["x"] = (1 if training else 4) * normal(rng, 2, channels, 6, 7)
        return made | ({"dout": normal(rng, 2, width, (6 - 1) // stride + 1, (7 - 1) // stride + 1)} if back else {})

    for channels, width, more in ((160, 160, {}), (16, 160, {"dropout": 0.3}), (7, 7, {"stride": 2})):
        options = {"in_channels": channels, "width": width, **more}
        yield Case("parameters", {"options": options, "seed": 0, "training": True}, compare=("parameters",))
    for training in (False, True):
        yield Case("identity", drawn(a, a, training=training), compare=("out",))
    for shape in ((a, b, 1), (b, a, 2), (a, a, 2)):
        yield Case("projection", drawn(*shape), compare=("out",))
    for shape, p, training in (((a, a, 1), 0.3, True), ((a, b, 2), 0.6, True), ((b, b, 1), 0.4, False)):
        yield Case("dropout", drawn(*shape, dropout=p, training=training), compare=("out",))
    for shape in ((b, b, 1), (a, b, 2)):
        yield Case("backward", drawn(*shape, back=True), compare=("dx", "gradients", "statistics"))


WideBlock = Exercise(
    id="nets.wide_resnet.WideBlock",
    title="A wide block",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("parameters", 2, "the layers with parameters: their kinds and shapes"),
        Aspect("identity", 2, "the sum where shapes stay as they are, in training and in evaluation"),
        Aspect("projection", 2, "the sum where channels or size change"),
        Aspect("dropout", 3, "dropout between the convolutions, in training alone"),
        Aspect("backward", 1, "gradients that reach x and all parameters, and running statistics that have moved once"),
    ),
    draw=_draw,
    oracle=expected(wide_block()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "no_dropout", "There is no dropout.", "nn.Dropout(dropout) stands between the second ReLU and the second convolution.",
            wide_block(drops="nowhere"),
        ),
        Misconception(
            "dropout_in_use", "Numbers are dropped in evaluation, too.",
            "F.dropout does not know the mode: give it training=self.training, or take nn.Dropout, which does.", wide_block(at_test=True),
        ),
        Misconception(
            "dropout_rate_fixed", "Dropout has a probability of 0.5, whatever is asked for.", "Hand `dropout` on: nn.Dropout(dropout).",
            wide_block(rate=0.5),
        ),
        Misconception(
            "dropout_before_norm", "Dropout stands before the second batch norm.",
            "There it would spoil the statistics. It comes behind batch norm and ReLU, right before the second convolution.",
            wide_block(drops="before norm"),
        ),
        Misconception(
            "dropout_on_branch", "Dropout stands behind the second convolution.", "It stands between the two, behind the second ReLU.",
            wide_block(drops="after second"),
        ),
        Misconception(
            "dropout_on_sum", "Dropout is applied to the sum: what goes past the branch is dropped, too.",
            "It belongs into the branch, between the two convolutions. Past it x goes unhindered.", wide_block(drops="after sum"),
        ),
        Misconception(
            "dropout_at_start", "Dropout is applied to x, before the block begins.",
            "It stands between the two convolutions, behind the second ReLU.",
            wide_block(drops="at start"),
        ),
        Misconception(
            "dropout_before_first", "Dropout stands before the first convolution.", "It stands between the two, behind the second ReLU.",
            wide_block(drops="before first"),
        ),
        Misconception(
            "rate_is_kept_share", "`dropout` is taken for the probability with which a number is kept.",
            "It is that with which a number is DROPPED, as in nn.Dropout(dropout).", wide_block(rate=lambda p: 1 - p),
        ),
        Misconception(
            "whole_channels", "Dropout drops whole channels.", "nn.Dropout drops single numbers, nn.Dropout2d channels.",
            wide_block(kind="dropout2d"),
        ),
        Misconception(
            "post_activation", "Batch norm and ReLU stand behind the convolutions.",
            "Before them: this block begins with batch norm and ReLU, and ends with the sum.", wide_block(order="conv first"),
        ),
        Misconception(
            "relu_before_norm", "The ReLUs stand before the batch norms.", "The order is batch norm, ReLU, convolution.",
            wide_block(order="relu first"),
        ),
        Misconception(
            "no_first_relu", "There is no ReLU before the first convolution.", "Batch norm and ReLU stand before each of the two.",
            wide_block(bent=(False, True)),
        ),
        Misconception(
            "no_second_relu", "There is no ReLU before the second convolution.", "Batch norm and ReLU stand before each of the two.",
            wide_block(bent=(True, False)),
        ),
        Misconception(
            "no_first_norm", "There is no batch norm before the first convolution.", "Batch norm and ReLU stand before each of the two.",
            wide_block(normed=(False, True)),
        ),
        Misconception(
            "no_second_norm", "There is no batch norm before the second convolution.", "Batch norm and ReLU stand before each of the two.",
            wide_block(normed=(True, False)),
        ),
        Misconception(
            "norm_shared", "Where shapes stay, both batch norms are one and the same.",
            "Each has its own scale, shift and statistics: make two.", wide_block(shared=True),
        ),
        Misconception(
            "relu_at_end", "A ReLU follows the sum.", "Nothing follows it: the next block begins with batch norm and ReLU.", wide_block(last="relu"),
        ),
        *slips(wide_block),
        Misconception(
            "active_past_the_branch", "Where shapes stay, what goes past the branch went through batch norm and ReLU.",
            "There x itself is added, as it came. Only the projection starts behind the first ReLU.", wide_block(kept="active"),
        ),
        Misconception(
            "projection_of_x", "The projection is one of x as it came.",
            "In pre-activation blocks of this kind it starts behind the first batch norm and ReLU, as the branch does.", wide_block(past="x"),
        ),
        Misconception(
            "projection_with_norm", "A batch norm follows the projection.",
            "Here it is the 1×1 convolution alone: the next block normalises the sum.",
            wide_block(past_norm=True),
        ),
        Misconception(
            "only_where_both_change", "There is a projection only where both channels and size change.", "One of the two is enough: `or`, not `and`.",
            wide_block(projects=lambda c, f, s: s != 1 and c != f),
        ),
        Misconception(
            "biased", "The convolutions have a bias.", "bias=False, for all three of them.", wide_block(biased=("first", "second", "past")),
        ),
        Misconception("projection_with_bias", "The projection has a bias.", "bias=False for that one, too.", wide_block(biased=("past",))),
        Misconception(
            "stride_on_second", "The stride is on the second convolution.", "The first makes the image smaller, so that the second has less to do.",
            wide_block(strided=1),
        ),
        Misconception(
            "not_padded",
            "The block ends with an error: most often its 3×3 convolutions are not padded, so the branch is smaller than what goes past it.",
            "padding=1 keeps the size. If they have it, read the error below.",
            wide_block(padding=0),
        ),
        out_of_sight(wide_block),
    ),
    hints=(
        "What does your PreActBlock of assignment 11 lack?",
        "Batch norm and ReLU of x, once: from there the branch starts, and the projection where there is one. In the branch, dropout stands behind "
        "the second ReLU.",
        "In __init__: batch norm of C channels; conv 3×3 with the stride, batch norm of F channels, nn.Dropout, conv 3×3; a conv 1×1 with the stride "
        "if shapes change. In forward: a = relu(norm(x)); the branch of a, plus x or the projection of a.",
    ),
)
