"""
about = "Correct, and talks all the time: prints, warnings, a progress line on stderr."
kind = "honest"
file = "cnnlib/conv.py"
[expect]
"""

import sys
import warnings

_quiet = conv2d_forward  # noqa: F821 - the solution above


def conv2d_forward(x, w, b, stride=1, padding=0):
    print("shapes:", x.shape, w.shape, "\u2713", flush=True)
    warnings.warn("this convolution is slow", RuntimeWarning, stacklevel=2)
    sys.stderr.write("\r50 %" * 100)
    return _quiet(x, w, b, stride, padding)
