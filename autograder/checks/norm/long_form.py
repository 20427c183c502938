"""Slips of the way back step by step: the gradients of the variance and of the mean first, then dx as a sum of three parts.

    dvar  = sum of dnormal * (x - mean) * -1/2 * (var + eps)^(-3/2)
    dmean = sum of -dnormal / sqrt(var + eps)           (what reaches it through the variance is 0)
    dx    = dnormal / sqrt(var + eps) + dvar * 2 * (x - mean) / M + dmean / M

In the short form these are dnormal, normal * mean of (dnormal * normal), and mean of dnormal; each over the root.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.checks.norm.wrong_gradients import REVISIT, Geometry
from autograder.exercise import Misconception


def parts(
    *,
    straight: float = 1,
    through_mean: Callable[[Geometry], Any] = lambda geometry: 1,
    through_variance: Callable[[Geometry], Any] = lambda geometry: 1,
    with_normal: Callable[[Any], Any] = lambda normal: normal,
    by_normal: Callable[[Any], Any] = lambda normal: normal,
) -> Callable[..., Any]:
    """The three parts, each times a factor; what stands for the normalized numbers in dvar (with_normal) and beside dvar (by_normal)."""

    def correct(dnormal, normal, geometry):
        from_mean = through_mean(geometry) * geometry.average(dnormal)
        from_variance = through_variance(geometry) * by_normal(normal) * geometry.average(dnormal * with_normal(normal))
        return straight * dnormal - from_mean - from_variance

    return correct


def _one(normal):
    return 0 * normal + 1


def long_form(make: Callable[..., Callable[..., Any]]) -> tuple[Misconception, ...]:
    """make(**slips) is the gradient with parts of `wrong_gradients.gradients` replaced."""
    return (
        Misconception(
            "mean_not_divided",
            "What flows back through the mean is not divided by the count of numbers.",
            "The mean is 1/M times a sum: each x gets dmean / M.",
            make(correct=parts(through_mean=lambda g: g.count)),
            revisit=REVISIT,
        ),
        Misconception(
            "variance_not_divided",
            "What flows back through the variance is not divided by the count of numbers.",
            "The variance is 1/M times a sum of squares: each x gets dvar * 2 * (x - mean) / M.",
            make(correct=parts(through_variance=lambda g: g.count)),
            revisit=REVISIT,
        ),
        Misconception(
            "divided_twice",
            "What flows back through mean and variance is divided by the count of numbers twice.",
            "dmean and dvar gather from all numbers: they are sums. The 1/M comes once, where they flow on to each x.",
            make(correct=parts(through_mean=lambda g: 1 / g.count, through_variance=lambda g: 1 / g.count)),
            revisit=REVISIT,
        ),
        Misconception(
            "mean_divided_twice",
            "What flows back through the mean is divided by the count of numbers twice.",
            "dmean gathers from all numbers: it is a sum. The 1/M comes once, where it flows on to each x.",
            make(correct=parts(through_mean=lambda g: 1 / g.count)),
            revisit=REVISIT,
        ),
        Misconception(
            "variance_divided_twice",
            "What flows back through the variance is divided by the count of numbers twice.",
            "dvar gathers from all numbers: it is a sum. The 1/M comes once, where it flows on to each x.",
            make(correct=parts(through_variance=lambda g: 1 / g.count)),
            revisit=REVISIT,
        ),
        Misconception(
            "variance_counted_double",
            "What flows back through the variance is twice what it should be.",
            "The derivative of (var + eps)^(-1/2) has a factor of -1/2, which the 2 of the square then cancels.",
            make(correct=parts(through_variance=lambda g: 2)),
            revisit=REVISIT,
        ),
        Misconception(
            "variance_added",
            "What flows back through the variance has the wrong sign.",
            "A larger variance makes the normalized numbers smaller: the derivative of (var + eps)^(-1/2) is negative.",
            make(correct=parts(through_variance=lambda g: -1)),
            revisit=REVISIT,
        ),
        Misconception(
            "mean_added",
            "What flows back through the mean has the wrong sign.",
            "The mean was subtracted: dmean is minus the sum of dnormal / sqrt(var + eps).",
            make(correct=parts(through_mean=lambda g: -1)),
            revisit=REVISIT,
        ),
        Misconception(
            "straight_missing",
            "dx has only what flows back through mean and variance: what each x gets from its own output is missing.",
            "Three ways lead back to x: straight through (x - mean) / root, through the mean, through the variance. Add all three.",
            make(correct=parts(straight=0)),
            revisit=REVISIT,
        ),
        Misconception(
            "power_not_lowered",
            "In what flows back through the variance, var + eps has the power -1/2 in place of -3/2.",
            "Differentiating lowers the power by one: (var + eps)^(-1/2) becomes -1/2 * (var + eps)^(-3/2).",
            make(correct=parts(through_variance=lambda g: g.root**2)),
            revisit=REVISIT,
        ),
        Misconception(
            "power_of_minus_1",
            "In what flows back through the variance, var + eps has the power -1 in place of -3/2.",
            "With the root in hand: 1/sqrt(var + eps) to the third power, not to the second.",
            make(correct=parts(through_variance=lambda g: g.root)),
            revisit=REVISIT,
        ),
        Misconception(
            "normal_for_centred",
            "On the way through the variance stand the normalized numbers where x - mean belongs: they have been divided by the root already.",
            "The variance was made of x - mean, and (x - mean) was divided by its root: in dvar and beside it, no x is normalized.",
            make(correct=parts(through_variance=lambda g: 1 / g.root)),
            revisit=REVISIT,
        ),
        Misconception(
            "dvar_without_centred",
            "dvar sums the gradients of the normalized numbers alone: the factor x - mean is missing.",
            "normal = (x - mean) * (var + eps)^(-1/2): whoever differentiates the second factor keeps the first.",
            make(correct=parts(through_variance=lambda g: 1 / g.root, with_normal=_one)),
            revisit=REVISIT,
        ),
        Misconception(
            "square_without_centred",
            "What flows back through the variance is the same for all numbers: the factor x - mean is missing.",
            "The derivative of (x - mean)² is 2 * (x - mean): whoever lies further out moves the variance more.",
            make(correct=parts(through_variance=lambda g: 1 / g.root, by_normal=_one)),
            revisit=REVISIT,
        ),
        Misconception(
            "mean_without_root",
            "What flows back through the mean was not divided by the root.",
            "normal = (x - mean) / sqrt(var + eps): dmean is minus the sum of dnormal, over that root.",
            make(correct=parts(through_mean=lambda g: g.root)),
            revisit=REVISIT,
        ),
    )
