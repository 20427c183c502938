"""ResNeXtBlock: a bottleneck with grouped convolution."""

from __future__ import annotations

from autograder.checks.nets.modules import RETURNS, expected
from autograder.checks.nets.out_of_sight import out_of_sight
from autograder.checks.nets.projections import slips
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception


def resnext_block(
    *, groups=(False, True, False), count="G", inner=lambda f, g, base: g * (f * base // 64), out=lambda f, inner: 4 * f, strided=1, padding=1,
    bent=(True, True), order="norm relu", normed=(True, True, True), projects=lambda c, out, s: s != 1 or c != out, past_stride=True, past_norm=True,
    skips=True, biased=(), last="relu of sum", shared=False, listed=False, fixed=None, form="c",
):
    """A builder of the judge's own block; every keyword-only argument is a way to get it wrong. form: "a" or "b" of the docstring."""

    def build(in_channels, width, stride=1, cardinality=32, base_width=4):
        import torch
        from torch import nn

        asked = {"cardinality": cardinality, "base_width": base_width} | (fixed or {})
        g, base = asked["cardinality"], asked["base_width"]
        middle = inner(width, g, base)
        made = out(width, middle)
        depth = max(middle // g, 1)

        def conv(number, given, gives, side, step):
            split = {"G": g, "d": depth, "all": middle, "base": base}[count] if number < 3 and groups[number] else 1
            return nn.Conv2d(given, gives, side, step, padding=padding if side == 3 else 0, groups=split, bias=number in biased)

        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                steps = [stride if number == strided else 1 for number in range(3)]
                convs = [
                    conv(0, in_channels, middle, 1, steps[0]), conv(1, middle, middle, 3, steps[1]), conv(2, middle, made, 1, steps[2]),
                ]
                norms = [nn.BatchNorm2d(channels) if on else nn.Identity() for channels, on in zip((middle, middle, made), normed)]
                if shared:
                    norms[1] = norms[0]
                past = []
                if projects(in_channels, made, stride):
                    past = [conv(3, in_channels, made, 1, stride if past_stride else 1)] + [nn.BatchNorm2d(made)] * past_norm
                self.convs, self.norms, self.past = (convs, norms, past) if listed else map(nn.ModuleList, (convs, norms, past))

            def active(self, x, number):
                if order == "relu norm":
                    return self.norms[number](x.relu())
                return self.norms[number](x).relu() if bent[number] else self.norms[number](x)

            def forward(self, x):
                branch = self.active(self.convs[0](x), 0)
                branch = self.norms[2](self.convs[2](self.active(self.convs[1](branch), 1)))
                for layer in self.past:
                    x = layer(x)
                branch = branch.relu() if last in ("relu before", "relu twice") else branch
                total = branch + x if skips else branch
                return total if last in ("sum", "relu before") else torch.relu(total)

        return Block() if form == "c" else _paths(form, g, in_channels, depth, made, stride)

    return build


def _paths(form, count, in_channels, depth, made, stride):
    """The forms (a) and (b): a path of `depth` channels for each of `count` groups, written one by one."""
    import torch
    from torch import nn

    def conv(given, gives, side=1, step=1):
        return nn.Conv2d(given, gives, side, step, padding=side // 2, bias=False)

    def path():
        inner = [conv(in_channels, depth), nn.BatchNorm2d(depth), nn.ReLU(), conv(depth, depth, 3, stride), nn.BatchNorm2d(depth), nn.ReLU()]
        return nn.Sequential(*inner, *[conv(depth, made)] * (form == "a"))

    class Paths(nn.Module):
        def __init__(self):
            super().__init__()
            self.paths = nn.ModuleList(path() for _ in range(count))
            self.merge = nn.Sequential(*[conv(count * depth, made)] * (form == "b"), nn.BatchNorm2d(made))
            fits = stride == 1 and in_channels == made
            self.past = nn.Sequential(*[] if fits else [conv(in_channels, made, 1, stride), nn.BatchNorm2d(made)])

        def forward(self, x):
            outs = [path(x) for path in self.paths]
            return (self.merge(sum(outs) if form == "a" else torch.cat(outs, dim=1)) + self.past(x)).relu()

    return Paths()


def _draw(rng):
    # d = width · base // 64 channels in each of g groups: g · d is neither the width nor twice that, rounded or not
    plans = ((8, 24, 4), (16, 16, 3), (12, 27, 4), (16, 8, 5))
    first, second = (plans[i] for i in rng.choice(len(plans), 2, replace=False))

    def drawn(plan, in_channels=None, stride=1, training=True, back=False):
        width, base, g = plan
        c = 4 * width if in_channels is None else in_channels
        options = {"in_channels": c, "width": width, "stride": stride, "cardinality": g, "base_width": base}
        made = {"options": options, "seed": int(rng.integers(10**6)), "training": training, "x": (1 if training else 4) * normal(rng, 2, c, 6, 7)}
        return made | ({"dout": normal(rng, 2, 4 * width, (6 - 1) // stride + 1, (7 - 1) // stride + 1)} if back else {})

    def published(**options):
        return Case("parameters", {"options": options, "seed": 0, "training": True}, compare=("parameters",))

    yield published(in_channels=256, width=64)
    yield published(in_channels=256, width=128, stride=2)
    yield published(in_channels=512, width=128)
    yield published(in_channels=64, width=64, cardinality=8, base_width=14)
    yield published(in_channels=1024, width=256, cardinality=1, base_width=128)
    yield published(in_channels=9, width=20, cardinality=3, base_width=18)  # 5.6 channels in each path
    yield published(in_channels=9, width=20, cardinality=3, base_width=17)  # 5.3
    for plan, training in ((first, True), (second, False)):
        yield Case("identity", drawn(plan, training=training), compare=("parameters", "out"))
    for plan, channels, stride in ((first, 7, 1), (second, 6, 2), (first, None, 2), (second, first[0], 1)):
        yield Case("projection", drawn(plan, channels, stride), compare=("parameters", "out"))
    yield Case("backward", drawn(second, back=True), compare=("dx", "gradients", "statistics"))
    yield Case("backward", drawn(first, 5, 2, back=True), compare=("dx", "gradients", "statistics"))


WHERE = "The 3×3 convolution has groups=cardinality, the 1×1 convolutions have none: they mix what the groups kept apart."
INNER = "Each of the G paths has d = F · base_width // 64 channels, all together G·d: 128 for F = 64 in 32×4d."
ResNeXtBlock = Exercise(
    id="nets.resnext.ResNeXtBlock",
    title="A bottleneck in groups",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("parameters", 4, "the layers with parameters: their kinds and shapes, in ResNeXt-50 32×4d and others"),
        Aspect("identity", 3, "the sum where shapes stay as they are, in training and in evaluation"),
        Aspect("projection", 3, "the sum where channels or size change"),
        Aspect("backward", 2, "gradients that reach x and all parameters, and running statistics that have moved once"),
    ),
    draw=_draw,
    oracle=expected(resnext_block()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "no_groups", "The 3×3 convolution is not grouped: every channel sees all others.", WHERE, resnext_block(groups=(False,) * 3),
        ),
        Misconception(
            "a_group_for_each_channel", "Each channel of the 3×3 convolution is a group of its own.",
            "That is depthwise convolution, where d = 1. Here there are `cardinality` groups, of d channels each.", resnext_block(count="all"),
        ),
        Misconception(
            "groups_of_cardinality", "Cardinality and channels of a group are swapped: there are d groups.",
            "`cardinality` is the number of groups: groups=cardinality.", resnext_block(count="d"),
        ),
        Misconception(
            "groups_of_base_width", "`base_width` was taken for the number of groups.",
            "`cardinality` is the number of groups, groups=cardinality; `base_width` says how many channels each has.", resnext_block(count="base"),
        ),
        Misconception(
            "first_grouped", "The first 1×1 convolution is grouped as well.", WHERE, resnext_block(groups=(True, True, False)),
        ),
        Misconception(
            "last_grouped", "The last 1×1 convolution is grouped as well.", WHERE, resnext_block(groups=(False, True, True)),
        ),
        Misconception(
            "all_grouped", "All three convolutions are grouped.", WHERE, resnext_block(groups=(True,) * 3),
        ),
        Misconception(
            "paths_one_by_one", "The paths are written one by one: form (a) of the docstring.",
            "It computes the same with other layers. Write form (c): one convolution with groups in place of all paths.", resnext_block(form="a"),
        ),
        Misconception(
            "paths_joined", "The paths are written one by one and joined: form (b) of the docstring.",
            "It computes the same with other layers. Write form (c): one convolution with groups in place of all paths.", resnext_block(form="b"),
        ),
        Misconception(
            "as_in_bottleneck", "The 3×3 convolution has F channels, as in ResNet-50.", INNER, resnext_block(inner=lambda f, g, base: f // g * g),
        ),
        Misconception(
            "inner_fixed", "The 3×3 convolution has G · base_width channels in every stage, whatever F is.", INNER,
            resnext_block(inner=lambda f, g, base: g * base),
        ),
        Misconception(
            "base_width_of_all", "`base_width` was taken for the width of all paths together.", INNER,
            resnext_block(inner=lambda f, g, base: max(f * base // 64 // g, 1) * g),
        ),
        Misconception(
            "inner_of_ratio", "The 3×3 convolution has 2·F channels: true of 32×4d alone.", INNER,
            resnext_block(inner=lambda f, g, base: 2 * f // g * g),
        ),
        Misconception(
            "rounded_up", "The channels of a path are rounded up.", "`//` rounds down: d = F · base_width // 64.",
            resnext_block(inner=lambda f, g, base: g * -(-f * base // 64)),
        ),
        Misconception(
            "rounded", "The channels of a path are rounded to the nearest whole number.", "`//` rounds down: d = F · base_width // 64.",
            resnext_block(inner=lambda f, g, base: g * round(f * base / 64)),
        ),
        Misconception(
            "divided_first", "F // 64 is taken first: a path gets no channels where F is below 64, and too few where 64 does not divide F.",
            "Multiply first, then divide: d = F · base_width // 64.", resnext_block(inner=lambda f, g, base: g * (f // 64 * base)),
        ),
        Misconception(
            "rounded_together", "G · F · base_width / 64 is rounded for all paths together, and the groups cannot share that.",
            "Round the channels of one path, then multiply: G · (F · base_width // 64).",
            resnext_block(inner=lambda f, g, base: g * f * base // 64),
        ),
        Misconception(
            "four_times_inner", "The output has four times as many channels as the 3×3 convolution.", "It has 4·F, as ResNet-50's: 256 where F = 64.",
            resnext_block(out=lambda f, inner: 4 * inner),
        ),
        Misconception(
            "twice_inner", "The output has twice as many channels as the 3×3 convolution: true of 32×4d alone.", "It has 4·F: 256 where F = 64.",
            resnext_block(out=lambda f, inner: 2 * inner),
        ),
        Misconception(
            "not_expanded", "The output has F channels.", "It has 4·F.", resnext_block(out=lambda f, inner: f),
        ),
        Misconception(
            "cardinality_ignored", "There are 32 groups, whatever is asked for.", "groups=cardinality.", resnext_block(fixed={"cardinality": 32}),
        ),
        Misconception(
            "base_width_ignored", "Each path has the 4 channels of 32×4d where F = 64, whatever `base_width` is.", INNER,
            resnext_block(inner=lambda f, g, base: g * max(f * 4 // 64, 1)),
        ),
        Misconception(
            "stride_on_first", "The stride is on the first 1×1 convolution.",
            "There it throws pixels away that nothing has looked at: the 3×3 convolution has it.", resnext_block(strided=0),
        ),
        Misconception("stride_on_last", "The stride is on the last 1×1 convolution.", "The 3×3 convolution has it.", resnext_block(strided=2)),
        Misconception(
            "no_first_relu", "There is no ReLU after the first 1×1 convolution.", "Batch norm and ReLU follow the first two convolutions.",
            resnext_block(bent=(False, True)),
        ),
        Misconception(
            "no_second_relu", "There is no ReLU after the 3×3 convolution.", "Batch norm and ReLU follow the first two convolutions.",
            resnext_block(bent=(True, False)),
        ),
        Misconception(
            "relu_before_norm", "The ReLUs stand before the batch norms.", "The order is convolution, batch norm, ReLU.",
            resnext_block(order="relu norm"),
        ),
        Misconception(
            "no_last_norm", "There is no batch norm after the last 1×1 convolution.", "Each convolution is followed by one.",
            resnext_block(normed=(True, True, False)),
        ),
        Misconception(
            "norm_shared", "The first two batch norms are one and the same.", "Each has its own scale, shift and statistics: make two.",
            resnext_block(shared=True),
        ),
        Misconception(
            "relu_before_sum", "The last ReLU stands before the sum: it saw the branch alone.", "Add first; the ReLU comes last and sees the sum.",
            resnext_block(last="relu before"),
        ),
        Misconception("relu_missing", "There is no ReLU after the sum.", "The block ends with one.", resnext_block(last="sum")),
        Misconception(
            "relu_twice", "The branch ends with a ReLU, and the sum goes through another one.", "The branch ends with its batch norm.",
            resnext_block(last="relu twice"),
        ),
        *slips(resnext_block),
        Misconception(
            "projection_without_norm", "The projection has no batch norm.", "conv 1×1, then batch norm.", resnext_block(past_norm=False),
        ),
        Misconception(
            "projection_with_bias", "The projection has a bias in place of a batch norm.", "conv 1×1 without bias, then batch norm.",
            resnext_block(past_norm=False, biased=(3,)),
        ),
        Misconception(
            "compared_with_width", "Whether there is a projection is decided by F, not by the channels of the output.",
            "The output has 4·F channels: x fits as it is where it has just as many.",
            resnext_block(projects=lambda c, out, s: s != 1 or c != out // 4),
        ),
        Misconception(
            "biased", "The convolutions have a bias.", "The batch norm behind them subtracts it again: bias=False, for all of them.",
            resnext_block(biased=(0, 1, 2, 3)),
        ),
        Misconception(
            "not_padded",
            "The block ends with an error: most often its 3×3 convolution is not padded, so the branch is smaller than what goes past it.",
            "padding=1 keeps the size. If it has it, read the error below.",
            resnext_block(padding=0),
        ),
        out_of_sight(resnext_block),
    ),
    hints=(
        "Which of the three convolutions of a bottleneck changes, and in what?",
        "Work out G·d first. It takes the place of F in the first two convolutions, and the 3×3 has groups=cardinality. All else is your Bottleneck.",
        "inner = cardinality · (width · base_width // 64). Branch: conv 1×1 to inner, batch norm, ReLU, conv 3×3 with stride, padding 1 and "
        "groups=cardinality, batch norm, ReLU, conv 1×1 to 4·width, batch norm. Shortcut and last ReLU as in Bottleneck.",
    ),
)

EXERCISES = (ResNeXtBlock,)
