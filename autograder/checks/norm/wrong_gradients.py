"""Wrong gradients of normalization: the same few lines, whichever numbers share a mean and a variance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.checks.norm.common import inside, wrong_roots
from autograder.exercise import Misconception

REVISIT = "06, “Backwards through the batch”"


@dataclass(frozen=True)
class Geometry:
    """Who shares what.

    average(a)  the mean over those that share a mean, in an array that fits beside a
    beside(v)   one number for each feature or channel, so that it fits beside x
    total(a)    the sum over those that share a gamma
    count       how many numbers share a mean
    root        what they were divided by, beside a (filled in where gradients are computed)
    """

    average: Callable[[np.ndarray], np.ndarray]
    beside: Callable[[np.ndarray], np.ndarray]
    total: Callable[[np.ndarray], np.ndarray]
    count: int
    root: Any = None


def right(dnormal, normal, geometry):
    """What mean and variance take away."""
    return dnormal - geometry.average(dnormal) - normal * geometry.average(dnormal * normal)


def mean_only(dnormal, normal, geometry):
    return dnormal - geometry.average(dnormal)


def variance_only(dnormal, normal, geometry):
    return dnormal - normal * geometry.average(dnormal * normal)


def neither(dnormal, normal, geometry):
    return dnormal


def half_variance(dnormal, normal, geometry):
    return dnormal - geometry.average(dnormal) - normal * geometry.average(dnormal * normal) / 2


def sums(dnormal, normal, geometry):
    return dnormal - geometry.count * (geometry.average(dnormal) + normal * geometry.average(dnormal * normal))


def added(dnormal, normal, geometry):
    return dnormal + geometry.average(dnormal) + normal * geometry.average(dnormal * normal)


def variance_taken(x, geometry):
    """(mean, var) of x itself."""
    mean = geometry.average(x)
    return mean, geometry.average((x - mean) ** 2)


def gradients(
    dout: Any,
    x: Any,
    gamma: Any,
    eps: float,
    geometry: Geometry,
    *,
    statistics: tuple | None = None,
    root: Callable = inside,
    ddof: int = 0,
    correct: Callable = right,
    gamma_in_dx: str = "before",
    dgamma_from: str = "normal",
    averaged: bool = False,
):
    """dx, dgamma, dbeta in float64, with some parts replaced.

    statistics: (mean, var) instead of those of x; correct: what is taken away from the gradient of the normalized numbers; gamma_in_dx:
    whether gamma multiplies "before" that, "after" it, or "never"; dgamma_from: "normal", "centred" or "x"; averaged: dgamma and
    dbeta are means, not sums.
    """
    dout, x, gamma = (np.asarray(a, np.float64) for a in (dout, x, gamma))
    mean, var = statistics if statistics else variance_taken(x, geometry)
    var = var * geometry.count / (geometry.count - ddof)
    divisor = root(var, eps)
    normal = (x - mean) / divisor
    scale = geometry.beside(gamma)
    dnormal = correct(dout * scale if gamma_in_dx == "before" else dout, normal, replace(geometry, root=divisor))
    if gamma_in_dx == "after":
        dnormal = dnormal * scale
    chosen = {"normal": normal, "centred": x - mean, "x": x}[dgamma_from]
    dgamma, dbeta = geometry.total(dout * chosen), geometry.total(dout)
    shared = dout.size / dbeta.size if averaged else 1
    return dnormal / divisor, dgamma / shared, dbeta / shared


def swapped(backward: Callable[..., Any]) -> Callable[..., Any]:
    """The right gradients, dgamma and dbeta in each other's place."""

    def wrong(*inputs: Any, **options: Any) -> Any:
        dx, dgamma, dbeta = backward(*inputs, **options)
        return dx, dbeta, dgamma

    return wrong


def shared_backward(make: Callable[..., Callable[..., Any]], backward: Callable[..., Any]) -> tuple[Misconception, ...]:
    """The misconceptions about every kind of normalization.

    make(**slips) is the gradient with parts of `gradients` replaced; backward is the right one.
    """
    return (
        Misconception(
            "statistics_constant",
            "Mean and variance are taken for constants: nothing flows back through them.",
            "They were computed from x. Each number moves the mean and the variance, and through them the output of all that share these.",
            make(correct=neither),
            revisit=REVISIT,
        ),
        Misconception(
            "mean_constant",
            "The mean is taken for a constant: what flows back through it is missing.",
            "When all gradients are alike, moving all x together changes nothing: subtract their mean.",
            make(correct=variance_only),
            revisit=REVISIT,
        ),
        Misconception(
            "variance_constant",
            "The variance is taken for a constant: what flows back through it is missing.",
            "Stretching all x changes nothing: subtract the normalized numbers times the mean of (their gradient times them).",
            make(correct=mean_only),
            revisit=REVISIT,
        ),
        Misconception(
            "square_not_differentiated",
            "What flows back through the variance is half of what it should be.",
            "The derivative of (x - mean)² is 2·(x - mean): the 2 cancels the ½ of the root.",
            make(correct=half_variance),
            revisit=REVISIT,
        ),
        Misconception(
            "sums_for_means",
            "What flows back through mean and variance is not divided by the count of numbers.",
            "Each number has a share of 1/count in the mean and the variance.",
            make(correct=sums),
            revisit=REVISIT,
        ),
        Misconception(
            "added_for_subtracted",
            "What flows back through mean and variance has the wrong sign.",
            "The mean is subtracted, and a larger variance makes the output smaller: both take away from dx.",
            make(correct=added),
            revisit=REVISIT,
        ),
        Misconception(
            "gamma_forgotten",
            "gamma is missing in dx.",
            "The normalized numbers were multiplied by gamma, and so are their gradients: dout * gamma.",
            make(gamma_in_dx="never"),
        ),
        Misconception(
            "dgamma_from_x",
            "dgamma is made with x as it came in.",
            "gamma multiplied the normalized numbers: sum dout times these.",
            make(dgamma_from="x"),
        ),
        Misconception(
            "dgamma_not_divided",
            "dgamma is made with x - mean: the division by the root is missing.",
            "gamma multiplied the normalized numbers: sum dout * (x - mean) / sqrt(var + eps).",
            make(dgamma_from="centred"),
        ),
        Misconception(
            "averaged",
            "dgamma and dbeta are means instead of sums.",
            "A loss that averages over the batch has done so in dout: sum up.",
            make(averaged=True),
        ),
        Misconception(
            "gradients_swapped",
            "dgamma and dbeta have changed places.",
            "In the order of the arguments: dx, dgamma, dbeta.",
            swapped(backward),
        ),
        Misconception(
            "unbiased_variance",
            "The variance is divided by the count of numbers minus one.",
            "The output was made with the variance divided by the count itself.",
            make(ddof=1),
        ),
        *wrong_roots(lambda root: make(root=root)),
    )
