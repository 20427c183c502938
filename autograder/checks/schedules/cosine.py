"""cosine_with_warmup."""

from __future__ import annotations

import math

import numpy as np

from autograder.checks.schedules.common import rate
from autograder.draw import telling_apart
from autograder.exercise import Aspect, Case, Exercise, Misconception


def _by_interpolation(step, steps, learning_rate, warmup_steps):
    """A line through (-1, 0) and (warmup_steps, learning_rate); after it the square of a cosine: (1 + cos 2a)/2 = cos(a)**2."""
    if step < warmup_steps:
        return float(np.interp(step, [-1, warmup_steps], [0.0, learning_rate]))
    angle = np.interp(step, [warmup_steps, steps], [0.0, np.pi / 2])
    return float(learning_rate * np.cos(angle) ** 2)


def _nearly_zero_is_zero(inputs, rate):
    """The view: at the end of the half wave a right formula gives 0, or what rounding leaves of it."""
    return round(rate, 15) if isinstance(rate, (float, np.floating)) else rate


def _cosine(
    up=lambda step, steps, warmup: (step + 1) / (warmup + 1),
    progress=lambda step, steps, warmup: (step - warmup) / (steps - warmup),
    down=lambda progress: (1 + math.cos(math.pi * progress)) / 2,
):
    """A schedule with another way up, another progress, another way down."""

    def schedule(step, steps, learning_rate, warmup_steps):
        if step < warmup_steps:
            return learning_rate * up(step, steps, warmup_steps)
        return learning_rate * down(progress(step, steps, warmup_steps))

    return schedule


def _draw_cosine(rng):
    highest = rate(rng)
    warmup = int(rng.choice([5, 7]))
    steps = warmup + int(rng.choice([11, 13, 17, 19]))
    given = {"steps": steps, "learning_rate": highest}
    for step in (0, int(rng.integers(1, warmup - 1)), warmup - 1):
        yield Case("warm-up", {"step": step, **given, "warmup_steps": warmup})
    for step in (warmup, warmup + int(rng.integers(2, 5)), steps - int(rng.integers(1, 5)), steps):
        yield Case("cosine", {"step": step, **given, "warmup_steps": warmup})
    for step in (0, int(rng.integers(3, 9)), steps):
        yield Case("no warm-up", {"step": step, **given, "warmup_steps": 0})


ONE_STEP_SHORT = "The progress is (step - warmup_steps) / (steps - warmup_steps): 1 at step == steps, after the last one."
ONE_STEP_AHEAD = "The progress is (step - warmup_steps) / (steps - warmup_steps): 0 at step == warmup_steps, without adding 1 to the step."

COSINE_SLIPS = (
    Misconception(
        "first_step_wasted",
        "The warm-up begins at zero: the first step changes nothing.",
        "(step + 1) / (warmup_steps + 1): the line would be at zero one step before the first.",
        _cosine(up=lambda step, steps, warmup: step / warmup),
        revisit="05, “The rate over time”",
    ),
    Misconception(
        "full_rate_too_early",
        "The highest rate is reached one step too early, at the last step of the warm-up.",
        "(step + 1) / (warmup_steps + 1): the highest rate is that of step warmup_steps, where the cosine begins.",
        _cosine(up=lambda step, steps, warmup: (step + 1) / warmup),
    ),
    Misconception(
        "no_warmup",
        "There is no warm-up: the cosine begins at step 0.",
        "While step < warmup_steps the rate rises in a straight line.",
        lambda step, steps, learning_rate, warmup_steps: learning_rate * (1 + math.cos(math.pi * step / steps)) / 2,
    ),
    Misconception(
        "warmup_at_full_rate",
        "In the warm-up the rate is at its highest already.",
        "It rises: learning_rate * (step + 1) / (warmup_steps + 1).",
        _cosine(up=lambda step, steps, warmup: 1.0),
    ),
    Misconception(
        "progress_from_the_first_step",
        "The cosine's progress counts the warm-up too: when the rate is at its highest, it jumps down.",
        "At step warmup_steps the progress is 0: subtract the warm-up from step and from steps.",
        _cosine(progress=lambda step, steps, warmup: step / steps),
        revisit="05, “The rate over time”",
    ),
    Misconception(
        "ends_too_late",
        "The cosine does not come down to zero: its progress is a share of all steps, warm-up included.",
        "What is left after the warm-up has steps - warmup_steps steps.",
        _cosine(progress=lambda step, steps, warmup: (step - warmup) / steps),
    ),
    Misconception(
        "ends_one_step_early",
        "The cosine comes down to zero one step too early.",
        ONE_STEP_SHORT,
        _cosine(progress=lambda step, steps, warmup: min((step - warmup) / (steps - 1 - warmup), 1)),
    ),
    Misconception(
        "ends_one_step_early_and_rises",
        "The cosine comes down to zero one step too early, and begins to rise again.",
        ONE_STEP_SHORT,
        _cosine(progress=lambda step, steps, warmup: (step - warmup) / (steps - 1 - warmup)),
    ),
    Misconception(
        "one_step_ahead",
        "The cosine is one step ahead: it begins below the highest rate, and is at zero before the last step.",
        ONE_STEP_AHEAD,
        _cosine(progress=lambda step, steps, warmup: min((step + 1 - warmup) / (steps - warmup), 1)),
    ),
    Misconception(
        "one_step_ahead_and_rises",
        "The cosine is one step ahead: it begins below the highest rate, comes to zero too early and begins to rise again.",
        ONE_STEP_AHEAD,
        _cosine(progress=lambda step, steps, warmup: (step + 1 - warmup) / (steps - warmup)),
    ),
    Misconception(
        "below_zero",
        "The rate becomes negative: a bare cosine goes down to -1.",
        "(1 + cos(pi * progress)) / 2 lies between 1 and 0.",
        _cosine(down=lambda progress: math.cos(math.pi * progress)),
    ),
    Misconception(
        "quarter_wave",
        "The way down is a quarter of a wave: it ends with its steepest part.",
        "(1 + cos(pi * progress)) / 2: half a wave, flat at both ends.",
        _cosine(down=lambda progress: math.cos(math.pi / 2 * progress)),
    ),
    Misconception(
        "not_halved",
        "The cosine's highest rate is twice what was asked for.",
        "1 + cos goes from 2 to 0: halve it.",
        _cosine(down=lambda progress: 1 + math.cos(math.pi * progress)),
    ),
    Misconception(
        "whole_wave",
        "The rate comes down and goes up again: a whole wave.",
        "cos(pi * progress): pi is half a wave.",
        _cosine(down=lambda progress: (1 + math.cos(2 * math.pi * progress)) / 2),
    ),
    Misconception(
        "upside_down",
        "After the warm-up the rate begins at zero and rises.",
        "1 + cos, not 1 - cos: the cosine of 0 is 1.",
        _cosine(down=lambda progress: (1 - math.cos(math.pi * progress)) / 2),
    ),
    Misconception(
        "degrees",
        "The cosine was taken of degrees: np.cos wants radians.",
        "Half a wave is np.pi, not 180.",
        _cosine(down=lambda progress: (1 + math.cos(180 * progress)) / 2),
    ),
    Misconception(
        "straight_down",
        "The way down is a straight line.",
        "Half a wave of the cosine: (1 + cos(pi * progress)) / 2.",
        _cosine(down=lambda progress: 1 - progress),
    ),
)

cosine_with_warmup = Exercise(
    id="schedules.cosine_with_warmup",
    title="Cosine with warm-up",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("warm-up", 3, "up in a straight line, not from zero"),
        Aspect("cosine", 3, "down to zero along half a wave"),
        Aspect("no warm-up", 1, "the cosine alone"),
    ),
    draw=telling_apart(_draw_cosine, _by_interpolation, COSINE_SLIPS),
    oracle=_by_interpolation,
    returns=("rate",),
    view=_nearly_zero_is_zero,
    misconceptions=COSINE_SLIPS,
    hints=(
        "Sketch it: where does the line begin, where do line and cosine meet, and where does the cosine end?",
        "Two formulas, and step decides which one. The second needs a progress that runs from 0 to 1 after the warm-up.",
        "If step is smaller than warmup_steps: learning_rate times (step + 1) over (warmup_steps + 1). Otherwise the progress is what has been "
        "done since the warm-up over what there is to do after it; learning_rate times half of one plus the cosine of pi times the progress.",
    ),
)
