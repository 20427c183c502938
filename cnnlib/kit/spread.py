"""What a signal looks like layer by layer: a histogram of each layer's activations."""

import matplotlib.pyplot as plt
import numpy as np

from .images import COLOURS


def show_layer_histograms(activations, limits, title="", bins=41):
    """One row of histograms per network, one column per layer, each with its standard deviation above it.

    activations  {name: [array of one layer's outputs, …]}, from the first layer to the last
    limits       (low, high) of every axis; what lies beyond is counted at the ends
    """
    columns = max(len(layers) for layers in activations.values())
    figsize = (1.5 * columns + 0.8, 1.35 * len(activations) + 0.5)
    figure, axes = plt.subplots(len(activations), columns, figsize=figsize, layout="constrained", squeeze=False)
    for row, colour, (name, layers) in zip(axes, COLOURS, activations.items()):
        for axis, values in zip(row, layers):
            values = np.asarray(values, float).ravel()
            axis.hist(np.clip(values, *limits), bins=bins, range=limits, color=colour, weights=np.full(values.size, 1 / values.size))
            axis.set_yscale("log")
            axis.set_ylim(1e-4, 1.5)
            axis.set_xlim(*limits)
            axis.set_yticks([])
            axis.minorticks_off()
            axis.tick_params(labelsize=7)
            axis.set_title(f"std {values.std():.2g}", fontsize=8)
            axis.spines[["top", "right", "left"]].set_visible(False)
        row[0].set_ylabel(name, fontsize=9)
    for number, axis in enumerate(axes[-1], start=1):
        axis.set_xlabel(f"layer {number}", fontsize=9)
    figure.suptitle(title, fontsize=11)
    plt.show()
