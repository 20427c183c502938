"""Pictures of how a convolution is wired: who sees whom, where the filter lands, and what the channels do."""

import matplotlib.pyplot as plt
from matplotlib.patches import Circle, Rectangle

from .images import BLUE, COLOURS, GREEN, GREY, ORANGE, RED


def show_wiring(inputs=8):
    """Three layers between the same units: fully connected, local, and local with shared weights. Colour = weight."""
    outputs = inputs - 2
    kinds = (
        ("fully connected", f"m·n = {outputs}·{inputs} = {outputs * inputs} weights", range(inputs), lambda i, a: GREY),
        (
            "only neighbours: locality",
            f"3m = 3·{outputs} = {3 * outputs} weights",
            range(3),
            lambda i, a: plt.cm.viridis((3 * i + a) / (3 * outputs)),
        ),
        ("the same weights everywhere", "3 weights", range(3), lambda i, a: (BLUE, ORANGE, GREEN)[a]),
    )
    figure, axes = plt.subplots(1, 3, figsize=(11, 2.5), layout="constrained")
    for axis, (title, words, reach, colour) in zip(axes, kinds):
        for i in range(outputs):
            for a in reach:
                j = a if len(reach) == inputs else i + a
                axis.plot([j, i + 1], [0, 1], color=colour(i, a), linewidth=1.0 if len(reach) == inputs else 2.2, zorder=1)
        for row, units, shift in ((0, inputs, 0), (1, outputs, 1)):
            axis.scatter([u + shift for u in range(units)], [row] * units, s=110, color="white", edgecolor="black", zorder=2)
        axis.set_title(title, fontsize=11)
        axis.text((inputs - 1) / 2, -0.42, words, ha="center", fontsize=10)
        axis.text(-0.5, 0, "n in", ha="right", va="center", fontsize=9, color=GREY)
        axis.text(-0.5, 1, "m out", ha="right", va="center", fontsize=9, color=GREY)
        axis.set_xlim(-1.6, inputs - 0.4)
        axis.set_ylim(-0.6, 1.25)
        axis.axis("off")
    plt.show()


def show_placements(size, kernel_size, strides, padding=0, dilation=1):
    """One row of `size` pixels and every place where a filter of `kernel_size` lands, for each stride."""
    total = size + 2 * padding
    covered = dilation * (kernel_size - 1) + 1
    most = (total - covered) // min(strides) + 1
    figure, axes = plt.subplots(1, len(strides), figsize=(3.6 * len(strides), 1.2 + 0.2 * most), layout="constrained", squeeze=False)
    for axis, stride in zip(axes[0], strides):
        starts = list(range(0, total - covered + 1, stride))
        left_over = total - (starts[-1] + covered)
        for pixel in range(total):
            outside = not padding <= pixel < padding + size
            face = "#eceef1" if outside else "white"
            hatch = "////" if pixel >= total - left_over else ""
            axis.add_patch(Rectangle((pixel, 0), 1, 1, facecolor=face, edgecolor=GREY, hatch=hatch))
            axis.text(pixel + 0.5, 0.5, "0" if outside else "", ha="center", va="center", color=GREY, fontsize=9)
        for row, start in enumerate(starts):
            colour, height = COLOURS[row % 8], [-0.5 - 0.55 * row] * 2
            pieces = [(start, start + covered)] if dilation == 1 else [(at, at + 1) for at in range(start, start + covered, dilation)]
            for left, right in pieces:
                axis.plot([left + 0.12, right - 0.12], height, color=colour, linewidth=5, solid_capstyle="butt")
            axis.plot([start + 0.12, start + covered - 0.12], height, color=colour, linewidth=1)
        words = f"stride {stride}" + (f", dilation {dilation}" if dilation > 1 else "")
        axis.set_title(f"{words}: {len(starts)} placements" + (f",\n{left_over} pixel never seen" if left_over else ""), fontsize=10)
        axis.set_xlim(-0.2, total + 0.2)
        axis.set_ylim(-0.4 - 0.55 * most, 1.3)
        axis.axis("off")
    plt.show()


def show_channel_options():
    """Two ways to filter three channels: each for itself, or all of them into one output."""
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.4), layout="constrained")
    for axis, joined in zip(axes, (False, True)):
        for c, colour in enumerate((RED, GREEN, BLUE)):
            y = 2.2 - 1.1 * c
            _square(axis, 0, y, 0.9, colour, "")
            _square(axis, 2.2, y + 0.22, 0.45, colour, "w" + "₁₂₃"[c])
            axis.annotate("", (2.1, y + 0.45), (1.0, y + 0.45), arrowprops={"arrowstyle": "-", "color": GREY})
            target = (4.05, 1.55 if joined else y + 0.45)
            axis.annotate("", target, (2.75, y + 0.45), arrowprops={"arrowstyle": "->", "color": GREY})
            if not joined:
                _square(axis, 4.2, y, 0.9, colour, "")
        if joined:
            axis.add_patch(Circle((4.2, 1.55), 0.2, facecolor="white", edgecolor="black"))
            axis.text(4.2, 1.55, "+", ha="center", va="center", fontsize=13)
            axis.annotate("", (4.95, 1.55), (4.4, 1.55), arrowprops={"arrowstyle": "->", "color": GREY})
            _square(axis, 5.05, 1.1, 0.9, "#7d5ba6", "")
        axis.set_title("all channels to one output" if joined else "one filter per channel", fontsize=11)
        axis.set_xlim(-0.2, 6.2)
        axis.set_ylim(-0.3, 3.4)
        axis.set_aspect("equal")
        axis.axis("off")
    plt.show()


def show_filter_bank(in_shape=(3, 32, 32), filters=6, kernel_size=5):
    """A bank of filters through the full depth: an image of channels in, one map per filter out."""
    channels, height, width = in_shape
    out = height - kernel_size + 1
    figure, axis = plt.subplots(figsize=(9, 3.4), layout="constrained")
    _stack(axis, 0, 0.4, 2.0, [RED, GREEN, BLUE][:channels])
    axis.text(1.1, -0.15, f"{channels}×{height}×{width}", ha="center", fontsize=10)
    axis.add_patch(Rectangle((0.75, 1.35), 0.4, 0.4, facecolor="white", edgecolor="black", zorder=9))
    for f in range(filters):
        y = 2.75 - f * 3.0 / filters
        _stack(axis, 3.7, y, 0.32, [COLOURS[f % 8]] * channels, 0.07)
        axis.annotate("", (3.6, y + 0.2), (2.5, 1.55), arrowprops={"arrowstyle": "-", "color": "#c9ccd1"})
        axis.annotate("", (5.9, 1.5), (4.3, y + 0.2), arrowprops={"arrowstyle": "-", "color": "#c9ccd1"})
    axis.text(3.95, -0.15, f"{filters} filters of {channels}×{kernel_size}×{kernel_size} + bias", ha="center", fontsize=10)
    _stack(axis, 6.0, 0.45, 1.8, [COLOURS[f % 8] for f in reversed(range(filters))])
    axis.text(7.3, -0.15, f"{filters}×{out}×{out}", ha="center", fontsize=10)
    axis.set_xlim(-0.3, 9)
    axis.set_ylim(-0.4, 3.3)
    axis.axis("off")
    plt.show()


def show_receptive_field(layers, outputs=1):
    """Who sees whom, in one dimension: the pixels behind the middle output of a stack of (kernel_size, stride)."""
    spans = [(0, outputs - 1)]  # first and last unit seen, from the output down to the image
    for kernel_size, stride in reversed(layers):
        first, last = spans[-1]
        spans.append((first * stride, last * stride + kernel_size - 1))
    centre = [(first + last) / 2 for first, last in spans]
    figure, axis = plt.subplots(figsize=(8, 0.8 + 0.75 * len(spans)), layout="constrained")
    scale = [1.0]  # pixels of the image between two neighbours, per level
    for _, stride in layers:
        scale.append(scale[-1] * stride)
    scale.reverse()
    for level, (first, last) in enumerate(spans):
        y = len(layers) - level
        place = [(u - centre[level]) * scale[level] for u in range(first, last + 1)]
        if level < len(layers):
            kernel_size, stride = layers[len(layers) - 1 - level]
            for u, x in zip(range(first, last + 1), place):
                for a in range(kernel_size):
                    below = (u * stride + a - centre[level + 1]) * scale[level + 1]
                    axis.plot([x, below], [y, y - 1], color=COLOURS[level % 8], linewidth=0.9, alpha=0.6, zorder=1)
        axis.scatter(place, [y] * len(place), s=90, color="white", edgecolor="black", zorder=2)
        name = "image" if y == 0 else f"layer {y}: {layers[y - 1][0]} wide, stride {layers[y - 1][1]}"
        axis.text(-spans[-1][1] / 2 - 1, y, f"{name}  ({len(place)})", ha="right", va="center", fontsize=9.5)
    axis.set_xlim(-spans[-1][1] / 2 - 9, spans[-1][1] / 2 + 1)
    axis.axis("off")
    plt.show()


def _square(axis, x, y, side, colour, text):
    axis.add_patch(Rectangle((x, y), side, side, facecolor=colour, alpha=0.35, edgecolor="black"))
    axis.text(x + side / 2, y + side / 2, text, ha="center", va="center", fontsize=10)


def _stack(axis, x, y, side, colours, step=0.16):
    for depth, colour in enumerate(reversed(colours)):
        shift = step * (len(colours) - 1 - depth)
        axis.add_patch(Rectangle((x + shift, y + shift), side, side, facecolor=colour, edgecolor="white", linewidth=1.2, zorder=3 + depth * 0.1))
