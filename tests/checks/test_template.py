"""The checks of cnnlib/template.py."""

import shutil

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("template")


@pytest.fixture
def learner(tmp_path):
    """A folder with the solved template.py; the test writes the learner's own conv.py beside it."""
    shutil.copy(SOLUTIONS / "template.py", tmp_path)
    return tmp_path


def test_uses_the_learners_own_correlation(learner):
    (learner / "conv.py").write_text("def correlate2d(image, kernel):\n    raise ZeroDivisionError('from my conv.py')\n")
    verdict = check("template.find_template", seed=1, cnnlib=learner)
    assert verdict.status == "error" and "from my conv.py" in str(verdict)


def test_without_a_correlation_it_counts_as_not_written(learner):
    (learner / "conv.py").write_text(
        "def correlate2d(image, kernel):\n"
        "    raise NotImplementedError('conv.correlate2d: not written yet — stride hint conv.correlate2d')\n"
    )
    verdict = check("template.find_template", seed=1, cnnlib=learner)
    assert (verdict.status, verdict.points) == ("not_written", 0)


@pytest.mark.parametrize("seed", range(10))
def test_the_best_window_is_best_by_far(seed):
    """So that another order of summation, or single precision, finds the same place."""
    from autograder.checks.template import _scores

    for case in load("template.find_template").cases(seed):
        if np.ptp(case.inputs["image"]) > 0:
            second, best = np.sort(_scores(**case.inputs).ravel())[-2:]
            assert best - second > 0.02


@pytest.mark.parametrize("seed", range(10))
def test_the_largest_absolute_score_is_elsewhere_by_far(seed):
    """So that no rounding lets it pass: the negative of the template is more like it, with the other sign, than its own place."""
    from autograder.checks.template import _scores

    (negative,) = (case for case in load("template.find_template").cases(seed) if _scores(**case.inputs).min() < -0.999)
    scores = _scores(**negative.inputs)
    assert -scores.min() - scores.max() > 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_each_distraction_catches_its_own_slip(seed):
    exercise = load("template.find_template")
    spot, busy = (case.inputs for case in exercise.cases(seed) if case.aspect == "distractions")
    assert exercise.misconception("plain_correlation").oracle(**spot) != exercise.oracle(**spot)
    assert exercise.misconception("length_missing").oracle(**busy) != exercise.oracle(**busy)
