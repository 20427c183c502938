"""The kit's layer objects: gradients against PyTorch, networks of layers, and PyTorch standing in for what is not written."""

from __future__ import annotations

import importlib
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from autograder.authoring.stubs import make_stub
from tests.test_kit import ROOT, kit

pieces = importlib.import_module("kit_of_the_course.pieces")
SOURCES = {name: ROOT / "solutions" / "cnnlib" / f"{name}.py" for name in ("activations", "fast_conv", "linear", "norm", "pool")}


def install(monkeypatch: pytest.MonkeyPatch, *, stubs: tuple[str, ...] = ()) -> None:
    """The solutions as the learner's files, some of them as stubs."""
    monkeypatch.setattr(pieces, "_announced", set())
    for name, path in SOURCES.items():
        source = path.read_text(encoding="utf-8")
        module = types.ModuleType(f"cnnlib.{name}")
        exec(compile(make_stub(source, name) if name in stubs else source, str(path), "exec"), module.__dict__)
        monkeypatch.setitem(sys.modules, f"cnnlib.{name}", module)


@pytest.fixture(autouse=True)
def written(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)


def batch_norm(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
    return F.batch_norm(x, None, None, gamma, beta, training=True)


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


LAYERS: dict[str, tuple[Callable[[], kit.Layer], tuple[int, ...], Callable]] = {
    "Linear": (lambda: kit.Linear(5, 3, dtype=np.float64), (4, 5), lambda x, w, b: F.linear(x, w, b)),
    "Conv2d": (lambda: kit.Conv2d(2, 3, (3, 2), (2, 1), (1, 0), dtype=np.float64), (2, 2, 7, 5), lambda x, w, b: F.conv2d(x, w, b, (2, 1), (1, 0))),
    "ReLU": (kit.ReLU, (3, 4), torch.relu),
    "Tanh": (kit.Tanh, (3, 4), torch.tanh),
    "Sigmoid": (kit.Sigmoid, (3, 4), torch.sigmoid),
    "MaxPool2d": (lambda: kit.MaxPool2d(3, 2, 1), (2, 3, 7, 6), lambda x: F.max_pool2d(x, 3, 2, 1)),
    "AvgPool2d": (lambda: kit.AvgPool2d((2, 3)), (2, 3, 7, 6), lambda x: F.avg_pool2d(x, (2, 3))),
    "GlobalAvgPool2d": (kit.GlobalAvgPool2d, (2, 3, 7, 6), lambda x: x.mean(dim=(2, 3))),
    "BatchNorm": (lambda: kit.BatchNorm(3, dtype=np.float64), (5, 3), batch_norm),
    "BatchNorm2d": (lambda: kit.BatchNorm2d(3, dtype=np.float64), (2, 3, 7, 6), batch_norm),
    "LayerNorm": (lambda: kit.LayerNorm(6, dtype=np.float64), (2, 3, 6), lambda x, gamma, beta: F.layer_norm(x, (6,), gamma, beta)),
    "GroupNorm": (lambda: kit.GroupNorm(2, 6, dtype=np.float64), (2, 6, 5, 3), lambda x, gamma, beta: F.group_norm(x, 2, gamma, beta)),
    "Flatten": (kit.Flatten, (2, 3, 4, 5), lambda x: x.flatten(1)),
}
WITH_PIECES = [name for name in LAYERS if name != "Flatten"]


def assert_is_pytorchs(layer: kit.Layer, shape: tuple[int, ...], function: Callable) -> None:
    x = drawn(*shape)
    leaves = [torch.from_numpy(a.copy()).requires_grad_() for a in (x, *layer.parameters.values())]
    right = function(*leaves)
    np.testing.assert_allclose(layer(x), right.detach().numpy(), atol=1e-12)
    dout = drawn(*right.shape, seed=1)
    right.backward(torch.from_numpy(dout))
    np.testing.assert_allclose(layer.backward(dout), leaves[0].grad.numpy(), atol=1e-12)
    assert layer.gradients.keys() == layer.parameters.keys()
    for leaf, gradient in zip(leaves[1:], layer.gradients.values()):
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_and_their_gradients_are_pytorchs(name: str, capsys: pytest.CaptureFixture) -> None:
    make, shape, function = LAYERS[name]
    assert_is_pytorchs(make(), shape, function)
    assert capsys.readouterr().out == ""  # all pieces are there, nobody stands in


@pytest.mark.parametrize("name", WITH_PIECES)
def test_pytorch_stands_in_for_a_piece_that_is_not_written(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    install(monkeypatch, stubs=tuple(SOURCES))
    make, shape, function = LAYERS[name]
    for _ in range(2):
        assert_is_pytorchs(make(), shape, function)
    said = capsys.readouterr().out.splitlines()
    assert [line.split("_")[-1] for line in said] == [f"{way} is not written yet: PyTorch stands in for it." for way in ("forward", "backward")]


def test_only_what_is_not_written_is_stood_in_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    install(monkeypatch, stubs=("activations",))
    kit.Sequential(kit.Linear(3, 4), kit.Tanh())(drawn(2, 3))
    assert capsys.readouterr().out == "activations.tanh_forward is not written yet: PyTorch stands in for it.\n"


@pytest.mark.parametrize("view", [lambda x: x[..., ::-1], lambda x: x[::-1], lambda x: x.T[:2, ::-1]])
def test_a_stand_in_takes_reversed_views(view: Callable[[np.ndarray], np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    x = view(drawn(2, 2, 2))
    install(monkeypatch, stubs=("activations",))
    np.testing.assert_allclose(kit.Tanh()(x), np.tanh(x))


def test_batch_norm_is_stood_in_for_where_only_its_input_is_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, stubs=tuple(SOURCES))
    x, layer = drawn(3, 4, 2, 2), kit.BatchNorm2d(4)
    layer.training = True
    assert layer.parameters["gamma"].dtype == np.float32
    np.testing.assert_allclose(layer(x), torch.nn.BatchNorm2d(4).double()(torch.from_numpy(x)).detach().numpy(), atol=1e-12)
    assert layer.backward(x).dtype == np.float64
    layer.training = False
    assert layer(x).shape == layer.backward(x).shape == x.shape


def test_errors_of_ones_own_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(x: np.ndarray) -> np.ndarray:
        raise NotImplementedError("only for positive numbers so far")

    monkeypatch.setattr(sys.modules["cnnlib.activations"], "tanh_forward", broken)
    with pytest.raises(NotImplementedError, match="only for positive"):
        kit.Tanh()(drawn(2, 3))


def test_a_judged_network_is_ones_own_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, stubs=("activations",))
    layer = kit.Tanh()
    with pytest.raises(NotImplementedError, match="^activations.tanh_forward: not written yet"), pieces.own_pieces_only():
        layer(drawn(2, 3))
    assert layer(drawn(2, 3)).shape == (2, 3)  # afterwards as before


def test_a_missing_file_counts_as_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "cnnlib.dropout", raising=False)
    with pytest.raises(NotImplementedError, match="dropout.dropout_forward: not written yet"):
        kit.Dropout()(drawn(2, 3))  # and nobody stands in for what is random


def network(seed: int = 0) -> kit.Sequential:
    rng = np.random.default_rng(seed)
    inner = kit.Sequential(kit.Conv2d(1, 2, 3, rng=rng), kit.ReLU(), kit.MaxPool2d(2))
    return kit.Sequential(inner, kit.Flatten(), kit.Linear(8, 3, rng=rng))


def test_a_network_is_the_chain_of_its_layers() -> None:
    net, x, dout = network(), drawn(2, 1, 6, 6), drawn(2, 3, seed=1)
    first, _, last = net.steps
    np.testing.assert_array_equal(net(x), last(first(x).reshape(2, 8)))
    dx = net.backward(dout)
    step = 1e-6 * drawn(2, 1, 6, 6, seed=2)
    change = ((net(x + step) - net(x - step)) * dout).sum() / 2
    assert change == pytest.approx((dx * step).sum(), rel=1e-4)
    assert [type(layer).__name__ for layer in net.layers()] == ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]


def test_training_and_evaluation_reach_every_layer() -> None:
    net = network()
    assert net.eval() is net and not any(layer.training for layer in (net, *net.layers()))
    assert net.train() is net and all(layer.training for layer in (net, *net.layers()))


def test_a_saved_network_is_the_same_network(tmp_path: Path) -> None:
    net, other, x = network(0), network(1), drawn(2, 1, 6, 6)
    assert not np.allclose(net(x), other(x))
    np.savez(tmp_path / "net.npz", **net.state())
    with np.load(tmp_path / "net.npz", allow_pickle=False) as stored:
        other.load_state(stored)
    np.testing.assert_array_equal(net(x), other(x))
    assert list(net.state()) == ["0.w", "0.b", "4.w", "4.b"]


def test_running_statistics_are_part_of_the_state() -> None:
    norm = kit.Sequential(kit.BatchNorm(3))
    saved = norm.state() | {"0.running_mean": np.array([1.0, 2, 3])}
    norm.load_state(saved)
    assert list(saved) == ["0.gamma", "0.beta", "0.running_mean", "0.running_var"]
    np.testing.assert_array_equal(norm.steps[0].running_mean, [1, 2, 3])


@pytest.mark.parametrize("change, message", [({"4.b": np.zeros(4)}, r"4\.b should have shape \(3,\); it has \(4,\)"), ({"5.b": np.zeros(3)}, "5.b")])
def test_a_state_that_does_not_fit_is_named_and_changes_nothing(change: dict, message: str) -> None:
    net = network()
    before = {name: array.copy() for name, array in net.state().items()}
    with pytest.raises(ValueError, match=message):
        net.load_state({name: array + 1 for name, array in before.items()} | change)
    for name, array in net.state().items():
        np.testing.assert_array_equal(array, before[name])


def test_weights_come_from_the_generator_and_are_as_wide_as_he_says() -> None:
    layer, same = (kit.Conv2d(8, 64, 5, rng=np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(layer.parameters["w"], same.parameters["w"])
    assert layer.parameters["w"].std() == pytest.approx(np.sqrt(2 / 200), rel=0.05)
    assert layer.parameters["w"].dtype == np.float32 and not layer.parameters["b"].any()


def test_layers_need_numpy_alone() -> None:
    code = """
import sys
sys.path.insert(0, "solutions")
from cnnlib.kit import Conv2d, Sequential, Tanh
Sequential(Conv2d(1, 2, 3), Tanh())(__import__("numpy").ones((1, 1, 5, 5)))
print([name for name in ("torch", "matplotlib", "PIL", "scipy") if name in sys.modules])
"""
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env={"PYTHONPATH": ""})
    assert said.stdout == "[]\n"
