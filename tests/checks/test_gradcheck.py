"""The checks of cnnlib/gradcheck.py."""

import numpy as np
import pytest

from autograder.exercise import load
from autograder.probes import arrange
from tests.checks.common import check_misconception, proofs

TestProofs = proofs("gradcheck", seeds=(1, 2))

COSTS = {
    "forward_difference": "step axes whole numbers contract",
    "step_ignored": "step axes whole numbers contract",
    "whole_rows_moved": "axes contract",
    "whole_numbers_cut_off": "whole numbers",
    "in_dtype_of_x": "whole numbers contract",
    "moved_in_place": "whole numbers contract",
    "float64_result": "contract",
}


@pytest.mark.parametrize("slip", COSTS)
def test_a_slip_costs_its_own_aspects_only(slip):
    for seed in (1, 2, 3):
        verdict = check_misconception(load("gradcheck.numerical_gradient"), slip, seed)
        lost = [aspect.name for aspect in verdict.aspects if not aspect.passed]
        assert " ".join(lost) in (COSTS[slip], f"vector {COSTS[slip]}")  # at a step of 1e-5 a one-sided difference is hard to tell


def test_the_oracle_agrees_with_closed_forms():
    """Central differences of a sine are its slope times sin(step)/step, exactly; this holds for a small step and a large one."""
    exercise = load("gradcheck.numerical_gradient")
    for case in exercise.cases(1):
        inputs = dict(case.inputs)
        weights, x, step = inputs["f"].parameters["weights"].astype(float), inputs["x"].astype(float), inputs.get("step", 1e-5)
        if inputs["f"].name == "weighted_sines":
            closed = weights * np.cos(x) * np.sin(step) / step
        else:
            closed = np.cos(np.sum(weights * x)) * np.sin(weights * step) / step
        found = exercise.oracle(**{name: arrange(value, "plain") for name, value in inputs.items()})
        assert np.abs(found - closed).max() < 1e-9
