"""The gradient without calculus: move every number a little and see how the function answers."""

import numpy as np


def numerical_gradient(f, x, step=1e-5):
    """The gradient of a function of an array, by central differences.

    f        a function that takes an array of the shape of x and returns one number
    x        any shape, floats or whole numbers: where the gradient is asked for
    step     float: how far each number is moved
    returns  shape of x; dtype of x, or float64 where x holds whole numbers

        gradient[i] = (f(x with x[i] + step) - f(x with x[i] - step)) / (2 * step)

    for every place i, one place at a time: all other numbers stay as they are in x.
    Move the numbers in float64, whatever the dtype of x: in float32 a step of 1e-5 drowns in rounding, and whole numbers
    do not move at all. x is not modified, not even for a moment (it may be read-only).
    Source: Press et al. 2007, "Numerical Recipes", section 5.7: the error falls with step**2, that of a one-sided difference with step.
    """
    raise NotImplementedError("gradcheck.numerical_gradient: not written yet — stride hint gradcheck.numerical_gradient")
