"""The blocks of residual networks as the judge builds them in PyTorch, with ways to build them wrongly.

Every builder has the interface of a block, build(in_channels, width, stride=1); the keyword-only arguments of what makes it are slips.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.checks.nets.modules import RETURNS
from autograder.draw import normal

Build = Callable[..., Any]
BLOCK_RETURNS = (*RETURNS, "expansion")  # of the probe `module`, where the class is asked for its expansion too


def module_of(forward: Callable[..., Any], expansion: int | None = None, **layers: Any) -> Any:
    """An nn.Module of these layers (None: not there): forward(self, x). Its class says its expansion, where there is one."""
    from torch import nn

    class Made(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, layer in layers.items():
                setattr(self, name, layer)

        def forward(self, x: Any) -> Any:
            return forward(self, x)

    if expansion is not None:
        Made.expansion = expansion
    return Made()


def conv(in_channels: int, out: int, size: int, stride: int = 1, *, bias: bool = False, padding: int | None = None) -> Any:
    """A convolution, padded so that without a stride the size stays."""
    from torch import nn

    return nn.Conv2d(in_channels, out, size, stride, size // 2 if padding is None else padding, bias=bias)


def changes(in_channels: int, out: int, stride: int) -> bool:
    """Whether x does not fit as it is."""
    return stride != 1 or in_channels != out


# --- What goes past the branch --------------------------------------------------------------------------------------


def past(
    in_channels: int, out: int, stride: int, shortcut: str = "projection", *, projects=changes, strided=lambda stride: stride,
    normed=True, size=1, biased=False, bent=False, zeros="behind", kept="first", taken_for=lambda shortcut: shortcut,
) -> Any:
    """The layer that x takes past the branch; None where nothing is added.

    projects     where there is a projection        strided    which stride it has
    normed, size, biased, bent   its batch norm, its filters' size, a bias, a ReLU at its end
    zeros        where "padding" puts them: "behind", "before", "around", "quarters" of all channels around, "columns" in place of channels, or
                 "copies" of x in their place
    kept         of so many pixels the "first", their "mean", their "largest", "all" of them, or the first "of two" whatever the stride
    taken_for    what is made of the option
    """
    from torch import nn
    from torch.nn import functional as F

    shortcut = taken_for(shortcut)
    if shortcut == "none":
        return None
    if shortcut == "padding":
        choose = {
            "first": lambda x: x[:, :, ::stride, ::stride], "all": lambda x: x, "of two": lambda x: x[:, :, ::2, ::2],
            "mean": lambda x: F.avg_pool2d(x, stride), "largest": lambda x: F.max_pool2d(x, stride),
        }[kept]
        return module_of(lambda _, x: _padded(choose(x), out, zeros))
    if not projects(in_channels, out, stride):
        return nn.Identity()
    layers = [conv(in_channels, out, size, strided(stride), bias=biased)]
    return nn.Sequential(*layers, *[nn.BatchNorm2d(out)] * normed, *[nn.ReLU()] * bent)


def _padded(x: Any, channels: int, zeros: str) -> Any:
    from torch.nn import functional as F

    missing = channels - x.shape[1]
    if zeros == "copies":
        return x.repeat(1, -(-channels // x.shape[1]), 1, 1)[:, :channels]
    if zeros == "quarters":
        return F.pad(x, (0, 0, 0, 0, channels // 4, channels // 4))
    if zeros == "columns":
        return F.pad(x, (0, missing))
    before = {"behind": 0, "before": missing, "around": missing // 2}[zeros]
    return F.pad(x, (0, 0, 0, 0, before, missing - before))


def _joined(branch: Any, skip: Any, last: str, norm: Any) -> Any:
    """The block's output. last: how branch and skip (None: nothing) come together, "relu of sum" is right. norm: of the sum, where that is wrong."""
    import torch

    skip = None if last.startswith("no sum") else skip
    skip = skip.detach() if skip is not None and last.startswith("detached") else skip
    branch = branch.relu() if last in ("relu before", "relu twice") else branch
    total = branch if skip is None else torch.cat([branch, skip], dim=1) if last.startswith("joined") else branch + skip
    total = norm(total) if norm is not None else total
    return total if last in ("sum", "relu before", "no sum and no relu", "detached sum", "joined without relu") else total.relu()


# --- Blocks that end with a ReLU ------------------------------------------------------------------------------------


def basic(
    *, strides=lambda stride: (stride, 1), inner="norm relu", last="relu of sum", norm_at="branch", middle=None, padding=None, same=False,
    biased=False, skip=None, plain=None,
) -> Build:
    """BasicBlock, wrong in the ways that the arguments say.

    strides  of both convolutions               inner     what stands between them
    last     see `_joined`                      norm_at   where the second batch norm is: "branch", "sum" or "nowhere"
    middle   middle(in_channels, width): the channels between the convolutions
    same     one batch norm for both            skip      slips of `past`, as a dictionary
    plain    `last` where nothing is added
    """

    def build(in_channels: int, width: int, stride: int = 1, shortcut: str = "projection") -> Any:
        from torch import nn

        first, second = strides(stride)
        between = width if middle is None else middle(in_channels, width)
        norms = [nn.BatchNorm2d(between), nn.BatchNorm2d(width) if norm_at != "nowhere" else None]
        norms[1] = norms[0] if same else norms[1]
        steps = {"norm": norms[0], "relu": nn.ReLU()}
        layers = [conv(in_channels, between, 3, first, bias=biased, padding=padding), *(steps[name] for name in inner.split())]
        layers += [conv(between, width, 3, second, bias=biased, padding=padding), *norms[1:][: norm_at == "branch"]]
        way = past(in_channels, width, stride, shortcut, **{"biased": biased, **(skip or {})})
        ends = last if way is not None or plain is None else plain
        return _block(1, layers, way, ends, norms[1] if norm_at == "sum" else None)

    build.expansion = 1
    return build


def bottleneck(
    *, strided=1, inner=("norm relu", "norm relu"), last="relu of sum", norm_at="branch", padding=None, same=False, biased=False, skip=None,
    expansion=4, narrow=lambda width: width, sizes=(1, 3, 1), compared=None,
) -> Build:
    """Bottleneck, wrong in the ways that the arguments say, see `basic`.

    strided  which of the three convolutions has the stride: 0, 1 or 2 (None: none)      sizes    of their filters
    narrow   what is made of `width`            compared  compared(width, out): the channels with which those of x are compared
    """

    def build(in_channels: int, width: int, stride: int = 1) -> Any:
        from torch import nn

        width = narrow(width)
        out = expansion * width
        layers, before = [], in_channels
        norms = [nn.BatchNorm2d(width), nn.BatchNorm2d(width), nn.BatchNorm2d(out)]
        norms[1] = norms[0] if same else norms[1]
        for number, (size, channels) in enumerate(zip(sizes, (width, width, out))):
            pads = padding if size == 3 else None
            layers.append(conv(before, channels, size, stride if number == strided else 1, bias=biased, padding=pads))
            steps = {"norm": norms[number], "relu": nn.ReLU()}
            layers += [steps[name] for name in (inner[number].split() if number < 2 else ["norm"] * (norm_at == "branch"))]
            before = channels
        slips = {"biased": biased, **(skip or {})}
        if compared is not None:
            slips["projects"] = lambda _, out, stride: stride != 1 or in_channels != compared(width, out)
        return _block(4, layers, past(in_channels, out, stride, **slips), last, norms[2] if norm_at == "sum" else None)

    build.expansion = 4
    return build


def _block(expansion: int, layers: Sequence[Any], way: Any, last: str, norm: Any) -> Any:
    """Without a sum there is no projection: nobody would make one for nothing."""
    from torch import nn

    way = None if last == "no sum" else way
    return module_of(
        lambda self, x: _joined(self.branch(x), None if self.way is None else self.way(x), last, self.norm),
        expansion, branch=nn.Sequential(*layers), way=way, norm=norm,
    )


# --- Batch norm and ReLU first --------------------------------------------------------------------------------------


def preact(
    *, first="norm relu", second="norm relu", third=(), normed=lambda c, f: c, strides=lambda stride: (stride, 1), of="active", last="sum",
    padding=None, same=False, biased=False, middle=None, skip=None,
) -> Build:
    """PreActBlock, wrong in the ways that the arguments say, see `basic`.

    first, second  what stands before each convolution      third   layers of nn behind the second one
    normed         normed(in_channels, width): the channels of the first batch norm
    of             what goes past the branch: "active" where it is projected and x elsewhere, "x" everywhere, or "active everywhere"
    """

    def build(in_channels: int, width: int, stride: int = 1) -> Any:
        from torch import nn

        strided, between = strides(stride), width if middle is None else middle(in_channels, width)
        norms = [nn.BatchNorm2d(normed(in_channels, width)), nn.BatchNorm2d(between)]
        norms[1] = norms[0] if same and in_channels == between else norms[1]
        bend = [[{"norm": norm, "relu": nn.ReLU()}[name] for name in steps.split()] for norm, steps in zip(norms, (first, second))]
        both = {"bias": biased, "padding": padding}
        convs = [conv(in_channels, between, 3, strided[0], **both), conv(between, width, 3, strided[1], **both)]
        way = past(in_channels, width, stride, **{"normed": False, "biased": biased, **(skip or {})})

        def forward(self: Any, x: Any) -> Any:
            active = self.first(x)
            source = active if of == "active everywhere" or of == "active" and not isinstance(self.way, nn.Identity) else x
            return _joined(self.branch(active), None if self.way is None else self.way(source), last, None)

        branch = nn.Sequential(convs[0], *bend[1], convs[1], *(getattr(nn, name)(width) for name in third))
        return module_of(forward, 1, first=nn.Sequential(*bend[0]), branch=branch, way=None if last.startswith("no sum") else way)

    build.expansion = 1
    return build


# --- All of them ----------------------------------------------------------------------------------------------------


def silent(build: Build) -> Build:
    """The same, of a class that does not say its expansion."""

    def made(**options: Any) -> Any:
        block = build(**options)
        del type(block).expansion
        return block

    return made


# --- Cases ----------------------------------------------------------------------------------------------------------


def drawn(rng: Any, in_channels: int, width: int, stride: int = 1, *, n=2, size=(7, 6), training=True, **options: Any) -> dict[str, Any]:
    """What a block is made with, and images for it."""
    made = {"in_channels": in_channels, "width": width} | ({"stride": stride} if stride != 1 else {}) | options
    inputs = {"options": made, "seed": int(rng.integers(10**6)), "training": training, "x": normal(rng, n, in_channels, *size)}
    return inputs | {"class_attributes": ("expansion",)}


def without_images(inputs: dict[str, Any]) -> dict[str, Any]:
    """The same where nothing is computed. Their shape stays: lazy layers get their sizes from it."""
    return {name: value for name, value in inputs.items() if name != "x"} | {"images": inputs["x"].shape}


def with_dout(rng: Any, inputs: dict[str, Any], expansion: int = 1) -> dict[str, Any]:
    """The same, and a gradient of the shape in which the images come out."""
    made, x = inputs["options"], inputs["x"]
    size = [-(-n // made.get("stride", 1)) for n in x.shape[2:]]
    return inputs | {"dout": normal(rng, len(x), expansion * made["width"], *size)}
