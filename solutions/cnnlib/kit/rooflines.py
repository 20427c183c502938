"""The roofline of a machine, and where the layers of a network lie under it."""

import matplotlib.pyplot as plt
import numpy as np

from .images import COLOURS, GREY, _label


def show_roofline(peak, bandwidth, layers, title=""):
    """Operations per second against operations per byte, both axes logarithmic.

    peak       operations per second that the machine reaches
    bandwidth  bytes per second that its memory moves
    layers     {kind: (intensity, rate)}: operations per byte, and measured operations per second, arrays of one length for each kind
    """
    figure, axis = plt.subplots(figsize=(8, 3.8), layout="constrained")
    ridge = peak / bandwidth
    reach = np.concatenate([[ridge], *(np.asarray(intensity, float) for intensity, _ in layers.values())])
    x = np.geomspace(reach.min() / 3, reach.max() * 3, 200)
    axis.plot(x, np.minimum(peak, bandwidth * x), color="black", linewidth=1.5)
    axis.axvline(ridge, color=GREY, linestyle=":")
    at_the_foot = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
    axis.annotate(f"ridge: {ridge:.3g} operations a byte", (ridge, 0), xytext=(4, 4), color=GREY, fontsize=9, **at_the_foot)
    axis.annotate(f"{peak / 1e9:,.0f} billion a second: arithmetic limits", (x[-1], peak), xytext=(0, 4), textcoords="offset points", ha="right",
                  fontsize=9)
    axis.annotate(f"{bandwidth / 1e9:,.0f} GB/s: memory limits", (x[0], bandwidth * x[0]), xytext=(14, 0), textcoords="offset points", fontsize=9)
    for colour, (kind, (intensity, rate)) in zip(COLOURS, layers.items()):
        axis.scatter(intensity, rate, s=28, color=colour, label=kind, zorder=3)
    axis.set_xscale("log")
    axis.set_yscale("log")
    figure.legend(loc="outside right upper", frameon=False)
    _label(axis, title, "operations for each byte", "operations a second")
    plt.show()
