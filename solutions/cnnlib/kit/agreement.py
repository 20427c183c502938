"""Two ways to the same numbers: written and measured gradients against each other."""

import matplotlib.pyplot as plt
import numpy as np

from .images import BLUE, GREEN, GREY, RED


def show_agreement(measured, written, size=2.7, close=1e-4, xlabel="measured slope", ylabel="written gradient"):
    """A picture per candidate: every dot is one number, across what was measured, up what was written. Right ones lie on the line.

    measured  array: slopes by differences
    written   {name: array of the same size}
    close     up to which share of the largest slope a difference still counts as agreement
    xlabel, ylabel  what the two are, if not that
    """
    measured = np.ravel(measured)
    figure, axes = plt.subplots(1, len(written), figsize=(size * len(written), size + 0.3), layout="constrained", squeeze=False)
    most = 1.1 * np.abs(measured).max()
    for axis, (name, values) in zip(axes[0], written.items()):
        values = np.ravel(values)
        off = np.abs(values - measured) > close * most
        axis.plot([-most, most], [-most, most], color=GREY, linewidth=1, zorder=1)
        axis.scatter(measured[~off], values[~off], s=8, color=GREEN, zorder=2)
        axis.scatter(measured[off], values[off], s=8, color=RED, zorder=3)
        words = f"{off.sum()} of {len(off)} differ" if off.any() else "all agree"
        axis.set_title(f"{name}:\n{words}", fontsize=10, color=RED if off.any() else BLUE)
        axis.set_xlim(-most, most)
        reach = max(most, 1.1 * np.abs(values).max())
        axis.set_ylim(-reach, reach)
        axis.set_xlabel(xlabel, fontsize=9)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel(ylabel, fontsize=9)
    plt.show()
