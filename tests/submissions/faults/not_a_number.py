"""
about = "NaN everywhere: compares false with any tolerance."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""

import numpy as np


def conv1d_forward(x, w, b, stride=1, padding=0):
    start, end = (padding, padding) if isinstance(padding, int) else (0, 0)
    return np.full((x.shape[0], w.shape[0], (x.shape[2] + start + end - w.shape[2]) // stride + 1), np.nan, x.dtype)
