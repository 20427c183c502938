"""Checks of relu_forward and relu_backward."""

from __future__ import annotations

import numpy as np

from autograder.checks.activations.common import backward, dout_forgotten, dout_overwritten, draw, far_out, forward, oracles, x_overwritten
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, float64_result

_relu, _relu_gradient = oracles("relu")


def _draw_forward(rng):
    yield from draw(forward, far=False)(rng)
    yield Case("values", far_out(rng, forward))  # a rectifier has no ceiling


relu_forward = Exercise(
    id="activations.relu_forward",
    title="ReLU",
    difficulty=1,
    minutes=4,
    aspects=(Aspect("values", 1, "positive numbers pass, all others become 0"), contract()),
    draw=_draw_forward,
    oracle=_relu,
    misconceptions=(
        Misconception(
            "absolute_value",
            "Negative numbers lose their sign; they should become 0.",
            "The larger of x and 0: what is below 0 becomes 0.",
            lambda x: np.abs(x),
        ),
        Misconception(
            "upside_down",
            "Negative numbers pass and positive ones become 0.",
            "The larger of x and 0, not the smaller.",
            lambda x: np.minimum(x, 0),
        ),
        Misconception(
            "step",
            "This is a step, 0 or 1: positive numbers should keep their size.",
            "Where x is positive, the result is x itself.",
            lambda x: (x > 0).astype(x.dtype),
        ),
        Misconception(
            "ceiling",
            "Large numbers are cut at a ceiling.",
            "There is a floor at 0, and nothing else: 1000 stays 1000.",
            lambda x: np.clip(x, 0, 6),
        ),
        Misconception(
            "one_maximum",
            "This is the largest number of all x; every number should be compared with 0 by itself.",
            "np.max(x) looks for one number; np.maximum compares place by place.",
            lambda x: np.max(x, initial=0),
        ),
        x_overwritten(_relu),
        float64_result(_relu),
    ),
    hints=(
        "Which of two numbers do you keep, x or 0?",
        "NumPy has a function that takes the larger of two numbers place by place. It is not np.max.",
        "Take the elementwise maximum of x and 0; no loop is needed, whatever the shape.",
    ),
)


# --- relu_backward ----------------------------------------------------------------------------------------------------


def _with_zeros(rng, *shape):
    """About a third of x is exactly 0, as behind a layer of dead units or on a black image border."""
    inputs = backward(rng, *shape)
    inputs["x"][rng.random(shape) < 1 / 3] = 0
    inputs["x"].flat[0] = 0
    return inputs


def _near_and_far(rng):
    """Positive is positive, however small or large."""
    inputs = backward(rng, 4, 5)
    inputs["x"].flat[rng.permutation(20)[:6]] = (1e-4, -1e-4, 1e-12, -1e-12, 1000, -1000)
    return inputs


def _draw_backward(rng):
    yield from draw(backward, far=False)(rng)
    yield Case("values", _near_and_far(rng))
    yield Case("zero", _with_zeros(rng, 4, 6))
    yield Case("zero", _with_zeros(rng, 2, 3, 5))


def _gate_at_dout(dout, x):
    return dout * (dout > 0)


relu_backward = Exercise(
    id="activations.relu_backward",
    title="The gradient of ReLU",
    difficulty=2,
    minutes=8,
    aspects=(
        Aspect("values", 2, "dout passes where x is positive"),
        Aspect("zero", 1, "no gradient where x is exactly 0"),
        contract(2),
    ),
    draw=_draw_backward,
    oracle=_relu_gradient,
    misconceptions=(
        Misconception(
            "gradient_at_zero",
            "dout passes where x is exactly 0.",
            "At 0 the course takes the slope 0, as PyTorch does: only x > 0 lets dout through.",
            lambda dout, x: dout * (x >= 0),
        ),
        Misconception(
            "half_at_zero",
            "Half of dout passes where x is exactly 0.",
            "At 0 the course takes the slope 0, as PyTorch does: only x > 0 lets dout through.",
            lambda dout, x: dout * np.heaviside(x, 0.5),
        ),
        Misconception(
            "gate_at_dout",
            "The gate looks at dout: negative gradients are lost.",
            "A gradient may have any sign. Whether it passes is decided by x, which forward received.",
            _gate_at_dout,
        ),
        Misconception(
            "multiplied_by_output",
            "dout is multiplied by the output, not by the slope.",
            "Where x is positive, the slope is 1: dout passes as it is.",
            lambda dout, x: dout * np.maximum(x, 0),
        ),
        Misconception(
            "passes_everything",
            "dout passes everywhere.",
            "Where x is negative, the output is 0 whatever x does: no gradient comes back.",
            lambda dout, x: dout.copy(),
        ),
        dout_forgotten(_relu_gradient),
        dout_overwritten(_relu_gradient),
        float64_result(_relu_gradient),
    ),
    hints=(
        "What is the slope of max(x, 0) right of 0? And left of it?",
        "The slope is 1 where x > 0 and 0 elsewhere. By the chain rule it multiplies dout.",
        "Compare x with 0 to get True and False in the shape of x; multiply dout with that: True counts as 1, False as 0.",
    ),
)
