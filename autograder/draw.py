"""Drawing inputs: small arrays of sizes that no two axes share, so that a mixed-up axis cannot go unnoticed."""

from __future__ import annotations

import numpy as np


def normal(rng: np.random.Generator, *shape: int, dtype: type = np.float64) -> np.ndarray:
    """Standard normal numbers."""
    return rng.standard_normal(shape).astype(dtype)


def distinct(rng: np.random.Generator, *ranges: tuple[int, ...]) -> tuple[int, ...]:
    """One number from each tuple of candidates, all different from each other."""
    while True:
        drawn = tuple(int(rng.choice(candidates)) for candidates in ranges)
        if len(set(drawn)) == len(drawn):
            return drawn
