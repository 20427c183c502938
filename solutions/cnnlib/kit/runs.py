"""Runs that are compared: every one is done with several seeds, and the spread is drawn with the mean."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from .images import COLOURS, _label


def show_runs(runs, title="", xlabel="", ylabel="", x=None, logx=False, logy=False, marks=(), of="seeds"):
    """Curves with their spread: a line through the mean of all seeds, a band of one standard deviation around it.

    runs     {name: (seeds, steps) array}, one row per seed
    x        what stands below the curves: one array for all, or {name: array} (default: 0, 1, 2, …)
    logx     a logarithmic axis below; up to ten places are all named there
    logy     a logarithmic axis at the side
    marks    horizontal lines as (height, words)
    of       what the rows are, if not seeds
    """
    figure, axis = plt.subplots(figsize=(8, 3.4), layout="constrained")
    named = set()  # all places on the x axis
    for colour, (name, values) in zip(COLOURS, runs.items()):
        values = np.asarray(values, float)
        places = x[name] if isinstance(x, dict) else np.arange(values.shape[1]) if x is None else x
        mean, spread = values.mean(axis=0), _spread(values)
        named |= set(map(float, places))
        axis.plot(places, mean, label=name, color=colour)
        axis.fill_between(places, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0)
    for height, words in marks:
        axis.axhline(height, color="#8a8f98", linestyle=":")
        axis.annotate(words, (axis.get_xlim()[1], height), ha="right", va="bottom", color="#8a8f98", fontsize=9)
    if logx:
        axis.set_xscale("log")
        if len(named) <= 10:  # few enough to name each
            axis.set_xticks(sorted(named), [f"{place:g}" for place in sorted(named)], minor=False)
            axis.minorticks_off()
    elif all(place.is_integer() for place in named):  # there is no layer 2.5
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    if logy:
        axis.set_yscale("log")
    rows = len(next(iter(runs.values())))
    words = f"mean of {rows} {of}\n± standard deviation" if rows > 1 else f"1 {of.removesuffix('s')}: no spread"
    figure.legend(loc="outside right upper", frameon=False, title=words, title_fontsize=8, alignment="left")
    _label(axis, title, xlabel, ylabel)
    plt.show()


def show_run_bars(runs, title="", ylabel="", low=None):
    """One bar per name: the mean over the seeds, with its standard deviation as an error bar and every seed as a dot.

    runs     {name: (seeds,) array}
    low      where the axis begins (default 0)
    """
    figure, axis = plt.subplots(figsize=(max(5.0, 1.6 * len(runs)), 3.4), layout="constrained")
    for place, (colour, (name, values)) in enumerate(zip(COLOURS, runs.items())):
        values = np.asarray(values, float)
        mean, spread = values.mean(), float(_spread(values))
        several = len(values) > 1  # one run says nothing of its spread
        axis.bar([name], [mean], yerr=[spread] if several else None, color=colour, width=0.6, alpha=0.75, capsize=5)
        axis.scatter(place + (np.linspace(-0.12, 0.12, len(values)) if several else np.zeros(1)), values, s=12, color="black", zorder=3)
        top = max(mean + spread, values.max())
        words = f"{mean:.2f} ± {spread:.2f}" if several else f"{mean:.2f}"
        axis.annotate(words, (place, top), xytext=(0, 5), textcoords="offset points", ha="center", fontsize=10)
    bottom, top = axis.get_ylim()
    axis.set_ylim(low if low is not None else min(bottom, 0), top + 0.1 * (top - (low or 0)))
    _label(axis, title, "", ylabel)
    plt.show()


def _spread(values):
    return values.std(axis=0, ddof=1) if len(values) > 1 else 0 * values.mean(axis=0)
