"""Checks of cnnlib/gradcheck.py: the gradient by central differences."""

from __future__ import annotations

import numpy as np

from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases
from autograder.values import Given


def _differences(f, x, step, weights):
    """Sum of weight * f(x with one number moved by offset * step) over the (offset, weight) pairs, for every place of x."""
    x = x.astype(np.float64)
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.array([sum(weight * f(x + offset * step * unit) for offset, weight in weights) for unit in units]).reshape(x.shape)


def _central(f, x, step=1e-5):
    return _differences(f, x, step, ((1, 0.5), (-1, -0.5))) / step


# --- Cases ------------------------------------------------------------------------------------------------------------


def _problem(rng, given, *shape, dtype=np.float64, **options):
    """A function that is handed in, whose weights keep its argument's scale, and a place to differentiate it at."""
    weights = normal(rng, *shape, dtype=dtype)
    if given == "wave":  # the sine of one sum: of order 1, wherever
        weights /= np.sqrt(weights.size).astype(dtype)
    return {"f": Given(given, {"weights": weights}), "x": normal(rng, *shape, dtype=dtype)} | options


def _draw(rng):
    rounding = 1e-6  # what is left of 16 digits after a difference over 1e-5; a one-sided difference is off by more, see "step"
    for given in ("weighted_sines", "wave"):
        yield Case("vector", _problem(rng, given, 7), tolerance=rounding * 10)
        for step in (0.1, 0.03):
            yield Case("step", _problem(rng, given, 7, step=step))
        for shape in ((3, 5), (2, 3, 4)):
            yield Case("axes", _problem(rng, given, *shape, step=0.01))
        yield Case("whole numbers", _problem(rng, given, 7, step=0.01) | {"x": rng.integers(-4, 5, 7)})
    # float32 is too coarse for a step of 1e-5: this shows whether the numbers were moved in float64.
    yield from contract_cases(lambda dtype: _problem(rng, "wave", 5, 7, dtype=dtype, step=1e-4 if dtype is np.float32 else 0.01))


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _not_restored(f, x, step=1e-5):
    moved, gradient = x.astype(np.float64), np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        moved[i] += step
        above = f(moved)
        moved[i] -= 2 * step
        gradient[i] = (above - f(moved)) / (2 * step)
    return gradient


def _first_axis_only(f, x, step=1e-5):
    moved, gradient = x.astype(np.float64), np.zeros(x.shape)
    for i in range(len(x)):
        moved[i] += step
        above = f(moved)
        moved[i] -= 2 * step
        gradient[i] = (above - f(moved)) / (2 * step)
        moved[i] += step
    return gradient


def _all_at_once(f, x, step=1e-5):
    x = x.astype(np.float64)
    return np.full(x.shape, (f(x + step) - f(x - step)) / (2 * step))


def _in_dtype_of_x(f, x, step=1e-5):
    """Moved in copies that keep the dtype: float32 is rounded, whole numbers lose what follows the point."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        above, below = x.copy(), x.copy()
        above[i], below[i] = x[i] + step, x[i] - step
        gradient[i] = (f(above) - f(below)) / (2 * step)
    return gradient


def _whole_numbers_cut_off(f, x, step=1e-5):
    return (_central if x.dtype.kind == "f" else _in_dtype_of_x)(f, x, step)


def _in_place(f, x, step=1e-5):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        here = x[i]
        x[i] = here + step
        above = f(x)
        x[i] = here - step
        gradient[i] = (above - f(x)) / (2 * step)
        x[i] = here
    return gradient


def _in_place_not_restored(f, x, step=1e-5):
    found = _not_restored(f, x, step)
    x -= np.asarray(step).astype(x.dtype)
    return found


numerical_gradient = Exercise(
    id="gradcheck.numerical_gradient",
    title="The gradient by central differences",
    difficulty=2,
    minutes=20,
    aspects=(
        Aspect("vector", 2, "the gradient at a vector, with the default step"),
        Aspect("step", 3, "large steps: the difference is central, and divided by the distance"),
        Aspect("axes", 2, "arrays of two and three axes, place by place"),
        Aspect("whole numbers", 1, "an x of whole numbers, whose gradient is not whole"),
        contract(2),
    ),
    draw=_draw,
    oracle=_central,
    misconceptions=(
        Misconception(
            "forward_difference",
            "The difference is one-sided: from x to x + step.",
            "Look as far back as ahead: the error then falls with the square of the step.",
            lambda f, x, step=1e-5: _differences(f, x, step, ((1, 1), (0, -1))) / step,
        ),
        Misconception(
            "backward_difference",
            "The difference is one-sided: from x - step to x.",
            "Look as far ahead as back: the error then falls with the square of the step.",
            lambda f, x, step=1e-5: _differences(f, x, step, ((0, 1), (-1, -1))) / step,
        ),
        Misconception(
            "divided_by_one_step",
            "The gradient is twice what it should be: it was divided by one step.",
            "From x - step to x + step it is two steps: divide by 2 * step, in parentheses.",
            lambda f, x, step=1e-5: 2 * _central(f, x, step),
        ),
        Misconception(
            "times_step",
            "The gradient was multiplied by the step: in Python, a / 2 * step divides by 2 and then multiplies.",
            "Put parentheses around the distance: (2 * step).",
            lambda f, x, step=1e-5: _central(f, x, step) * step**2,
        ),
        Misconception(
            "half_steps",
            "Each number is moved by half a step only.",
            "Move it by a whole step to either side, and divide by both together.",
            lambda f, x, step=1e-5: _central(f, x, step / 2),
        ),
        Misconception(
            "five_points",
            "Four values of f make each slope, up to two steps away: that is the five-point formula.",
            "It is more exact, but another one. Here the slope comes from two values, at x[i] + step and x[i] - step.",
            lambda f, x, step=1e-5: _differences(f, x, step, ((2, -1 / 12), (1, 8 / 12), (-1, -8 / 12), (-2, 1 / 12))) / step,
        ),
        Misconception(
            "step_ignored",
            "The step is 1e-5, whatever was asked for.",
            "Use the argument `step`, to move the numbers and to divide.",
            lambda f, x, step=1e-5: _central(f, x, 1e-5),
        ),
        Misconception(
            "not_restored",
            "A number that was moved is not put back before the next one moves.",
            "Remember x[i], move it up, move it down, and put it back.",
            _not_restored,
        ),
        Misconception(
            "whole_rows_moved",
            "Where x has several axes, x[i] is a whole row, and all its numbers move together.",
            "Go through all places: np.ndindex(x.shape) gives the index of every single number.",
            _first_axis_only,
        ),
        Misconception(
            "all_at_once",
            "All numbers move together, so every place gets the same slope.",
            "A partial derivative moves one number and leaves all others where they are.",
            _all_at_once,
        ),
        Misconception(
            "whole_numbers_cut_off",
            "An array of whole numbers cannot hold x + step: what follows the point is cut off.",
            "Copy x as float64 before you move anything, and make the gradient an array of floats, too.",
            _whole_numbers_cut_off,
        ),
        Misconception(
            "in_dtype_of_x",
            "The numbers were moved in the dtype of x: float32 rounds a small step away, whole numbers cut it off.",
            "Copy x as float64 before you move anything; only the finished gradient goes back to the dtype of x.",
            _in_dtype_of_x,
        ),
        Misconception(
            "moved_in_place",
            "The numbers of x itself are moved; an x that must not be written to cannot be.",
            "Work on a copy: x.astype(np.float64) makes one.",
            _in_place,
        ),
        Misconception(
            "changes_x",
            "x comes back changed: its numbers were moved and not put back.",
            "Work on a copy: the caller still needs x as it was.",
            _in_place_not_restored,
        ),
        Misconception(
            "float64_result",
            "The gradient is float64 whatever came in.",
            "Compute in float64, and give the result the dtype of x where x holds floats.",
            _central,
            keeps_dtype=False,
        ),
    ),
    hints=(
        "A slope is a difference of heights over a distance. If you look step to the right and step to the left, how far apart are the two?",
        "Make a float64 copy of x and a gradient of the same shape. For each place: move its number up, ask f; move it down, ask f; put it back.",
        "For every index i that np.ndindex(x.shape) gives: above is f with the copy's number at i raised by step, below with it lowered by step; "
        "gradient[i] is (above - below) over two steps; then restore the number.",
    ),
)

EXERCISES = (numerical_gradient,)
