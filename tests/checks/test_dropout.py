"""The checks of cnnlib/dropout.py: whatever right way to drop at random gets full marks, and only those."""

import numpy as np
import pytest

from autograder import check
from autograder.checks.dropout.chance import below, factors, margin
from autograder.exercise import load
from tests.checks.common import proofs

TestProofs = proofs("dropout", seeds=(1, 2))
ID = "dropout.dropout_forward"


def by(draw):
    """Inverted dropout with a mask from draw(rng, shape, p)."""

    def forward(x, p, training, rng):
        mask = draw(rng, x.shape, p) if training else np.ones(x.shape, bool)
        return (np.where(mask, x / (1 - p), 0) if training else x), mask

    return forward


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, shape, p: rng.uniform(size=shape) > p,
        lambda rng, shape, p: rng.binomial(1, 1 - p, shape),
        lambda rng, shape, p: rng.choice([0.0, 1.0], shape, p=[p, 1 - p]),
        lambda rng, shape, p: ~(rng.random(shape) < p),
    ],
)
def test_every_way_to_draw_a_mask_gets_full_marks(draw) -> None:
    verdict = check(ID, by(draw), seed=1)
    assert verdict.passed, str(verdict)


@pytest.mark.parametrize("seed", range(10))
def test_a_right_mask_is_never_called_wrong(seed: int) -> None:
    assert check(ID, by(lambda rng, shape, p: rng.random(shape) > p), seed=seed).passed


def lost(forward) -> list[str]:
    return [aspect.name for aspect in check(ID, forward, seed=1).aspects if not aspect.passed]


def as_many_in_every_image(rng, shape, p):
    """Not independent: each image loses exactly p of its numbers."""
    size = int(np.prod(shape[1:]))
    order = np.argsort(rng.random((shape[0], size)), axis=1)
    return (order >= round(p * size)).reshape(shape)


def test_masks_that_are_not_independent_are_told() -> None:
    assert lost(by(as_many_in_every_image)) == ["places"]
    assert "places" in lost(by(lambda rng, shape, p: np.repeat(rng.random((*shape[:-1], 1)) > p, shape[-1], axis=-1)))


def test_a_share_a_little_off_is_told() -> None:
    assert lost(by(lambda rng, shape, p: rng.random(shape) > 0.8 * p)) == ["share"]


def test_what_is_kept_must_be_scaled_by_the_right_factor_to_the_last_digit() -> None:
    def nearly(x, p, training, rng):
        out, mask = by(lambda rng, shape, p: rng.random(shape) > p)(x, p, training, rng)
        return out * (1 + 1e-6), mask

    assert lost(nearly) == ["values", "test time", "contract"]


def test_only_out_or_another_shape_is_told() -> None:
    assert check(ID, lambda x, p, training, rng: x, seed=1).points == 0
    verdict = check(ID, lambda x, p, training, rng: (x[:1], x[:1]), seed=1)
    assert verdict.points == 0 and "shape of out" in str(verdict)


def test_the_chances_of_the_cases_can_be_told_apart() -> None:
    """The share of a right mask is known to ±0.021; its p, 1 - p, a half and the share of normal numbers below p lie farther apart."""
    for case in load(ID).cases(1):
        if case.aspect == "share":
            p, wide = case.inputs["p"], 2 * margin(case.inputs["x"].size)
            assert all(abs(p - other) > wide for other in (1 - p, 0.5, below(p)))


def test_factors_are_few_or_five() -> None:
    assert factors(np.array([0.0, 1.25, 1.25, 0]), np.dtype(np.float32)).tolist() == [0, 1.25]
    assert len(factors(np.linspace(0, 1, 5000), np.dtype(float))) == 5  # close to each other, but not one number
    assert np.isnan(factors(np.array([1.0, np.nan]), np.dtype(float))).all()
