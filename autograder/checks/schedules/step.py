"""step_decay."""

from __future__ import annotations

import math

from autograder.checks.schedules.common import rate
from autograder.draw import telling_apart
from autograder.exercise import Aspect, Case, Exercise, Misconception


def _stairs(step, learning_rate, every, factor=0.1):
    """Down one stair after the other, as PyTorch's StepLR goes: multiplied at every whole number of stairs."""
    for k in range(1, step + 1):
        if k % every == 0:
            learning_rate *= factor
    return learning_rate


def _draw_step_decay(rng):
    every, factor = int(rng.choice([5, 7, 11])), float(rng.choice([0.3, 0.5, 0.7]))
    given = {"learning_rate": rate(rng), "every": every}
    yield Case("first stair", {"step": 0, **given})
    yield Case("first stair", {"step": every - 1, **given})
    for step in (every, 2 * every - 1, 3 * every, 4 * every + int(rng.integers(1, every - 1))):
        yield Case("stairs", {"step": step, **given, "factor": factor})
    yield Case("stairs", {"step": 3 * every + 2, **given})
    yield Case("stairs", {"step": int(rng.integers(3, 7)), **given, "every": 1, "factor": factor})


STEP_SLIPS = (
    Misconception(
        "a_slope",
        "The rate sinks a little with every step: a slope, not stairs.",
        "Count whole stairs: step // every, not step / every.",
        lambda step, learning_rate, every, factor=0.1: learning_rate * factor ** (step / every),
        revisit="05, “The rate over time”",
    ),
    Misconception(
        "every_step",
        "The rate is multiplied by factor at every step.",
        "Only after `every` steps: the exponent is the number of whole stairs behind.",
        lambda step, learning_rate, every, factor=0.1: learning_rate * factor**step,
    ),
    Misconception(
        "one_step_early",
        "Each stair comes one step too early.",
        "Steps are counted from 0: step `every` is the first one of the second stair.",
        lambda step, learning_rate, every, factor=0.1: learning_rate * factor ** ((step + 1) // every),
    ),
    Misconception(
        "one_step_late",
        "Each stair comes one step too late.",
        "Steps are counted from 0: the first stair are the steps 0 … every - 1.",
        lambda step, learning_rate, every, factor=0.1: learning_rate * factor ** max((step - 1) // every, 0),
    ),
    Misconception(
        "rounded",
        "The number of stairs is rounded: they come half a stair too early.",
        "Whole stairs only: //, or floor.",
        lambda step, learning_rate, every, factor=0.1: learning_rate * factor ** math.floor(step / every + 0.5),
    ),
    Misconception(
        "one_stair_only",
        "The rate is reduced once, and never again.",
        "factor to the power of the number of stairs.",
        lambda step, learning_rate, every, factor=0.1: learning_rate * (factor if step >= every else 1),
    ),
    Misconception(
        "times_the_stairs",
        "factor is multiplied by the number of stairs instead of taken to its power.",
        "Each stair multiplies by factor once more: factor**k.",
        lambda step, learning_rate, every, factor=0.1: learning_rate * (factor * (step // every) if step >= every else 1),
    ),
    Misconception(
        "divided",
        "The rate is divided by factor: it grows.",
        "factor is what the rate is multiplied by: 0.1 makes a tenth of it.",
        lambda step, learning_rate, every, factor=0.1: learning_rate / factor ** (step // every),
    ),
    Misconception(
        "always_a_tenth",
        "The rate is divided by 10, whatever factor was asked for.",
        "0.1 is the default of the argument factor: use the argument.",
        lambda step, learning_rate, every, factor=0.1: learning_rate * 0.1 ** (step // every),
    ),
)

step_decay = Exercise(
    id="schedules.step_decay",
    title="A staircase",
    difficulty=1,
    minutes=8,
    aspects=(
        Aspect("first stair", 2, "the rate stays as it is for the first steps"),
        Aspect("stairs", 3, "then it is multiplied by factor after each `every` steps"),
    ),
    draw=telling_apart(_draw_step_decay, _stairs, STEP_SLIPS),
    oracle=_stairs,
    returns=("rate",),
    misconceptions=STEP_SLIPS,
    hints=(
        "Steps 0 to 9, every=5: for which of them has the rate been reduced, and how many times?",
        "The number of whole stairs behind you is an integer division.",
        "Divide step by every, whole; take factor to that power; multiply the learning rate by it.",
    ),
)
