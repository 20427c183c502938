"""Residual networks as the judge builds them in PyTorch, with ways to build them wrongly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.checks.nets.resnet.blocks import basic, conv, module_of

Stages = list[list[tuple[int, int]]]  # of every stage its blocks: (width, stride)


def stages(counts: Sequence[int], width: int) -> Stages:
    return [[(width * 2**stage, 2 if stage and not number else 1) for number in range(count)] for stage, count in enumerate(counts)]


def restaged(change: Callable[..., tuple[int, int]]) -> Callable[..., Stages]:
    """change(width, stride, stage, number, count) -> the width and the stride of that block."""

    def of(counts: Sequence[int], width: int) -> Stages:
        right = stages(counts, width)
        return [[change(*made, stage, number, len(right[stage])) for number, made in enumerate(blocks)] for stage, blocks in enumerate(right)]

    return of


def changed(by: int) -> Callable[..., Stages]:
    """So many blocks more in every stage, or fewer."""
    return lambda counts, width: stages([count + by for count in counts], width)


def one_more(counts: Sequence[int], width: int) -> Stages:
    """The block that changes shapes comes before those of its stage."""
    return [[*blocks[:1], *[(blocks[0][0], 1)] * (len(blocks) - (stage == 0))] for stage, blocks in enumerate(stages(counts, width))]


def network(
    stem: Sequence[Any], blocks: Stages, make: Callable[[int, int, int], Any], before: int, classes: int, *, expansion=1, shared=False,
    listed=False, forgets=False, pool="mean", window=7, squeezed=False, last=None,
) -> Any:
    """Stem, blocks, mean and fully connected layer; every keyword-only argument but `expansion` is a way to get it wrong.

    make     make(in_channels, width, stride)     before   the channels that the stem gives
    shared   all blocks of a stage but its first are one object
    listed   the blocks are in a plain list       forgets  every block is made as if the one before gave `width` channels
    pool     "mean", "largest", "sum", "window" (the mean of `window` × `window` places), "none" (all that is there)
    squeezed every axis of length 1 is taken away behind the pool, that of the batch too
    last     a class of nn that comes at the end, and its arguments
    """
    from torch import nn

    made, last_width = [], before
    for stage in blocks:
        for number, (width, stride) in enumerate(stage):
            again = shared and number > 1
            made.append(made[-1] if again else make(last_width if forgets else before, width, stride))
            before, last_width = expansion * width, width
    pools = {
        "mean": nn.AdaptiveAvgPool2d(1), "largest": nn.AdaptiveMaxPool2d(1), "window": nn.AvgPool2d(window), "none": nn.Identity(),
        "sum": module_of(lambda _, x: x.sum(dim=(2, 3))),
    }
    features = (last_width if forgets else before) * (window**2 if pool == "none" else 1)
    flat = module_of(lambda _, x: x.squeeze()) if squeezed else nn.Flatten()
    end = nn.Sequential(pools[pool], flat, nn.Linear(features, classes), *([getattr(nn, last[0])(**last[1])] if last else ()))

    def forward(self: Any, x: Any) -> Any:
        x = self.stem(x)
        for block in made:
            x = block(x)
        return self.end(x)

    return module_of(forward, stem=nn.Sequential(*stem), blocks=None if listed else nn.Sequential(*made), end=end)


def _stem(to: int, size: int, stride: int, *, stem="norm relu", biased=False, padding=None) -> list[Any]:
    from torch import nn

    steps = {"norm": nn.BatchNorm2d(to), "relu": nn.ReLU()}
    return [conv(3, to, size, stride, bias=biased, padding=padding), *(steps[name] for name in stem.split())]


def resnet(
    *, of=stages, stem="norm relu", biased=False, size=7, strided=2, padding=None, pooling=("MaxPool2d", {"padding": 1}), taken=None, times=1,
    own_block=False, given_expansion=None, **slips: Any,
) -> Callable[..., Any]:
    """A builder of ResNet, wrong in the ways that the arguments say; `slips` are those of `network`.

    stem, biased, size, strided, padding  of the first convolution      pooling  class and arguments of the pooling of 3×3, stride 2 (None: none)
    taken      options that it always has      times   blocks get so many times their width ("expansion": that)
    own_block  the block that is handed in is not used                   given_expansion  what the expansion is taken for
    """

    def build(block: Any = None, counts: Sequence[int] = (2, 2, 2, 2), classes: int = 1000, width: int = 64) -> Any:
        from torch import nn

        option = {"counts": counts, "classes": classes, "width": width} | (taken(counts) if callable(taken) else taken or {})
        counts, classes, width = option["counts"], option["classes"], option["width"]
        block = basic() if own_block or block is None else block
        expansion = given_expansion or block.expansion
        first = _stem(width, size, strided, stem=stem, biased=biased, padding=padding)
        if pooling is not None:
            kind, arguments = pooling
            first.append(getattr(nn, kind)(**{"kernel_size": 3, "stride": 2} | arguments))
        factor = expansion if times == "expansion" else times

        def make(in_channels: int, width: int, stride: int) -> Any:
            return block(in_channels, factor * width, stride)

        return network(first, of(counts, width), make, width, classes, expansion=expansion, **slips)

    return build


def cifar(
    *, of=stages, stem="norm relu", biased=False, size=3, strided=1, pooling=None, taken=None, depth_of=lambda depth: (depth - 2) // 6,
    stage_count=3, kinds=("none", "padding"), own_block=False, plain_first=False, given_expansion=None, block_slips=None, asks_all=False,
    **slips: Any,
) -> Callable[..., Any]:
    """A builder of CifarResNet, see `resnet`.

    depth_of  blocks of a stage, by depth       kinds        the shortcuts of the plain and of the residual network
    asks_all  the block that is handed in is asked for a kind of shortcut as well      plain_first  it is not used for the plain twin
    """

    def build(depth: int = 20, classes: int = 10, residual: bool = True, width: int = 16, block: Any = None) -> Any:
        from torch import nn

        option = {"depth": depth, "classes": classes, "width": width} | (taken or {})
        given = None if own_block or plain_first and not residual else block
        expansion = given_expansion or (given.expansion if given else 1)
        first = _stem(option["width"], size, strided, stem=stem, biased=biased)
        if pooling is not None:
            first.append(getattr(nn, pooling[0])(**pooling[1]))

        def make(in_channels: int, width: int, stride: int) -> Any:
            kind = {"shortcut": kinds[bool(residual)]}
            if given:
                return given(in_channels, width, stride, **(kind if asks_all else {}))
            return basic(**(block_slips or {}))(in_channels, width, stride, **kind)

        counts = (depth_of(option["depth"]),) * stage_count
        blocks = of(counts, option["width"])
        return network(first, blocks, make, option["width"], option["classes"], expansion=expansion, window=8, **slips)

    return build
