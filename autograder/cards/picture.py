"""A picture of where an error lies: what was got and expected, cell by cell, and the difference between them.

Made of `pre` and `span` with inline styles alone, colours half transparent: it looks right on light and dark pages, needs nothing from
outside, and passes sanitisers. One that takes the styles away leaves a drawing in block characters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.where import wrong_numbers

MOST = 24  # rows and columns shown
WIDEST_NUMBERS = 36  # characters in a row of numbers; arrays with longer rows are drawn
SHADES = "░▒▓█"
ORANGE, BLUE, PINK, GREEN, GREY, PURPLE = "217,95,2", "31,119,214", "220,30,110", "46,158,91", "127,127,127", "130,70,220"

Cell = Callable[[int, int], tuple[str, str, str]]  # row, column -> rgba colour, character, what hovering says


def draw(got: Any, expected: Any) -> str:
    """HTML of the picture, or "" when there is nothing to draw: both must be arrays of numbers with at least one axis."""
    if not all(isinstance(a, np.ndarray) and a.dtype.kind in "biuf" and a.ndim and a.size for a in (got, expected)):
        return ""
    if got.shape != expected.shape:
        return _two_shapes(got, expected)
    wrong = wrong_numbers(got, expected)
    with np.errstate(all="ignore"):
        error = np.nan_to_num(np.abs(got.astype(np.float64) - expected), nan=np.inf) * wrong
    place, caption = _worst(error)
    got, expected, error, wrong = (np.atleast_2d(a[place]) for a in (got, expected, error, wrong))
    rows, columns, crop = _window(error)
    got, expected, error, wrong = (a[rows, columns] for a in (got, expected, error, wrong))
    caption = " ".join(filter(None, (caption, crop)))
    texts = _numbers(got, expected)
    if texts:
        panels = _panel("got", _table(texts[0], wrong)) + _panel("expected", _table(texts[1], np.zeros_like(wrong)))
        return _frame(panels, caption)
    scale = _scale(expected) or _scale(got)
    values = [_panel(name, _cells(array.shape, _signed(array, scale))) for name, array in (("got", got), ("expected", expected))]
    wrongness = _cells(error.shape, _wrongness(got, expected, error, wrong, rows.start, columns.start))
    legend = "Orange is positive, blue negative, pink wrong, green right; the stronger, the larger."
    return _frame("".join(values) + _panel("difference", wrongness), f"{caption} {legend}".strip())


def _two_shapes(got: np.ndarray, expected: np.ndarray) -> str:
    """The first image and channel of each, side by side, to scale."""
    panels, side = [], _side(*got.shape[-2:], *expected.shape[-2:])
    for name, array in (("got", got), ("expected", expected)):
        plane = np.atleast_2d(array[(0,) * (array.ndim - 2)])[:MOST, :MOST]
        other = expected.shape if array is got else got.shape
        sizes = [f"<b>{n}</b>" if len(other) == array.ndim and n != other[axis] else str(n) for axis, n in enumerate(array.shape)]
        panels.append(_panel(f"{name}: {'×'.join(sizes)}", _cells(plane.shape, _signed(plane, _scale(plane)), side)))
    caption = "The first of each is drawn, to scale." if max(got.ndim, expected.ndim) > 2 else ""
    return _frame("".join(panels), caption)


def _worst(error: np.ndarray) -> tuple[tuple[int, ...], str]:
    """The index of the last two axes' worst slice, and a sentence that names it."""
    if error.ndim <= 2:
        return (), ""
    slices = int(np.prod(error.shape[:-2]))
    if slices == 1:
        return (0,) * (error.ndim - 2), ""
    index = np.unravel_index(int(np.argmax(error.max(axis=(-2, -1)))), error.shape[:-2])
    place = tuple(map(int, index))
    return place, f"[{', '.join(map(str, place))}, :, :] is shown, the worst of {slices}."


def _window(error: np.ndarray) -> tuple[slice, slice, str]:
    """At most MOST rows and columns around the worst number, and a sentence when something is left out."""
    at = np.unravel_index(int(np.argmax(error)), error.shape)
    cut = []
    for size, middle in zip(error.shape, at):
        start = min(max(0, int(middle) - MOST // 2), max(0, size - MOST))
        cut.append(slice(start, min(size, start + MOST)))
    rows, columns = cut
    if error.shape == (rows.stop - rows.start, columns.stop - columns.start):
        return rows, columns, ""
    if len(error) == 1:
        return rows, columns, f"Numbers {columns.start} to {columns.stop - 1} of {error.shape[1]}."
    return rows, columns, f"Rows {rows.start} to {rows.stop - 1}, columns {columns.start} to {columns.stop - 1} of {error.shape[0]}×{error.shape[1]}."


def _scale(array: np.ndarray) -> float:
    finite = array[np.isfinite(array)]
    return float(np.abs(finite.astype(np.float64)).max(initial=0.0))


def _signed(array: np.ndarray, scale: float) -> Cell:
    """Cells coloured by sign and size."""

    def cell(i: int, j: int) -> tuple[str, str, str]:
        value = float(array[i, j])
        if not np.isfinite(value):
            return _rgba(PURPLE, 0.85), "?", ""
        share = min(abs(value) / scale, 1.0) if scale else 0.0
        return (_rgba(ORANGE if value > 0 else BLUE, 0.12 + 0.88 * share), _shade(share), "") if value else (_rgba(GREY, 0.14), "·", "")

    return cell


def _wrongness(got: np.ndarray, expected: np.ndarray, error: np.ndarray, wrong: np.ndarray, top: int, left: int) -> Cell:
    """Cells coloured by how wrong they are."""
    scale = _scale(error)

    def cell(i: int, j: int) -> tuple[str, str, str]:
        if not wrong[i, j]:
            return _rgba(GREEN, 0.25), "·", ""
        share = min(error[i, j] / scale, 1.0) if scale and np.isfinite(error[i, j]) else 1.0
        return _rgba(PINK, 0.35 + 0.65 * share), _shade(share), f"[{top + i}, {left + j}]: {got[i, j]:.4g}, not {expected[i, j]:.4g}"

    return cell


def _shade(share: float) -> str:
    return SHADES[min(int(share * len(SHADES)), len(SHADES) - 1)]


def _rgba(colour: str, alpha: float) -> str:
    return f"rgba({colour},{alpha:.2f})"


def _side(*sizes: int) -> int:
    """Pixels of a cell."""
    return 16 if max(sizes) <= 9 else 12 if max(sizes) <= 16 else 9


def _cells(shape: tuple[int, ...], cell: Cell, side: int = 0) -> str:
    side = side or _side(*shape)
    lines = []
    for i in range(shape[0]):
        line = []
        for j in range(shape[1]):
            colour, character, says = cell(i, j)
            title = f' title="{says}"' if says else ""
            style = f"display:inline-block;width:{side}px;height:{side}px;margin:0 1px 1px 0;background-color:{colour}"
            line.append(f'<span{title} style="{style}">{character}</span>')
        lines.append("".join(line))
    plain = "margin:0;padding:0;border:0;background-color:transparent;font-size:0;line-height:0;overflow:visible"
    return f'<pre style="{plain}">' + "\n".join(lines) + "</pre>"


def _numbers(got: np.ndarray, expected: np.ndarray) -> tuple[list[list[str]], list[list[str]]] | None:
    """Both arrays as texts of one width, or None when they are too many to read."""
    if got.shape[0] > 8 or got.shape[1] > 12:
        return None
    texts = [[[f"{value:.3g}" if array.dtype.kind == "f" else str(value) for value in row] for row in array] for array in (got, expected)]
    width = max(len(text) for table in texts for row in table for text in row)
    if (width + 2) * got.shape[1] > WIDEST_NUMBERS:
        return None
    return tuple([[text.rjust(width) for text in row] for row in table] for table in texts)


def _table(texts: list[list[str]], wrong: np.ndarray) -> str:
    bad = f"background-color:{_rgba(PINK, 0.35)};border-radius:3px"
    rows = ["  ".join(f'<span style="{bad}">{t}</span>' if wrong[i, j] else t for j, t in enumerate(row)) for i, row in enumerate(texts)]
    plain = "margin:0;padding:0;border:0;background-color:transparent;color:inherit;font-size:13px;line-height:1.5;overflow:visible"
    return f'<pre style="{plain}">' + "\n".join(rows) + "</pre>"


def _panel(name: str, body: str) -> str:
    title = f'<div style="font-size:12px;line-height:1.3;margin:0 0 4px;opacity:0.75">{name}</div>'
    return f'<div style="display:inline-block;vertical-align:top;margin:6px 24px 2px 0">{title}{body}</div>'


def _frame(panels: str, caption: str) -> str:
    below = f'<div style="font-size:12px;opacity:0.75;margin:2px 0 0">{caption}</div>' if caption else ""
    return f'<div style="margin:4px 0">{panels}{below}</div>'
