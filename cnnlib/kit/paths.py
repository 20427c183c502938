"""The plane of two parameters: lines of equal loss, and the paths that update rules take across it."""

import matplotlib.pyplot as plt
import numpy as np

from .images import BLUE, GREY, ORANGE, RED


def show_paths(loss, paths, low, high, names=("", ""), lowest=None, arrows=None, size=3.0, columns=3):
    """One picture per path, all over the same lines of equal loss.

    loss       function of one point, an array of two numbers
    paths      {title: (steps + 1, 2) array}: where the rule was, from the start on
    low, high  corners of the plane, two numbers each
    names      of the two parameters
    lowest     the point of the smallest loss, marked by a star
    arrows     {title: [(from, to, colour, words), …]} instead of long paths: what a single step is made of
    """
    across, up = (np.linspace(a, b, 70) for a, b in zip(low, high))
    heights = np.array([[loss(np.array([a, b])) for a in across] for b in up])
    levels = np.geomspace(max(heights.min(), heights.max() * 1e-4), heights.max(), 12)
    rows, columns = -(-len(paths) // columns), min(columns, len(paths))
    figure, axes = plt.subplots(rows, columns, figsize=(1.25 * size * columns, (size + 0.3) * rows), layout="constrained", squeeze=False)
    for axis in axes.flat[len(paths) :]:
        axis.axis("off")
    for axis, (title, path) in zip(axes.flat, paths.items()):
        path = np.asarray(path, float)
        axis.contour(across, up, heights, levels=levels, colors=GREY, linewidths=0.7, alpha=0.7)
        if lowest is not None:
            axis.plot(*lowest, marker="*", markersize=13, color=ORANGE, markeredgecolor="black", linestyle="none", zorder=4)
        axis.plot(*path.T, color=BLUE, linewidth=1.2, marker="o", markersize=3, zorder=3)
        axis.plot(*path[0], marker="s", markersize=7, color="black", linestyle="none", zorder=4)
        for begin, end, colour, words in (arrows or {}).get(title, ()):
            axis.annotate("", end, begin, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2}, zorder=5)
            middle = (np.asarray(begin) + np.asarray(end)) / 2
            across_more = abs(end[0] - begin[0]) / (high[0] - low[0]) > abs(end[1] - begin[1]) / (high[1] - low[1])
            axis.annotate(words, middle, xytext=(-12, 8) if across_more else (7, 4), textcoords="offset points", color=colour, fontsize=9, zorder=6)
        if not np.isfinite(path).all() or (path[-1] < low).any() or (path[-1] > high).any():
            axis.text(0.97, 0.05, "left the picture", transform=axis.transAxes, ha="right", color=RED, fontsize=9)
        axis.set_xlim(low[0], high[0])
        axis.set_ylim(low[1], high[1])
        axis.set_title(title, fontsize=10)
        axis.set_xlabel(names[0], fontsize=9)
        axis.tick_params(labelsize=8)
    for row in axes:
        row[0].set_ylabel(names[1], fontsize=9)
    plt.show()
