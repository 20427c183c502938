"""Finding a small picture in a large one: template matching by correlation."""

import numpy as np

from cnnlib.conv import correlate2d


def find_template(image, template):
    """Where in an image a template fits best, whatever the light: by zero-mean normalised cross-correlation.

    image     (H, W)    floats
    template  (TH, TW)  floats, no larger than the image, not all equal
    returns   (row, col), two ints: the top left corner of the best window, the first one row by row if several are equally good

    The score of the window of image that starts at (row, col), with window and template of TH*TW pixels:

        d_w   = window - window's mean           d_t = template - template's mean
        score = sum(d_w * d_t) / (sqrt(sum(d_w**2)) * sqrt(sum(d_t**2)))         between -1 and 1

    A window whose pixels are all equal has nothing to compare: its score is 0. Rounding leaves a little: take sum(d_w**2) for 0
    where it is below 1e-9 of sum(window**2). Taking the means away makes
    the score blind to brightness, dividing by the lengths makes it blind to contrast.

    Uses your own `conv.correlate2d`. Because d_t sums to 0, correlating image with d_t gives sum(d_w * d_t) at once; a kernel
    of ones sums over windows, and sum(d_w**2) = sum(window**2) - sum(window)**2 / (TH*TW). The arguments are not modified.
    Source: Lewis 1995, "Fast normalized cross-correlation", Vision Interface.
    """
    raise NotImplementedError("template.find_template: not written yet — stride hint template.find_template")
