"""Computes in float64 and rounds once, at the end; the sigmoid by way of tanh."""

import numpy as np


def relu_forward(x):
    return np.where(x > 0, x.astype(np.float64), 0.0).astype(x.dtype)


def relu_backward(dout, x):
    dx = np.array(dout, dtype=np.float64)
    dx[x <= 0] = 0
    return dx.astype(x.dtype)


def tanh_forward(x):
    return (1 - 2 * sigmoid(-2.0 * x.astype(np.float64))).astype(x.dtype)


def tanh_backward(dout, x):
    t = np.tanh(x.astype(np.float64))
    return (dout * (1 + t) * (1 - t)).astype(x.dtype)


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x.astype(np.float64)))


def sigmoid_forward(x):
    return sigmoid(x).astype(x.dtype)


def sigmoid_backward(dout, x):
    s = sigmoid(x)
    return (dout * (s - s * s)).astype(x.dtype)
