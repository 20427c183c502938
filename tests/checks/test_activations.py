"""The checks of cnnlib/activations.py."""

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from tests.checks.common import check_misconception, proofs

TestProofs = proofs("activations")

COSTS = {
    "relu_backward": {"gradient_at_zero": "zero", "half_at_zero": "zero", "float64_result": "contract"},
    "relu_forward": {"ceiling": "values"},
    "tanh_forward": {"overflow": "large", "tangent": "values large contract"},
    "tanh_backward": {"overflow": "large", "float64_result": "contract"},
    "sigmoid_forward": {"overflow": "large", "zero_left_out": "values large", "float64_result": "contract"},
    "sigmoid_backward": {"overflow": "large", "output_for_slope": "values large contract"},
}


@pytest.mark.parametrize("name, slip", [(name, slip) for name, slips in COSTS.items() for slip in slips])
def test_a_slip_costs_its_own_aspects_only(name, slip):
    for seed in (1, 2):
        verdict = check_misconception(load(f"activations.{name}"), slip, seed)
        lost = [aspect.name for aspect in verdict.aspects if not aspect.passed]
        assert " ".join(lost) == COSTS[name][slip]


@pytest.mark.parametrize("name, argument", [("relu_backward", "dout"), ("tanh_backward", "dout"), ("relu_forward", "x")])
def test_an_overwritten_argument_costs_the_contract_alone(name, argument):
    """Also where it could be written to: the numbers are right, so the other aspects are earned."""
    exercise = load(f"activations.{name}")

    def overwriting(**inputs):
        target = inputs[argument]
        if not target.flags.writeable:
            return exercise.oracle(**inputs).astype(target.dtype)
        target[...] = exercise.oracle(**inputs)
        return target

    verdict = check(exercise.id, overwriting, seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["contract"]
    assert verdict.misconception == f"{argument}_overwritten"


def masks(x):
    out = np.empty_like(x)
    out[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
    out[x < 0] = np.exp(x[x < 0]) / (1 + np.exp(x[x < 0]))
    return out


def by_tanh(x):
    return (1 + np.tanh(x / 2)) / 2


def clipped(x):
    return 1 / (1 + np.exp(-np.clip(x, -80, 80)))


@pytest.mark.parametrize("sigmoid", [masks, by_tanh, clipped])
def test_every_way_around_the_overflow_is_right(sigmoid):
    assert check("activations.sigmoid_forward", sigmoid, seed=1).passed
    assert check("activations.sigmoid_backward", lambda dout, x: dout * sigmoid(x) * (1 - sigmoid(x)), seed=1).passed


def test_a_warning_alone_costs_the_large_numbers_and_says_why():
    """1 / (1 + exp(1000)) is 0, and right, but NumPy warns."""
    verdict = check("activations.sigmoid_forward", lambda x: 1 / (1 + np.exp(-x)), seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["large"]
    assert verdict.misconception == "overflow" and "overflow encountered in exp" in str(verdict)


def test_a_gate_a_little_above_zero_is_not_right():
    assert not check("activations.relu_backward", lambda dout, x: dout * (x > 1e-3), seed=1).passed


def test_a_ceiling_is_not_right_however_high():
    assert not check("activations.relu_forward", lambda x: np.clip(x, 0, 100), seed=1).passed
