"""
about = "Arrays that are none of the plain kind: masked everywhere, so that no element would be compared."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""

import numpy as np

_plain = conv1d_forward  # noqa: F821 - the solution above


def conv1d_forward(x, w, b, stride=1, padding=0):
    out = _plain(x, w, b, stride, padding)
    return np.ma.masked_array(0 * out, mask=np.ones_like(out, bool))
