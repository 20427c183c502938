"""
about = "Returns an object that is equal to everything."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""

import numpy as np


class Agreeable(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, bool)

    def __sub__(self, other):
        return np.zeros(self.shape)

    __rsub__ = __sub__
    __hash__ = None


def conv1d_forward(x, w, b, stride=1, padding=0):
    return np.zeros(x.shape).view(Agreeable)
