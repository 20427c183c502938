"""What the checks of all schedules share."""

from __future__ import annotations

import numpy as np


def rate(rng: np.random.Generator) -> float:
    return float(rng.choice([0.05, 0.1, 0.2, 0.4, 0.8]))
