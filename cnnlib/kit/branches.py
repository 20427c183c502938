"""Modules with branches side by side, as pictures: one input below, a column of layers for each branch, all channels joined above."""

import matplotlib.pyplot as plt

from .blocks import HEIGHT, STEP, _arrow, _box

APART = 2.0  # from branch to branch


def show_branches(modules, top="joined", caption=""):
    """Draw modules side by side.

    modules  {title: branches}, and each branch a list of words for its boxes, from the input upwards
    top      what stands in the wide box above
    caption  stands below
    """
    tallest = max(len(branch) for branches in modules.values() for branch in branches)
    widest = [len(branches) for branches in modules.values()]
    size = (1.35 * sum(widest) + 0.4, 0.5 * (tallest + 2) + 0.9)
    figure, axes = plt.subplots(1, len(modules), figsize=size, layout="constrained", squeeze=False, gridspec_kw={"width_ratios": widest})
    for axis, (title, branches) in zip(axes[0], modules.items()):
        middle, above = APART * (len(branches) - 1) / 2, STEP * (tallest + 1)
        axis.text(middle, 0, "x", ha="center", va="center", fontsize=12, style="italic")
        for number, branch in enumerate(branches):
            y, below = 0.0, (middle, 0.22)
            for word in branch:
                y += STEP
                _arrow(axis, below, (APART * number, y - HEIGHT / 2))
                _box(axis, APART * number, y, word)
                below = (APART * number, y + HEIGHT / 2)
            _arrow(axis, below, (APART * number, above - HEIGHT / 2))
        axis.plot([-0.85, 2 * middle + 0.85], [above - HEIGHT / 2] * 2, color="black", linewidth=1.6)
        axis.text(middle, above, top, ha="center", va="center", fontsize=10)
        axis.set_title(title, fontsize=10.5)
        axis.set_xlim(-1.1, 2 * middle + 1.1)
        axis.set_ylim(-0.35, above + 0.4)
        axis.axis("off")
    if caption:
        figure.supxlabel(caption, fontsize=10)
    plt.show()
