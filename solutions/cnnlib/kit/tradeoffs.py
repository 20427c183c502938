"""What accuracy costs: networks as points, errors against parameters and against operations."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator

from .images import COLOURS, _label


def show_trade_off(families, title="", ylabel="% wrong"):
    """Two panels with the same points: errors against millions of parameters and of operations, logarithmic where they lie far apart.

    families   {name: [(label, parameters, operations, errors), …]}: a line joins what belongs together, from the cheapest to the dearest
               network. errors is a number, or the numbers of several seeds: then their mean is drawn, with their standard deviation
    """
    figure, axes = plt.subplots(1, 2, figsize=(11.5, 4.3), layout="constrained", sharey=True)
    for axis, column, words in zip(axes, (1, 2), ("parameters, millions", "multiplications with additions for one image, millions")):
        for number, (name, points) in enumerate(families.items()):
            colour = COLOURS[number % len(COLOURS)]
            points = sorted(points, key=lambda point: point[column])
            x = [point[column] / 1e6 for point in points]
            errors = [np.atleast_1d(np.asarray(point[3], float)) for point in points]
            means = [values.mean() for values in errors]
            spreads = [values.std(ddof=1) if len(values) > 1 else 0.0 for values in errors]
            bars = spreads if any(spreads) else None
            axis.errorbar(x, means, yerr=bars, marker="o", markersize=5, color=colour, label=name, capsize=3, linewidth=1.3)
            shift, side = (((5, 4), "left"), ((5, -11), "left"), ((-6, -4), "right"))[number % 3]  # names above, below or before the points
            for place, mean, point in zip(x, means, points):
                axis.annotate(point[0], (place, mean), xytext=shift, textcoords="offset points", fontsize=8, color=colour, ha=side)
        places = [point[column] for points in families.values() for point in points]
        if max(places) > 10 * min(places):
            axis.set_xscale("log")
            axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.minorticks_off()
            axis.set_xlim(right=max(places) / 1e6 * (max(places) / min(places)) ** 0.15)  # room for the last name
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        _label(axis, "", words, ylabel if axis is axes[0] else "")
    if len(families) > 1:
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(len(families), 6), frameon=False, fontsize=9)
    figure.suptitle(title, fontsize=11)
    plt.show()
