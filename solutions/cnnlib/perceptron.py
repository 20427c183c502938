"""The perceptron: one unit that says yes or no, and learns from every mistake."""

import numpy as np


def perceptron_update(w, b, x, target, learning_rate):
    """Show a perceptron one example, and correct its weights if it answers wrongly.

    w              (D,)    one weight per input
    b              float   the bias
    x              (D,)    one example: the Mark I saw 20×20 photocells, so D was 400
    target         int     the right answer, 0 or 1
    learning_rate  float   how far a mistake moves the weights
    returns        w (D,), b: the weights and the bias after the update; w keeps its dtype

        y = 1 if w·x + b > 0 else 0          (a sum of exactly 0 is a "no")
        w <- w + learning_rate * (target - y) * x
        b <- b + learning_rate * (target - y)

    A right answer changes nothing. The arguments are not modified.
    Source: Rosenblatt 1958, "The Perceptron: A Probabilistic Model for Information Storage and Organization in the Brain".
    """
    ### BEGIN SOLUTION
    y = 1 if np.dot(w, x) + b > 0 else 0
    step = learning_rate * (target - y)
    return w + step * x, b + step
    ### END SOLUTION
