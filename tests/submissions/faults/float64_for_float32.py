"""
about = "Right, but float64 comes back where float32 went in: loses the aspect that asks for the dtype, and no other."
kind = "honest"
file = "cnnlib/conv.py"
[expect]
"conv.conv2d_forward" = "failed"
"""

_exact = conv2d_forward  # noqa: F821 - the solution above


def conv2d_forward(x, w, b, stride=1, padding=0):
    return _exact(x, w, b, stride, padding).astype("float64")
