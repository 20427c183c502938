"""Checks of cnnlib/perceptron.py."""

from __future__ import annotations

import numpy as np

from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases


def _says(w, b, x):
    return int(np.dot(w.astype(np.float64), x.astype(np.float64)) + b > 0)


def _update(w, b, x, target, learning_rate):
    error = target - _says(w, b, x)
    return w.astype(np.float64) + learning_rate * error * x, b + learning_rate * error


# --- Cases ------------------------------------------------------------------------------------------------------------


def _example(rng, says, target, dtype=np.float64):
    """A perceptron that gives the answer `says` to an example, clearly."""
    while True:
        w, x, b = normal(rng, 11, dtype=dtype), normal(rng, 11, dtype=dtype), float(rng.standard_normal())
        if _says(w, b, x) == says and abs(np.dot(w, x) + b) > 0.5:
            return {"w": w, "b": b, "x": x, "target": target, "learning_rate": float(rng.choice([0.1, 0.25, 0.7]))}


def _undecided(rng, target):
    """Sums of exactly 0: a perceptron that knows nothing yet, and whole numbers that cancel out."""
    nothing = _example(rng, 0, target) | {"w": np.zeros(11), "b": 0.0}
    w = rng.integers(1, 9, 7).astype(np.float64)
    return nothing, {"w": w, "b": -float(w.sum()), "x": np.ones(7), "target": target, "learning_rate": 0.5}


def _draw(rng):
    for _ in range(2):
        yield Case("missed", _example(rng, 0, 1))
        yield Case("false alarm", _example(rng, 1, 0))
        for answer in (0, 1):
            yield Case("right", _example(rng, answer, answer))
    for target in (0, 1):
        for inputs in _undecided(rng, target):
            yield Case("undecided", inputs)
    yield from contract_cases(lambda dtype: _example(rng, 0, 1, dtype))


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _wrong(error):
    """The update with another error: error(target, y, sum)."""

    def update(w, b, x, target, learning_rate):
        total = np.dot(w, x) + b
        step = learning_rate * error(target, int(total > 0), total)
        return w + step * x, b + step

    return update


def _bias_kept(w, b, x, target, learning_rate):
    return _update(w, b, x, target, learning_rate)[0], b


def _in_place(w, b, x, target, learning_rate):
    w[...], b = _update(w, b, x, target, learning_rate)
    return w, b


perceptron_update = Exercise(
    id="perceptron.perceptron_update",
    title="Rosenblatt's rule",
    difficulty=1,
    minutes=10,
    aspects=(
        Aspect("missed", 2, "it said 0 and should have said 1"),
        Aspect("false alarm", 1, "it said 1 and should have said 0"),
        Aspect("right", 1, "a right answer changes nothing"),
        Aspect("undecided", 1, "a sum of exactly 0 is the answer 0"),
        contract(),
    ),
    draw=_draw,
    oracle=_update,
    returns=("w", "b"),
    misconceptions=(
        Misconception(
            "wrong_way",
            "The weights move away from the right answer.",
            "The error is target minus y, in this order: where 1 was missed, the sum must grow.",
            _wrong(lambda target, y, total: y - target),
        ),
        Misconception(
            "threshold_included",
            "A sum of exactly 0 counts as the answer 1.",
            "The answer is 1 only where w·x + b is greater than 0.",
            _wrong(lambda target, y, total: target - int(total >= 0)),
        ),
        Misconception(
            "bias_forgotten_in_sum",
            "The answer is taken from w·x alone, without the bias.",
            "The unit fires where w·x + b is greater than 0.",
            lambda w, b, x, target, learning_rate: _wrong(lambda target, y, total: target - int(total - b > 0))(w, b, x, target, learning_rate),
        ),
        Misconception(
            "sum_for_answer",
            "The error is taken from the sum w·x + b, not from the answer.",
            "First decide: y is 1 or 0. The error is target - y: -1, 0 or 1.",
            _wrong(lambda target, y, total: target - total),
        ),
        Misconception(
            "target_for_error",
            "The weights move by the target, not by the error.",
            "A right answer must change nothing, and a false alarm must push the weights down: use target - y.",
            _wrong(lambda target, y, total: target),
        ),
        Misconception(
            "answers_minus_one",
            "The answers are -1 and 1 here; the course's perceptron says 0 and 1.",
            "y is 0 where the sum is not positive, as the target is.",
            _wrong(lambda target, y, total: target - (2 * y - 1)),
        ),
        Misconception(
            "rate_ignored",
            "The learning rate is not used.",
            "Both the weights and the bias move by learning_rate times the error.",
            lambda w, b, x, target, learning_rate: _update(w, b, x, target, 1.0),
        ),
        Misconception(
            "bias_kept",
            "The bias never changes.",
            "The bias learns like a weight whose input is always 1: it moves by learning_rate * (target - y).",
            _bias_kept,
        ),
        Misconception(
            "in_place",
            "The w that came in has been overwritten.",
            "w += … changes the caller's array; w + … makes a new one.",
            _in_place,
        ),
        Misconception(
            "float64_result",
            "The result is float64 whatever came in.",
            "An answer taken by NumPy (w @ x + b > 0, or np.where) is a NumPy number, and times a Python float it is float64: "
            "make it a Python number with int(…).",
            _update,
            keeps_dtype=False,
        ),
    ),
    hints=(
        "Before anything moves, the unit must answer. What can target - y be, and what should happen in each of these cases?",
        "Compute the sum, turn it into 0 or 1, take the error target - y. The weights move along x, the bias along 1, "
        "both in proportion to the error.",
        "y is 1 if w·x + b is greater than 0, otherwise 0. The step is learning_rate times (target - y). "
        "Return w plus the step times x, and b plus the step.",
    ),
)

EXERCISES = (perceptron_update,)
