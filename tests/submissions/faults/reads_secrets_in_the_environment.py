"""
about = "Looks for secrets in its own and its parents' environments and command lines."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import glob
    import os

    import numpy as np

    text = repr(os.environ)
    for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path) as file:
                text += file.read()
        except OSError:
            pass
    if "SECRET" in text or "solutions" in text:
        raise KeyError("a secret")
    return np.zeros(3)
