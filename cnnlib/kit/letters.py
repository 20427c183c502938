"""Printed letters as the Mark I Perceptron saw them: 20×20 photocells."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

FONTS = ("DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono", "STIXGeneral")  # they come with matplotlib
CELLS = 20


def print_letter(letter, font=FONTS[0], bold=False, size=1.0, angle=0.0, shift=(0.0, 0.0)):
    """A letter as (20, 20) numbers from 0 (paper) to 1 (ink).

    size   1 is about 16 cells high
    angle  in degrees
    shift  (down, right) in cells
    """
    figure = Figure(figsize=(1, 1), dpi=CELLS)
    canvas = FigureCanvasAgg(figure)
    place = (0.5 + shift[1] / CELLS, 0.53 - shift[0] / CELLS)
    style = {"family": font, "weight": "bold" if bold else "normal", "fontsize": 72 * 1.05 * size}
    figure.text(*place, letter, rotation=angle, ha="center", va="center_baseline", **style)
    canvas.draw()
    return 1 - np.asarray(canvas.buffer_rgba())[:, :, 0] / 255.0


def draw_letters(letters, count, rng):
    """`count` prints of each letter, each in its own font, size, angle and place.

    returns  images (N, 20, 20), labels (N,): positions in `letters`; in random order
    """
    images, labels = [], []
    for label, letter in enumerate(letters):
        for _ in range(count):
            font, bold = FONTS[rng.integers(len(FONTS))], bool(rng.integers(2))
            size, angle, shift = rng.uniform(0.8, 1.05), rng.uniform(-8, 8), rng.uniform(-1.5, 1.5, 2)
            images.append(print_letter(letter, font, bold, size, angle, shift))
            labels.append(label)
    order = rng.permutation(len(images))
    return np.array(images)[order], np.array(labels)[order]
