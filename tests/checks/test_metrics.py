"""The checks of cnnlib/metrics.py."""

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from tests.checks.common import proofs

TestProofs = proofs("metrics")


def by_rank(scores, labels, k):
    """Sorting, with the label put before those that tie with it."""
    wrong = 0
    for row, label in zip(scores, labels):
        first = sorted(range(len(row)), key=lambda c: (-row[c], c != label))
        wrong += label not in first[:k]
    return wrong / len(labels)


def vectorised(scores, labels, k):
    return np.mean(np.sum(scores > np.take_along_axis(scores, labels[:, None].astype(int), axis=1), axis=1) >= k)


@pytest.mark.parametrize("style", [by_rank, vectorised])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_styles_get_full_marks(style, seed):
    verdict = check("metrics.top_k_error", style, seed=seed)
    assert verdict.passed, str(verdict)


def test_sorting_costs_the_ties_only():
    def top(scores, labels, k):
        return 1 - np.mean([label in np.argsort(row, kind="stable")[-k:] for row, label in zip(scores, labels)])

    verdict = check("metrics.top_k_error", top, seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["ties"]
    assert verdict.misconception == "ties_to_the_last"


def test_the_zebra_of_the_notebook():
    error = load("metrics.top_k_error").oracle
    scores, zebra = np.array([[0.31, 0.27, 0.2, 0.12, 0.1, 0.0]]), np.array([1])
    assert [error(scores, zebra, k) for k in (1, 2, 5)] == [1, 0, 0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("constant", [0.0, 0.5, 1.0])
def test_a_constant_earns_nothing(constant, seed):
    assert check("metrics.top_k_error", lambda scores, labels, k: constant, seed=seed).points == 0
