"""
about = "Gives back a view of one array, and changes that array in every later call: what counts is what was there when it was returned."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""

import numpy as np

_kept = np.zeros((64, 64, 64))
_right_conv1d_forward = conv1d_forward


def conv1d_forward(x, w, b, stride=1, padding=0):
    out = _right_conv1d_forward(x, w, b, stride, padding)
    n, f, o = out.shape
    before = _kept[:n, :f, :o].copy()
    _kept[:n, :f, :o] = out
    view = _kept[:n, :f, :o]
    view -= out
    view += before  # now it holds the answer to the call before this one
    return view
