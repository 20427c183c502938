"""Two ways to the same numbers, against each other: gradients written and measured, networks in NumPy and in PyTorch."""

import matplotlib.pyplot as plt
import numpy as np

from .images import BLUE, GREEN, GREY, RED


def show_agreement(measured, written, size=2.7, close=1e-4):
    """A picture per candidate: every dot is one number, across what was measured, up what was written. Right ones lie on the line.

    measured  array: slopes by differences
    written   {name: array of the same size}
    close     up to which share of the largest slope a difference still counts as agreement
    """
    show_pairs({name: (measured, values) for name, values in written.items()}, "measured slope", "written gradient", size, close)


def show_pairs(pairs, xlabel="", ylabel="", size=2.7, close=1e-4):
    """Pictures side by side, one for each pair of arrays: every dot is one number, across the first array's, up the second's.

    pairs   {name: (array, array of the same size)}
    close   up to which share of the largest number of the first array a difference still counts as agreement
    """
    figure, axes = plt.subplots(1, len(pairs), figsize=(size * len(pairs), size + 0.3), layout="constrained", squeeze=False)
    for axis, (name, (across, up)) in zip(axes[0], pairs.items()):
        across, up = np.ravel(across), np.ravel(up)
        most = 1.1 * np.abs(across).max()
        off = np.abs(up - across) > close * most
        axis.plot([-most, most], [-most, most], color=GREY, linewidth=1, zorder=1)
        axis.scatter(across[~off], up[~off], s=8, color=GREEN, zorder=2)
        axis.scatter(across[off], up[off], s=8, color=RED, zorder=3)
        words = f"{off.sum()} of {len(off)} differ" if off.any() else "all agree"
        axis.set_title(f"{name}:\n{words}", fontsize=10, color=RED if off.any() else BLUE)
        axis.set_xlim(-most, most)
        reach = max(most, 1.1 * np.abs(up).max())
        axis.set_ylim(-reach, reach)
        axis.set_xlabel(xlabel, fontsize=9)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel(ylabel, fontsize=9)
    plt.show()
