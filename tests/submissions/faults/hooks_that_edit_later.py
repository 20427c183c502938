"""
about = "Hooks that would mend the answer later: atexit, tracing, a finaliser, a callback of the garbage collector."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import atexit
    import gc
    import sys
    import weakref

    import numpy as np

    out = np.zeros((1, 1, 1))

    def mend(*_):
        out[...] = 1
        return mend

    atexit.register(mend)
    gc.callbacks.append(mend)
    sys.settrace(mend)
    sys.setprofile(mend)
    weakref.finalize(mend, mend)
    return out
