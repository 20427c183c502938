"""The checks of cnnlib/perceptron.py."""

import numpy as np
import pytest

from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, check_misconception, proofs

TestProofs = proofs("perceptron")

COSTS = {
    "wrong_way": "missed false alarm undecided contract",
    "threshold_included": "undecided",
    "target_for_error": "false alarm right",
    "answers_minus_one": "missed right undecided contract",
    "float64_result": "contract",
}


@pytest.mark.parametrize("slip", COSTS)
def test_a_slip_costs_its_own_aspects_only(slip):
    verdict = check_misconception(load("perceptron.perceptron_update"), slip, 1)
    lost = [aspect.name for aspect in verdict.aspects if not aspect.passed]
    assert set(" ".join(lost).split()) == set(COSTS[slip].split())


def test_it_learns_what_a_line_can_separate_and_then_stays():
    """Rosenblatt's theorem: on separable examples the updates come to an end, and then every answer is right."""
    update = load_subject(load("perceptron.perceptron_update"), SOLUTIONS)
    x = np.random.default_rng(0).standard_normal((40, 2))
    targets = (x @ [2.0, -1.0] + 0.3 > 0).astype(int)
    w, b = np.zeros(2), 0.0
    for _ in range(200):
        before = w, b
        for example, target in zip(x, targets):
            w, b = update(w, b, example, int(target), 0.5)
        if np.array_equal(w, before[0]) and b == before[1]:
            break
    assert np.array_equal((x @ w + b > 0).astype(int), targets)
    assert np.array_equal(w, before[0])
