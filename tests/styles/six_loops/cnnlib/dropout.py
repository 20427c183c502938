"""Dropout number by number: a coin for each."""

import numpy as np


def _coins(shape, p, rng):
    mask = np.zeros(shape)
    for place in np.ndindex(*shape):
        mask[place] = 0 if rng.random() < p else 1
    return mask


def dropout_forward(x, p, training, rng):
    mask, out = np.ones(x.shape), x.copy()
    if training:
        mask = _coins(x.shape, p, rng)
        for place in np.ndindex(*x.shape):
            out[place] = x[place] / (1 - p) if mask[place] else 0
    return out, mask


def dropout_backward(dout, x, p, training, mask):
    dx = dout.copy()
    if training:
        for place in np.ndindex(*x.shape):
            dx[place] = dout[place] / (1 - p) if mask[place] else 0
    return dx


def dropout_forward_classic(x, p, training, rng):
    mask, out = np.ones(x.shape), x.copy()
    if training:
        mask = _coins(x.shape, p, rng)
        out[mask == 0] = 0
    else:
        out *= 1 - p
    return out, mask


def drop_connect_forward(x, w, b, p, training, rng):
    mask = _coins(w.shape, p, rng) if training else np.ones(w.shape)
    share = 1 - p if training else 1
    out = np.zeros((len(x), len(w)), x.dtype)
    for n in range(len(x)):
        for m in range(len(w)):
            out[n, m] = sum(x[n, d] * w[m, d] / share for d in range(w.shape[1]) if mask[m, d]) + b[m]
    return out, mask
