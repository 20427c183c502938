"""nesterov_step: the gradient is a function, for where it is asked is the point."""

from __future__ import annotations

import numpy as np

from autograder.checks.optim.common import after_each_step, always_float64, forgets, overwrites_state, rates, uphill
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases
from autograder.oracles import tensor
from autograder.values import Given


def _followed(w, gradient, state, each, learning_rate, momentum=0.9):
    """PyTorch's Nesterov, whose parameter is the place w + momentum * v that is looked at; w is the velocity's part behind it.

    At a rate of 1, with gradients that carry the rate already, its buffer is -v.
    """
    import torch

    ahead = torch.nn.Parameter(tensor(w).clone())
    made, found = torch.optim.SGD([ahead], lr=1.0, momentum=momentum, nesterov=True), {}
    for k, rate in enumerate(learning_rate):
        ahead.grad = rate * tensor(gradient(ahead.detach().numpy()))
        made.step()
        found[f"after step {k + 1}"] = (ahead + momentum * made.state[ahead]["momentum_buffer"]).detach().numpy()
    return found


def _by(new):
    """Nesterov by another formula: new(w, gradient, v, momentum, rate) -> w, v."""

    def step(w, gradient, state, learning_rate, momentum=0.9):
        w, v = new(w, gradient, state.get("v", np.zeros_like(w)), momentum, learning_rate)
        return w, {"v": v}

    return step


def _asked_at(place):
    """The right step, but the gradient is asked at place(w, v, momentum)."""

    def new(w, gradient, v, momentum, rate):
        v = momentum * v - rate * gradient(place(w, v, momentum))
        return w + v, v

    return _by(new)


_nesterov = _asked_at(lambda w, v, momentum: w + momentum * v)


def _rate_outside(w, gradient, v, momentum, rate):
    v = momentum * v + gradient(w - rate * momentum * v)
    return w - rate * v, v


def _of_torch(w, gradient, v, momentum, rate):
    slope = rate * gradient(w)
    v = momentum * v - slope
    return w + momentum * v - slope, v


def _from_there(w, gradient, v, momentum, rate):
    ahead = w + momentum * v
    v = momentum * v - rate * gradient(ahead)
    return ahead + v, v


def _velocity_kept_whole(w, gradient, v, momentum, rate):
    v = v - rate * gradient(w + momentum * v)
    return w + v, v


def _velocity_first(w, gradient, v, momentum, rate):
    """Plain momentum is made first, and the gradient asked where that has led."""
    ahead = w + momentum * v - rate * gradient(w)
    v = momentum * v - rate * gradient(ahead)
    return w + v, v


def _always_0_9(w, gradient, state, learning_rate, momentum=0.9):
    return _nesterov(w, gradient, state, learning_rate)


def _moved_to_look(w, gradient, state, learning_rate, momentum=0.9):
    v = state.get("v", np.zeros_like(w))
    place = w + momentum * v
    w += momentum * v
    v = momentum * v - learning_rate * gradient(place)
    return place - momentum * state.get("v", np.zeros_like(w)) + v, {"v": v}


# --- Cases ------------------------------------------------------------------------------------------------------------


def _inputs(rng, shape, count, dtype=np.float64, rate=None, **options):
    bowl = {"curvature": rng.uniform(0.5, 2.0, shape).astype(dtype), "centre": normal(rng, *shape, dtype=dtype)}
    same = float(rng.choice([0.1, 0.15, 0.2, 0.25]))
    return {
        "w": normal(rng, *shape, dtype=dtype),
        "gradient": Given("quadratic_gradient", bowl),
        "state": {},
        "learning_rate": rate or [same] * count,
        **options,
        "each": ("learning_rate",),
    }


def _draw(rng):
    yield Case("first step", _inputs(rng, (3, 5), 1))
    yield Case("look ahead", _inputs(rng, (5, 3), 2))
    yield Case("look ahead", _inputs(rng, (7,), 5, momentum=0.7))
    yield Case("look ahead", _inputs(rng, (2, 3, 5, 7), 3, momentum=0.5))
    yield Case("changing rate", _inputs(rng, (5, 7), 4, rate=rates(rng, 4), momentum=0.8))
    yield from contract_cases(lambda dtype: _inputs(rng, (5, 3), 3, dtype, momentum=0.7))


nesterov_step = Exercise(
    id="optim.nesterov_step",
    title="Nesterov's momentum",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("first step", 1, "without a velocity it is a step of plain descent"),
        Aspect("look ahead", 5, "the gradient is taken where the velocity is about to lead"),
        Aspect("changing rate", 1, "each gradient enters the velocity with the learning rate of its step"),
        contract(),
    ),
    draw=_draw,
    oracle=_followed,
    returns=("w",),
    view=after_each_step,
    probe="steps",
    misconceptions=(
        uphill(_nesterov, "The gradient is subtracted from the velocity, and the velocity added to w."),
        forgets(_nesterov, "without a velocity there is nothing to look ahead by", "Put the new velocity into the state that you return."),
        Misconception(
            "no_look_ahead",
            "The gradient is asked for at w: this is plain momentum.",
            "Ask at w + momentum * v, where the parameter would be if there were no slope.",
            _asked_at(lambda w, v, momentum: w),
            revisit="05, “Nesterov: look where you are going”",
        ),
        Misconception(
            "a_whole_velocity_ahead",
            "The gradient is asked for at w + v, a whole velocity ahead.",
            "Only momentum * v of the old velocity will be left: ask at w + momentum * v.",
            _asked_at(lambda w, v, momentum: w + v),
            revisit="05, “Nesterov: look where you are going”",
        ),
        Misconception(
            "looks_back",
            "The gradient is asked for behind w, at w - momentum * v.",
            "The velocity already points to where w goes: w + momentum * v.",
            _asked_at(lambda w, v, momentum: w - momentum * v),
        ),
        Misconception(
            "velocity_first",
            "The gradient is asked for twice: a whole step of momentum is made first, and the gradient taken where that leads.",
            "Look ahead by what is left of the old velocity, w + momentum * v, before any new gradient.",
            _by(_velocity_first),
        ),
        Misconception(
            "steps_from_there",
            "The step begins at the place that was looked at, so momentum * v is added twice.",
            "Only the gradient is taken there. The step begins at w: w <- w + v, with the new v.",
            _by(_from_there),
            revisit="05, “Nesterov: look where you are going”",
        ),
        Misconception(
            "as_pytorch",
            "This is PyTorch's form: the gradient is asked for at the parameter, and what is returned is the place one would look at next.",
            "Here w itself is kept: ask for the gradient at w + momentum * v, and return w + v.",
            _by(_of_torch),
            revisit="05, “Nesterov: look where you are going”",
        ),
        Misconception(
            "velocity_kept_whole",
            "The old velocity is kept whole; only the look ahead is multiplied by momentum.",
            "v <- momentum * v - learning_rate * gradient(...): momentum stands in two places.",
            _by(_velocity_kept_whole),
        ),
        Misconception(
            "rate_outside",
            "The learning rate is outside the velocity: when the rate changes, old gradients change with it.",
            "In our convention a gradient enters the velocity with the rate of its own step; then w <- w + v, without any rate.",
            _by(_rate_outside),
        ),
        Misconception(
            "always_0_9",
            "The momentum is 0.9, whatever was asked.",
            "0.9 is the default of the argument momentum: use the argument.",
            _always_0_9,
        ),
        Misconception(
            "moved_to_look",
            "To look ahead, the parameter that came in was moved there.",
            "w += … changes the caller's array: make a new one for the place that you look at.",
            _moved_to_look,
        ),
        overwrites_state(_nesterov),
        always_float64(_nesterov),
    ),
    hints=(
        "If the ball will roll on by momentum * v anyway, which slope matters: the one where it lies, or the one where it will be?",
        "gradient is a function: you choose where to ask. Everything else is as in momentum_step.",
        "Take the old velocity from the state (zeros of w's shape at first), times momentum. Call gradient at w plus that. "
        "New velocity: that minus learning_rate times the answer. Return w plus the new velocity, and a new dictionary that holds it.",
    ),
)
