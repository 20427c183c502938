"""Three ways to use a data set for choosing hyperparameters, as bars."""

import matplotlib.pyplot as plt

from .images import BLUE, GREEN, ORANGE

IDEAS = (
    ("idea 1", (("all images: learn, choose and report", 10, BLUE),)),
    ("idea 2", (("train: learn", 8, BLUE), ("test: choose and report", 2, GREEN))),
    ("idea 3", (("train: learn", 6, BLUE), ("val: choose", 2, ORANGE), ("test: report", 2, GREEN))),
)


def show_three_ideas():
    """What learns, what chooses and what reports: everything the same, two parts, three parts."""
    figure, axis = plt.subplots(figsize=(9, 2.2), layout="constrained")
    for row, (name, parts) in enumerate(IDEAS):
        left = 0
        axis.text(-0.15, -row, name, ha="right", va="center", fontsize=10)
        for words, width, colour in parts:
            axis.barh(-row, width, left=left, height=0.66, color=colour, alpha=0.75, edgecolor="white", linewidth=2)
            axis.text(left + width / 2, -row, words.replace(": ", ":\n") if width < 3 else words, ha="center", va="center", color="white", fontsize=9)
            left += width
    axis.set_xlim(-1.1, 10.05)
    axis.axis("off")
    plt.show()
