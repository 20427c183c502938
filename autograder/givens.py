"""Functions and layers that exercises hand to the subject: a loss to differentiate, a branch to add to, a gradient to follow.

A case names one with `values.Given(name, parameters)`; `probes.arrange` makes it where the subject runs, and for the oracle.
So this module comes into the sandbox: it imports NumPy alone and holds nothing that an exercise asks for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def weighted_sines(weights: np.ndarray) -> Callable[[np.ndarray], float]:
    """f(x) = sum(weights * sin(x)), whose gradient is weights * cos(x)."""
    return lambda x: float(np.sum(weights * np.sin(x)))


def quadratic_gradient(curvature: np.ndarray, centre: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The gradient of sum(curvature * (w - centre)**2) / 2 at w."""
    return lambda w: (curvature * (w - centre)).astype(w.dtype)


GIVENS = {"weighted_sines": weighted_sines, "quadratic_gradient": quadratic_gradient}
