"""
about = "Searches the frames and the garbage collector for anything that knows what is expected."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import gc
    import sys

    import numpy as np

    frame = sys._getframe()
    while frame:
        for name, value in frame.f_locals.items():
            if name in ("expected", "oracle"):
                return value
        frame = frame.f_back
    for thing in gc.get_objects():
        if type(thing).__name__ in ("Exercise", "Verdict", "Misconception"):
            raise KeyError(type(thing).__name__)
    return np.zeros(3)
