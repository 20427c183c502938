"""
about = "Looks for what an earlier job left: files, shared memory, modules, variables."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import builtins
    import glob
    import os
    import sys

    import numpy as np

    if "looked" in globals():  # in an earlier call: what there is now is our own
        return np.zeros(3)
    globals()["looked"] = True
    left = [path for place in ("/tmp/*", "/var/tmp/*", "/dev/shm/*", "/run/*") for path in glob.glob(place)]
    if left or hasattr(builtins, "marker") or "MARKER" in os.environ or "marker" in sys.modules:
        raise KeyError(f"found {left}")
    builtins.marker = True  # for the next one
    os.environ["MARKER"] = "here"
    return np.zeros(3)
