"""Which numbers of a batch of images share one mean and one variance, for each kind of normalization."""

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from .images import BLUE, GREY, ORANGE

KINDS = ("batch norm", "layer norm", "group norm", "instance norm")
PIXELS = ((0, 0), (0, 1), (1, 0), (1, 1))  # of each channel: two by two


def show_shared_statistics(kinds=KINDS, images=3, channels=4, groups=2):
    """A batch of `images` rows and `channels` columns, once per kind: tinted are the numbers that share a mean with the framed pixel.

    kinds   of "batch norm", "layer norm", "group norm", "instance norm"
    groups  of group norm; divides `channels`
    """
    figure, axes = plt.subplots(1, len(kinds), figsize=(0.62 * (channels + 1) * len(kinds), 0.62 * images + 1.0), layout="constrained", squeeze=False)
    place = (1, channels // 2)  # image and channel of the framed pixel
    for axis, kind in zip(axes[0], kinds):
        for n in range(images):
            for c in range(channels):
                tint = ORANGE if _together(kind, (n, c), place, channels // groups) else "white"
                for i, j in PIXELS:
                    corner = (c + 0.42 * j, n + 0.42 * i)
                    axis.add_patch(Rectangle(corner, 0.42, 0.42, facecolor=tint, edgecolor="#c9ccd1", linewidth=0.8, alpha=0.75))
        axis.add_patch(Rectangle((place[1], place[0]), 0.42, 0.42, fill=False, edgecolor=BLUE, linewidth=2.5))
        axis.set_title(kind if kind != "group norm" else f"{kind}, {groups} groups", fontsize=11)
        axis.text((channels - 0.16) / 2, images + 0.25, "channels →", ha="center", va="center", fontsize=9, color=GREY)
        axis.text(-0.25, images / 2, "images", ha="center", va="center", fontsize=9, color=GREY, rotation=90)
        axis.set_xlim(-0.5, channels)
        axis.set_ylim(images + 0.5, -0.15)
        axis.set_aspect("equal")
        axis.axis("off")
    plt.show()


def _together(kind, here, place, width):
    """Whether the pixels of image and channel `here` share a mean with those of `place`."""
    same_image, same_channel = (a == b for a, b in zip(here, place))
    return {
        "batch norm": same_channel,
        "layer norm": same_image,
        "group norm": same_image and here[1] // width == place[1] // width,
        "instance norm": same_image and same_channel,
    }[kind]
