"""
about = "One array of 64 GiB."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "memory_limit"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import numpy as np

    return np.ones(1 << 33)
