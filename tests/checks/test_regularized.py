"""The check of cnnlib/regularized.py: crops, flips and masks are computed back from gradients."""

import numpy as np
import pytest

from autograder import check
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("regularized", seeds=(1, 2))
ID = "regularized.noisy_loss_and_gradients"


@pytest.mark.parametrize("seed", range(10, 15))
def test_right_noise_is_never_called_wrong(seed: int) -> None:
    verdict = check(ID, seed=seed, cnnlib=SOLUTIONS)
    assert verdict.passed, str(verdict)


def test_gradients_of_other_shapes_or_names_are_told() -> None:
    def nothing_but(names):
        return lambda parameters, images, **_: (0.5, {name: np.zeros(3) for name in names})

    for names in (("w1", "b1"), ("w1", "b1", "w2", "b2")):
        verdict = check(ID, nothing_but(names), seed=1)
        assert (verdict.status, verdict.points) == ("failed", 0)
