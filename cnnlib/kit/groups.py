"""Grouped convolutions as wirings: which filter sees which channels, and how many weights that takes."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from .images import COLOURS, GREY


def show_groups(channels=6, filters=6, groups=(1, 2, 3, 6)):
    """For each number of groups: channels below, filters above, a line where a filter sees a channel; under it the same as a table."""
    figure, axes = plt.subplots(2, len(groups), figsize=(2.9 * len(groups), 4.6), layout="constrained", height_ratios=(1, 1.3))
    for (wires, table), count in zip(axes.T, groups):
        c, f = channels // count, filters // count
        for k in range(filters):
            for deep in range(c):
                wires.plot([k // f * c + deep, k], [0, 1], color=COLOURS[k // f % 8], linewidth=1.4, zorder=1)
                paint = {"facecolor": COLOURS[k // f % 8], "alpha": 0.75, "edgecolor": "white", "linewidth": 1.5}
                table.add_patch(Rectangle((k // f * c + deep, k), 1, 1, **paint))
        for row, units in ((0, channels), (1, filters)):
            edges = [COLOURS[u * count // units % 8] for u in range(units)]
            wires.scatter(range(units), [row] * units, s=120, color="white", edgecolor=edges, zorder=2)
        name = "as ever" if count == 1 else "depthwise" if count == channels else f"{c} channels each"
        wires.set_title(f"groups={count}: {name}", fontsize=10.5)
        wires.set_xlim(-0.7, max(channels, filters) - 0.3)
        wires.set_ylim(-0.25, 1.25)
        table.add_patch(Rectangle((0, 0), channels, filters, fill=False, edgecolor=GREY))
        table.set_xlim(-0.1, channels + 0.1)
        table.set_ylim(filters + 0.1, -0.1)
        table.set_aspect("equal")
        table.set_xticks(np.arange(channels) + 0.5, range(channels), fontsize=8)
        table.set_yticks(np.arange(filters) + 0.5, range(filters), fontsize=8)
        table.tick_params(length=0)
        table.set_xlabel(f"channel\n{filters}·{c} = {filters * c} little filters", fontsize=9)
        table.spines[:].set_visible(False)
        wires.axis("off")
    axes[1, 0].set_ylabel("filter", fontsize=9)
    axes[0, 0].text(-0.5, 1.17, "filters", ha="left", va="center", fontsize=9)
    axes[0, 0].text(-0.5, -0.18, "channels", ha="left", va="center", fontsize=9)
    plt.show()
