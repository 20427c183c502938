"""A small network drawn as units and connections, with the numbers that flow forward and the gradients that flow back."""

import matplotlib.pyplot as plt

from .images import BLUE, GREY, ORANGE, RED


def show_network(layers, weights=(), gradients=(), titles=(), caption=""):
    """Draw a fully connected network, layer by layer from left to right.

    layers     lists of words, one per unit: what stands in it
    weights    per gap between two layers, rows of words: weights[l][m][d] goes from unit d to unit m
    gradients  like `layers`: what stands in red below each unit
    titles     one per layer
    """
    tallest = max(len(units) for units in layers)
    width, gap = 2.6, 1.25
    half = gap * (tallest - 1) / 2  # how far the outermost units are from the middle
    figure, axis = plt.subplots(figsize=(width * len(layers), 2 * half + 1.6), layout="constrained")

    def place(layer, unit):
        return layer * width, ((len(layers[layer]) - 1) / 2 - unit) * gap

    for layer, matrix in enumerate(weights):
        for m, row in enumerate(matrix):
            for d, word in enumerate(row):
                (x0, y0), (x1, y1) = place(layer, d), place(layer + 1, m)
                axis.plot([x0, x1], [y0, y1], color=GREY, linewidth=1, zorder=1)
                along = 0.3 if d == 0 else 0.42  # so that crossing lines do not share a place for their words
                axis.text(
                    x0 + along * (x1 - x0),
                    y0 + along * (y1 - y0),
                    word,
                    ha="center",
                    va="center",
                    fontsize=9,
                    color=BLUE,
                    zorder=2,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                )
    for layer, units in enumerate(layers):
        for unit, word in enumerate(units):
            x, y = place(layer, unit)
            axis.scatter([x], [y], s=1500, color="white", edgecolor=ORANGE if 0 < layer < len(layers) - 1 else "black", zorder=3)
            axis.text(x, y, word, ha="center", va="center", fontsize=9.5, zorder=4)
            if gradients:
                axis.text(x, y - 0.47, gradients[layer][unit], ha="center", va="center", fontsize=9.5, color=RED, zorder=4)
        if titles:
            axis.text(layer * width, half + 0.45, titles[layer], ha="center", fontsize=10, color="#444")
    below = half + (0.6 if gradients else 0.35)
    if caption:
        axis.text((len(layers) - 1) * width / 2, -below - 0.3, caption, ha="center", fontsize=10, color="#444")
    axis.set_xlim(-0.8, (len(layers) - 1) * width + 0.8)
    axis.set_ylim(-below - 0.4, half + 0.7)
    axis.axis("off")
    plt.show()
