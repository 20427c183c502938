"""Blocks of residual networks as pictures: what happens on the branch, what on the way past it, and what after the sum."""

import matplotlib.pyplot as plt
from matplotlib.patches import Circle, FancyBboxPatch

from .images import BLUE, COLOURS, GREEN, GREY, ORANGE

STEP, WIDTH, HEIGHT, ASIDE = 0.85, 1.7, 0.5, 2.05  # from box to box, a box, and how far the shortcut runs beside the branch
PAINTS = (("conv", BLUE), ("batch norm", GREEN), ("ReLU", ORANGE))  # by the word that a box begins with


def show_blocks(blocks, caption=""):
    """Draw blocks side by side, each from x at its top to its output at the bottom.

    blocks   {title: parts}, where parts has the keys, each optional:
                 first     words of the boxes before the way forks
                 branch    words of the boxes of the branch
                 shortcut  words of the boxes past the branch; [] is a bare line; without the key there is no way past and no sum
                 last      words of the boxes after the sum
    caption  stands below
    """
    counts = [len(p.get("first", ())) + len(p["branch"]) + len(p.get("last", ())) + ("shortcut" in p) for p in blocks.values()]
    tallest = max(counts) + 1
    right = [ASIDE + 1.0 if parts.get("shortcut") else ASIDE + 0.3 if "shortcut" in parts else 1.3 for parts in blocks.values()]
    size = (0.8 * sum(right) + 0.9 * len(right), 0.5 * tallest + 0.9)
    widths = {"width_ratios": [1.1 + edge for edge in right]}
    figure, axes = plt.subplots(1, len(blocks), figsize=size, layout="constrained", squeeze=False, gridspec_kw=widths)
    for axis, edge, (title, parts) in zip(axes[0], right, blocks.items()):
        _draw(axis, parts)
        axis.set_title(title, fontsize=10.5)
        axis.set_xlim(-1.1, edge)
        axis.set_ylim(-STEP * tallest - 0.35, 0.3)
        axis.axis("off")
    if caption:
        figure.supxlabel(caption, fontsize=10)
    plt.show()


def _draw(axis, parts):
    y = 0.0
    axis.text(0, y, "x", ha="center", va="center", fontsize=12, style="italic")
    y = _column(axis, y, parts.get("first", ()))
    fork = y - 0.45 * STEP if "shortcut" in parts else y
    y = _column(axis, y, parts["branch"])
    if "shortcut" in parts:
        y -= STEP
        _arrow(axis, (0, y + STEP - 0.25), (0, y + 0.22))
        axis.add_patch(Circle((0, y), 0.2, facecolor="white", edgecolor="black", zorder=3))
        axis.text(0, y, "+", ha="center", va="center", fontsize=13, zorder=4)
        axis.plot([0, ASIDE, ASIDE], [fork, fork, y], color="black", linewidth=1.3, zorder=1)
        _arrow(axis, (ASIDE, y), (0.22, y))
        words = parts["shortcut"]
        for place, word in enumerate(words):
            _box(axis, ASIDE, (fork + y) / 2 + ((len(words) - 1) / 2 - place) * STEP, word)
    y = _column(axis, y, parts.get("last", ()))
    _arrow(axis, (0, y - 0.25), (0, y - STEP + 0.1))


def _column(axis, y, words):
    """Boxes below each other, from just under y; returns where the last one is."""
    for word in words:
        _arrow(axis, (0, y - 0.22), (0, y - STEP + HEIGHT / 2))
        y -= STEP
        _box(axis, 0, y, word)
    return y


def _box(axis, x, y, word):
    paint = next((colour for start, colour in PAINTS if word.startswith(start)), COLOURS[4] if word else GREY)
    style = {"boxstyle": "round,pad=0,rounding_size=0.12", "facecolor": "white", "edgecolor": paint, "linewidth": 1.6}
    axis.add_patch(FancyBboxPatch((x - WIDTH / 2, y - HEIGHT / 2), WIDTH, HEIGHT, zorder=2, **style))
    axis.text(x, y, word, ha="center", va="center", fontsize=8.5, zorder=3)


def _arrow(axis, start, end):
    axis.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "black", "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0})
