"""adagrad_step and rmsprop_step: a rate for every number, from the squares of its gradients."""

from __future__ import annotations

import numpy as np

from autograder.checks.optim.common import (
    after_each_step,
    always_float64,
    forgets,
    optimiser,
    overwrites_state,
    overwrites_w,
    rate,
    rates,
    steps_of,
    uphill,
    whatever_eps,
)
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases


def _divided(grad, r, eps):
    return grad / (eps + np.sqrt(r))


def _eps_inside(grad, r, eps):
    return grad / np.sqrt(r + eps)


def _no_root(grad, r, eps):
    return grad / (eps + r)


def _with_zeros(rng, inputs):
    """Some numbers of the parameter never get a gradient: they stay where they are, and nothing is divided by zero."""
    used = rng.permutation(np.arange(inputs["w"].size) >= 2).reshape(inputs["w"].shape)
    return inputs | {"grad": inputs["grad"] * used}


# --- adagrad_step -----------------------------------------------------------------------------------------------------


def _adagrad_of_torch(parameters, eps=1e-8):
    import torch

    return torch.optim.Adagrad(parameters, lr=1.0, eps=eps)


def _adagrad_by(collect=lambda r, grad: r + grad**2, step=_divided):
    """AdaGrad by another sum, collect(r, grad), or another step(grad, r, eps)."""

    def adagrad(w, grad, state, learning_rate, eps=1e-8):
        r = collect(state.get("r", np.zeros_like(w)), grad)
        return w - learning_rate * step(grad, r, eps), {"r": r}

    return adagrad


_adagrad = _adagrad_by()


def _adagrad_old(w, grad, state, learning_rate, eps=1e-8):
    old = state.get("r", np.zeros_like(w))
    return w - learning_rate * _divided(grad, old, eps), {"r": old + grad**2}


def _adagrad_small_steps(w, grad, state, learning_rate, eps=1e-8):
    """The quotient is squared into the sum instead of the gradient."""
    r = state.get("r", np.zeros_like(w)) + (learning_rate * grad) ** 2
    return w - learning_rate * _divided(grad, r, eps), {"r": r}


def _draw_adagrad(rng):
    yield whatever_eps("sum of squares", steps_of(rng, (3, 5), 2, learning_rate=rate(rng)))
    yield whatever_eps("sum of squares", steps_of(rng, (2, 3, 5, 7), 5, learning_rate=rates(rng, 5)))
    yield Case("eps", _with_zeros(rng, steps_of(rng, (7, 3), 3, learning_rate=rate(rng))))
    yield Case("eps", steps_of(rng, (7,), 4, learning_rate=rate(rng), eps=0.3))
    yield from contract_cases(lambda dtype: steps_of(rng, (5, 3), 3, dtype, learning_rate=rate(rng), eps=0.01))


adagrad_step = Exercise(
    id="optim.adagrad_step",
    title="AdaGrad",
    difficulty=2,
    minutes=12,
    aspects=(
        Aspect("sum of squares", 3, "every number's rate is divided by the root of its squares so far"),
        Aspect("eps", 2, "where it belongs: outside the root"),
        contract(),
    ),
    draw=_draw_adagrad,
    oracle=optimiser(_adagrad_of_torch),
    returns=("w",),
    view=after_each_step,
    probe="steps",
    misconceptions=(
        uphill(_adagrad, "learning_rate * grad / (eps + sqrt(r)) is subtracted. (One of the lecture's formulas has lost its minus.)"),
        forgets(_adagrad, "the sum r has the last square alone", "Put r into the state that you return, and add to the r that comes in."),
        Misconception(
            "running_average",
            "r is a running average of the squares, as in RMSProp.",
            "AdaGrad adds up: r <- r + grad * grad, and forgets nothing.",
            _adagrad_by(lambda r, grad: 0.9 * r + 0.1 * grad**2),
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "not_squared",
            "The gradients are added up as they are, not their squares: r may be negative, and its root nan.",
            "r <- r + grad * grad, element by element.",
            _adagrad_by(lambda r, grad: r + grad),
        ),
        Misconception(
            "absolute_values",
            "The absolute values of the gradients are added up, not their squares.",
            "r <- r + grad * grad; the root comes later, of the whole sum.",
            _adagrad_by(lambda r, grad: r + np.abs(grad), lambda grad, r, eps: grad / (eps + r)),
        ),
        Misconception(
            "no_root",
            "The gradient is divided by the sum of squares, not by its root.",
            "grad / (eps + sqrt(r)): numerator and denominator have the same unit, and their quotient none.",
            _adagrad_by(step=_no_root),
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "one_rate_for_all",
            "The squares of all numbers are added up into one: all share one rate.",
            "r has the shape of w: grad * grad is an array, do not sum it.",
            _adagrad_by(lambda r, grad: r + np.sum(grad**2)),
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "old_sum",
            "The step divides by the sum from before this gradient: the first one divides by eps alone.",
            "First add the new square to r, then divide by its root.",
            _adagrad_old,
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "rate_in_the_sum",
            "The gradient was multiplied by the learning rate before it was squared: then the rate cancels out.",
            "r collects squares of gradients alone; learning_rate stands in the step only.",
            _adagrad_small_steps,
        ),
        Misconception(
            "eps_inside",
            "eps is inside the root.",
            "eps + sqrt(r), not sqrt(r + eps): with eps=1e-8 the root makes 1e-4 of it.",
            _adagrad_by(step=_eps_inside),
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "no_eps",
            "eps is missing: a number that never had a gradient is divided by zero.",
            "grad / (eps + sqrt(r)).",
            _adagrad_by(step=lambda grad, r, eps: grad / np.sqrt(r)),
        ),
        overwrites_w(_adagrad),
        overwrites_state(_adagrad),
        always_float64(_adagrad),
    ),
    hints=(
        "A weight that has seen steep slopes should tread carefully, one that has hardly seen any may take large steps. What must each remember?",
        "The state holds r, an array of w's shape: the sum of squared gradients so far, element by element.",
        "New r: the old one (zero at first) plus the gradient times itself. Step: learning_rate times the gradient, divided by "
        "eps plus the root of the new r. Subtract it from w; return w and a new dictionary with r.",
    ),
)


# --- rmsprop_step -----------------------------------------------------------------------------------------------------


def _rmsprop_of_torch(parameters, decay=0.9, eps=1e-8):
    import torch

    return torch.optim.RMSprop(parameters, lr=1.0, alpha=decay, eps=eps)


def _rmsprop_by(collect=lambda r, grad, decay: decay * r + (1 - decay) * grad**2, step=_divided):
    """RMSProp by another average, collect(r, grad, decay), or another step(grad, r, eps)."""

    def rmsprop(w, grad, state, learning_rate, decay=0.9, eps=1e-8):
        r = collect(state.get("r", np.zeros_like(w)), grad, decay)
        return w - learning_rate * step(grad, r, eps), {"r": r}

    return rmsprop


_rmsprop = _rmsprop_by()


def _rmsprop_old(w, grad, state, learning_rate, decay=0.9, eps=1e-8):
    old = state.get("r", np.zeros_like(w))
    return w - learning_rate * _divided(grad, old, eps), {"r": decay * old + (1 - decay) * grad**2}


def _rmsprop_corrected(w, grad, state, learning_rate, decay=0.9, eps=1e-8):
    t = state.get("t", 0) + 1
    r = decay * state.get("r", np.zeros_like(w)) + (1 - decay) * grad**2
    return w - learning_rate * _divided(grad, r / (1 - decay**t), eps), {"r": r, "t": t}


def _rmsprop_started(w, grad, state, learning_rate, decay=0.9, eps=1e-8):
    """The first square is the first average."""
    r = decay * state.get("r", grad**2) + (1 - decay) * grad**2
    return w - learning_rate * _divided(grad, r, eps), {"r": r}


def _draw_rmsprop(rng):
    yield whatever_eps("running average", steps_of(rng, (3, 5), 2, learning_rate=rate(rng)))
    yield whatever_eps("running average", steps_of(rng, (2, 3, 5, 7), 5, learning_rate=rates(rng, 5), decay=0.7))
    yield Case("eps", _with_zeros(rng, steps_of(rng, (7, 3), 3, learning_rate=rate(rng))))
    yield Case("eps", steps_of(rng, (7,), 4, learning_rate=rate(rng), decay=0.8, eps=0.3))
    yield from contract_cases(lambda dtype: steps_of(rng, (5, 3), 3, dtype, learning_rate=rate(rng), decay=0.7, eps=0.01))


rmsprop_step = Exercise(
    id="optim.rmsprop_step",
    title="RMSProp",
    difficulty=2,
    minutes=10,
    aspects=(
        Aspect("running average", 3, "every number's rate is divided by the root of its squares' running average"),
        Aspect("eps", 2, "where it belongs: outside the root"),
        contract(),
    ),
    draw=_draw_rmsprop,
    oracle=optimiser(_rmsprop_of_torch),
    returns=("w",),
    view=after_each_step,
    probe="steps",
    misconceptions=(
        uphill(_rmsprop),
        forgets(_rmsprop, "the average r has the last square alone", "Put r into the state that you return, and begin with the r that comes in."),
        Misconception(
            "adds_up",
            "The squares are added up, as in AdaGrad: nothing is ever forgotten.",
            "decay * r + (1 - decay) * grad * grad: old squares fade.",
            _rmsprop_by(lambda r, grad, decay: r + grad**2),
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "fading_sum",
            "The old squares fade, but the new one is not weighed by 1 - decay: r is a sum, not an average.",
            "The two weights add up to 1: decay and 1 - decay.",
            _rmsprop_by(lambda r, grad, decay: decay * r + grad**2),
        ),
        Misconception(
            "weights_exchanged",
            "decay weighs the new square, and 1 - decay the old average.",
            "decay says how much of the old average is kept.",
            _rmsprop_by(lambda r, grad, decay: (1 - decay) * r + decay * grad**2),
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "always_0_9",
            "decay is 0.9, whatever was asked.",
            "0.9 is the default of the argument decay: use the argument.",
            _rmsprop_by(lambda r, grad, decay: 0.9 * r + 0.1 * grad**2),
        ),
        Misconception(
            "not_squared",
            "The average is one of gradients, not of their squares: it may be negative, and its root nan.",
            "decay * r + (1 - decay) * grad * grad, element by element.",
            _rmsprop_by(lambda r, grad, decay: decay * r + (1 - decay) * grad),
        ),
        Misconception(
            "no_root",
            "The gradient is divided by the average square, not by its root.",
            "RMS is the root of the mean square: grad / (eps + sqrt(r)).",
            _rmsprop_by(step=_no_root),
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "one_rate_for_all",
            "The squares of all numbers are averaged into one: all share one rate.",
            "r has the shape of w: take no mean over the array, only one over time.",
            _rmsprop_by(lambda r, grad, decay: decay * r + (1 - decay) * np.mean(grad**2)),
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "old_average",
            "The step divides by the average from before this gradient: the first one divides by eps alone.",
            "First bring r up to date, then divide by its root.",
            _rmsprop_old,
        ),
        Misconception(
            "corrected",
            "r is corrected for its start at zero, as Adam does.",
            "RMSProp takes r as it is: its first steps are large.",
            _rmsprop_corrected,
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "starts_with_the_first_square",
            "r begins as the first square.",
            "It begins at zero: after the first step it is (1 - decay) * grad * grad.",
            _rmsprop_started,
        ),
        Misconception(
            "eps_inside",
            "eps is inside the root, as in TensorFlow.",
            "eps + sqrt(r), not sqrt(r + eps): with eps=1e-8 the root makes 1e-4 of it.",
            _rmsprop_by(step=_eps_inside),
            revisit="05, “A rate for every number”",
        ),
        Misconception(
            "no_eps",
            "eps is missing: a number that never had a gradient is divided by zero.",
            "grad / (eps + sqrt(r)).",
            _rmsprop_by(step=lambda grad, r, eps: grad / np.sqrt(r)),
        ),
        overwrites_w(_rmsprop),
        overwrites_state(_rmsprop),
        always_float64(_rmsprop),
    ),
    hints=(
        "AdaGrad's sum only grows, so its steps only shrink. What could take the sum's place that can also become smaller again?",
        "A running average: keep the share decay of the old one, and take the share 1 - decay of the new square.",
        "New r: decay times the old one (zero at first), plus 1 - decay times the gradient times itself. The step is AdaGrad's, with this r.",
    ),
)
