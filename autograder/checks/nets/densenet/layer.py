"""DenseLayer: a few new channels behind all that there were."""

from __future__ import annotations

from autograder.checks.nets.modules import RETURNS, expected
from autograder.checks.nets.out_of_sight import out_of_sight
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception


def dense_layer(
    *, normed=(True, True), bent=(True, True), order="norm relu conv", narrow=lambda c, k, b: b * k, drops=("first", "second"), at_test=False,
    rate=None, kind="dropout", joined=lambda x, new: (x, new), axis=1, alone=False, added=False, biased=False, padding=1, listed=False,
    in_place=False, kept="x", anew=False,
):
    """A builder of the judge's own layer; every keyword-only argument is a way to get it wrong."""

    def build(in_channels, growth, bottleneck=4, dropout=0.0):
        import torch
        from torch import nn
        from torch.nn import functional

        narrowed = narrow(in_channels, growth, bottleneck)
        plan = [(in_channels, narrowed, 1)] * bool(narrowed) + [(narrowed or in_channels, in_channels + growth if anew else growth, 3)]
        first = 2 - len(plan)  # without a bottleneck there is the second convolution alone

        class Layer(nn.Module):
            def __init__(self):
                super().__init__()
                convs = [nn.Conv2d(c, made, side, padding=padding if side == 3 else 0, bias=biased) for c, made, side in plan]
                norms = [nn.BatchNorm2d(made if order == "conv norm relu" else c) for c, made, _ in plan]
                norms = [norm if on else nn.Identity() for norm, on in zip(norms, normed[first:])]
                self.convs, self.norms = (convs, norms) if listed else (nn.ModuleList(convs), nn.ModuleList(norms))

            def dropped(self, x, place):
                p = dropout if rate is None else rate(dropout) if callable(rate) else rate
                return getattr(functional, kind)(x, p, self.training or at_test) if place in drops else x

            def active(self, norm, x, number):
                if order == "relu norm conv":
                    return norm(x.relu())
                x = norm(x)
                return (x.relu_() if in_place else x.relu()) if bent[number] else x

            def forward(self, x):
                out, stays = x, x
                for number, (conv, norm) in enumerate(zip(self.convs, self.norms), first):
                    if order == "conv norm relu":
                        out = self.active(norm, conv(out), number)
                    else:
                        active = self.active(norm, out, number)
                        stays = active if kept == "active" and number == first else stays
                        out = conv(self.dropped(active, f"before {number}"))
                    out = self.dropped(out, ("first", "second")[number])
                if alone or anew:
                    return out
                return self.dropped(x + out if added else torch.cat(joined(stays, out), dim=axis), "all")

        return Layer()

    return build


def _draw(rng):
    c, k = (int(number) for number in rng.permutation([3, 5]))

    def drawn(channels, growth, training=True, back=False, **more):
        options = {"in_channels": channels, "growth": growth, **more}
        made = {"options": options, "seed": int(rng.integers(10**6)), "training": training}
        made["x"] = (1 if training else 4) * normal(rng, 2, channels, 6, 7)
        return made | ({"dout": normal(rng, 2, channels + growth, 6, 7)} if back else {})

    for options in ({"in_channels": 64, "growth": 32}, {"in_channels": 160, "growth": 12, "bottleneck": 0}, {"in_channels": 24, "growth": 40}):
        yield Case("parameters", {"options": options, "seed": 0, "training": True}, compare=("parameters",))
    for training in (False, True):
        yield Case("forward", drawn(c, k, training), compare=("out",))
    yield Case("forward", drawn(6, 6), compare=("out",))  # whoever adds, or joins another axis, comes to an end here
    yield Case("bottleneck", drawn(c, k, bottleneck=2), compare=("parameters", "out"))
    for training in (True, False):
        yield Case("bottleneck", drawn(c, k, training, bottleneck=0), compare=("parameters", "out"))
    for bottleneck, p, training in ((4, 0.25, True), (0, 0.45, True), (4, 0.3, False)):
        yield Case("dropout", drawn(c, k, training, bottleneck=bottleneck, dropout=p), compare=("out",))
    for bottleneck in (3, 0):
        yield Case("backward", drawn(c, k, back=True, bottleneck=bottleneck), compare=("dx", "gradients", "statistics"))


DROPOUT = "nn.Dropout(dropout) stands behind each of the layer's convolutions."
ORDER = "The order is batch norm, ReLU, convolution, twice."
DenseLayer = Exercise(
    id="nets.densenet.DenseLayer",
    title="A layer that adds channels",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("parameters", 2, "the layers with parameters: their kinds and shapes"),
        Aspect("forward", 3, "x as it came, and the new channels behind it"),
        Aspect("bottleneck", 2, "other bottlenecks, and none"),
        Aspect("dropout", 1, "dropout behind each convolution, in training alone"),
        Aspect("backward", 1, "gradients that reach x and all parameters, and running statistics that have moved once"),
    ),
    draw=_draw,
    oracle=expected(dense_layer()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "new_first", "The new channels stand before x.", "x comes first, what is new behind it: torch.cat([x, new], dim=1).",
            dense_layer(joined=lambda x, new: (new, x)),
        ),
        Misconception(
            "new_alone", "Only the new channels come out: x is missing.", "Later layers need both: torch.cat([x, new], dim=1).",
            dense_layer(alone=True),
        ),
        Misconception(
            "added", "The new channels are added to x, as in a residual block.", "Here they stand side by side: torch.cat([x, new], dim=1).",
            dense_layer(added=True),
        ),
        Misconception(
            "new_twice", "The new channels stand there twice, and x not at all.", "torch.cat([x, new], dim=1): keep x before you overwrite it.",
            dense_layer(joined=lambda x, new: (new, new)),
        ),
        Misconception(
            "other_axis", "x and the new channels are joined along another axis.", "Channels are axis 1: torch.cat([x, new], dim=1).",
            dense_layer(axis=0),
        ),
        Misconception(
            "axis_of_rows", "x and the new channels are joined along the rows of the images.", "Channels are axis 1: torch.cat([x, new], dim=1).",
            dense_layer(axis=2),
        ),
        Misconception(
            "axis_of_columns", "x and the new channels are joined along the last axis, the columns of the images.",
            "Channels are axis 1: torch.cat([x, new], dim=1).", dense_layer(axis=3),
        ),
        Misconception(
            "active_kept", "What stands before the new channels is x behind batch norm and ReLU.",
            "x stays as it came: each later layer has a batch norm of its own for it. Keep x before you normalise it.", dense_layer(kept="active"),
        ),
        Misconception(
            "all_anew", "The 3×3 convolution makes all C + k channels anew.", "It makes k; x is put before them: torch.cat([x, new], dim=1).",
            dense_layer(anew=True),
        ),
        Misconception(
            "conv_first", "The convolutions come before batch norm and ReLU.", ORDER, dense_layer(order="conv norm relu"),
        ),
        Misconception("relu_before_norm", "The ReLUs stand before the batch norms.", ORDER, dense_layer(order="relu norm conv")),
        Misconception("no_first_relu", "There is no ReLU before the 1×1 convolution.", ORDER, dense_layer(bent=(False, True))),
        Misconception("no_second_relu", "There is no ReLU before the 3×3 convolution.", ORDER, dense_layer(bent=(True, False))),
        Misconception("no_first_norm", "There is no batch norm before the 1×1 convolution.", ORDER, dense_layer(normed=(False, True))),
        Misconception("no_second_norm", "There is no batch norm before the 3×3 convolution.", ORDER, dense_layer(normed=(True, False))),
        Misconception(
            "no_bottleneck", "There is no 1×1 convolution.", "With a bottleneck b > 0, a 1×1 convolution narrows x to b·k channels first.",
            dense_layer(narrow=lambda c, k, b: 0),
        ),
        Misconception(
            "bottleneck_always", "There is a bottleneck of 4·k channels, whatever is asked for.",
            "`bottleneck` may be another number; with 0 the 3×3 convolution sees x itself.", dense_layer(narrow=lambda c, k, b: 4 * k),
        ),
        Misconception(
            "zero_is_four", "With bottleneck=0 there still is one.", "0 means none: batch norm, ReLU, conv 3×3 alone.",
            dense_layer(narrow=lambda c, k, b: (b or 4) * k),
        ),
        Misconception(
            "bottleneck_of_input", "The bottleneck has b times as many channels as x.", "It has b·k: it depends on the growth, not on what came in.",
            dense_layer(narrow=lambda c, k, b: b * c),
        ),
        Misconception(
            "bottleneck_is_width", "`bottleneck` was taken for a number of channels.", "It counts in units of the growth: b·k channels.",
            dense_layer(narrow=lambda c, k, b: b),
        ),
        Misconception(
            "bottleneck_of_growth", "The bottleneck has as many channels as the layer adds.", "It has b·k: `bottleneck` times `growth`.",
            dense_layer(narrow=lambda c, k, b: k if b else 0),
        ),
        Misconception(
            "bottleneck_of_four", "The bottleneck has 4·k channels, where there is one.", "It has b·k: `bottleneck` may be another number than 4.",
            dense_layer(narrow=lambda c, k, b: 4 * k if b else 0),
        ),
        Misconception("no_dropout", "There is no dropout.", DROPOUT, dense_layer(drops=())),
        Misconception("dropout_at_end", "There is dropout behind the last convolution only.", DROPOUT, dense_layer(drops=("second",))),
        Misconception("dropout_in_bottleneck", "There is dropout behind the 1×1 convolution only.", DROPOUT, dense_layer(drops=("first",))),
        Misconception(
            "dropout_before", "Dropout stands before the convolutions.", DROPOUT, dense_layer(drops=("before 0", "before 1")),
        ),
        Misconception(
            "dropout_on_all", "Dropout is applied to what comes out, so x loses numbers again in every layer.", f"It is for what is new: {DROPOUT}",
            dense_layer(drops=("first", "all")),
        ),
        Misconception(
            "dropout_in_use", "Numbers are dropped in evaluation, too.",
            "F.dropout does not know the mode: give it training=self.training, or take nn.Dropout, which does.", dense_layer(at_test=True),
        ),
        Misconception(
            "dropout_rate_fixed", "Dropout has a probability of 0.2, whatever is asked for.", "Hand `dropout` on: nn.Dropout(dropout).",
            dense_layer(rate=0.2),
        ),
        Misconception(
            "rate_is_kept_share", "`dropout` is taken for the probability with which a number is kept.",
            "It is that with which a number is DROPPED, as in nn.Dropout(dropout).", dense_layer(rate=lambda p: 1 - p),
        ),
        Misconception("whole_channels", "Dropout drops whole channels.", "nn.Dropout drops single numbers, nn.Dropout2d channels.",
                      dense_layer(kind="dropout2d")),
        Misconception("biased", "The convolutions have a bias.", "bias=False, for both.", dense_layer(biased=True)),
        Misconception(
            "not_padded", "The layer ends with an error: most often the 3×3 convolution is not padded, so what is new is smaller than x.",
            "padding=1 keeps the size: what stands side by side must have the same height and width.", dense_layer(padding=0),
        ),
        out_of_sight(dense_layer),
    ),
    hints=(
        "What comes out is longer along one axis than x. Which function of torch puts two tensors side by side?",
        "Batch norm, ReLU, convolution, dropout: once or twice, in an nn.Sequential that makes the k new channels. torch.cat joins x and these.",
        "If bottleneck: batch norm of C, ReLU, conv 1×1 to bottleneck·growth, dropout; then batch norm of as many, ReLU, conv 3×3 with padding 1 to "
        "growth, dropout. Without: the second half alone, from C. forward gives torch.cat([x, new], dim=1).",
    ),
)
