"""
about = "Right, and every result is a view with odd strides: backwards in memory, of a larger array, read-only."
kind = "honest"
file = "cnnlib/conv.py"
[expect]
"""

import numpy as np

_forward, _single = conv2d_forward, correlate2d  # noqa: F821 - the solution above


def conv2d_forward(x, w, b, stride=1, padding=0):
    out = _forward(x, w, b, stride, padding)
    turned = np.asfortranarray(out[..., ::-1])[..., ::-1]
    turned.flags.writeable = False
    return turned


def correlate2d(image, kernel):
    out = _single(image, kernel)
    wide = np.zeros((2 * out.shape[0], 3 * out.shape[1]), out.dtype)
    wide[::2, ::3] = out
    return wide[::2, ::3]
