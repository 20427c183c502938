"""The checks of cnnlib/baseline.py."""

import shutil

import numpy as np
import pytest

from autograder import check
from autograder.checks.baseline import _scores
from autograder.exercise import load
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("baseline")
ID = "baseline.nearest_mean_error"


@pytest.fixture
def learner(tmp_path):
    """A folder with the solved baseline.py and what it uses; the test changes one of them."""
    for name in ("baseline", "preprocess", "metrics"):
        shutil.copy(SOLUTIONS / f"{name}.py", tmp_path)
    return tmp_path


def stub(id):
    return f"def {id.partition('.')[2]}(*arguments):\n    raise NotImplementedError('{id}: not written yet — stride hint {id}')\n"


@pytest.mark.parametrize("id", ["preprocess.center_images", "metrics.top_k_error"])
def test_a_piece_that_is_not_written_is_named(learner, id):
    (learner / f"{id.partition('.')[0]}.py").write_text(stub(id), encoding="utf-8")
    verdict = check(ID, seed=1, cnnlib=learner)
    assert (verdict.status, verdict.points) == ("not_written", 0)
    assert f"needs {id}, which is not written yet — stride hint {id}" in verdict.feedback


def test_the_learners_own_error_is_used(learner):
    (learner / "metrics.py").write_text("def top_k_error(scores, labels, k):\n    return 0.125\n", encoding="utf-8")
    assert check(ID, seed=1, cnnlib=learner).points == 0


def test_the_nearest_mean_by_another_way_gets_full_marks():
    """The distances multiplied out, nothing centred: the same classes are nearest."""

    def multiplied(train_images, train_labels, test_images, test_labels, k):
        rows, asked = (x.reshape(len(x), -1).astype(np.float64) for x in (train_images, test_images))
        share = np.eye(train_labels.max() + 1)[train_labels]
        means = (share / share.sum(axis=0)).T @ rows
        distances = (means**2).sum(axis=1) - 2 * asked @ means.T
        nearer = (distances < distances[np.arange(len(asked)), test_labels][:, None]).sum(axis=1)
        return (nearer >= k).mean()

    for seed in range(3):
        assert check(ID, multiplied, seed=seed).passed


@pytest.mark.parametrize("seed", range(5))
def test_no_two_scores_are_so_near_that_rounding_decides(seed):
    for case in load(ID).cases(seed):
        scores = _scores(*(case.inputs[name] for name in ("train_images", "train_labels", "test_images")))
        apart = 1e-6 if scores.shape[1] > 10 else 1e-4  # many classes in float64 only: still far from its rounding
        assert np.diff(np.sort(scores, axis=1), axis=1).min() > apart * np.abs(scores).max() * (1 - 1e-6)
