"""im2col as a picture: every window of the image becomes a row of a matrix."""

import matplotlib.pyplot as plt

from .images import COLOURS
from .numbers import _draw, _frame


def show_windows_as_rows(x, cols, kernel_size, stride=1):
    """Draw a 2-D image with its windows framed, and beside it the matrix whose rows they became, in the same colours.

    cols is given: one row per window, in reading order.
    """
    kh, kw = kernel_size
    across = (x.shape[1] - kw) // stride + 1
    corners = [(r // across * stride, r % across * stride) for r in range(len(cols))]
    height, cell = max(x.shape[0], len(cols)), 0.45
    total = x.shape[1] + cols.shape[1] + 3.2
    figure, axis = plt.subplots(figsize=(total * cell, (height + 1.6) * cell))
    _draw(axis, x, 0.3, (height - x.shape[0]) / 2, "image", [(i, j, kh, kw) for i, j in corners], (), None, cell)
    axis.annotate("", (x.shape[1] + 1.9, height / 2), (x.shape[1] + 0.8, height / 2), arrowprops={"arrowstyle": "->"})
    left, top = x.shape[1] + 2.4, (height - len(cols)) / 2
    _draw(axis, cols, left, top, "one row per window", [(r, 0, 1, cols.shape[1]) for r in range(len(cols))], (), None, cell)
    for r in range(len(cols)):
        axis.text(left - 0.3, top + r + 0.5, "■", color=COLOURS[r % len(COLOURS)], ha="center", va="center", fontsize=10)
    _frame(axis, total, height, False)
    plt.show()
