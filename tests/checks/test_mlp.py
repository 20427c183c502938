"""The checks of cnnlib/mlp.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from autograder.judge import wrong_subject
from tests.checks.common import SOLUTIONS, check_misconception, proofs

TestProofs = proofs("mlp")

COSTS = {
    "relu_not_reversed": "hidden layer way back contract",
    "averaged_again": "output layer hidden layer contract",
    "updates_parameters": "contract",
    "float64_result": "contract",
}


@pytest.mark.parametrize("slip", COSTS)
def test_a_slip_costs_its_own_aspects_only(slip):
    for seed in (1, 2):
        verdict = check_misconception(load("mlp.mlp_loss_and_gradients"), slip, seed)
        lost = [aspect.name for aspect in verdict.aspects if not aspect.passed]
        assert " ".join(lost) == COSTS[slip]


@pytest.mark.parametrize("names", ["w1 w2", "w1 b1 w2 b2 x", "W1 b1 W2 b2"])
def test_other_names_cost_the_gradients_and_the_wanted_ones_are_said(names):
    def renamed(**inputs):
        loss, gradients = load("mlp.mlp_loss_and_gradients").oracle(**inputs)
        dtype = inputs["images"].dtype
        return loss, {name: np.asarray(gradients.get(name.lower(), 0), dtype) for name in names.split()}

    verdict = check("mlp.mlp_loss_and_gradients", renamed, seed=1)
    assert [aspect.name for aspect in verdict.aspects if aspect.passed] == ["loss"]
    assert "expected 'b1, b2, w1, w2'" in str(verdict) and verdict.misconception is None


def test_gradients_in_a_tuple_are_no_answer_of_the_right_kind():
    def in_a_tuple(**inputs):
        loss, gradients = load("mlp.mlp_loss_and_gradients").oracle(**inputs)
        return loss, tuple(gradients.values())

    verdict = check("mlp.mlp_loss_and_gradients", in_a_tuple, seed=1)
    assert (verdict.status, verdict.points) == ("failed", 0)


def test_a_misconception_answers_in_the_dtype_that_came_in_unless_that_is_the_mistake():
    exercise = load("mlp.mlp_loss_and_gradients")
    inputs = dict(next(case for case in exercise.cases(1) if case.dtype == np.float32).inputs)
    for slip, dtype in (("averaged_again", np.float32), ("float64_result", np.float64)):
        _, gradients = wrong_subject(exercise.misconception(slip), np.dtype(np.float32))(**inputs)
        assert {value.dtype for value in gradients.values()} == {np.dtype(dtype)}


def with_pieces(folder: Path, **changed: str) -> Path:
    """The solution beside its pieces, some of them followed by other code."""
    for name in ("mlp", "linear", "activations", "loss"):
        source = (SOLUTIONS / f"{name}.py").read_text(encoding="utf-8")
        (folder / f"{name}.py").write_text(source + changed.get(name, ""), encoding="utf-8")
    return folder


def test_a_piece_that_is_not_written_is_named(tmp_path: Path) -> None:
    stub = "\n\ndef relu_backward(dout, x):\n    raise NotImplementedError('activations.relu_backward: not written yet')\n"
    verdict = check("mlp.mlp_loss_and_gradients", seed=1, cnnlib=with_pieces(tmp_path, activations=stub))
    assert (verdict.status, verdict.points) == ("not_written", 0)
    assert "needs activations.relu_backward, which is not written yet — stride hint activations.relu_backward" in verdict.feedback


def test_the_learners_own_pieces_are_used(tmp_path: Path) -> None:
    """End to end: a mistake in linear.py shows here too, and costs what depends on it."""
    assert check("mlp.mlp_loss_and_gradients", seed=1, cnnlib=with_pieces(tmp_path)).passed
    slip = "\n\nright = linear_backward\ndef linear_backward(dout, x, w, b):\n    dx, dw, db = right(dout, x, w, b)\n    return 2 * dx, dw, db\n"
    verdict = check("mlp.mlp_loss_and_gradients", seed=1, cnnlib=with_pieces(tmp_path, linear=slip))
    assert [aspect.name for aspect in verdict.aspects if aspect.passed] == ["loss", "output layer"]


# --- Derived or measured ----------------------------------------------------------------------------------------------

MEASURED = """
from cnnlib.gradcheck import numerical_gradient


def mlp_loss_and_gradients(parameters, images, labels):
    def loss(name, value):
        w1, b1, w2, b2 = ({**parameters, name: value}[key] for key in ("w1", "b1", "w2", "b2"))
        return softmax_cross_entropy(linear_forward(relu_forward(linear_forward(images, w1, b1)), w2, b2), labels)[0]

    gradients = {name: numerical_gradient(lambda value, name=name: loss(name, value), parameters[name]) for name in parameters}
    return loss("w1", parameters["w1"]), gradients
"""
LOOPS = """


def linear_forward(x, w, b):
    out = np.zeros((len(x), len(w)), x.dtype)
    for n, o in np.ndindex(*out.shape):
        out[n, o] = b[o]
        for d in range(x.shape[1]):
            out[n, o] += x[n, d] * w[o, d]
    return out


def linear_backward(dout, x, w, b):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n, o in np.ndindex(*dout.shape):
        db[o] += dout[n, o]
        for d in range(x.shape[1]):
            dx[n, d] += dout[n, o] * w[o, d]
            dw[o, d] += dout[n, o] * x[n, d]
    return dx, dw, db
"""


def test_gradients_that_are_measured_lose_the_way_back(tmp_path: Path) -> None:
    (tmp_path / "gradcheck.py").write_text((SOLUTIONS / "gradcheck.py").read_text(encoding="utf-8"), encoding="utf-8")
    verdict = check("mlp.mlp_loss_and_gradients", seed=1, cnnlib=with_pieces(tmp_path, mlp=MEASURED))
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["way back"], str(verdict)
    assert "not measured" in " ".join(str(verdict).split())


def test_pieces_that_loop_over_every_number_are_derived(tmp_path: Path) -> None:
    verdict = check("mlp.mlp_loss_and_gradients", seed=1, cnnlib=with_pieces(tmp_path, linear=LOOPS))
    assert verdict.passed, str(verdict)
