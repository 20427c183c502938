"""Where an error lies: only at the border, every second pixel, one channel … said in one exact sentence.

A sentence is given only when it is true of every number of the two arrays, within the judge's tolerance. Two kinds are tried, in
this order: what turns all that is expected into what was got (a sign, a factor, a flip, a shift), then which part alone is wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

MAX_SHIFT = 3  # rows or columns
MAX_PERIOD = 4  # every fourth row
MAX_BORDER = 4  # rows or columns
ORDINALS = {2: "second", 3: "third", 4: "fourth"}


def describe(got: Any, expected: Any) -> str:
    """One sentence about how `got` differs from `expected`, or "" when no pattern is certain.

    Both are arrays of equal shape, with at least four finite numbers; for anything else there is nothing to say.
    """
    if not (isinstance(got, np.ndarray) and isinstance(expected, np.ndarray)) or got.shape != expected.shape or got.size < 4:
        return ""
    if got.dtype.kind not in "biuf" or expected.dtype.kind not in "biuf":
        return ""
    room = _room(got)
    got, expected = got.astype(np.float64), expected.astype(np.float64)
    if not (np.isfinite(got).all() and np.isfinite(expected).all()):
        return ""
    wrong = ~_close(got, expected, room)
    if not wrong.any():
        return ""
    return _whole(got, expected, room) or _part(wrong)


def wrong_numbers(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Which numbers differ by more than rounding: a boolean array of their common shape. Not finite is wrong unless expected."""
    room = _room(got)
    got, expected = got.astype(np.float64), expected.astype(np.float64)
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    finite = np.isfinite(got) & np.isfinite(expected)
    return ~(same | finite & _close(np.where(finite, got, 0), np.where(finite, expected, 0), room))


def _room(got: np.ndarray) -> float:
    """The relative tolerance, from the precision of the result."""
    return {2: 2e-2, 4: 1e-4}.get(got.dtype.itemsize, 1e-8) if got.dtype.kind == "f" else 1e-8


def _close(got: np.ndarray, expected: np.ndarray, room: float) -> np.ndarray:
    return np.abs(got - expected) <= room * (np.abs(expected).max(initial=0.0) + np.abs(expected)) + 1e-300


# --- what happened to everything --------------------------------------------------------------------------------------


def _whole(got: np.ndarray, expected: np.ndarray, room: float) -> str:
    def is_(candidate: np.ndarray) -> bool:
        return candidate.shape == got.shape and bool(_close(got, candidate, room).all())

    if not got.any():
        return "Every number is zero."
    varied = np.ptp(expected) > room * np.abs(expected).max()
    if np.ptp(got) == 0 and varied:
        return f"Every number is the same: {got.flat[0]:.6g}."
    if not varied:
        return ""  # a factor, an offset and a shift look all the same
    if is_(-expected):
        return "Every number has the wrong sign."
    for sentence, candidate in _flips(expected):
        if is_(candidate):
            return sentence
    factor = float(np.vdot(got, expected) / np.vdot(expected, expected))
    if is_(factor * expected):
        return f"Every number is {_factor(factor, room)} what is expected."
    offset = float((got - expected).mean())
    if is_(expected + offset):
        return f"Every number is {abs(offset):.6g} too {'large' if offset > 0 else 'small'}."
    for axis in range(got.ndim) if got.ndim > 1 else ():
        others = tuple(a for a in range(got.ndim) if a != axis)
        offsets = (got - expected).mean(axis=others, keepdims=True)
        if got.size // got.shape[axis] >= 4 and is_(expected + offsets):
            return f"Along axis {axis}, each index is off by a constant of its own."
    return _shift(got, expected, room)


def _flips(expected: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    if expected.ndim == 1:
        yield "The numbers are in reverse order.", expected[::-1]
        return
    yield "Compared with what is expected, the rows are in reverse order.", expected[..., ::-1, :]
    yield "Compared with what is expected, the columns are in reverse order.", expected[..., ::-1]
    yield "Compared with what is expected, rows and columns are in reverse order: turned by 180 degrees.", expected[..., ::-1, ::-1]
    yield "Rows and columns are exchanged (transposed).", expected.swapaxes(-1, -2)
    for a, b in itertools.combinations(range(expected.ndim), 2):
        yield f"Axes {a} and {b} are exchanged.", expected.swapaxes(a, b)


def _factor(factor: float, room: float) -> str:
    n = round(1 / factor) if 1e-3 <= factor < 1 else 1
    if n > 1 and abs(factor * n - 1) <= room:
        return f"1/{n} of"
    exact = f"{factor:.2f}"
    return f"{exact if abs(float(exact) - factor) <= room * abs(factor) else f'{factor:.6g}'} times"


def _shift(got: np.ndarray, expected: np.ndarray, room: float) -> str:
    column = "column" if got.ndim > 1 else "number"
    got, expected = np.atleast_2d(got), np.atleast_2d(expected)
    h, w = got.shape[-2:]
    down, right = min(MAX_SHIFT, (h - 1) // 2), min(MAX_SHIFT, (w - 1) // 2)
    steps = itertools.product(range(-down, down + 1), range(-right, right + 1))
    for dy, dx in sorted(steps, key=lambda step: abs(step[0]) + abs(step[1])):
        moved = expected[..., max(0, -dy) : h - max(0, dy), max(0, -dx) : w - max(0, dx)]
        seen = got[..., max(0, dy) : h - max(0, -dy), max(0, dx) : w - max(0, -dx)]
        if (dy or dx) and len(np.unique(moved)) >= 4 and _close(seen, moved, room).all():
            steps = [_count(abs(dy), "row") + (" down" if dy > 0 else " up")] if dy else []
            steps += [_count(abs(dx), column) + (" to the right" if dx > 0 else " to the left")] if dx else []
            return f"Everything is shifted by ({dy}, {dx}): {' and '.join(steps)}."
    return ""


# --- which part is wrong ----------------------------------------------------------------------------------------------


def _part(wrong: np.ndarray) -> str:
    """Which part of the array holds all that is wrong."""
    if wrong.all() or wrong.sum() < 2:
        return ""
    for axis in range(wrong.ndim - 2):
        found = wrong.any(axis=tuple(a for a in range(wrong.ndim) if a != axis))
        place = f"[{':, ' * axis}{{}}]"
        if found.sum() == 1 and found.size > 1:
            index = int(found.argmax())
            inside = _plane(np.take(wrong, index, axis).any(axis=tuple(range(wrong.ndim - 3))))
            return f"Only {place.format(index)} is wrong" + (f", and there only {inside}." if inside else ".")
        if found.sum() == found.size - 1 and found.size > 2:
            return f"Only {place.format(int((~found).argmax()))} is right."
    clause = _plane(wrong[None], "number") if wrong.ndim == 1 else _plane(wrong.any(axis=tuple(range(wrong.ndim - 2))))
    return f"Only {clause}." if clause else ""


def _plane(wrong: np.ndarray, column: str = "column") -> str:
    """The same for rows and columns, as the rest of a sentence that begins with "Only": "the last row is wrong"."""
    return "" if wrong.all() else _lattice(wrong, column) or _border(wrong, column)


def _lattice(wrong: np.ndarray, column: str) -> str:
    """Every second row, every third column, every second number of every second row …: exactly these are wrong, or right."""
    h, w = wrong.shape
    rows, columns = np.ogrid[:h, :w]
    for sh, sw in itertools.product(range(1, MAX_PERIOD + 1), repeat=2):
        if sh * sw == 1 or sh > 1 and h < 2 * sh or sw > 1 and w < 2 * sw:
            continue
        for verb, p, q in itertools.product(("wrong", "right"), range(sh), range(sw)):
            lattice = (rows % sh == p) & (columns % sw == q)
            if not np.array_equal(wrong if verb == "wrong" else ~wrong, lattice):
                continue
            if sh == 1 or sw == 1:
                step, name, first = (sw, column, q) if sh == 1 else (sh, "row", p)
                return f"every {ORDINALS[step]} {name} is {verb}, from {name} {first} on"
            return f"every {ORDINALS[sw]} number of every {ORDINALS[sh]} row is {verb}, from [{p}, {q}] on"
    return ""


def _border(wrong: np.ndarray, column: str) -> str:
    """The thinnest border outside of which all is right, if at least half of every row and column in it is wrong."""
    h, w = wrong.shape
    best = None
    for top, bottom, left, right in itertools.product(range(MAX_BORDER + 1), repeat=4):
        if top + bottom < h and left + right < w:
            inner = wrong[top : h - bottom, left : w - right]
            if not inner.any() and (best is None or inner.size > best[0]):
                best = inner.size, (top, bottom, left, right)
    if best is None or 6 * best[0] < wrong.size:  # a "border" that fills the array is none
        return ""
    top, bottom, left, right = best[1]
    lines = [*wrong[:top], *wrong[h - bottom :], *wrong.T[:left], *wrong.T[w - right :]]
    if any(line.mean() < 0.5 for line in lines):
        return ""
    if top == bottom == left == right:
        return f"the border is wrong, {_count(top, 'number')} thick on all sides"
    sides = (("first", top, "row"), ("last", bottom, "row"), ("first", left, column), ("last", right, column))
    names = [f"the {end} {name if n == 1 else f'{n} {name}s'}" for end, n, name in sides if n]
    are = "is" if sum(best[1]) == 1 else "are"
    return f"{', '.join(names[:-1])}{' and ' if names[:-1] else ''}{names[-1]} {are} wrong"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
