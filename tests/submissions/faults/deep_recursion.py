"""
about = "Recursion without an end."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    return conv1d_forward(x, w, b, stride, padding)
