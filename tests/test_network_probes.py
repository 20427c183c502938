"""Probes of networks and blocks: arrays find their layers whatever these are called, and given pieces are PyTorch's."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from autograder.given_pieces import PIECES
from autograder.loading import load_function
from autograder.probes import Answer, observe
from autograder.values import Seed

# --- given pieces -----------------------------------------------------------------------------------------------------


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape)


def backward_agrees(dout: np.ndarray, out: torch.Tensor, leaves: list[torch.Tensor], found: tuple) -> None:
    for ours, theirs in zip(found, torch.autograd.grad(out, leaves, torch.from_numpy(dout))):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)


@pytest.mark.parametrize("stride, padding", [(1, 0), (1, 1), (2, 1), ((3, 2), (0, 2)), (2, 0)])
@pytest.mark.parametrize("kernel", [(3, 3), (1, 1), (2, 5)])
def test_the_given_convolution_is_pytorchs(stride, padding, kernel) -> None:
    rng = np.random.default_rng(0)
    x, w, b = normal(rng, 2, 3, 7, 11), normal(rng, 5, 3, *kernel), normal(rng, 5)
    leaves = [torch.from_numpy(array).requires_grad_() for array in (x, w, b)]
    right = F.conv2d(*leaves, stride, padding)
    np.testing.assert_allclose(PIECES["fast_conv.conv2d_forward"](x, w, b, stride, padding), right.detach().numpy(), atol=1e-12)
    dout = normal(rng, *right.shape)
    backward_agrees(dout, right, leaves, PIECES["fast_conv.conv2d_backward"](dout, x, w, b, stride, padding))


def test_the_given_relu_is_pytorchs_also_at_zero() -> None:
    x = np.array([-2.0, -0.0, 0.0, 3.0])
    assert PIECES["activations.relu_forward"](x).tolist() == [0, 0, 0, 3]
    assert PIECES["activations.relu_backward"](np.ones(4), x).tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(7, 5), (2, 5, 3, 4)])
@pytest.mark.parametrize("eps, momentum", [(1e-5, 0.1), (0.3, 0.7)])
def test_the_given_batch_norm_is_pytorchs(training: bool, shape: tuple, eps: float, momentum: float) -> None:
    rng = np.random.default_rng(1)
    x, gamma, beta, mean, var = normal(rng, *shape) + 2, normal(rng, 5), normal(rng, 5), normal(rng, 5), rng.uniform(0.5, 2, 5)
    leaves = [torch.from_numpy(array).requires_grad_() for array in (x, gamma, beta)]
    moved = [torch.from_numpy(array.copy()) for array in (mean, var)]
    right = F.batch_norm(leaves[0], *moved, *leaves[1:], training, momentum, eps)
    found = PIECES["norm.batch_norm2d_forward"](x, gamma, beta, mean, var, training, momentum, eps)
    for ours, theirs in zip(found, (right.detach(), *moved)):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)
    dout = normal(rng, *shape)
    backward_agrees(dout, right, leaves, PIECES["norm.batch_norm2d_backward"](dout, x, gamma, beta, mean, var, training, momentum, eps))


def test_given_pieces_keep_float32() -> None:
    x, w, features = np.ones((2, 3, 5, 5), np.float32), np.ones((4, 3, 3, 3), np.float32), np.ones(3, np.float32)
    out = PIECES["fast_conv.conv2d_forward"](x, w, np.zeros(4, np.float32), 2, 1)
    normal = (x, features, features, features, features, True)
    for results in ([out], PIECES["fast_conv.conv2d_backward"](out, x, w, np.zeros(4, np.float32), 2, 1), [PIECES["activations.relu_forward"](x)]):
        assert {array.dtype for array in results} == {np.dtype(np.float32)}
    for results in (PIECES["norm.batch_norm2d_forward"](*normal), PIECES["norm.batch_norm2d_backward"](x, *normal)):
        assert {array.dtype for array in results} == {np.dtype(np.float32)}


# --- the probe block --------------------------------------------------------------------------------------------------

KIT = Path(__file__).resolve().parent.parent / "solutions" / "cnnlib" / "kit"
HEAD = "from cnnlib.kit import BatchNorm2d, Conv2d, Layer, ReLU, Sequential\n"
BLOCK = """
class Block(Layer):
    def __init__(self, in_channels, channels, rng=None):
        super().__init__()
        self.{a}, self.{b}, self.act = Conv2d(in_channels, channels, 3, padding=1, rng=rng, bias={bias}), BatchNorm2d(channels), ReLU()
        self.{c}, self.{d} = Conv2d(in_channels, channels, 1, rng=rng, bias=False), BatchNorm2d(channels)

    def forward(self, x):
        return self.act(self.{b}(self.{a}(x))) + self.{d}(self.{c}(x))

    def backward(self, dout):
        return self.{a}.backward(self.{b}.backward(self.act.backward(dout))) + self.{c}.backward(self.{d}.backward(dout))

    def layers(self):
        return [{order}]
"""


@pytest.fixture
def built(tmp_path: Path):
    """A learner's folder in which the functions behind the layers are all broken, and a block written in some way."""
    (tmp_path / "cnnlib").mkdir()
    (tmp_path / "cnnlib" / "kit").symlink_to(KIT, target_is_directory=True)
    for name in ("activations", "fast_conv", "norm"):
        (tmp_path / "cnnlib" / f"{name}.py").write_text("1 / 0\n")

    def make(names: str = "abcd", order: str = "abcd", bias: bool = False):
        named = dict(zip("abcd", (f"layer_{name}" for name in names)))
        layers = ", ".join(f"self.{named[letter]}" for letter in order)
        (tmp_path / "cnnlib" / "blocks.py").write_text(HEAD + BLOCK.format(**named, order=layers, bias=bias))
        return load_function("blocks", "Block", tmp_path / "cnnlib")

    return make


def inputs(training: bool = True, **more) -> dict:
    rng = np.random.default_rng(3)
    norms = [{"gamma": normal(rng, 5), "beta": normal(rng, 5), "running_mean": normal(rng, 5), "running_var": rng.uniform(1, 2, 5)} for _ in range(2)]
    arrays = [{"w": normal(rng, 5, 2, 3, 3)}, norms[0], {"w": normal(rng, 5, 2, 1, 1)}, norms[1]]
    seeds = {"rng": Seed(1), "again": Seed(1), "other": Seed(2)}
    given = {"options": {"in_channels": 2, "channels": 5}, "arrays": arrays, "shortcut": 2, "training": training}
    return seeds | given | {"x": normal(rng, 3, 2, 4, 7), "dout": normal(rng, 3, 5, 4, 7)} | more


def probed(subject, **more) -> Answer:
    return observe("block", subject, inputs(**more))


def same_numbers(a, b) -> bool:
    return all(np.array_equal(p, q) for p, q in zip(a, b)) if isinstance(a, list) else np.array_equal(a, b)


@pytest.mark.parametrize("training", [True, False])
def test_a_block_is_computed_with_the_arrays_and_the_given_pieces(built, training: bool) -> None:
    answer = probed(built(), training=training)
    assert answer.status == "ok", answer
    shapes, reproducible, out, dx, gradients, statistics = answer.output
    case = inputs(training)
    leaves = [torch.from_numpy(a).requires_grad_() for a in (case["x"], *(a[n] for a in case["arrays"] for n in a if not n.startswith("running")))]
    x, w1, g1, b1, w2, g2, b2 = leaves
    moved = [[torch.from_numpy(norm[name].copy()) for name in ("running_mean", "running_var")] for norm in (case["arrays"][1], case["arrays"][3])]
    one = F.relu(F.batch_norm(F.conv2d(x, w1, padding=1), *moved[0], g1, b1, training))
    right = one + F.batch_norm(F.conv2d(x, w2), *moved[1], g2, b2, training)
    assert shapes == ((5, 2, 3, 3), (5,), (5,), (5, 2, 1, 1), (5,), (5,)) and reproducible is True
    np.testing.assert_allclose(out, right.detach().numpy(), atol=1e-12)
    backward_agrees(case["dout"], right, leaves, (dx, *gradients))
    for ours, theirs in zip(statistics, sum(moved, [])):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)


@pytest.mark.parametrize("order", ["cdab", "acbd", "bdac", "bacd", "dcba"])
def test_names_and_order_of_the_layers_do_not_matter_for_what_is_computed(built, order: str) -> None:
    right, other = probed(built()).output, probed(built(names="wxyz", order=order)).output
    assert all(same_numbers(a, b) for a, b in zip(right[1:], other[1:]))
    assert other[0] != right[0]  # of which the shapes tell


def test_a_bias_that_was_not_asked_for_shows_in_the_shapes_alone(built) -> None:
    right, other = probed(built()).output, probed(built(bias=True)).output
    assert other[0] == (right[0][0], (5,), *right[0][1:])
    assert all(same_numbers(a, b) for a, b in zip(right[1:], other[1:]))


def test_arrays_that_do_not_fit_leave_only_the_shapes(built) -> None:
    for order in ("abc", "ab", "abcdd"):
        shapes, _, *rest = probed(built(order=order)).output
        assert rest == [None] * 4 and len(shapes) == {"abc": 4, "ab": 3, "abcdd": 8}[order]


def test_without_x_nothing_is_computed(built) -> None:
    case = inputs()
    del case["x"]
    assert observe("block", built(), case).output[2:] == (None,) * 4


def test_layers_that_are_not_told_stay_as_they_are_and_gradients_that_are_missing_are_empty(built) -> None:
    subject = built()
    subject.backward = lambda self, dout: self.layer_a.backward(self.layer_b.backward(self.act.backward(dout)))
    gradients = probed(subject).output[4]
    assert [g.size for g in gradients] == [90, 5, 5, 0, 0, 0]


@pytest.mark.parametrize(
    "given, says",
    [
        ("None", "it returns None"),
        ("7", "of the type int"),
        ("[[self.layer_a, self.layer_b]]", "a list in place of a layer: .* yield from"),
        ("(part for part in [(self.layer_a, self.layer_b)])", "a tuple in place of a layer"),
    ],
)
def test_layers_that_gives_no_layers_is_told_so(built, given: str, says: str) -> None:
    subject = built()
    subject.layers = lambda self: eval(given, {"self": self})
    answer = probed(subject)
    assert (answer.status, answer.error) == ("error", "TypeError") and re.search(says, answer.message), answer


def test_layers_that_is_no_method_is_told_so(built) -> None:
    subject = built()
    subject.layers = []
    assert probed(subject).message == "a Block should have a method layers(); it is a list"
    assert "a list should have a method layers(); there is none" in observe("network", lambda rng: [Scale(rng)], CASE).message


def test_a_block_that_is_not_written_is_told(built, tmp_path: Path) -> None:
    def stub(**_):
        raise NotImplementedError("residual.BasicBlock: not written yet — stride hint residual.BasicBlock")

    assert probed(stub).status == "not_written"
    assert probed(lambda **_: None).output is None


# --- the probe network ------------------------------------------------------------------------------------------------


class Scale:
    """out = w * x, and the mean of x (or, in evaluation, the one that is kept) taken off."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.parameters, self.gradients = {"w": rng.standard_normal((2, 1))}, {}
        self.training, self.running_mean, self.running_var = True, np.zeros(1), np.ones(1)

    def layers(self) -> list:
        return [self]

    def forward(self, x: np.ndarray) -> np.ndarray:
        if self.training:
            self.running_mean = x.mean(keepdims=True).reshape(1)
        return self.parameters["w"].sum() * (x - self.running_mean)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.gradients["w"] = np.full((2, 1), dout.sum())
        return dout


CASE = {"rng": Seed(1), "again": Seed(1), "other": Seed(2), "parameters": [np.array([1.0, 2.0])], "x": np.array([4.0, 6.0]), "dout": np.ones(2)}
STATISTICS = {"statistics": [np.array([3.0]), np.array([1.0])]}


def test_a_network_without_statistics_is_asked_for_none() -> None:
    shapes, reproducible, out, dx, gradients = observe("network", lambda rng: Scale(rng), CASE).output
    assert (shapes, reproducible, out.tolist(), dx.tolist()) == (((2, 1),), True, [-3, 3], [1, 1])
    assert [g.tolist() for g in gradients] == [[2, 2]]


@pytest.mark.parametrize("training, out, mean", [(True, [-3, 3], 5), (False, [3, 9], 3)])
def test_a_network_is_told_its_mode_and_its_statistics(training: bool, out: list, mean: float) -> None:
    output = observe("network", lambda rng: Scale(rng), CASE | STATISTICS | {"training": training}).output
    assert output[2].tolist() == out and [array.tolist() for array in output[5]] == [[mean], [1]]


def test_options_reach_the_builder() -> None:
    seen = []
    observe("network", lambda rng, **options: seen.append(options) or Scale(rng), CASE | {"options": {"width": 3}})
    assert seen == [{"width": 3}] * 3


def test_statistics_that_do_not_fit_leave_only_the_shapes() -> None:
    output = observe("network", lambda rng: Scale(rng), CASE | {"statistics": [np.zeros(1)]}).output
    assert output == (((2, 1),), True, None, None, None, None)


def test_a_gradient_that_was_never_filled_in_is_empty_and_the_rest_still_counts() -> None:
    class Forgetful(Scale):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            return dout

    output = observe("network", lambda rng: Forgetful(rng), CASE).output
    assert output[2].tolist() == [-3, 3] and [g.shape for g in output[4]] == [(0,)]
