"""Drawing inputs: small arrays of sizes that no two axes share, so that a mixed-up axis cannot go unnoticed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograder.exercise import Case, Misconception

ATTEMPTS = 200


def normal(rng: np.random.Generator, *shape: int, dtype: type = np.float64) -> np.ndarray:
    """Standard normal numbers."""
    return rng.standard_normal(shape).astype(dtype)


def distinct(rng: np.random.Generator, *ranges: tuple[int, ...]) -> tuple[int, ...]:
    """One number from each tuple of candidates, all different from each other."""
    while True:
        drawn = tuple(int(rng.choice(candidates)) for candidates in ranges)
        if len(set(drawn)) == len(drawn):
            return drawn


def telling_apart(
    draw: Callable[..., Iterable[Case]], oracle: Callable[..., Any], misconceptions: Sequence[Misconception]
) -> Callable[..., list[Case]]:
    """A `draw` that repeats until no two misconceptions, nor one and the oracle, give the same answers to all its cases.

    For exercises whose answers are single numbers: those agree by accident, arrays of drawn numbers do not.
    Raises ValueError when that is hopeless.
    """

    sayers = {"the oracle": oracle} | {misconception.id: misconception.oracle for misconception in misconceptions}

    def telling(rng: np.random.Generator) -> list[Case]:
        for _ in range(ATTEMPTS):
            cases = list(draw(rng))
            said = {name: repr([_said(say, case) for case in cases]) for name, say in sayers.items()}
            if len(set(said.values())) == len(said):
                return cases
        same = [name for name, answers in said.items() if list(said.values()).count(answers) > 1]
        raise ValueError(f"no draw tells these apart: {', '.join(same)}")

    return telling


def _said(oracle: Callable[..., Any], case: Case) -> Any:
    try:
        return oracle(**case.inputs)
    except Exception as error:
        return type(error)
