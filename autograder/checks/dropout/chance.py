"""What can be said of a random answer whatever its numbers: statements that every right one makes true.

The probe `reseeded` calls the subject with its generator, with an equal one, and with another; a view turns the three outputs
into these statements. Where one is a matter of statistics, a right answer fails it with a probability below 1e-7 in a case.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

SEED = "chance comes from"
MORE = 20  # calls for what only many draws tell
FALSE_ALARM = 1e-7


def thrice(function: Callable[..., Any]) -> Callable[..., list[Any]]:
    """As `probes.reseeded` calls a subject: with the generator, an equal one, another; and `more` times with the first one."""

    def three(*, rng: np.random.Generator, more: int = 0, **inputs: Any) -> list[Any]:
        first = copy.deepcopy(rng)
        generators = first, rng, rng.spawn(1)[0], *[first] * more
        return [function(**inputs, rng=generator) for generator in generators]

    return three


def outline(array: np.ndarray) -> np.ndarray:
    """An array of that shape with nothing in it (and no memory of its own): to compare shapes alone."""
    return np.broadcast_to(np.False_, array.shape)


def followed(first: np.ndarray, again: np.ndarray, other: np.ndarray) -> str:
    """Where the randomness comes from, told by the outputs of the three calls."""
    if not np.array_equal(first, again):
        return "something else than rng: the same state gives another result"
    return "nothing: the result is always the same" if np.array_equal(first, other) else "rng"


def margin(count: int) -> float:
    """A share among `count` independent chances is off by more with a probability below 1e-7 (Hoeffding's inequality)."""
    return math.sqrt(math.log(2 / FALSE_ALARM) / (2 * max(count, 1)))


def share(found: float, count: int, right: tuple[str, float], candidates: Mapping[str, float]) -> str:
    """The name of the probability that a share found among `count` independent chances comes from; the right one first."""
    name, probability = right
    if abs(found - probability) <= margin(count):
        return name
    near = min(candidates, key=lambda other: abs(candidates[other] - found))
    return near if abs(candidates[near] - found) <= margin(count) else "another share"


AS_MANY, NEARLY = "the same number of them at every call", "nearly the same number of them at every call"


def how_many(chosen: list[np.ndarray]) -> str:
    """What is wrong with how many each of many draws chose, though not the same ones: AS_MANY, NEARLY, or nothing ("").

    The number of independent chances varies: of 20 or more with p from 0.2 to 0.8 it is one of two given neighbours with a probability of
    at most q = 0.43, so that all of MORE + 2 draws lie that close together with one below 2 * q**(MORE + 1) < 1e-7.
    """
    counts = [int(one.sum()) for one in chosen]
    if max(counts) - min(counts) > 1 or all((one == chosen[0]).all() for one in chosen):
        return ""
    return AS_MANY if max(counts) == min(counts) else NEARLY


def fixed_number(rng: np.random.Generator, shape: tuple[int, ...], p: float) -> np.ndarray:
    """The slip of dropping a share of exactly p: True where kept."""
    size = math.prod(shape)
    return (rng.permutation(size) >= round(p * size)).reshape(shape)


def below(p: float) -> float:
    """The share of standard normal numbers below p."""
    return (1 + math.erf(p / math.sqrt(2))) / 2


def factors(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The few numbers that all of `values` are (within 0.001), ascending; five of them when they are not few."""
    values = np.sort(np.asarray(values, np.float64).ravel())
    if not np.isfinite(values).all() or not values.size:
        return np.full(5, np.nan, dtype)
    gaps = np.flatnonzero(np.diff(values) > 1e-3) + 1
    groups = np.split(values, gaps) if len(gaps) < 4 else []
    if not groups or any(group[-1] - group[0] > 1e-3 for group in groups):
        return values[[0, len(values) // 4, len(values) // 2, -len(values) // 4, -1]].astype(dtype)
    return np.array([np.median(group) if np.abs(group).max() > 1e-9 else 0.0 for group in groups]).astype(dtype)


def own_seed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The slip of a generator of one's own, made anew with the same seed."""
    return lambda rng, **inputs: function(**inputs, rng=np.random.default_rng(0))


def other_randomness(function: Callable[..., Any]) -> Callable[..., Any]:
    """The slip of a generator that knows nothing of rng."""
    return lambda rng, **inputs: function(**inputs, rng=np.random.default_rng())


FIXED_NUMBER = "Every one has a chance of its own, and how many fall is chance, too: compare one uniform random number for each with p."
OWN_SEED = (
    "The same result comes out whatever rng is handed in.",
    "No generator of your own with a fixed seed: the caller decides, through rng.",
)
OTHER_RANDOMNESS = (
    "The same state of rng gives another result every time.",
    "np.random.… and a new default_rng() know nothing of rng: nobody could repeat your experiment. Draw from rng only.",
)
