"""The judge's own Inception module and GoogLeNet: every keyword-only argument is a way to get them wrong."""

from __future__ import annotations

MODULES = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip


def inception(
    *, bent=("reduce", "out", "pool"), axis=1, order=(0, 1, 2, 3), pooling="max", third=5, twice=False, reduced=True,
    places=(0, 1, 2, 3, 4, 5), chained=False, biases=(True, False), norms="asked", eps=1e-5, listed=False,
):
    """A builder of the module.

    twice    two 3×3 convolutions for the 5×5 one
    chained  the large filters see what the first branch gives
    biases   without and with batch norm
    """

    def build(in_channels, out_1x1, reduce_3x3, out_3x3, reduce_5x5, out_5x5, out_pool, batch_norm=False):
        import torch
        from torch import nn

        asked = (out_1x1, reduce_3x3, out_3x3, reduce_5x5, out_5x5, out_pool)
        one, before_three, three, before_five, five, behind_pool = (asked[place] for place in places)
        normed = {"never": False, "always": True}.get(norms, batch_norm)

        def conv(given, made, size, role):
            bend = nn.ReLU() if role in bent else nn.Identity()
            if not normed or norms == "outside" and role == "reduce":
                return nn.Sequential(nn.Conv2d(given, made, size, padding=size // 2, bias=biases[batch_norm]), bend)
            norm, convolution = nn.BatchNorm2d(made, eps), nn.Conv2d(given, made, size, padding=size // 2, bias=biases[1])
            return nn.Sequential(convolution, *((bend, norm) if norms == "after ReLU" else (norm, bend)))

        def large(reduce_to, made, size):
            given = one if chained else in_channels
            if not reduced:
                return conv(given, made, size, "out")
            if twice and size == 5:
                return nn.Sequential(conv(given, reduce_to, 1, "reduce"), conv(reduce_to, made, 3, "out"), conv(made, made, 3, "out"))
            return nn.Sequential(conv(given, reduce_to, 1, "reduce"), conv(reduce_to, made, size, "out"))

        largest, zeros = nn.MaxPool2d(3, 1, 1), nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(3, 1))
        others = {"mean": nn.AvgPool2d(3, 1, 1), "none": nn.Identity(), "zeros": zeros, "bent": nn.Sequential(nn.ReLU(), largest)}
        pool = others.get(pooling, largest)
        fourth = conv(in_channels, behind_pool, 1, "pool")
        made = [
            conv(in_channels, one, 1, "out"), large(before_three, three, 3), large(before_five, five, third),
            nn.Sequential(fourth, pool) if pooling == "last" else nn.Sequential(pool, fourth),
        ]  # fmt: skip

        class Module(nn.Module):
            def __init__(self):
                super().__init__()
                self.branches = made if listed else nn.ModuleList(made)

            def forward(self, x):
                outputs = [self.branches[0](x)]
                outputs += [branch(outputs[0] if chained else x) for branch in self.branches[1:3]]
                outputs.append(self.branches[3](x))
                return torch.cat([outputs[place] for place in order], dim=axis)

        return Module()

    return build


def googlenet(
    *, pooling=None, kernel=3, last_kernel=None, kind="MaxPool2d", pools=("stem", "3a", "4a", "5a"), bent=(0, 1, 2), one=True, padding=3,
    padding_of_three=1, stride=2, dropout=0.4, dropping="in training", whole="mean", last=None, squeezed=False,
    responses=False, classes_are=None, width_is=None, modules_are=None, own=False, norms="asked", eps=1e-5, biases=None,
    joined=(0, 2, 4, 5), behind=False, listed=False,
):
    """A builder of the network.

    classes_are, width_is, modules_are  what they always are, whatever is asked for
    own                                 the judge's Inception in place of the block
    joined                              which of a module's six numbers make the channels that come out of it
    last_kernel                         of the pooling before 5a
    behind                              the pooling before 4a and 5a comes behind them
    """

    def build(classes=1000, width=64, batch_norm=False, block=None):
        import torch
        from torch import nn
        from torch.nn import functional

        classes, width = classes_are or classes, width_is or width
        normed = batch_norm and norms in ("asked", "stem", "after ReLU")
        in_blocks = batch_norm and norms in ("asked", "blocks", "after ReLU")
        block = inception() if own or block is None else block

        class Call(nn.Module):
            def __init__(self, function):
                super().__init__()
                self.function = function

            def forward(self, x):
                return self.function(x)

        def pool(place):
            size = last_kernel if last_kernel and place == "5a" else kernel
            return [getattr(nn, kind)(size, **(pooling or {"stride": 2, "ceil_mode": True}))] if place in pools else []

        def conv(number, given, made, size, *more):
            convolution = nn.Conv2d(given, made, size, *more, bias=not normed if biases is None else biases)
            bend, norm = [nn.ReLU()] if number in bent else [], [nn.BatchNorm2d(made, eps)] if normed else []
            return [convolution, *((bend + norm) if norms == "after ReLU" else (norm + bend))]

        response = [nn.LocalResponseNorm(5)] if responses else []
        layers = [*conv(0, 3, width, 7, stride, padding), *pool("stem"), *response, *(conv(1, width, width, 1) if one else [])]
        layers += [*conv(2, width, 3 * width, 3, 1, padding_of_three), *response, *pool("3a")]
        channels, blocks = 3 * width, []
        for name in MODULES:
            pooling_here = pool(name) if name in ("4a", "5a") else []
            layers += [] if behind else pooling_here
            numbers = [n * (modules_are or width) // 64 for n in MODULES[name]]
            blocks.append(block(channels, *numbers, batch_norm=in_blocks))
            layers.append(Call(blocks[-1].forward) if listed else blocks[-1])
            layers += pooling_here if behind else []
            channels = sum(numbers[place] for place in joined)
        layers += [nn.Dropout(dropout)] if dropping == "first" else []
        layers.append({"mean": nn.AdaptiveAvgPool2d(1), "max": nn.AdaptiveMaxPool2d(1), "seven": nn.AvgPool2d(7)}[whole])
        layers.append(Call(torch.squeeze) if squeezed else nn.Flatten())
        drop = Call(lambda x: functional.dropout(x, dropout)) if dropping == "always" else nn.Dropout(dropout)
        head = nn.Linear(channels, classes)
        layers += {"last": [head, drop], "first": [head]}.get(dropping, [drop, head])
        return nn.Sequential(*layers, *([getattr(nn, last[0])(**last[1])] if last else []))

    return build
