"""Images, bars and curves, labelled and in the course's colours."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

BLUE, ORANGE, GREEN, RED, GREY = "#2f6fb3", "#e08a1e", "#3b9a5b", "#c4453c", "#8a8f98"
COLOURS = (BLUE, ORANGE, GREEN, RED, "#7d5ba6", "#4aa3a2", "#b5558c", "#6b705c", GREY)


def show_images(*images, titles=(), shared=False, signed=False, limit=None, colorbar=False, columns=None, size=3.0, boxes=None, caption=""):
    """Show images side by side.

    images    (H, W) arrays, drawn in grey, or (H, W, 3) photos
    titles    one per image
    shared    one scale for all grey images, so that they can be compared
    signed    0 is white, negative blue, positive red
    limit     with signed: values beyond -limit and limit get the same colour (default: the largest)
    colorbar  show what the colours mean
    columns   images in a row (default: all)
    size      height of one image in inches
    boxes     {image: [(row, column, height, width, colour), …]}: frames; images count from 0
    """
    columns = columns or len(images)
    rows = -(-len(images) // columns)
    # In one row every image gets its own width; in several, all get the first one's.
    shapes = images if rows == 1 else images[:1] * columns
    ratios = [min(max(image.shape[1] / image.shape[0], 0.6), 2.2) for image in shapes]
    figsize = (sum(ratios) * size + (0.6 * columns if colorbar else 0), rows * (size + 0.4))
    widths = {"width_ratios": ratios + [1.0] * (columns - len(ratios))}
    figure, axes = plt.subplots(rows, columns, figsize=figsize, squeeze=False, layout="constrained", gridspec_kw=widths)
    flat = [image for image in images if image.ndim == 2]
    for axis in axes.flat:
        axis.axis("off")
    for number, (axis, image, title) in enumerate(zip(axes.flat, images, (*titles, *[""] * len(images)))):
        axis.set_title(title, fontsize=10)
        for row, column, height, width, colour in (boxes or {}).get(number, ()):
            axis.add_patch(Rectangle((column, row), width, height, fill=False, edgecolor=colour, linewidth=2.5))
        if image.ndim == 3:
            axis.imshow(image)
            continue
        low, high = _limits(flat if shared else [image], signed, limit)
        drawn = axis.imshow(image, cmap="RdBu_r" if signed else "gray", vmin=low, vmax=high)
        if colorbar:
            figure.colorbar(drawn, ax=axis, shrink=0.8)
    if caption:
        figure.supxlabel(caption, fontsize=10)
    plt.show()


def show_bars(labels, values, title="", ylabel="", log=False, text=None):
    """A bar for every label; `text` is what stands above each bar (default: its value)."""
    figure, axis = plt.subplots(figsize=(max(5.0, 1.5 * len(values)), 3.4), layout="constrained")
    axis.bar(labels, values, color=[COLOURS[i % len(COLOURS)] for i in range(len(values))], width=0.6)
    for place, (value, words) in enumerate(zip(values, text or [f"{value:,.4g}" for value in values])):
        axis.annotate(words, (place, value), xytext=(0, 4), textcoords="offset points", ha="center", fontsize=10)
    if log:
        axis.set_yscale("log")
        axis.set_ylim(top=max(values) * 6)
    else:
        axis.set_ylim(top=max(values) * 1.18 or 1)
    _label(axis, title, "", ylabel)
    plt.show()


def show_curves(curves, title="", xlabel="", ylabel="", logx=False, logy=False, markers=True, marks=()):
    """Lines from a dict of name -> (x, y). `marks` are horizontal lines as (height, words)."""
    figure, axis = plt.subplots(figsize=(8 if len(curves) > 1 else 6, 3.4), layout="constrained")
    for colour, (name, (x, y)) in zip(COLOURS, curves.items()):
        axis.plot(x, y, marker="o" if markers else None, markersize=4, label=name, color=colour)
    for height, words in marks:
        axis.axhline(height, color=GREY, linestyle=":")
        axis.annotate(words, (axis.get_xlim()[1], height), ha="right", va="bottom", color=GREY, fontsize=9)
    if logx:
        axis.set_xscale("log")
    if logy:
        axis.set_yscale("log")
    if len(curves) > 1:
        figure.legend(loc="outside right upper", frameon=False)
    _label(axis, title, xlabel, ylabel)
    plt.show()


def _label(axis, title, xlabel, ylabel):
    axis.set_title(title, fontsize=11)
    axis.set_xlabel(xlabel)
    axis.set_ylabel(ylabel)
    axis.spines[["top", "right"]].set_visible(False)


def _limits(images, signed, limit):
    if signed:
        most = limit or max(float(np.abs(image).max()) for image in images) or 1.0
        return -most, most
    return min(float(image.min()) for image in images), max(float(image.max()) for image in images)
