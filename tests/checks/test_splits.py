"""The checks of cnnlib/splits.py: whatever way to divide at random is right, and only those."""

import numpy as np
import pytest

from autograder import check
from autograder.checks.splits import _sizes
from autograder.exercise import load
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("splits")
ID = "splits.train_val_test_split"


def cut(order, count, val_fraction, test_fraction):
    train, val, _ = _sizes(count, val_fraction, test_fraction)
    order = np.asarray(order)
    return order[:train], order[train : train + val], order[train + val :]


def by_keys(count, val_fraction, test_fraction, rng):
    return cut(np.argsort(rng.random(count)), count, val_fraction, test_fraction)


def shuffled_in_place(count, val_fraction, test_fraction, rng):
    order = np.arange(count)
    rng.shuffle(order)
    test, val, train = np.split(order, np.cumsum(_sizes(count, val_fraction, test_fraction)[:0:-1]))
    return [train, val, test]


def drawn_one_after_the_other(count, val_fraction, test_fraction, rng):
    _, n_val, n_test = _sizes(count, val_fraction, test_fraction)
    test = rng.choice(count, n_test, replace=False)
    rest = np.setdiff1d(np.arange(count), test)
    val = rng.choice(rest, n_val, replace=False)
    return rng.permutation(np.setdiff1d(rest, val)), val, test


@pytest.mark.parametrize("style", [by_keys, shuffled_in_place, drawn_one_after_the_other])
@pytest.mark.parametrize("seed", range(5))
def test_every_fair_division_gets_full_marks(style, seed):
    verdict = check(ID, style, seed=seed)
    assert verdict.passed, str(verdict)


@pytest.mark.parametrize("seed", range(60))
def test_a_right_division_is_never_called_wrong(seed):
    assert check(ID, by_keys, seed=seed).passed


def aspects_lost(subject):
    return [aspect.name for aspect in check(ID, subject, seed=1).aspects if not aspect.passed]


def test_a_slip_costs_its_own_aspects_only():
    slips = load(ID).misconception
    assert aspects_lost(slips("not_shuffled").oracle) == ["shuffled", "generator"]
    assert aspects_lost(slips("own_seed").oracle) == aspects_lost(slips("other_randomness").oracle) == ["generator"]
    assert aspects_lost(slips("drawn_apart").oracle) == ["once", "edges"]
    assert aspects_lost(slips("rounded_down").oracle) == ["sizes"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda count, val_fraction, test_fraction, rng: rng.permutation(count),  # not divided
        lambda count, val_fraction, test_fraction, rng: tuple(part.astype(float) for part in by_keys(count, val_fraction, test_fraction, rng)),
        lambda count, val_fraction, test_fraction, rng: by_keys(count, val_fraction, test_fraction, rng)[:2],
        lambda count, val_fraction, test_fraction, rng: [part[:, None] for part in by_keys(count, val_fraction, test_fraction, rng)],
    ],
)
def test_another_kind_of_answer_is_told_what_is_asked(wrong):
    verdict = check(ID, wrong, seed=1)
    assert (verdict.status, verdict.points) == ("failed", 0)
    assert "should return what its docstring says; it is " in str(verdict)


def test_lists_cost_the_first_aspect_and_are_told():
    def lists(count, val_fraction, test_fraction, rng):
        train, val, test = by_keys(count, val_fraction, test_fraction, rng)
        return train.tolist(), val, test

    assert aspects_lost(lists) == ["sizes"]
    assert "train is a list, not a NumPy array" in str(check(ID, lists, seed=1))


def test_an_empty_part_may_have_any_dtype():
    def floats_where_empty(count, val_fraction, test_fraction, rng):
        return tuple(part if len(part) else np.array([]) for part in by_keys(count, val_fraction, test_fraction, rng))

    assert check(ID, floats_where_empty, seed=1).passed


def test_what_came_back_is_told_and_not_what_the_probe_made_of_it():
    assert "it is an array of shape" in str(check(ID, lambda count, val_fraction, test_fraction, rng: rng.permutation(count), seed=1))


def test_whoever_hands_out_indices_that_do_not_exist_is_told():
    def shifted(count, val_fraction, test_fraction, rng):
        return tuple(part + 1 for part in by_keys(count, val_fraction, test_fraction, rng))

    assert "some are missing or outside" in str(check(ID, shifted, seed=1))


def test_sizes_are_rounded():
    from autograder.runner import load_subject

    split = load_subject(load(ID), SOLUTIONS)
    assert list(map(len, split(100, 0.29, 0.07, np.random.default_rng(0)))) == [64, 29, 7]


@pytest.mark.parametrize("sorted_part", [0, 1, 2])
def test_every_part_is_in_random_order(sorted_part):
    def one_sorted(count, val_fraction, test_fraction, rng):
        parts = by_keys(count, val_fraction, test_fraction, rng)
        return tuple(np.sort(part) if i == sorted_part else part for i, part in enumerate(parts))

    assert aspects_lost(one_sorted) == ["shuffled"]
