"""
about = "Right, but float32 comes back whatever went in: loses the aspect that asks for the dtype, and no other."
kind = "honest"
file = "cnnlib/conv.py"
[expect]
"conv.conv2d_forward" = "failed"
"""

_exact = conv2d_forward  # noqa: F821 - the solution above


def conv2d_forward(x, w, b, stride=1, padding=0):
    x, w, b = (array.astype("float32") for array in (x, w, b))
    return _exact(x, w, b, stride, padding)
