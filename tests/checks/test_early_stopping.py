"""The check of cnnlib/early_stopping.py."""

from __future__ import annotations

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, check_misconception, proofs

TestProofs = proofs("early_stopping", seeds=(1, 2))
ID = "early_stopping.EarlyStopping"


def solution():
    return load_subject(load(ID), SOLUTIONS)


def test_a_run_by_hand() -> None:
    stopping, w = solution()(patience=2, min_delta=0.1), np.zeros(2)
    assert stopping.best_loss == np.inf and stopping.best_parameters is None
    answers = []
    for loss in (3.0, 2.0, 1.95, 2.5, 1.8, 1.9, 1.75, 1.7, 5.0):
        w += 1
        answers.append(stopping.step(loss, {"w": w}))
    # 1.95 is not better than 2.0 by more than 0.1; 1.8 is, and nothing after it
    assert answers == [False] * 7 + [True, True]
    assert stopping.best_loss == 1.8 and stopping.best_parameters["w"].tolist() == [5, 5]


COSTS = {
    "one_too_early": "stop min_delta",
    "min_delta_ignored": "min_delta",
    "last_loss": "stop min_delta best loss copies",
    "last_parameters": "best parameters copies",
    "not_copied": "copies",
    "continue_for_stop": "stop min_delta",
    "no_answer_while_going_on": "stop min_delta",
}


@pytest.mark.parametrize("slip", COSTS)
def test_a_slip_costs_its_own_aspects_only(slip: str) -> None:
    verdict = check_misconception(load(ID), slip, 1)
    assert " ".join(aspect.name for aspect in verdict.aspects if not aspect.passed) == COSTS[slip]


def changed(**members):
    """The solution with other members."""

    def make(**create):
        return type("EarlyStopping", (solution(),), members)(**create)

    return make


def test_numpys_truth_values_are_answers_too() -> None:
    step = solution().step
    assert check(ID, changed(step=lambda self, loss, parameters: np.bool_(step(self, loss, parameters))), seed=1).passed


def test_numbers_are_no_answers() -> None:
    step = solution().step
    verdict = check(ID, changed(step=lambda self, loss, parameters: int(step(self, loss, parameters))), seed=1)
    assert not verdict.passed and "True or False" in str(verdict)


def test_an_attribute_of_another_name_is_said() -> None:
    class Other:
        def __init__(self, patience, min_delta=0.0):
            self.smallest = np.inf

        def step(self, loss, parameters):
            return False

    assert "has no attribute 'best_loss'" in str(check(ID, Other, seed=1))


def test_a_class_whose_objects_share_their_memory_fails() -> None:
    Stopping = solution()
    one = Stopping(2)
    verdict = check(ID, lambda **create: one, seed=1)
    assert not verdict.passed
