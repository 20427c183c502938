"""The small residual network as the judge sees it: in PyTorch and float64, with ways to build it wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.checks.residual.block import Block, Plan

CLASSES = 10
Stages = Callable[[int, int], list[tuple[int, int]]]  # blocks, width -> (channels, stride) of every block


def stages(blocks: int, width: int) -> list[tuple[int, int]]:
    return [(width * 2**stage, 2 if stage and not number else 1) for stage in range(3) for number in range(blocks)]


def plan(blocks: int, width: int, residual: bool = True, *, of: Stages = stages, projects: bool = True, stem_norm: bool = True) -> Plan:
    """All layers with parameters, in order; the keyword-only arguments are ways to get it wrong."""
    found: list[tuple[int, ...]] = [(width, 1, 3, 3), (width,)][: 1 + stem_norm]
    before = width
    for channels, stride in of(blocks, width):
        found += [(channels, before, 3, 3), (channels,), (channels, channels, 3, 3), (channels,)]
        if residual and projects and _changes(before, channels, stride):
            found += [(channels, before, 1, 1), (channels,)]
        before = channels
    return [*found, (CLASSES, before)]


def _changes(before: int, channels: int, stride: int) -> bool:
    return stride != 1 or before != channels


def scores(
    x: Any,
    b: Block,
    blocks: int,
    width: int,
    residual: bool = True,
    *,
    of: Stages = stages,
    stem: str = "norm relu",
    twin_ends: str = "relu",
    pool: str = "mean",
    last: Callable[[Any], Any] = lambda scores: scores,
) -> Any:
    """The network on tensors; every keyword-only argument is a way to get it wrong."""
    places = iter(range(1000))
    before, x = width, b.conv(next(places), x, 1, 1)
    for step in stem.split():
        x = b.norm(next(places), x) if step == "norm" else x.relu()
    for channels, stride in of(blocks, width):
        x = _block(x, b, places, residual and _changes(before, channels, stride), stride, residual, twin_ends)
        before = channels
    x = x.mean(dim=(2, 3)) if pool == "mean" else x.amax(dim=(2, 3))
    return last(b.linear(next(places), x))


def _block(x: Any, b: Block, places: Iterator[int], projects: bool, stride: int, adds: bool, ends: str) -> Any:
    branch = b.conv(next(places), x, stride, 1)
    branch = b.norm(next(places), branch).relu()
    branch = b.conv(next(places), branch, 1, 1)
    branch = b.norm(next(places), branch)
    if not adds:
        return branch.relu() if ends == "relu" else branch
    skip = b.conv(next(places), x, stride) if projects else x
    skip = b.norm(next(places), skip) if projects else skip
    return (branch + skip).relu()


def _repeated(blocks: int, width: int, residual: bool) -> dict[int, int]:
    """Place of a layer -> that of the same layer in the second block of its stage, for all later blocks."""
    found, place, before = {}, 2, width
    for number, (channels, stride) in enumerate(stages(blocks, width)):
        later = number % blocks - 1
        found |= {place + layer: place + layer - 4 * later for layer in range(4) if later > 0}
        place += 4 + 2 * (residual and _changes(before, channels, stride))
        before = channels
    return found


def small_resnet(
    *, own_rng: bool = False, planned: dict[str, Any] | None = None, flag: Callable[[bool], bool] = bool, shared: bool = False, **slips: Any
) -> Callable[..., Block]:
    """A builder: blocks, width, rng, residual -> Block.

    planned  slips of the plan
    flag     flag(residual): what is made of that argument
    shared   all blocks of a stage but its first are one object
    """
    both = {"of": slips["of"]} if "of" in slips else {}

    def build(blocks: int, width: int, rng: np.random.Generator, residual: bool = True) -> Block:
        rng, residual = np.random.default_rng(0) if own_rng else rng, flag(residual)
        made = plan(blocks, width, residual, **both, **(planned or {}))
        same = _repeated(blocks, width, residual) if shared else {}
        return Block(made, lambda x, b: scores(x, b, blocks, width, residual, **slips), rng, same=same)

    return build
