"""Weights drawn one after the other."""

import math

import numpy as np


def drawn(shape, deviation, rng):
    weights = np.zeros(shape)
    for place in np.ndindex(weights.shape):
        weights[place] = rng.normal(0, deviation)
    return weights


def xavier_normal(shape, rng):
    out, inner, *kernel = shape
    return drawn(shape, 1 / math.sqrt((out + inner) * math.prod(kernel) / 2), rng)


def he_normal(shape, rng):
    return drawn(shape, (math.prod(shape[1:]) / 2) ** -0.5, rng)
