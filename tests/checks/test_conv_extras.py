"""The checks of cnnlib/conv_extras.py."""

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from tests.checks.common import check_misconception, proofs

TestProofs = proofs("conv_extras", seeds=(1, 2))

# What a slip costs: exactly these aspects, so that everything else that the learner has understood still counts.
COSTS = {
    "grouped_conv2d": {
        "channels_interleaved": "groups bias stride padding contract",
        "outputs_interleaved": "groups depthwise bias stride padding contract",
        "weights_interleaved": "groups depthwise bias stride padding contract",
        "bias_forgotten": "bias contract",
        "stride_ignored": "stride padding",
        "padding_swapped": "padding",
        "nothing_refused": "refuses",
        "channels_left_over": "refuses",
        "filters_left_over": "refuses",
        "one_channel_broadcast": "refuses",
        "float64_result": "contract",
    },
    "dilated_conv2d": {
        "dilation_ignored": "gaps pair bias stride padding refuses contract",
        "dilation_of_height_for_both": "pair refuses contract",
        "bias_forgotten": "bias contract",
        "stride_swapped": "stride padding",
        "padding_ignored": "padding refuses contract",
        "padding_dilated": "padding refuses contract",
        "empty_accepted": "refuses",
        "float64_result": "contract",
    },
}


@pytest.mark.parametrize("name, slip", [(name, slip) for name, slips in COSTS.items() for slip in slips])
def test_a_slip_costs_its_own_aspects_only(name, slip):
    for seed in (1, 2):
        verdict = check_misconception(load(f"conv_extras.{name}"), slip, seed)
        assert " ".join(aspect.name for aspect in verdict.aspects if not aspect.passed) == COSTS[name][slip]


def test_who_should_refuse_and_does_not_is_told_so():
    def accepts(x, w, b, groups, stride=1, padding=0):
        try:
            return load("conv_extras.grouped_conv2d").oracle(x=x, w=w, b=b, groups=groups, stride=stride, padding=padding).astype(x.dtype)
        except ValueError:
            return np.zeros((2, 3))

    verdict = check("conv_extras.grouped_conv2d", accepts, seed=1)
    assert "should raise ValueError; it is an array of shape 2×3" in str(verdict) and verdict.points == verdict.max_points - 2


def test_another_error_is_no_refusal():
    def exits(x, w, b, dilation, stride=1, padding=0):
        if dilation == 4:
            raise ZeroDivisionError("no")
        return load("conv_extras.dilated_conv2d").oracle(x=x, w=w, b=b, dilation=dilation, stride=stride, padding=padding).astype(x.dtype)

    verdict = check("conv_extras.dilated_conv2d", exits, seed=1)
    assert "raised ZeroDivisionError" in str(verdict) and verdict.points == verdict.max_points - 1


def test_who_refuses_everything_earns_nothing():
    def refuses(**_):
        raise ValueError("never")

    for name in ("grouped_conv2d", "dilated_conv2d"):
        verdict = check(f"conv_extras.{name}", refuses, seed=1)
        assert (verdict.status, verdict.points) == ("error", 0)
