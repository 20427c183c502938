"""Measuring: slopes by central differences, seconds, and the machine's own speed."""

import time

import numpy as np


def numerical_gradient(function, x, dout=None, h=1e-5):
    """The slope of sum(function(x) * dout) along every element of x, by central differences.

    function  of one array; x is handed to it with one element moved by h, then by -h
    dout      upstream gradient, of the shape of function(x); default: ones
    returns   an array of x's shape; its error shrinks with h², until rounding takes over
    """
    x = np.array(x, np.float64)
    gradient = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        middle = x[place]
        x[place] = middle + h
        above = function(x.copy())
        x[place] = middle - h
        below = function(x.copy())
        x[place] = middle
        gradient[place] = np.sum((above - below) * (1 if dout is None else dout)) / (2 * h)
    return gradient


def best_seconds(function, *arguments, repeat=5, enough=1.0, **options):
    """Seconds that function(*arguments, **options) takes: the best of `repeat` runs, fewer once `enough` seconds were spent."""
    best, begun = float("inf"), time.perf_counter()
    for _ in range(repeat):
        started = time.perf_counter()
        function(*arguments, **options)
        ended = time.perf_counter()
        best = min(best, ended - started)
        if ended - begun > enough:
            break
    return best


def gemm_rate(size=512, dtype=np.float32):
    """Multiply-adds per second that this machine reaches in one matrix product (GEMM): the mark to compare with."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, size, size)).astype(dtype)
    return size**3 / best_seconds(np.matmul, a, b, repeat=20)
