"""
about = "Right but for one infinity, which any tolerance relative to itself would let pass."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""

_finite = conv1d_forward  # noqa: F821 - the solution above


def conv1d_forward(x, w, b, stride=1, padding=0):
    out = _finite(x, w, b, stride, padding)
    out[0, 0, 0] = float("inf")
    return out
