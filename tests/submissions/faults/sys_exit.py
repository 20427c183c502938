"""
about = "Calls sys.exit inside an exercise."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import sys

    sys.exit(0)
