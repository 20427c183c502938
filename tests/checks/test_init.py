"""The checks of cnnlib/init.py."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from autograder import check
from autograder.checks import init
from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("init", seeds=(1,))  # four hundred thousand random numbers each


def solution(name: str):
    return load_subject(load(f"init.{name}"), SOLUTIONS)


@pytest.mark.parametrize("shape", [(31, 17, 5, 7), (211, 97)])
def test_the_fans_are_pytorchs(shape) -> None:
    assert init._fans(shape) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


@pytest.mark.parametrize("name, gain", [("xavier_normal", "xavier_normal_"), ("he_normal", "kaiming_normal_")])
def test_solutions_spread_as_pytorchs(name: str, gain: str) -> None:
    shape = (61, 17, 7, 3)  # 21,777 numbers: each spread is known to about 0.5%
    theirs = getattr(torch.nn.init, gain)(torch.empty(shape, dtype=torch.float64), generator=torch.Generator().manual_seed(1))
    ours = solution(name)(shape, np.random.default_rng(1))
    assert ours.dtype == np.float64 and ours.std() == pytest.approx(theirs.std().item(), rel=0.04)


def test_small_and_odd_shapes_are_fine() -> None:
    for shape in ((1, 1), (3, 1, 1, 1), (2, 5), (2, 3, 5, 1)):
        for name in ("xavier_normal", "he_normal"):
            assert solution(name)(shape, np.random.default_rng(0)).shape == shape


def drawn(make):
    """A subject with He's deviation: make(shape, deviation, rng)."""
    return lambda shape, rng: make(shape, math.sqrt(2 / math.prod(shape[1:])), rng)


def truncated(shape, deviation, rng):
    """Normal numbers within two standard deviations, of the right variance all the same."""
    numbers = rng.standard_normal(3 * math.prod(shape))
    numbers = numbers[np.abs(numbers) < 2][: math.prod(shape)]
    return (numbers / 0.8796 * deviation).reshape(shape)


WRONG = {
    "laplace": lambda shape, deviation, rng: rng.laplace(0, deviation / math.sqrt(2), shape),
    "truncated": truncated,
    "two values": lambda shape, deviation, rng: rng.choice([-deviation, deviation], shape),
    "zeros": lambda shape, deviation, rng: np.zeros(shape),
    "mean": lambda shape, deviation, rng: rng.normal(0.1 * deviation, deviation, shape),
    "5 percent more": lambda shape, deviation, rng: rng.normal(0, 1.05 * deviation, shape),
    "copied kernels": lambda shape, deviation, rng: rng.normal(0, deviation, (*shape[:1], 1, *shape[2:])) * np.ones(shape),
    "nan": lambda shape, deviation, rng: np.full(shape, np.nan),
    "transposed": lambda shape, deviation, rng: rng.normal(0, deviation, shape[::-1]),
    "a list": lambda shape, deviation, rng: rng.normal(0, deviation, shape).tolist(),
}


@pytest.mark.parametrize("name", WRONG)
def test_weights_that_are_a_little_wrong_do_not_pass(name: str) -> None:
    with np.errstate(all="ignore"):
        verdict = check("init.he_normal", drawn(WRONG[name]), seed=1)
    assert verdict.points < verdict.max_points, str(verdict)


RIGHT = {
    "normal": lambda shape, deviation, rng: rng.normal(0, deviation, shape),
    "row by row": lambda shape, deviation, rng: np.stack([rng.normal(0, deviation, shape[1:]) for _ in range(shape[0])]),
    "box-muller": lambda shape, deviation, rng: deviation * np.sqrt(-2 * np.log(1 - rng.random(shape))) * np.cos(2 * np.pi * rng.random(shape)),
    "fortran": lambda shape, deviation, rng: np.asfortranarray(rng.normal(0, deviation, shape)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_every_way_to_draw_normal_numbers_is_right(name: str) -> None:
    verdict = check("init.he_normal", drawn(RIGHT[name]), seed=1)
    assert verdict.passed, str(verdict)
