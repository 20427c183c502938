"""What noise does to an answer: many draws, their mean, and the one answer of test time."""

import matplotlib.pyplot as plt
import numpy as np

from .images import BLUE, COLOURS, ORANGE, _label


def show_clouds(clouds, title="", xlabel="", said="at test time"):
    """A row of dots for every name, with the mean of the dots and the answer that a network gives at test time.

    clouds   {name: (draws, answer)}: a (draws,) array, and one number or None; drawn from top to bottom in this order
    said     what the answer is called in the legend
    """
    figure, axis = plt.subplots(figsize=(8, 0.75 * len(clouds) + 1.2), layout="constrained")
    scatter = np.random.default_rng(0)  # moves dots up and down, so that they do not hide each other
    for row, (draws, answer) in enumerate(clouds.values()):
        draws = np.asarray(draws, float)
        axis.scatter(draws, -row + scatter.uniform(-0.22, 0.22, len(draws)), s=7, color=COLOURS[-1], alpha=0.45, linewidth=0)
        axis.plot([draws.mean()] * 2, [-row - 0.34, -row + 0.34], color=BLUE, linewidth=2.5, label="mean of the draws" if row == 0 else None)
        if answer is not None:
            axis.plot([answer], [-row], marker="D", color=ORANGE, markeredgecolor="black", linestyle="", label=said if row == 0 else None, zorder=4)
    axis.set_yticks([-row for row in range(len(clouds))], list(clouds))
    axis.set_ylim(-len(clouds) + 0.45, 0.55)
    figure.legend(loc="outside right upper", frameon=False)
    _label(axis, title, xlabel, "")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    plt.show()
