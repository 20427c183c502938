"""
about = "Leaves through os._exit(0), as if all were well."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "crashed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import os

    os._exit(0)
