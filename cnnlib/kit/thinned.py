"""A small network, and what is left of it when some of its units are dropped."""

import matplotlib.pyplot as plt

from .images import BLUE, GREY, RED

RADIUS, ACROSS, DOWN = 0.3, 1.5, 1.0  # of a unit; between two layers; between two units


def show_thinned(layers, kept, weights=(), titles=(), columns=4, size=2.1):
    """Draw one network several times, each time with other units kept.

    layers   lists of words, one per unit, from left to right
    kept     one entry per drawing: lists of True and False, in the layers' shape
    weights  per gap between two layers, rows of words: weights[l][m][d] stands at the line from unit d to unit m
    titles   one per drawing
    """
    columns = min(columns, len(kept))
    rows = -(-len(kept) // columns)
    tall = max(len(units) for units in layers)
    wide = ACROSS * (len(layers) - 1) + 2 * RADIUS
    high = DOWN * (tall - 1) + 2 * RADIUS
    figsize = (columns * size * max(wide / high, 0.9) + 0.2 * columns, rows * (size + 0.4))
    figure, axes = plt.subplots(rows, columns, figsize=figsize, squeeze=False, layout="constrained")
    for axis in axes.flat:
        axis.axis("off")
    for axis, alive, title in zip(axes.flat, kept, (*titles, *[""] * len(kept))):
        _draw(axis, layers, alive, weights)
        axis.set_title(title, fontsize=10)
        axis.set_xlim(-RADIUS - 0.1, wide - RADIUS + 0.1)
        axis.set_ylim(-high / 2 - 0.1, high / 2 + 0.1)
        axis.set_aspect("equal")
    plt.show()


def _draw(axis, layers, alive, weights):
    def place(layer, unit):
        return layer * ACROSS, ((len(layers[layer]) - 1) / 2 - unit) * DOWN

    for layer in range(len(layers) - 1):
        for d in range(len(layers[layer])):
            for m in range(len(layers[layer + 1])):
                (x0, y0), (x1, y1) = place(layer, d), place(layer + 1, m)
                if not (alive[layer][d] and alive[layer + 1][m]):
                    continue
                axis.plot([x0, x1], [y0, y1], color=GREY, linewidth=1.2, zorder=1)
                if weights:
                    box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
                    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
                    axis.text(*middle, weights[layer][m][d], ha="center", va="center", fontsize=9, color=BLUE, zorder=2, bbox=box)
    for layer, units in enumerate(layers):
        for unit, word in enumerate(units):
            x, y = place(layer, unit)
            lives = alive[layer][unit]
            style = {"edgecolor": "black"} if lives else {"edgecolor": GREY, "linestyle": ":"}
            axis.add_patch(plt.Circle((x, y), RADIUS, facecolor="white", linewidth=1.4, zorder=3, **style))
            axis.text(x, y, word, ha="center", va="center", fontsize=10, color="black" if lives else GREY, zorder=4)
            if not lives:
                reach = 0.8 * RADIUS
                for sign in (1, -1):
                    axis.plot([x - reach, x + reach], [y - sign * reach, y + sign * reach], color=RED, linewidth=1.6, zorder=5)
