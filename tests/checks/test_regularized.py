"""The check of cnnlib/regularized.py: crops, flips and masks are computed back from gradients."""

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("regularized", seeds=(1, 2))
ID = "regularized.noisy_loss_and_gradients"


@pytest.mark.parametrize("seed", range(10, 15))
def test_right_noise_is_never_called_wrong(seed: int) -> None:
    verdict = check(ID, seed=seed, cnnlib=SOLUTIONS)
    assert verdict.passed, str(verdict)


def test_a_dictionary_with_more_in_it_is_told_by_name() -> None:
    right = load_subject(load(ID), SOLUTIONS)

    def more(**inputs):
        loss, gradients = right(**inputs)
        return loss, gradients | {"images": np.zeros(3)}

    verdict = check(ID, more, seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["network"]
    assert verdict.misconception == "more_than_parameters"


def test_gradients_of_other_shapes_or_names_are_told() -> None:
    def nothing_but(names):
        return lambda parameters, images, **_: (0.5, {name: np.zeros(3) for name in names})

    for names in (("w1", "b1"), ("w1", "b1", "w2", "b2")):
        verdict = check(ID, nothing_but(names), seed=1)
        assert (verdict.status, verdict.points) == ("failed", 0)
