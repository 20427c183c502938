"""Initialisations by the mean of what they look at."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scaled:
    """Normal weights whose variance is 1 over the mean of some fans, times a gain."""

    fans: tuple
    gain: float = 1.0

    def __call__(self, shape, rng):
        area = int(np.prod(shape)) // (shape[0] * shape[1])
        counts = {"in": shape[1] * area, "out": shape[0] * area}
        variance = self.gain / np.mean([counts[fan] for fan in self.fans])
        return rng.normal(scale=variance**0.5, size=tuple(shape))


xavier_normal = Scaled(("in", "out"))
he_normal = Scaled(("in",), gain=2.0)
