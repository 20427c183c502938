"""Small matrices drawn with their numbers, and a filter that slides over one."""

import re

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.patches import Rectangle

from .images import BLUE, COLOURS, GREY, ORANGE

SIGNS = {
    "minus": "−",
    "plus": "+",
    "fast-backward": "|◀",
    "fast-forward": "▶|",
    "step-backward": "‹",
    "step-forward": "›",
    "play": "▶",
    "play fa-flip-horizontal": "◀",
    "pause": "||",
}
PAPER, PADDING, MARKED = "#ffffff", "#eceef1", "#fde3bf"


class Html:
    """A piece of HTML that a notebook shows as it is."""

    def __init__(self, html):
        self.html = html

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return "An animation: it moves in the notebook."


def show_grid_of_numbers(*items, titles=(), windows=None, marked=None, dimmed=None, caption="", cell=0.42):
    """Draw matrices with their numbers in a row, as in an equation.

    items    2-D arrays of numbers or words; a string between them ("*", "=") is drawn as it is
    titles   one per matrix
    windows  {matrix: [(row, column, height, width), …]}: frames, a colour each; matrices count from 0
    marked   {matrix: [(row, column), …]}: cells with a tint
    dimmed   {matrix: boolean array}: cells in grey, such as padding
    cell     size of a cell in inches
    """
    gap = 1.2
    widths = [gap if isinstance(item, str) else np.asarray(item).shape[1] + 0.6 for item in items]
    height = max(np.asarray(item).shape[0] for item in items if not isinstance(item, str))
    figure, axis = plt.subplots(figsize=(sum(widths) * cell, (height + 1.4 + bool(caption)) * cell))
    left, number = 0.3, 0
    for item, width in zip(items, widths):
        if isinstance(item, str):
            axis.text(left - 0.3 + gap / 2, height / 2, item, ha="center", va="center", fontsize=18)
        else:
            item = np.asarray(item)
            top = (height - item.shape[0]) / 2
            title = titles[number] if number < len(titles) else ""
            dim = (dimmed or {}).get(number)
            _draw(axis, item, left, top, title, (windows or {}).get(number, ()), (marked or {}).get(number, ()), dim, cell)
            number += 1
        left += width
    if caption:
        axis.text((left - 0.3) / 2, height + 0.7, caption, ha="center", va="center", fontsize=10, color="#444")
    _frame(axis, sum(widths), height, bool(caption))
    plt.show()


def animate_sliding_filter(x, kernel, out, stride=(1, 1), padding=(0, 0), titles=("input", "filter", "output"), cell=0.42):
    """An animation: the filter visits window after window of x and fills `out`, one sum at a time.

    x, kernel, out  2-D arrays; `out` is given, the animation only says where each of its numbers comes from
    stride, padding (height, width)
    titles          what stands above the three
    """
    padded = np.pad(x, ((padding[0],) * 2, (padding[1],) * 2))
    border = np.pad(np.zeros(x.shape, bool), ((padding[0],) * 2, (padding[1],) * 2), constant_values=True)
    (height, width), (kh, kw), (oh, ow) = padded.shape, kernel.shape, out.shape
    total = width + kw + ow + 3.6
    figure, axis = plt.subplots(figsize=(max(total * cell, 4.6), (height + 2.6) * cell))

    def draw(step):
        axis.clear()
        row, column = divmod(step, ow)
        i, j = row * stride[0], column * stride[1]
        done = np.full(out.shape, "", object)
        done.flat[: step + 1] = [_text(value) for value in out.flat[: step + 1]]
        _draw(axis, padded, 0.3, 0, titles[0], [(i, j, kh, kw)], (), border, cell)
        axis.text(width + 0.7, height / 2, "⋆", ha="center", va="center", fontsize=16)
        _draw(axis, kernel, width + 1.1, (height - kh) / 2, titles[1], (), (), None, cell)
        axis.text(width + kw + 1.7, height / 2, "=", ha="center", va="center", fontsize=16)
        _draw(axis, done, width + kw + 2.3, (height - oh) / 2, titles[2], (), [(row, column)], None, cell)
        terms = [f"{_text(a)}·{_text(b)}" for a, b in zip(padded[i : i + kh, j : j + kw].flat, kernel.flat)]
        words = " + ".join(terms) if len(terms) <= 9 else " + ".join(terms[:4]) + " + …"
        axis.text(total / 2, height + 0.8, f"{words} = {_text(out[row, column])}", ha="center", va="center", fontsize=10)
        _frame(axis, total, height, True)

    movie = FuncAnimation(figure, draw, frames=out.size, interval=900)
    with plt.rc_context({"animation.embed_limit": 5, "savefig.dpi": 72}):
        html = movie.to_jshtml(default_mode="loop")
    plt.close(figure)
    return Html(_offline(html))


def _offline(html):
    """matplotlib's player with signs for its buttons, in place of an icon font that it would fetch from elsewhere."""
    html = re.sub(r"<link[^>]*font-awesome[^>]*>", "", html)
    return re.sub(r'<i class="fa fa-([a-z -]+)"></i>', lambda match: SIGNS[match[1]], html)


def _draw(axis, matrix, left, top, title, windows, marked, dim, cell):
    rows, columns = matrix.shape
    longest = max((len(_text(value)) for value in matrix.flat), default=1)
    for i in range(rows):
        for j in range(columns):
            grey = dim is not None and dim[i, j]
            face = MARKED if (i, j) in marked else PADDING if grey else PAPER
            axis.add_patch(Rectangle((left + j, top + i), 1, 1, facecolor=face, edgecolor="#c9ccd1", linewidth=0.8))
            size = min(11, 44 / longest * cell / 0.42)
            ink = GREY if grey else "black"
            axis.text(left + j + 0.5, top + i + 0.5, _text(matrix[i, j]), ha="center", va="center", fontsize=size, color=ink)
    for place, (i, j, height, width) in enumerate(windows):
        colour = ORANGE if len(windows) == 1 else COLOURS[place % len(COLOURS)]
        # Frames that share an edge would hide each other: each is drawn a little smaller than the one before.
        inset = 0.05 * (place % 4)
        corner = (left + j + inset, top + i + inset)
        axis.add_patch(Rectangle(corner, width - 2 * inset, height - 2 * inset, fill=False, edgecolor=colour, linewidth=2.2))
    axis.add_patch(Rectangle((left, top), columns, rows, fill=False, edgecolor=BLUE if not windows else GREY, linewidth=1.0))
    axis.text(left + columns / 2, top - 0.35, title, ha="center", va="center", fontsize=9.5, color="#444")


def _frame(axis, width, height, caption):
    axis.set_xlim(0, width)
    axis.set_ylim(height + (1.2 if caption else 0.3), -0.9)
    axis.set_aspect("equal")
    axis.set_position([0, 0, 1, 1])
    axis.axis("off")


def _text(value):
    """A cell's words: whole numbers without a point, others with two digits."""
    if isinstance(value, (str, np.str_)):
        return str(value)
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}"
