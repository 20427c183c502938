"""
about = "A list that grows until the memory limit."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "memory_limit"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import numpy as np

    hoard = []
    while True:
        hoard.append(np.ones(1 << 21))
