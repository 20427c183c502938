"""The checks of cnnlib/loss.py."""

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from tests.checks.common import check_misconception, proofs

TestProofs = proofs("loss")

COSTS = {
    "not_shifted": "large",
    "shifted_by_global_maximum": "large",
    "log_of_underflow": "large",
    "log_clipped": "large",
    "loss_summed": "loss large",
    "gradient_not_divided": "gradient large contract",
    "one_hot_missing": "gradient large contract",
    "columns_of_all_labels": "gradient large contract",
    "changes_scores": "contract",
    "float64_result": "contract",
}


@pytest.mark.parametrize("slip", COSTS)
def test_a_slip_costs_its_own_aspects_only(slip):
    for seed in (1, 2, 3):
        verdict = check_misconception(load("loss.softmax_cross_entropy"), slip, seed)
        lost = [aspect.name for aspect in verdict.aspects if not aspect.passed]
        assert " ".join(lost) == COSTS[slip]


def test_the_oracle_knows_what_a_guess_costs():
    """Equal scores are a guess among C classes: the loss is log C, wherever the scores lie."""
    oracle = load("loss.softmax_cross_entropy").oracle
    for level in (-1000.0, 0.0, 1000.0):
        loss, dscores = oracle(np.full((2, 10), level), np.array([3, 7]))
        assert loss == pytest.approx(np.log(10))
        assert dscores[0, 3] == pytest.approx(-0.45) and dscores[1, 3] == pytest.approx(0.05)


def test_a_shift_that_only_ever_goes_down_is_not_enough():
    """Scores that all lie at -1000 underflow as well: the maximum must be subtracted there, too."""

    def bounded_shift(scores, labels):
        shifted = scores - np.maximum(scores.max(axis=1, keepdims=True), 0)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        dscores = np.exp(log_p)
        dscores[np.arange(len(scores)), labels] -= 1
        return -log_p[np.arange(len(scores)), labels].mean(), dscores / len(scores)

    verdict = check("loss.softmax_cross_entropy", bounded_shift, seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["large"]


def test_a_shift_by_the_global_maximum_is_harmless_with_the_logarithm_of_sums_until_a_row_lies_far_below():
    """It is right for ordinary scores; only the rows 1000 below the others give it away."""

    def global_shift(scores, labels):
        shifted = scores - scores.max()
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        dscores = np.exp(log_p)
        dscores[np.arange(len(scores)), labels] -= 1
        return -log_p[np.arange(len(scores)), labels].mean(), dscores / len(scores)

    verdict = check("loss.softmax_cross_entropy", global_shift, seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["large"]
