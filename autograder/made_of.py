"""What a network or a block is made of, where that is not what was asked for: said of the learner's `layers()`, in one exact sentence.

The probes `network` and `block` give the shapes of all parameters, and no results where the given arrays do not fit these. That is all that
is known: which weights are missing or too many, but not whether three numbers are a bias or half of a batch norm.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

PROBES = ("network", "block")
NOTE = " (a bias, gamma or beta)"
KINDS = 3  # so many kinds of arrays are told one by one
MANY = 10_000  # arrays: beyond that, nobody counts them

Shape = tuple[int, ...]


def describe(name: str, expected: Any, got: Any) -> str:
    """One sentence about the output `name` of such a probe, or "" where the usual words say enough. `got` may be any plain value."""
    if got is None and expected is not None and name != "from_rng":
        return "nothing was computed: the layers that layers() gives are not those asked for"
    return _layers(expected, got) if name == "shapes" and _are_shapes(got) else ""


def _layers(expected: tuple[Shape, ...], got: tuple[Shape, ...]) -> str:
    if not got:
        return f"layers() gives no layer that has parameters; {len(expected)} parameter arrays are asked for"
    missing, extra = Counter(expected) - Counter(got), Counter(got) - Counter(expected)
    if missing or extra:
        other = len(got) == len(expected)
        count = "other parameter arrays" if other else f"{len(got)} parameter array{'s' * (len(got) > 1)} in place of {len(expected)}"
        parts = [f"{word}: {_listed(arrays)}" for word, arrays in (("missing", missing), ("too many", extra)) if arrays]
        return "; ".join([f"layers() gives {count}", *parts])
    number = next((i for i, (right, found) in enumerate(zip(expected, got)) if right != found), None)
    if number is None:
        return ""
    place = f"number {number + 1} should be {_told(expected[number], 1)}, and is {_told(got[number], 1)}"
    return f"layers() gives the right layers in another order: of their parameter arrays, {place}"


def _listed(arrays: Counter[Shape]) -> str:
    """At most KINDS kinds of arrays, those with most axes first."""
    kinds = sorted(arrays.items(), key=lambda item: (-len(item[0]), item[0]))
    more = sum(count for _, count in kinds[KINDS:])
    told = [_told(*kind) for kind in kinds[:KINDS]] + ([f"{more} more"] if more else [])
    text = " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
    return text.replace(NOTE, "", text.count(NOTE) - 1)


def _told(shape: Shape, count: int) -> str:
    size = "×".join(map(str, shape)) or "()"
    if len(shape) == 4:
        filters = f"{shape[2]}×{shape[3]} convolution from {shape[1]} to {shape[0]} channels"
        return f"the weights of a {filters} ({size})" if count == 1 else f"the weights of {count} {filters.replace('tion', 'tions', 1)} ({size})"
    if len(shape) == 2:
        maps = f"fully connected layer{'s' * (count > 1)} from {shape[1]} to {shape[0]} features ({size})"
        return f"the weights of {'a' if count == 1 else count} {maps}"
    if len(shape) == 1:
        numbers = f"{size} number{'s' * (shape[0] != 1)}{NOTE}"
        return f"an array of {numbers}" if count == 1 else f"{count} arrays of {numbers}"
    return f"an array of shape {size}" if count == 1 else f"{count} arrays of shape {size}"


def _are_shapes(value: Any) -> bool:
    """Whether a plain value can be looked at as shapes at all: it may have been forged."""
    if not isinstance(value, (tuple, list)) or len(value) > MANY:
        return False
    return all(isinstance(shape, tuple) and len(shape) <= 8 and all(type(n) is int and 0 <= n < 10**9 for n in shape) for shape in value)
