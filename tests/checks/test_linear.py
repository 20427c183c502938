"""The checks of cnnlib/linear.py."""

import numpy as np
import pytest

from autograder.exercise import load
from tests.checks.common import check_misconception, proofs

TestProofs = proofs("linear")

COSTS = {
    "linear_forward": {
        "bias_forgotten": "bias contract",
        "bias_subtracted": "bias contract",
        "output_transposed": "weights bias contract",
        "float64_result": "contract",
    },
    "linear_backward": {
        "weights_gradient_transposed": "weights contract",
        "weights_transposed": "bias weights input contract",  # it raises, but for square weights
        "bias_over_wrong_axis": "bias contract",
        "bias_averaged": "bias contract",
        "bias_keeps_batch_axis": "bias contract",
        "batch_averaged": "bias weights contract",
        "order_mixed": "weights input contract",
        "float64_result": "contract",
    },
}


@pytest.mark.parametrize("name, slip", [(name, slip) for name, slips in COSTS.items() for slip in slips])
def test_a_slip_costs_its_own_aspects_only(name, slip):
    for seed in (1, 2):
        verdict = check_misconception(load(f"linear.{name}"), slip, seed)
        lost = [aspect.name for aspect in verdict.aspects if not aspect.passed]
        assert " ".join(lost) == COSTS[name][slip]


def test_the_oracles_agree_with_central_differences():
    """Backward against forward: along any direction, the slope of sum(forward * dout) is what backward says."""
    forward, backward = load("linear.linear_forward").oracle, load("linear.linear_backward").oracle
    rng = np.random.default_rng(0)
    dout, x, w, b = (rng.standard_normal(shape) for shape in ((2, 3), (2, 5), (3, 5), (3,)))
    arguments = [x, w, b]
    for i, gradient in enumerate(backward(dout, *arguments)):
        direction = rng.standard_normal(arguments[i].shape)
        ends = [np.sum(dout * forward(*arguments[:i], arguments[i] + h * direction, *arguments[i + 1 :])) for h in (0.5, -0.5)]
        assert ends[0] - ends[1] == pytest.approx(np.sum(gradient * direction))
