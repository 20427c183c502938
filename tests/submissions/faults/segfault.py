"""
about = "A segmentation fault through ctypes."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "crashed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import ctypes

    ctypes.string_at(0)
