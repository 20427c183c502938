"""The checks of cnnlib/learn_filter.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from autograder import check
from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("learn_filter")

STUBS = """
def conv2d_forward(x, w, b, stride=1, padding=0):
    raise NotImplementedError("conv.conv2d_forward: not written yet — stride hint conv.conv2d_forward")
def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    raise NotImplementedError("conv.conv2d_backward: not written yet — stride hint conv.conv2d_backward")
"""


def test_the_oracle_goes_downhill_and_finds_the_filter() -> None:
    """Gradient descent on a quadratic with a small rate: the loss falls at every step, towards zero when the target can be met."""
    fit = load("learn_filter.fit_filter")
    inputs = dict(fit.cases(3)[3].inputs)
    w, b, losses = fit.oracle(**inputs | {"steps": 200})
    assert (np.diff(losses) < 0).all() and losses[-1] < 1e-3 * losses[0]
    again = fit.oracle(**inputs | {"w": w, "b": b, "steps": 1})
    assert again[2][0] <= losses[-1]  # the filter that comes back is the one after the last step


def test_no_steps_change_nothing() -> None:
    fit = load("learn_filter.fit_filter")
    inputs = dict(fit.cases(1)[0].inputs) | {"steps": 0}
    w, b, losses = load_subject(fit, SOLUTIONS)(**inputs)
    assert np.array_equal(w, inputs["w"]) and np.array_equal(b, inputs["b"]) and losses.shape == (0,)


def test_a_piece_that_is_not_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "learn_filter.py").write_bytes((SOLUTIONS / "learn_filter.py").read_bytes())
    (tmp_path / "conv.py").write_text(STUBS, encoding="utf-8")
    verdict = check("learn_filter.fit_filter", seed=1, cnnlib=tmp_path)
    assert (verdict.status, verdict.points) == ("not_written", 0)
    assert "needs conv.conv2d_forward, which is not written yet — stride hint conv.conv2d_forward" in verdict.feedback


def test_the_learners_own_convolution_is_used(tmp_path: Path) -> None:
    """End to end: a mistake in conv.py shows here too."""
    (tmp_path / "learn_filter.py").write_bytes((SOLUTIONS / "learn_filter.py").read_bytes())
    own = (SOLUTIONS / "conv.py").read_text(encoding="utf-8")
    (tmp_path / "conv.py").write_text(own + "\n\nright = conv2d_forward\ndef conv2d_forward(x, w, b): return 2 * right(x, w, b)\n", encoding="utf-8")
    assert check("learn_filter.fit_filter", seed=1, cnnlib=tmp_path).points == 0
    assert check("learn_filter.fit_filter", seed=1, cnnlib=SOLUTIONS).passed
