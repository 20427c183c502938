"""The function as an object that can be asked along one axis at a time."""

import numpy as np


class Along:
    """f as a function of one number of x, the others kept."""

    def __init__(self, f, x, place):
        self.f, self.x, self.place = f, x, place

    def __call__(self, offset):
        moved = np.array(self.x, dtype=float)
        moved[self.place] += offset
        return self.f(moved)

    def slope(self, step):
        return (self(step) - self(-step)) / (2 * step)


def numerical_gradient(f, x, step=1e-5):
    slopes = [Along(f, x, np.unravel_index(i, x.shape)).slope(step) for i in range(x.size)]
    return np.array(slopes, dtype=x.dtype if x.dtype.kind == "f" else float).reshape(x.shape)
