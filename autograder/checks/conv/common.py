"""What the checks of several convolutions share."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.draw import distinct, normal


def layer(rng, n=1, c=1, f=1, dtype=np.float64, sizes=(6, 7, 9), kernels=((2, 3, 5), (2, 3, 5))):
    """Inputs of a convolution layer whose heights, widths and kernel sizes all differ."""
    h, w, kh, kw = distinct(rng, sizes, sizes, *kernels)
    return {"x": normal(rng, n, c, h, w, dtype=dtype), "w": normal(rng, f, c, kh, kw, dtype=dtype), "b": normal(rng, f, dtype=dtype)}


def swapped(value: Any) -> Any:
    """An (h, w) pair the other way round; anything else as it is."""
    return value[::-1] if isinstance(value, tuple) else value
