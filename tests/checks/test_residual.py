"""The checks of cnnlib/residual.py."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from autograder.givens import handing_on, mixing_layer
from tests.checks.common import SOLUTIONS, assert_passes, proofs

TestProofs = proofs("residual", seeds=(1, 2))
BLOCKS = ("residual.BasicBlock", "residual.Bottleneck", "residual.PreActBlock")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A learner's folder of which everything is right; tests change files in it."""
    return shutil.copytree(SOLUTIONS, tmp_path / "cnnlib")


def test_an_example_by_hand() -> None:
    x = np.array([2.0, -1.0, 0.0]).reshape(1, 1, 1, 3)
    doubled = load("residual.residual_forward").oracle(x, handing_on())
    np.testing.assert_array_equal(doubled, [[[[4, 0, 0]]]])
    dx = load("residual.residual_backward").oracle(np.full(x.shape, 5.0), x, handing_on())
    np.testing.assert_array_equal(dx, [[[[10, 0, 0]]]])


def test_the_oracle_of_the_sum_is_what_the_given_layers_compute() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 5, 4))
    branch, shortcut = (mixing_layer(rng.standard_normal((6, 3)), 2) for _ in range(2))
    total = branch.forward(x) + shortcut.forward(x)
    np.testing.assert_allclose(load("residual.residual_forward").oracle(x, branch, shortcut), np.maximum(total, 0))
    dout = rng.standard_normal(total.shape)
    right = branch.backward(dout * (total > 0)) + shortcut.backward(dout * (total > 0))
    np.testing.assert_allclose(load("residual.residual_backward").oracle(dout, x, branch, shortcut), right)


@pytest.mark.parametrize("id", BLOCKS)
def test_slips_in_earlier_work_cost_nothing_here(id: str, course: Path) -> None:
    for name in ("activations", "fast_conv", "norm"):
        (course / f"{name}.py").write_text("1 / 0\n")
    assert_passes(id, course, 1)


@pytest.mark.parametrize("id", BLOCKS)
def test_layers_that_are_left_out_of_layers_cost_points_and_raise_nothing(id: str, course: Path) -> None:
    source = (course / "residual.py").read_text()
    (course / "residual.py").write_text(source.replace("yield from self.branch.layers()", "yield from self.branch.steps[:1]"))
    verdict = check(id, seed=1, cnnlib=course)
    assert verdict.status == "failed" and verdict.points <= 2


HANDED_ON = "        yield from self.branch.layers()\n        yield from self.shortcut.layers()"
LAYERS = {  # how the layers are wrong: what is written otherwise, and what the card says of it
    "without the shortcut": (HANDED_ON, "        yield from self.branch.layers()", "missing: the weights of a 1×1 convolution from"),
    "one bias": ("3, 1, 1, rng=rng, bias=False)", "3, 1, 1, rng=rng)", "7 parameter arrays in place of 6; too many: an array of 3 numbers (a bias,"),
    "no last norm": ("bias=False), BatchNorm2d(channels),\n        )", "bias=False),\n        )", "missing: 2 arrays of 3 numbers"),
    "another order": ("yield from self.branch.layers()", "yield from reversed([*self.branch.layers()])", "gives the right layers in another order"),
    "twice": (HANDED_ON, f"{HANDED_ON}\n{HANDED_ON}", "12 parameter arrays in place of 6; too many: the weights of 2 3×3 convolutions"),
    "nothing returned": (HANDED_ON, "        list(self.branch.layers())", "TypeError: layers() should yield the layers inside"),
    "a list among them": (HANDED_ON, "        yield self.branch.steps", "TypeError: layers() gives a list in place of a layer"),
    "no layers()": ("    def layers(self):", "    def others(self):", "layers() gives no layer that has parameters"),
}


@pytest.mark.parametrize("way", LAYERS)
def test_a_card_speaks_of_the_learners_layers(way: str, course: Path) -> None:
    old, new, says = LAYERS[way]
    source = (course / "residual.py").read_text()
    assert old in source
    (course / "residual.py").write_text(source.replace(old, new))
    shown = " ".join(str(check("residual.BasicBlock", seed=1, cnnlib=course)).split())
    assert says in shown and "tuple" not in shown and "shapes:" not in shown, shown


def test_an_activation_among_the_layers_costs_nothing(course: Path) -> None:
    source = (course / "residual.py").read_text()
    (course / "residual.py").write_text(source.replace(HANDED_ON, f"{HANDED_ON}\n        yield self.relu"))
    assert_passes("residual.BasicBlock", course, 1)


SLIPS = {  # what no misconception names must fail all the same
    "another momentum": ("BatchNorm2d(channels), ReLU(),", "BatchNorm2d(channels, momentum=0.3), ReLU(),"),
    "another eps": ("BatchNorm2d(channels), ReLU(),", "BatchNorm2d(channels, eps=0.1), ReLU(),"),
    "x scaled on its way": ("+ self.shortcut.forward(x)", "+ 0.5 * self.shortcut.forward(x)"),
    "an average": ("self.branch.forward(x) + self.shortcut.forward(x)", "(self.branch.forward(x) + self.shortcut.forward(x)) / 2"),
    "padding 2": ("Conv2d(channels, channels, 3, 1, 1", "Conv2d(channels, channels, 3, 1, 2"),
    "gradient counted twice": ("return self.branch.backward(dsum) +", "return self.branch.backward(dsum) + dsum.mean() +"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_other_slips_fail_too(slip: str, course: Path) -> None:
    old, new = SLIPS[slip]
    source = (course / "residual.py").read_text()
    assert old in source
    (course / "residual.py").write_text(source.replace(old, new))
    assert not check("residual.BasicBlock", seed=1, cnnlib=course).passed
