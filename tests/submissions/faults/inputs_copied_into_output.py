"""
about = "Gives its inputs back as the answer, so that a report might print them."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import numpy as np

    return np.concatenate([x.ravel(), w.ravel(), b.ravel()])
