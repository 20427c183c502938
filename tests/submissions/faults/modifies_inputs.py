"""
about = "Zeroes its inputs, so that a comparison computed from them would agree with zeros."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import numpy as np

    out = np.zeros((x.shape[0], w.shape[0], (x.shape[2] - w.shape[2]) // stride + 1), x.dtype)
    if x.flags.writeable:
        x[...] = 0
        w[...] = 0
        b[...] = 0
    return out
