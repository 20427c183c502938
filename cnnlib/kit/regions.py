"""Where in the plane a classifier says what: points, and the border between two answers."""

import matplotlib.pyplot as plt
import numpy as np

from .images import BLUE, ORANGE


def show_regions(points, labels, classifiers, titles=(), names=("0", "1"), axes_names=("", ""), size=2.5, columns=4):
    """One picture per classifier: the plane in the colour of its answer, and the points in that of their label.

    points       (N, 2)
    labels       (N,) of 0 and 1
    classifiers  functions (M, 2) -> (M,): above 0 means 1
    names        what the labels 0 and 1 mean
    axes_names   what the two numbers are
    """
    points, labels = np.asarray(points, float), np.asarray(labels)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.12 * (high - low)
    low, high = low - margin, high + margin
    across, up = np.meshgrid(np.linspace(low[0], high[0], 200), np.linspace(low[1], high[1], 200))
    plane = np.stack([across.ravel(), up.ravel()], axis=1)
    rows = -(-len(classifiers) // columns)
    columns = min(columns, len(classifiers))
    figure, axes = plt.subplots(rows, columns, figsize=(size * columns + 0.6, (size + 0.3) * rows), layout="constrained", squeeze=False)
    for axis in axes.flat[len(classifiers) :]:
        axis.axis("off")
    for axis, classify, title in zip(axes.flat, classifiers, (*titles, *[""] * len(classifiers))):
        answer = (np.asarray(classify(plane)) > 0).reshape(across.shape)
        axis.contourf(across, up, answer, levels=[-0.5, 0.5, 1.5], colors=[BLUE, ORANGE], alpha=0.18)
        if answer.any() and not answer.all():
            axis.contour(across, up, answer, levels=[0.5], colors="black", linewidths=1.2)
        for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
            chosen = points[labels == label]
            axis.scatter(
                chosen[:, 0],
                chosen[:, 1],
                s=22 if len(points) > 8 else 90,
                color=colour,
                marker=marker,
                edgecolor="white",
                linewidth=0.5,
                label=names[label],
            )
        axis.set_title(title, fontsize=10)
        axis.set_xlim(low[0], high[0])
        axis.set_ylim(low[1], high[1])
        axis.set_xlabel(axes_names[0], fontsize=9)
        axis.tick_params(labelsize=8)
    axes[0, 0].set_ylabel(axes_names[1], fontsize=9)
    handles, words = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside right upper", frameon=False)
    plt.show()
