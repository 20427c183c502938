"""A computation drawn as a graph: forward along the arrows, gradients against them."""

import matplotlib.pyplot as plt

from .images import BLUE, GREEN, GREY, ORANGE

# Batch norm, step by step: what stands in each node and where, and the arrows with their colours.
NODES = {
    "x": (0.0, 0.0, "$x$"),
    "mean": (1.5, -1.1, "$\\mu$\nmean"),
    "centred": (3.0, 0.0, "$c = x - \\mu$"),
    "var": (4.3, -1.1, "$v$\nmean of $c^2$"),
    "root": (6.6, -1.1, "$r = \\sqrt{v + \\epsilon}$"),
    "normal": (8.0, 0.0, "$\\hat{x} = c\\,/\\,r$"),
    "gamma": (9.3, 1.1, "$\\gamma$"),
    "beta": (10.9, 1.1, "$\\beta$"),
    "out": (10.9, 0.0, "out $= \\gamma\\hat{x} + \\beta$"),
}
DIRECT, BY_MEAN, BY_VARIANCE = BLUE, GREEN, ORANGE
ARROWS = (
    ("x", "centred", DIRECT),
    ("x", "mean", BY_MEAN),
    ("mean", "centred", BY_MEAN),
    ("centred", "normal", DIRECT),
    ("centred", "var", BY_VARIANCE),
    ("var", "root", BY_VARIANCE),
    ("root", "normal", BY_VARIANCE),
    ("normal", "out", DIRECT),
    ("gamma", "out", GREY),
    ("beta", "out", GREY),
)


def show_batch_norm_graph():
    """Batch norm while training as a graph. Blue: the straight way; green: by way of the mean; orange: by way of the variance."""
    figure, axis = plt.subplots(figsize=(10.5, 3.0), layout="constrained")
    axis.set_xlim(-0.6, 11.9)
    axis.set_ylim(-1.7, 1.6)
    frame = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": GREY}
    texts = {name: axis.text(x, y, words, ha="center", va="center", fontsize=11, bbox=frame) for name, (x, y, words) in NODES.items()}
    figure.canvas.draw()  # now the frames have their sizes, and arrows can end at them
    for begin, end, colour in ARROWS:
        ends = {"patchA": texts[begin].get_bbox_patch(), "patchB": texts[end].get_bbox_patch(), "shrinkA": 3, "shrinkB": 3}
        style = {"arrowstyle": "-|>", "color": colour, "linewidth": 2, "mutation_scale": 14}
        axis.annotate("", NODES[end][:2], NODES[begin][:2], arrowprops=style | ends)
    for place, (words, colour) in enumerate((("straight", DIRECT), ("by the mean", BY_MEAN), ("by the variance", BY_VARIANCE))):
        axis.text(0.0 + 1.9 * place, 1.2, words, color=colour, fontsize=11, ha="left", va="center")
    axis.axis("off")
    plt.show()
