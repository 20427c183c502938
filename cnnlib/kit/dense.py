"""A dense block as a picture: what stands side by side before each layer, and which layer made it."""

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from .images import COLOURS, GREY, RED

WIDE, GAP = 0.62, 2.1  # a pile of channels, and from one pile to the next


def show_dense_block(stem=16, growth=12, layers=4):
    """The pile of channels grows from the left to the right; every layer sees the whole pile and puts `growth` channels on its top.

    stem    channels that come into the block
    growth  channels that each layer makes
    layers  how many there are
    """
    most = stem + growth * layers
    figure, axis = plt.subplots(figsize=(2.0 * (layers + 1) + 0.6, 3.9), layout="constrained")
    for pile in range(layers + 1):
        x, height = GAP * pile, 0
        for maker in range(pile + 1):
            size = growth if maker else stem
            paint = COLOURS[(maker - 1) % 8] if maker else "#c9ccd1"
            axis.add_patch(Rectangle((x, height), WIDE, size, facecolor=paint, edgecolor="white", linewidth=1.5))
            if pile == layers or maker == pile:
                words = f"layer {maker}: {size}" if maker else f"what came in: {size}"
                if pile == layers:
                    axis.text(x + WIDE + 0.1, height + size / 2, words, va="center", fontsize=9)
            height += size
        axis.text(x + WIDE / 2, height + 0.025 * most, str(height), ha="center", fontsize=10)
        if pile < layers:
            middle = x + (WIDE + GAP) / 2
            box = Rectangle((middle - 0.2, height + growth / 2 - 0.075 * most), 0.4, 0.15 * most, facecolor="white", edgecolor="black", zorder=3)
            axis.add_patch(box)
            axis.text(middle, height + growth / 2, f"layer\n{pile + 1}", ha="center", va="center", fontsize=7.5, zorder=4)
            for level in (0.02 * most, height / 2, height):  # the whole pile goes in
                axis.plot([x + WIDE, middle - 0.2], [level, height + growth / 2], color=GREY, linewidth=0.9, zorder=1)
            arrow = {"arrowstyle": "->", "color": RED, "linewidth": 1.5}
            axis.annotate("", (x + GAP, height + growth / 2), (middle + 0.2, height + growth / 2), arrowprops=arrow)
    axis.set_xlim(-0.3, GAP * layers + WIDE + 1.9)
    axis.set_ylim(0, 1.12 * most)
    axis.set_ylabel("channels, side by side")
    axis.set_xticks([])
    axis.spines[["top", "right", "bottom"]].set_visible(False)
    plt.show()
