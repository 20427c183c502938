"""The checks of cnnlib/dropout.py: whatever right way to drop at random gets full marks, and only those."""

import numpy as np
import pytest

from autograder import check
from autograder.checks.dropout.chance import AS_MANY, NEARLY, below, factors, how_many, margin
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


CONNECT = "dropout.drop_connect_forward"


def connect(draw, mask_of=lambda mask, w: mask):
    """DropConnect with a mask from draw(rng, shape, p)."""

    def forward(x, w, b, p, training, rng):
        mask = draw(rng, w.shape, p).astype(w.dtype) if training else np.ones_like(w)
        used = w * mask / (1 - p) if training else w
        return x @ used.T + b, mask_of(mask, w)

    return forward


def uniform(rng, shape, p):
    return rng.random(shape) >= p


def lost_weights(forward) -> list[str]:
    return [aspect.name for aspect in check(CONNECT, forward, seed=1).aspects if not aspect.passed]


def about_as_many(rng, shape, p):
    """As many at every call, give or take one: p of them, rounded up or down by chance."""
    size = int(np.prod(shape))
    return (rng.permutation(size) >= int(p * size + rng.random())).reshape(shape)


@pytest.mark.parametrize("seed", range(10))
def test_right_weights_are_never_called_wrong(seed: int) -> None:
    assert check(CONNECT, connect(uniform), seed=seed).passed


def test_a_mask_read_off_the_weights_is_told_in_training_and_at_test_time() -> None:
    def read_off(training_too, at_test_too):
        return lambda mask, w: mask if (mask.all() and not at_test_too) or (not mask.all() and not training_too) else w * mask != 0

    for ways in ((True, False), (False, True), (True, True)):
        assert lost_weights(connect(uniform, read_off(*ways))) == ["mask"]
        assert lost(by_reading_off(*ways)) == ["mask"]


def by_reading_off(training_too, at_test_too):
    def forward(x, p, training, rng):
        out, mask = by(uniform)(x, p, training, rng)
        return out, out != 0 if (training_too if training else at_test_too) else mask

    return forward


def test_a_number_that_hardly_varies_is_told() -> None:
    assert lost_weights(connect(about_as_many)) == ["places"]
    assert lost(by(about_as_many)) == ["places"]


def test_outputs_of_nan_and_huge_numbers_are_judged_like_others() -> None:
    for number in (np.nan, np.inf, 1e300):

        def forward(x, w, b, p, training, rng, number=number):
            return np.full((len(x), len(w)), number), np.ones_like(w)

        verdict = check(CONNECT, forward, seed=1)
        assert verdict.status == "failed" and not any(aspect.passed for aspect in verdict.aspects if aspect.name in ("weights", "test time"))


def test_a_mask_that_is_scaled_already_is_named_in_the_published_forms_too() -> None:
    def published(keep, calm):
        def forward(x, p, training, rng):
            with np.errstate(all="ignore"):  # p = 0: nothing kept, over nothing
                mask = np.divide(rng.random(x.shape) < (p if keep else 1 - p), p if keep else 1 - p)
            return ((x * mask).astype(x.dtype), mask) if training else (x, calm(x))

        return forward

    def none(x):
        return None

    found = [check(ID, published(keep, calm), seed=1).misconception for keep in (False, True) for calm in (np.ones_like, none)]
    assert found == ["mask_scaled", "mask_scaled_and_none_at_test", "published", "published_and_none_at_test"]


def test_how_many_fall_varies() -> None:
    few, many = np.arange(10) < 3, np.arange(10) < 6
    assert how_many([few, many, few[::-1]]) == "" == how_many([few, few])  # the same ones: that is for others to tell
    assert how_many([few, few[::-1]]) == AS_MANY
    assert how_many([few, np.arange(10) < 4]) == NEARLY


def test_another_count_of_factors_is_told_in_numbers() -> None:
    def always(x, p, training, rng):
        return by(uniform)(x, p, True, rng)[0], np.ones_like(x)

    text = next(aspect for aspect in check(ID, always, seed=1).aspects if aspect.name == "test time").difference.text
    assert text.startswith("got 2 numbers (0, ") and text.endswith("), expected 1 number (1)")


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
