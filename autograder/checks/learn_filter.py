"""Checks of cnnlib/learn_filter.py."""

from __future__ import annotations

import numpy as np

from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases
from autograder.oracles import conv2d, tensor


def _gradients(x, target, w, b):
    """Loss, dloss/dw and dloss/db by autograd, in float64."""
    import torch

    w, b = tensor(w).requires_grad_(), tensor(b).requires_grad_()
    loss = ((conv2d(tensor(x), w, b) - tensor(target)) ** 2).mean()
    dw, db = torch.autograd.grad(loss, (w, b))
    return loss.item(), dw.numpy(), db.numpy()


def _descend(x, target, w, b, learning_rate, steps, *, sign=1.0, scale=lambda target: 1.0, fixed_bias=False, accumulate=False, loss_after=False):
    """Gradient descent; every keyword-only argument is a way to get it wrong."""
    losses, sums = [], (0.0, 0.0)
    for _ in range(steps):
        loss, dw, db = _gradients(x, target, w, b)
        losses.append(loss)
        if accumulate:
            sums = dw, db = sums[0] + dw, sums[1] + db
        rate = sign * scale(target) * learning_rate
        w, b = w - rate * dw, b if fixed_bias else b - rate * db
    if loss_after:
        losses = losses[1:] + [_gradients(x, target, w, b)[0]]
    return w, b, np.array(losses)


def _wrong(**slip):
    return lambda x, target, w, b, learning_rate, steps: _descend(x, target, w, b, learning_rate, steps, **slip)


def _fit(x, target, w, b, learning_rate, steps):
    return _descend(x, target, w, b, learning_rate, steps)


def _sum_for_mean(x, target, w, b, learning_rate, steps):
    found = _descend(x, target, w, b, learning_rate, steps, scale=lambda target: target.size)
    return *found[:2], found[2] * target.size


def _bias_after_filter(x, target, w, b, learning_rate, steps):
    losses = []
    for _ in range(steps):
        loss, dw, _ = _gradients(x, target, w, b)
        losses.append(loss)
        w = w - learning_rate * dw
        b = b - learning_rate * _gradients(x, target, w, b)[2]
    return w, b, np.array(losses)


def _in_place(x, target, w, b, learning_rate, steps):
    found = _descend(x, target, w, b, learning_rate, steps)
    w[...], b[...] = found[:2]
    return w, b, found[2]


def _problem(rng, steps, n=2, c=2, f=3, dtype=np.float64):
    """Filters to start from, and images filtered by others, so that there is something to find."""
    h, width, kh, kw = distinct(rng, (6, 7, 9), (6, 7, 9), (2, 3, 5), (2, 3, 5))
    x = normal(rng, n, c, h, width, dtype=dtype)
    target = conv2d(tensor(x), tensor(normal(rng, f, c, kh, kw)), tensor(normal(rng, f))).numpy().astype(dtype)
    w, b = normal(rng, f, c, kh, kw, dtype=dtype), normal(rng, f, dtype=dtype)
    return {"x": x, "target": target, "w": w, "b": b, "learning_rate": 0.1, "steps": steps}


def _draw(rng):
    yield Case("step", _problem(rng, 1, n=1, c=1, f=1), compare=("w", "b"))
    yield Case("step", _problem(rng, 1), compare=("w", "b"))
    yield Case("steps", _problem(rng, 3, n=3, c=1, f=2), compare=("w", "b"))
    yield Case("steps", _problem(rng, 4), compare=("w", "b"))
    yield Case("losses", _problem(rng, 3), compare=("losses",))
    for case in contract_cases(lambda dtype: _problem(rng, 1, dtype=dtype)):
        yield Case(case.aspect, case.inputs, compare=("w", "b"), layout=case.layout, exact_dtype=True)


fit_filter = Exercise(
    id="learn_filter.fit_filter",
    title="Learning a filter with all your own pieces",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("step", 2, "one step: w and b against their gradients"),
        Aspect("steps", 2, "several steps, each with new gradients"),
        Aspect("losses", 1, "the loss before each step"),
        contract(),
    ),
    draw=_draw,
    oracle=_fit,
    returns=("w", "b", "losses"),
    misconceptions=(
        Misconception(
            "uphill",
            "The step goes up the gradient: the loss grows.",
            "The gradient points to where the loss grows; subtract learning_rate times the gradient.",
            _wrong(sign=-1.0),
        ),
        Misconception(
            "factor_2_missing",
            "The gradient is half of what it should be.",
            "The derivative of error**2 is 2·error: dout = 2·error / error.size.",
            _wrong(scale=lambda target: 0.5),
        ),
        Misconception(
            "sum_for_mean",
            "The squared errors are summed, not averaged.",
            "The loss is a mean over all numbers of the output, so its gradient is 2·error / error.size.",
            _sum_for_mean,
        ),
        Misconception(
            "mean_over_images_only",
            "The gradient is divided by the number of images only.",
            "The mean runs over images, filters, rows and columns: divide by error.size.",
            _wrong(scale=lambda target: target[0].size),
        ),
        Misconception(
            "mean_forgotten_in_gradient",
            "The loss is a mean, but its gradient lacks the division.",
            "A mean divides by error.size, and so does its gradient: dout = 2·error / error.size.",
            _wrong(scale=lambda target: target.size),
        ),
        Misconception(
            "bias_not_updated",
            "The bias never changes.",
            "b has a gradient as well: conv2d_backward returns it third.",
            _wrong(fixed_bias=True),
        ),
        Misconception(
            "bias_after_filter",
            "The bias is updated with a gradient taken after w had already moved.",
            "Compute dw and db together, from one forward pass, before you change either.",
            _bias_after_filter,
        ),
        Misconception(
            "gradients_accumulated",
            "Gradients of earlier steps are added to those of later ones.",
            "Every step has gradients of its own: start anew instead of adding to the last ones.",
            _wrong(accumulate=True),
        ),
        Misconception(
            "loss_after_step",
            "The losses were taken after each step instead of before it.",
            "losses[0] is the loss of the w and b that came in: record it before the update.",
            _wrong(loss_after=True),
        ),
        Misconception(
            "changes_w_in_place",
            "The w and b that came in have been overwritten.",
            "w -= … changes the caller's array; w = w - … makes a new one.",
            _in_place,
        ),
        Misconception(
            "float64_result",
            "w and b come back as float64 whatever came in.",
            "Keep the dtype of w: a Python float as learning rate does, a float64 array in the arithmetic does not.",
            _fit,
            keeps_dtype=False,
        ),
    ),
    hints=(
        "You have everything: forward gives out, the loss gives dout, backward gives dw and db. What is the gradient of a mean of squares?",
        "loss = mean(error**2) with error = out - target, so dout = 2·error / error.size. Hand dout to conv2d_backward and step against "
        "what comes back.",
        "Repeat `steps` times: forward; error; append the mean of its squares to losses; backward with dout; new w and b from the old "
        "ones minus learning_rate times their gradients. Return w, b and the losses as an array.",
    ),
)

EXERCISES = (fit_filter,)
