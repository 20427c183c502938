"""The benchmark of training steps: what it counts, whom it compares, and what it says where there is no GPU. No time is measured here."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sys

import pytest
import torch
from torch import nn

from benchmarks import training
from benchmarks.training import Candidate, Network


class Toy(nn.Module):
    def __init__(self, width: int = 2) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 7))

    def forward(self, x):
        return self.layers(x)


@pytest.fixture(autouse=True)
def own_cnnlib():
    """The benchmark takes the solutions for cnnlib; afterwards it is what it was."""
    before = {name: sys.modules[name] for name in sys.modules if name == "cnnlib" or name.startswith("cnnlib.")}
    yield
    for name in [name for name in sys.modules if name == "cnnlib" or name.startswith("cnnlib.")]:
        del sys.modules[name]
    sys.modules.update(before)


@pytest.fixture()
def toys(monkeypatch: pytest.MonkeyPatch) -> list:
    """One architecture, a clock that says 1, 2, 3 … seconds, and no wait; gives what was timed."""
    timed = []
    clock = itertools.count(1)

    def seconds(take, device):
        take()
        timed.append(take)
        return float(next(clock))

    monkeypatch.setattr(training, "seconds", seconds)
    monkeypatch.setattr(training, "matrix_rate", lambda device, dtype: 1e6)
    monkeypatch.setattr(training, "NETWORKS", {"toy": Network("toy", "Toy", {}, "toy", "toy", 8, (None, 4, 2), 6)})
    real = training._our_networks

    @contextlib.contextmanager
    def networks():
        with real() as solutions:
            yield lambda module, name: solutions(module, name) if module == "inspect" else Toy

    monkeypatch.setattr(training, "_our_networks", networks)
    return timed


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    training.options(parser.add_argument_group("training"))
    return parser.parse_args(words)


def test_without_a_gpu_it_says_so_and_runs_the_small_size(toys: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "others", lambda network: {"torchvision": lambda: Toy(4)})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    lines = list(training.measure(argparse.Namespace(networks=["toy"], no_compile=False)))
    assert lines[0].startswith("No GPU here") and "promise nothing" in lines[0]
    assert len(toys) == 2 * training.ROUNDS
    ours, theirs = 27 * 2 * 16 + 14, 27 * 4 * 16 + 28  # of a convolution 3×3 on 4×4 pixels, and of the last layer
    first, second, last = lines[-3:]
    # They take turns: ours took 1, 3, 5, 7, 9 seconds for two images, the other 2, 4, 6, 8, 10.
    assert "ours" in first and f"{2 / 5:,.1f} images/s" in first and f"{3 * ours * 2 / 5 / 1e6:.1%}" in first
    assert f"{2 / 6:,.1f} images/s" in second
    assert last == f"  ours: {ours / 5 / (theirs / 6):.2f} times torchvision (multiply-adds a second: another architecture)  slower than promised"


def test_the_ratio_is_against_the_fastest_of_the_others() -> None:
    def candidates(**seconds: float) -> dict[str, Candidate]:
        return {words: Candidate(words, words, 10.0, [second]) for words, second in seconds.items()}

    assert training.ratio(candidates(ours=1.0, torchvision=2.0, timm=1.5)) == "  ours: 1.50 times timm"
    assert training.ratio(candidates(ours=2.0, torchvision=1.0, timm=4.0)) == "  ours: 0.50 times torchvision  slower than promised"
    assert "nothing to compare" in training.ratio(candidates(ours=2.0))


def test_each_is_taken_at_its_best_with_or_without_compiling(toys: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda model: model)
    builders = {"ours": Toy, "timm": Toy}
    best = training._best(builders, dict.fromkeys(builders, 1.0), 6, 3, torch.device("cpu"), torch.bfloat16, (False, True))
    assert [candidate.words for candidate in best.values()] == ["ours", "timm"] and len(toys) == 4 * training.ROUNDS
    clock = itertools.count(100, -1)
    monkeypatch.setattr(training, "seconds", lambda take, device: float(next(clock)))
    best = training._best(builders, dict.fromkeys(builders, 1.0), 6, 3, torch.device("cpu"), torch.float32, (False, True))
    assert [candidate.words for candidate in best.values()] == ["ours, compiled", "timm, compiled"]


def test_a_batch_that_does_not_fit_is_halved_for_all(toys: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "others", lambda network: {})
    sizes = []

    def best(builders, counted, side, batch, *rest):
        sizes.append(batch)
        if batch > 2:
            raise torch.cuda.OutOfMemoryError("too many")
        return {"ours": Candidate("ours", "ours", 1.0, [1.0])}

    monkeypatch.setattr(training, "_best", best)
    device = torch.device("meta")  # no CPU: the large size
    with training._our_networks() as networks:
        lines = list(training.compared("toy", networks, device, torch.bfloat16, (False,), 1.0))
    assert sizes == [8, 4, 2] and lines[0] == "toy, 2 images of 6×6"
    monkeypatch.setattr(training, "_best", lambda *_: (_ for _ in ()).throw(RuntimeError("something else")))
    with training._our_networks() as networks, pytest.raises(RuntimeError, match="something else"):
        list(training.compared("toy", networks, device, torch.bfloat16, (False,), 1.0))


def test_a_step_learns() -> None:
    torch.manual_seed(0)
    model = Toy()
    before = [parameter.clone() for parameter in model.parameters()]
    take = training.step(model, torch.randn(4, 3, 6, 6), torch.arange(4) + 900, torch.device("cpu"), torch.float32)
    take()
    assert all(not torch.equal(a, b) for a, b in zip(before, model.parameters())) and all(p.grad is None for p in model.parameters())


def test_only_what_is_installed_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.importlib.util, "find_spec", lambda name: None)
    assert training.others(training.NETWORKS["resnet18"]) == {}
    assert asked().networks == list(training.NETWORKS) and asked("--networks", "vgg16", "--no-compile").no_compile
