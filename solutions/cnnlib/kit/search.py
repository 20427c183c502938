"""A search for good settings: which were tried, and how good each was."""

import matplotlib.pyplot as plt
import numpy as np

from .images import RED


def show_search(tried, names, ylabel="", title=""):
    """One picture per way of searching: a dot for every trial, coloured by its score, the best one circled.

    tried   {name of the search: (trials, 3) array}: two settings and the score, smaller is better; both axes are logarithmic
    names   of the two settings
    ylabel  what the score is
    """
    tried = {name: np.asarray(rows, float) for name, rows in tried.items()}
    scores = np.concatenate([rows[:, 2] for rows in tried.values()])
    figure, axes = plt.subplots(1, len(tried), figsize=(4.2 * len(tried) + 0.8, 3.6), layout="constrained", squeeze=False, sharex=True, sharey=True)
    for axis, (name, rows) in zip(axes[0], tried.items()):
        look = {"s": 70, "cmap": "viridis_r", "vmin": scores.min(), "vmax": scores.max(), "edgecolor": "black", "linewidth": 0.5}
        drawn = axis.scatter(rows[:, 0], rows[:, 1], c=rows[:, 2], **look)
        best = rows[rows[:, 2].argmin()]
        axis.scatter(*best[:2], s=230, facecolor="none", edgecolor=RED, linewidth=2)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_title(f"{name}: best {best[2]:.3f}", fontsize=10)
        axis.set_xlabel(names[0])
        axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel(names[1])
    figure.colorbar(drawn, ax=axes, label=ylabel, shrink=0.85)
    figure.suptitle(title, fontsize=11)
    plt.show()
