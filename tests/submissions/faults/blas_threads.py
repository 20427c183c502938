"""
about = "Asks BLAS for 64 threads, by every name and by hand: it gets one, and its right answers count."
kind = "honest"
file = "cnnlib/conv.py"
[expect]
"""

import ctypes
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[name] = "64"

import numpy as np

for line in open("/proc/self/maps") if os.path.exists("/proc/self/maps") else ():
    if "openblas" in line:
        library = ctypes.CDLL(line.split()[-1])
        for name in ("openblas_set_num_threads", "openblas_set_num_threads64_", "scipy_openblas_set_num_threads64_"):
            if hasattr(library, name):
                getattr(library, name)(64)
        break

_right_conv1d_forward = conv1d_forward


def conv1d_forward(x, w, b, stride=1, padding=0):
    large = np.ones((512, 512))
    large @ large
    return _right_conv1d_forward(x, w, b, stride, padding)
