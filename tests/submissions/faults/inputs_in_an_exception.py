"""
about = "Puts its inputs into an exception and onto stdout, so that a report might print them."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    print("inputs:", x.tolist(), flush=True)
    raise ValueError(f"inputs: {x.ravel()[:20].tolist()}")
