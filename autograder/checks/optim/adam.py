"""adam_step."""

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


def _adam_of_torch(parameters, beta1=0.9, beta2=0.999, eps=1e-8):
    import torch

    return torch.optim.Adam(parameters, lr=1.0, betas=(beta1, beta2), eps=eps)


def _fade(old, new, beta):
    return beta * old + (1 - beta) * new


def _quotient(s, r, eps):
    return s / (np.sqrt(r) + eps)


def _by(
    first=lambda s, grad, beta: _fade(s, grad, beta),
    second=lambda r, grad, s, beta: _fade(r, grad**2, beta),
    correct=lambda s, r, t, beta1, beta2: (s / (1 - beta1**t), r / (1 - beta2**t)),
    step=_quotient,
    count=lambda t: t + 1,
    keep_corrected=False,
):
    """Adam, each part of which can be got wrong."""

    def adam(w, grad, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
        t = count(state.get("t", 0))
        s = first(state.get("s", np.zeros_like(w)), grad, beta1)
        r = second(state.get("r", np.zeros_like(w)), grad, s, beta2)
        s_hat, r_hat = correct(s, r, t, beta1, beta2)
        new = w - learning_rate * step(s_hat, r_hat, eps)
        return new, {"t": t, "s": s_hat if keep_corrected else s, "r": r_hat if keep_corrected else r}

    return adam


_adam = _by()


def _betas_exchanged(w, grad, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    return _adam(w, grad, state, learning_rate, beta2, beta1, eps)


def _correction_exchanged(s, r, t, beta1, beta2):
    return s / (1 - beta2**t), r / (1 - beta1**t)


def _always_the_defaults(w, grad, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    return _adam(w, grad, state, learning_rate)


def _eps_before_correction(w, grad, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    """The paper's faster form: the rate is corrected instead of the averages, and eps meets the uncorrected root."""
    t = state.get("t", 0) + 1
    s, r = _fade(state.get("s", np.zeros_like(w)), grad, beta1), _fade(state.get("r", np.zeros_like(w)), grad**2, beta2)
    faster = learning_rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - faster * _quotient(s, r, eps), {"t": t, "s": s, "r": r}


# --- Cases ------------------------------------------------------------------------------------------------------------


def _with_zeros(rng, inputs):
    """Some numbers never get a gradient: they stay where they are, and nothing is divided by zero."""
    used = rng.permutation(np.arange(inputs["w"].size) >= 2).reshape(inputs["w"].shape)
    return inputs | {"grad": inputs["grad"] * used}


def _draw(rng):
    yield whatever_eps("first step", steps_of(rng, (3, 5), 1, learning_rate=rate(rng)))
    yield whatever_eps("first step", steps_of(rng, (7,), 1, learning_rate=rate(rng), beta1=0.7, beta2=0.95))
    yield whatever_eps("averages", steps_of(rng, (2, 3, 5, 7), 3, learning_rate=rate(rng)))
    yield whatever_eps("averages", steps_of(rng, (5, 7), 7, learning_rate=rates(rng, 7), beta1=0.8, beta2=0.9))
    yield whatever_eps("averages", steps_of(rng, (3, 2), 4, learning_rate=rate(rng), beta1=0.95, beta2=0.7))  # the other way round
    yield Case("eps", _with_zeros(rng, steps_of(rng, (7, 3), 3, learning_rate=rate(rng))))
    yield Case("eps", steps_of(rng, (5, 3), 4, learning_rate=rate(rng), beta1=0.8, beta2=0.9, eps=0.3))
    yield from contract_cases(lambda dtype: steps_of(rng, (5, 3), 3, dtype, learning_rate=rate(rng), beta1=0.7, beta2=0.9, eps=0.01))


adam_step = Exercise(
    id="optim.adam_step",
    title="Adam",
    difficulty=3,
    minutes=25,
    aspects=(
        Aspect("first step", 3, "its size is the learning rate, whatever the gradient's"),
        Aspect("averages", 4, "of gradients and squares, remembered over several steps, corrected for their start"),
        Aspect("eps", 2, "where it belongs: outside the root, after the correction"),
        contract(2),
    ),
    draw=_draw,
    oracle=optimiser(_adam_of_torch),
    returns=("w",),
    view=after_each_step,
    probe="steps",
    misconceptions=(
        uphill(_adam),
        forgets(_adam, "t, s and r begin anew every time", "All three belong into the state that you return, and come from the state that comes in."),
        Misconception(
            "not_corrected",
            "The averages are not corrected for their start at zero.",
            "s / (1 - beta1**t) and r / (1 - beta2**t): at the first step that undoes the 1 - beta exactly.",
            _by(correct=lambda s, r, t, beta1, beta2: (s, r)),
            revisit="05, “Adam”",
        ),
        Misconception(
            "first_not_corrected",
            "Only r is corrected for its start at zero, s is not.",
            "Both began at zero: s_hat = s / (1 - beta1**t), too.",
            _by(correct=lambda s, r, t, beta1, beta2: (s, r / (1 - beta2**t))),
            revisit="05, “Adam”",
        ),
        Misconception(
            "second_not_corrected",
            "Only s is corrected for its start at zero, r is not.",
            "Both began at zero: r_hat = r / (1 - beta2**t), too.",
            _by(correct=lambda s, r, t, beta1, beta2: (s / (1 - beta1**t), r)),
            revisit="05, “Adam”",
        ),
        Misconception(
            "steps_not_counted",
            "Every step is corrected as if it were the first.",
            "t is the number of the step: it belongs into the state, and grows by 1 each time.",
            _by(count=lambda t: 1),
            revisit="05, “Adam”",
        ),
        Misconception(
            "counts_from_zero",
            "t is 0 at the first step, and 1 - beta**0 is zero: nan.",
            "Count first, then correct: t is 1 at the first step.",
            _by(count=lambda t: t + 1, correct=lambda s, r, t, beta1, beta2: (s / (1 - beta1 ** (t - 1)), r / (1 - beta2 ** (t - 1)))),
        ),
        Misconception(
            "one_step_too_many",
            "t is 2 at the first step.",
            "Count once for each step: t is 1 at the first one.",
            _by(correct=lambda s, r, t, beta1, beta2: (s / (1 - beta1 ** (t + 1)), r / (1 - beta2 ** (t + 1)))),
        ),
        Misconception(
            "times_instead_of_power",
            "The correction multiplies beta by t.",
            "beta**t, a power: what is left of the start at zero after t steps.",
            _by(correct=lambda s, r, t, beta1, beta2: (s / (1 - beta1 * t), r / (1 - beta2 * t))),
        ),
        Misconception(
            "corrected_ones_remembered",
            "The corrected averages are remembered, and corrected again at the next step.",
            "s_hat and r_hat serve this step only: the state keeps s and r.",
            _by(keep_corrected=True),
            revisit="05, “Adam”",
        ),
        Misconception(
            "betas_exchanged",
            "beta1 and beta2 have changed places.",
            "beta1 belongs to s, the average of gradients; beta2 to r, the average of their squares.",
            _betas_exchanged,
        ),
        Misconception(
            "corrections_exchanged",
            "s is corrected with beta2 and r with beta1.",
            "Each average is corrected with its own beta.",
            _by(correct=_correction_exchanged),
        ),
        Misconception(
            "weights_exchanged",
            "beta weighs the new number, and 1 - beta the old average.",
            "beta says how much of the old average is kept.",
            _by(first=lambda s, grad, beta: _fade(grad, s, beta), second=lambda r, grad, s, beta: _fade(grad**2, r, beta)),
        ),
        Misconception(
            "no_first_average",
            "The step goes along the gradient itself, not along its running average.",
            "s_hat stands above the line: without it this is RMSProp with a correction.",
            _by(first=lambda s, grad, beta: grad, correct=lambda s, r, t, beta1, beta2: (s, r / (1 - beta2**t))),
        ),
        Misconception(
            "square_of_the_average",
            "r is the average of s * s, not of grad * grad.",
            "The squares are those of the gradient itself: the mean of squares is not the square of the mean.",
            _by(second=lambda r, grad, s, beta: _fade(r, s**2, beta)),
        ),
        Misconception(
            "not_squared",
            "The second average is one of gradients, not of their squares: it may be negative, and its root nan.",
            "beta2 * r + (1 - beta2) * grad * grad, element by element.",
            _by(second=lambda r, grad, s, beta: _fade(r, grad, beta)),
        ),
        Misconception(
            "no_root",
            "s_hat is divided by r_hat, not by its root.",
            "s_hat / (sqrt(r_hat) + eps): both have the unit of a gradient, so that the step has the size of learning_rate.",
            _by(step=lambda s, r, eps: s / (r + eps)),
        ),
        Misconception(
            "always_the_defaults",
            "beta1, beta2 and eps are 0.9, 0.999 and 1e-8, whatever was asked.",
            "Those are defaults: use the arguments.",
            _always_the_defaults,
        ),
        Misconception(
            "eps_inside",
            "eps is inside the root.",
            "sqrt(r_hat) + eps, not sqrt(r_hat + eps): with eps=1e-8 the root makes 1e-4 of it.",
            _by(step=lambda s, r, eps: s / np.sqrt(r + eps)),
        ),
        Misconception(
            "eps_before_correction",
            "eps is added to the root of the uncorrected r.",
            "The paper's faster form does so and calls its eps another one (eps hat). Here: correct r first, then the root, then eps.",
            _eps_before_correction,
            revisit="05, “Adam”",
        ),
        Misconception(
            "no_eps",
            "eps is missing: a number that never had a gradient becomes 0/0, nan.",
            "s_hat / (sqrt(r_hat) + eps).",
            _by(step=lambda s, r, eps: s / np.sqrt(r)),
        ),
        overwrites_w(_adam),
        overwrites_state(_adam),
        always_float64(_adam),
    ),
    hints=(
        "Adam is momentum and RMSProp at once. What do their averages look like after the very first step, when they began at zero?",
        "To remember: how many steps (t), the average of gradients (s), the average of squares (r). Correct the averages for the step only.",
        "t plus 1; s and r each the share beta of the old plus the share 1 - beta of the new; s_hat and r_hat are s and r over 1 minus their beta "
        "to the power of t. Subtract learning_rate times s_hat over (root of r_hat plus eps). Return w and a new dictionary with t, s and r.",
    ),
)
