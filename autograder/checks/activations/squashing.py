"""Checks of the activations that squash: tanh and sigmoid, and their gradients."""

from __future__ import annotations

import numpy as np

from autograder.checks.activations.common import backward, dout_forgotten, dout_overwritten, draw, forward, oracles, x_overwritten
from autograder.exercise import Aspect, Exercise, Misconception, contract, float64_result

_tanh, _tanh_gradient = oracles("tanh")
_sigmoid, _sigmoid_gradient = oracles("sigmoid")


# --- tanh -------------------------------------------------------------------------------------------------------------


def _tanh_by_formula(x):
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


tanh_forward = Exercise(
    id="activations.tanh_forward",
    title="tanh",
    difficulty=1,
    minutes=3,
    aspects=(Aspect("values", 1, "ordinary numbers"), Aspect("large", 1, "numbers as large as ±1000"), contract()),
    draw=draw(forward, far=True),
    oracle=_tanh,
    misconceptions=(
        Misconception(
            "overflow",
            "Far from 0 the exponentials overflow, and infinity over infinity is not a number.",
            "NumPy's own function is right for every x.",
            _tanh_by_formula,
        ),
        Misconception(
            "between_zero_and_one",
            "This is the sigmoid: tanh runs from -1 to 1 and is 0 at 0.",
            "The two are related by tanh(x) = 2·sigmoid(2x) - 1; NumPy has tanh itself.",
            _sigmoid,
        ),
        Misconception(
            "tangent",
            "This is the tangent of an angle; it has nothing to do with the hyperbolic tangent but the name.",
            "The h makes the difference.",
            lambda x: np.tan(x),
        ),
        x_overwritten(_tanh),
        float64_result(_tanh),
    ),
    hints=(
        "You need not write the formula out: look through NumPy's mathematical functions.",
        "The formula with four exponentials is right on paper; at 1000 it divides infinity by infinity.",
        "NumPy has the hyperbolic tangent under the name that you would guess. It works on arrays of any shape.",
    ),
)

tanh_backward = Exercise(
    id="activations.tanh_backward",
    title="The gradient of tanh",
    difficulty=2,
    minutes=8,
    aspects=(Aspect("values", 2, "ordinary numbers"), Aspect("large", 1, "numbers as large as ±1000, where the slope is 0"), contract()),
    draw=draw(backward, far=True),
    oracle=_tanh_gradient,
    misconceptions=(
        Misconception(
            "slope_of_x",
            "The slope is taken as 1 - x**2: x is not yet squashed.",
            "x is what forward received. The slope is 1 - t**2 with t = tanh(x).",
            lambda dout, x: dout * (1 - x**2),
        ),
        Misconception(
            "square_forgotten",
            "The slope is taken as 1 - tanh(x), without the square.",
            "At 0 the slope is 1, and it falls to 0 on both sides: 1 - tanh(x)**2 does, 1 - tanh(x) does not.",
            lambda dout, x: dout * (1 - np.tanh(x)),
        ),
        Misconception(
            "slope_of_sigmoid",
            "The slope is taken as t·(1 - t): that is the sigmoid's.",
            "For t = tanh(x) the slope is 1 - t**2.",
            lambda dout, x: dout * np.tanh(x) * (1 - np.tanh(x)),
        ),
        Misconception(
            "overflow",
            "Far from 0 the exponentials overflow, and infinity over infinity is not a number.",
            "Take tanh from NumPy: it is right for every x.",
            lambda dout, x: dout * (1 - _tanh_by_formula(x) ** 2),
        ),
        dout_forgotten(_tanh_gradient),
        dout_overwritten(_tanh_gradient),
        float64_result(_tanh_gradient),
    ),
    hints=(
        "The slope of tanh can be written with tanh itself.",
        "With t = tanh(x), the slope is 1 - t². It multiplies dout, number by number.",
        "Compute t from x, as forward did; return dout times (1 - t squared), as a new array.",
    ),
)


# --- sigmoid ----------------------------------------------------------------------------------------------------------


def _with_warnings(formula):
    """A formula whose overflow is noticed: the check makes NumPy's warnings errors."""

    def noticed(*arguments, **named):
        with np.errstate(over="raise", invalid="raise"):
            return formula(*arguments, **named)

    return noticed


def _minus_form(x):
    return 1 / (1 + np.exp(-x))


_SIGN = Misconception(
    "sign_forgotten",
    "The sign of the exponent is wrong: the curve falls where it should rise.",
    "sigmoid(x) is 1 / (1 + exp(-x)): near 1 for large x, near 0 for very negative x.",
    lambda x: _sigmoid(-x),
)

sigmoid_forward = Exercise(
    id="activations.sigmoid_forward",
    title="Sigmoid without overflow",
    difficulty=3,
    minutes=12,
    aspects=(Aspect("values", 2, "ordinary numbers"), Aspect("large", 1, "numbers as large as ±1000, without a warning"), contract()),
    draw=draw(forward, far=True),
    oracle=_sigmoid,
    probe="careful",
    misconceptions=(
        Misconception(
            "overflow",
            "Far from 0 NumPy warns: an exponential overflows, or there is 0 below the fraction line.",
            "Take 1 / (1 + exp(-x)) only where x is positive, and exp(x) / (1 + exp(x)) elsewhere. np.where computes both forms everywhere: "
            "let both be made of exp(-|x|).",
            _with_warnings(_minus_form),
        ),
        Misconception(
            "clipped_too_far",
            "x is kept within bounds that are too wide: in float32 the exponential overflows from 89 on.",
            "No bounds are needed: exp(-|x|) cannot overflow, whatever the dtype.",
            _with_warnings(lambda x: _minus_form(np.clip(x, -500, 500))),
        ),
        Misconception(
            "shifted_by_maximum",
            "The largest x was subtracted from all: that changes the result.",
            "That is the trick of the softmax, where the shift cancels. Here each number stands for itself: use exp(-|x|).",
            lambda x: _sigmoid(x - x.max()),
        ),
        Misconception(
            "zero_left_out",
            "0 belongs to neither branch: x > 0 and x < 0 both leave it out.",
            "One of the two must include it, as x >= 0 does: sigmoid(0) is 1/2.",
            lambda x: np.where(x == 0, 0, _sigmoid(x)),
        ),
        _SIGN,
        Misconception(
            "between_minus_one_and_one",
            "This is tanh: the sigmoid runs from 0 to 1 and is 1/2 at 0.",
            "The formula is 1 / (1 + exp(-x)).",
            lambda x: np.tanh(x),
        ),
        Misconception(
            "softmax",
            "The results add up to 1: this is a softmax over the whole array.",
            "Each number stands for itself: 1 / (1 + exp(-x)), without a sum over the others.",
            lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
        ),
        x_overwritten(_sigmoid),
        float64_result(_sigmoid),
    ),
    hints=(
        "For which x does exp(-x) overflow? Is there a form of the same function that does not overflow there?",
        "exp of something that is never positive cannot overflow: both forms can be written with e = exp(-|x|).",
        "With e = exp(-|x|): where x >= 0 the result is 1 / (1 + e), elsewhere it is e / (1 + e). np.where chooses, number by number.",
    ),
)

sigmoid_backward = Exercise(
    id="activations.sigmoid_backward",
    title="The gradient of the sigmoid",
    difficulty=2,
    minutes=8,
    aspects=(Aspect("values", 2, "ordinary numbers"), Aspect("large", 1, "numbers as large as ±1000, without a warning"), contract()),
    draw=draw(backward, far=True),
    oracle=_sigmoid_gradient,
    probe="careful",
    misconceptions=(
        Misconception(
            "slope_of_x",
            "The slope is taken as x·(1 - x): x is not yet squashed.",
            "x is what forward received. The slope is s·(1 - s) with s = sigmoid(x).",
            lambda dout, x: dout * x * (1 - x),
        ),
        Misconception(
            "slope_of_tanh",
            "The slope is taken as 1 - s**2: that is tanh's.",
            "For s = sigmoid(x) the slope is s·(1 - s).",
            lambda dout, x: dout * (1 - _sigmoid(x) ** 2),
        ),
        Misconception(
            "zero_left_out",
            "0 belongs to neither branch: x > 0 and x < 0 both leave it out.",
            "One of the two must include it, as x >= 0 does: at 0 the slope is 1/4.",
            lambda dout, x: np.where(x == 0, 0, _sigmoid_gradient(dout, x)),
        ),
        Misconception(
            "output_for_slope",
            "dout is multiplied by the output, not by the slope.",
            "For s = sigmoid(x) the slope is s·(1 - s).",
            lambda dout, x: dout * _sigmoid(x),
        ),
        Misconception(
            "overflow",
            "Far from 0 the exponential overflows.",
            "Use your stable sigmoid here as well: exp of something positive may overflow, exp(-|x|) cannot.",
            _with_warnings(lambda dout, x: dout * _minus_form(x) * (1 - _minus_form(x))),
        ),
        dout_forgotten(_sigmoid_gradient),
        dout_overwritten(_sigmoid_gradient),
        float64_result(_sigmoid_gradient),
    ),
    hints=(
        "The slope of the sigmoid can be written with the sigmoid itself.",
        "With s = sigmoid(x), the slope is s(1 - s). Compute s as carefully as in forward.",
        "Compute s from x without overflow; your own sigmoid_forward stands in the same file. Return dout times s times (1 - s), as a new array.",
    ),
)
