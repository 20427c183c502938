"""How good a classifier is, in one number."""

import numpy as np


def top_k_error(scores, labels, k):
    """The share of images whose label is not among the k highest scores.

    scores   (N, C)  floats: one row per image, one score per class; higher means more likely
    labels   (N,)    ints from 0 to C - 1: the right class of every image
    k        int     guesses per image, at least 1; C or more guesses are never wrong
    returns  float   from 0 (all labels found) to 1 (none)

    A label counts as found when fewer than k scores of its row are strictly higher than its own. So a tie never
    counts against it. The arguments are not modified.
    Source: Russakovsky et al. 2015, "ImageNet large scale visual recognition challenge", section 4.1 (there k is 5).
    """
    raise NotImplementedError("metrics.top_k_error: not written yet — stride hint metrics.top_k_error")
