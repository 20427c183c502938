"""Training against test, remedy by remedy: what lies between the two is the gap that regularization is to close."""

import matplotlib.pyplot as plt
import numpy as np

from .images import BLUE, GREY, ORANGE, _label


def show_gaps(runs, title="", xlabel="", of="seeds"):
    """A bar from training to test for every name: left end what the training images say, right end what the test images say.

    runs     {name: (train, test)}, each one a (seeds,) array; drawn from top to bottom in this order
    of       what the numbers of an array belong to, if not seeds

    Ends of a bar are means, with one standard deviation as an error bar; every seed is a dot.
    """
    figure, axis = plt.subplots(figsize=(8, 0.55 * len(runs) + 1.3), layout="constrained")
    for row, pair in enumerate(runs.values()):
        train, test = (np.asarray(values, float) for values in pair)
        axis.barh(-row, test.mean() - train.mean(), left=train.mean(), height=0.34, color=GREY, alpha=0.3)
        for values, colour, words in ((train, BLUE, "training images"), (test, ORANGE, "test images")):
            spread = values.std(ddof=1) if len(values) > 1 else 0.0
            axis.errorbar(values.mean(), -row, xerr=spread, fmt="o", color=colour, markersize=8, capsize=4, label=words if row == 0 else None)
            axis.scatter(values, np.full(len(values), -row) + np.linspace(-0.12, 0.12, len(values)), s=9, color="black", zorder=3)
        right = max(test.max(), train.max(), test.mean() + (test.std(ddof=1) if len(test) > 1 else 0))
        words = f"{test.mean():.2f}, gap {test.mean() - train.mean():.2f}"
        axis.annotate(words, (right, -row), xytext=(9, 0), textcoords="offset points", va="center", fontsize=9)
    axis.set_yticks([-row for row in range(len(runs))], list(runs))
    axis.set_xlim(right=axis.get_xlim()[1] * 1.16)
    count = len(next(iter(runs.values()))[0])
    figure.legend(loc="outside right upper", frameon=False, title=f"mean of {count} {of}\n± standard deviation", title_fontsize=8, alignment="left")
    _label(axis, title, xlabel, "")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    plt.show()
