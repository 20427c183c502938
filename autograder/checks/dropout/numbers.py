"""Dropping numbers at random: what holds for every right mask, the cases, and dropout as it is done rightly and wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.dropout.chance import (
    MORE,
    SEED,
    below,
    factors,
    followed,
    how_many,
    share,
)
from autograder.draw import normal
from autograder.exercise import Case, contract_cases
from autograder.values import Seed

SHAPE, TIMES, SHARE, PLACES, MASK = "shape of out", "x is multiplied by", "probability of dropping", "chances", "mask"
BY_ITSELF = "each number by itself"
SHOWN = "1 where kept, 0 where dropped"


# --- What is looked at ------------------------------------------------------------------------------------------------


def view(inputs: dict[str, Any], output: Any) -> tuple[Any, ...]:
    """Of three (out, mask): the shape, the factors on x, and statements."""
    x, p = inputs["x"], inputs["p"]
    (out, mask), (again, _), (other, _), *more = output
    if out.shape != x.shape:
        return (shape_of(out, x.shape, "x"), *("not told",) * 5)
    kept = out != 0
    if (x == 0).any():  # what became of zeros, only the mask can tell
        return shape_of(out, x.shape, "x"), *("not told",) * 3, shown_beside_zeros(mask, kept, x == 0), followed(out, again, other)
    places, chances = where_dropped(kept)
    dropped = share_dropped(kept, p, chances)
    if more:
        places = how_many([one != 0 for one in (out, other, *(one for one, _ in more))]) or BY_ITSELF
    times = factors(out / x.astype(np.float64), out.dtype)
    return shape_of(out, x.shape, "x"), times, dropped, places, shown(mask, kept), followed(out, again, other)


def shape_of(out: np.ndarray, shape: tuple[int, ...], whose: str) -> str:
    return f"that of {whose}" if out.shape == shape else "×".join(map(str, out.shape))


def share_dropped(kept: np.ndarray, p: float, chances: int) -> str:
    candidates = {"1 - p": 1 - p, "how often normal numbers are below p": below(p), "a half": 0.5, "never": 0.0, "always": 1.0}
    return share(float(1 - kept.mean()), chances, ("p", p), candidates)


def where_dropped(kept: np.ndarray) -> tuple[str, int]:
    """Whether each number has its own chance, and how many chances there are. Of the cases' sizes, a right mask fails never (1e-30)."""
    n, size = len(kept), kept[0].size
    if kept.all() or not kept.any():
        return BY_ITSELF, kept.size  # nothing to be seen: for the share to tell
    rows = kept.reshape(n, size)
    if (rows == rows[0]).all():
        return "the same for all images", size
    if (rows == rows[:, :1]).all():
        return "whole images at once", n
    if len(set(rows.sum(axis=1))) == 1:
        return "as many in every image", kept.size
    if kept.ndim == 4:
        if (kept == kept[:, :, :1, :1]).all():
            return "whole channels at once", n * kept.shape[1]
        if (kept == kept[:, :1]).all():
            return "the same for all channels", kept.size // kept.shape[1]
    return BY_ITSELF, kept.size


def shown(mask: Any, kept: np.ndarray) -> str:
    if not isinstance(mask, np.ndarray):
        return "no array"
    if mask.shape != kept.shape:
        return "another shape"
    if np.array_equal(mask, kept):
        return SHOWN
    if np.array_equal(mask, ~kept):
        return "1 where dropped, 0 where kept"
    return "other numbers than 0 and 1" if np.array_equal(mask != 0, kept) else "not what was done to x"


def shown_beside_zeros(mask: Any, kept: np.ndarray, zeros: np.ndarray) -> str:
    """As `shown`, of numbers some of which were zero: of these, too, some are dropped where others are, and none where none is."""
    if not isinstance(mask, np.ndarray) or mask.shape != kept.shape:
        return shown(mask, kept)
    beside, there = shown(mask[~zeros], kept[~zeros]), mask[zeros]
    if beside != SHOWN or not (there == there[0]).all():  # a right mask never, in training: the cases have hundreds of zeros
        return beside
    return SHOWN if there[0] and kept[~zeros].all() else f"{int(there[0])} wherever a number was 0 before"


# --- Dropout, right and wrong -----------------------------------------------------------------------------------------


def drawn(rng, shape, p):
    """True where kept."""
    return rng.random(shape) > p


def dropping(
    train: Callable[[float], float],
    test: Callable[[float], float],
    *,
    draw: Callable[..., np.ndarray] = drawn,
    mask_of: Callable[..., Any] = lambda kept, p: kept * 1.0,
    at_test: bool = False,
) -> Callable[..., tuple[np.ndarray, Any]]:
    """Dropout with the factors train(p) and test(p) on what is kept; `at_test`: numbers are dropped then, too."""

    def forward(x, p, training, rng):
        x = x.astype(np.float64)
        if not training and not at_test:
            return x * test(p), mask_of(np.ones(x.shape, bool), p)
        kept = np.broadcast_to(draw(rng, x.shape, p), x.shape)
        return x * kept * train(p), mask_of(kept, p)

    return forward


def one(p):
    return 1.0


def keep(p):
    return 1 - p


def up(p):
    return 1 / (1 - p)


def kept_with_p(rng, shape, p):
    return rng.random(shape) < p


def randn(rng, shape, p):
    return rng.standard_normal(shape) > p


def coin(rng, shape, p):
    return rng.integers(0, 2, shape) == 1


def for_all_images(rng, shape, p):
    return rng.random(shape[1:]) > p


def whole_images(rng, shape, p):
    return rng.random((shape[0], *[1] * (len(shape) - 1))) > p


def whole_channels(rng, shape, p):
    return rng.random((*shape[:2], *[1] * (len(shape) - 2))) > p


# --- Cases ------------------------------------------------------------------------------------------------------------

LARGE = ((100, 200), (10, 5, 20, 20))  # 20,000 numbers: shares are then known to ±0.021
SMALL = (0.2, 0.25, 0.3)  # here p, 1 - p, a half and the share of normal numbers below p are apart
BIG = (0.85, 0.9)


def some_zeros(rng, a):
    """Half of the numbers exactly 0."""
    return np.where(rng.random(a.shape) < 0.5, 0, a)


def _inputs(rng, shape, p, training=True, dtype=np.float64):
    x = normal(rng, *shape)
    x = np.where(np.abs(x) < 0.1, 0.5, x).astype(dtype)  # no zeros: what is zero afterwards was dropped
    return {"x": x, "p": float(p), "training": training, "rng": Seed(int(rng.integers(2**32)))}


def draw_cases(rng):
    for shape, candidates in zip(LARGE, (SMALL, BIG)):
        yield Case("values", _inputs(rng, shape, rng.choice(candidates)), compare=(SHAPE, TIMES))
        yield Case("share", _inputs(rng, shape, rng.choice(candidates)), compare=(SHAPE, SHARE))
    yield Case("values", _inputs(rng, (7, 11), 0.0), compare=(SHAPE, TIMES))
    for shape in ((30, 40), (7, 5, 11, 13), LARGE[0]):
        yield Case("places", _inputs(rng, shape, rng.choice(SMALL)), compare=(SHAPE, PLACES))
    yield Case("places", _inputs(rng, (4, 5), rng.choice(SMALL)) | {"more": MORE}, compare=(SHAPE, PLACES))
    yield Case("mask", _inputs(rng, (30, 40), rng.choice(SMALL)), compare=(SHAPE, MASK))
    for shape, training in (((40, 30), True), ((7, 5, 11, 13), False)):
        inputs = _inputs(rng, shape, rng.choice(SMALL), training)
        yield Case("mask", inputs | {"x": some_zeros(rng, inputs["x"])}, compare=(SHAPE, MASK))
    for shape, candidates in zip(((30, 40), (7, 5, 11, 13)), (SMALL, BIG)):
        yield Case("test time", _inputs(rng, shape, rng.choice(candidates), training=False), compare=(SHAPE, TIMES))
        yield Case("generator", _inputs(rng, shape, rng.choice(candidates)), compare=(SHAPE, SEED))
    for case in contract_cases(lambda dtype: _inputs(rng, (30, 40), rng.choice(SMALL), dtype=dtype)):
        yield Case(case.aspect, case.inputs, compare=(SHAPE, TIMES), layout=case.layout, exact_dtype=True)
