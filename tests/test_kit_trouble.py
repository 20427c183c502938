"""What goes wrong in training, and what is said then."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.training_runs import digits, network, own_look, own_loop, part, recipe, recipes, train

TrainingError = recipes.TrainingError


def test_a_loss_that_is_not_a_number_stops_with_step_rate_and_causes(tmp_path: Path) -> None:
    def loss(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        steps.append(1)
        return F.cross_entropy(scores, labels) * (float("nan") if len(steps) == 6 else 1.0)

    steps: list[int] = []
    with pytest.raises(TrainingError) as caught:
        train(recipe(loss=loss, checkpoint_every=5, schedule=lambda epoch, epochs: 0.5), tmp_path / "run")
    says = str(caught.value)
    assert "The loss is nan at step 6 (epoch 1), where the learning rate was 0.05." in says and "--set optimizer.lr=0.01," in says
    assert "clip_norm" in says and "The checkpoint of step 5 is from before" in says
    assert part("checkpoints").load(tmp_path / "run" / "checkpoint.pt")["step"] == 5
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (facts["status"], facts["step"]) == ("failed", 5) and says in facts["why"]


def test_a_fault_in_the_images_is_told_from_one_in_the_rate(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="at step 1 .* images of that batch are not all finite"):
        train(recipe(augment=lambda images, generator: images / 0), tmp_path / "run")


def test_a_rate_that_is_too_large_is_stopped_by_itself(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"The loss is (nan|inf) at step \d+ .*try --set optimizer.lr="):
        train(recipe(optimizer_options={"lr": 1e30}, model_options={"norm": False}), tmp_path / "run")


class Hungry(nn.Sequential):
    """Has room for 13 images."""

    room = 13

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().forward(x)


def test_out_of_memory_suggests_the_largest_batch_that_fits(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        train(recipe(model=lambda: Hungry(*network())), tmp_path / "run")
    assert "32 images at once are too many; 13 fit. The same steps in pieces that fit: --set pieces=3." in str(caught.value)
    assert "--set batch_size=13" in str(caught.value)
    train(recipe(model=lambda: Hungry(*network()), test_batch=10, epochs=1), tmp_path / "again", changes={"pieces": 3})  # and so it is


def test_out_of_memory_while_testing_names_the_setting_for_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="while testing with 60 images at once. 13 fit: --set test_batch=13"):
        train(recipe(model=lambda: Hungry(*network()), pieces=4, test_batch=60), tmp_path / "run")


def test_not_even_one_image_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hungry, "room", 0)
    with pytest.raises(TrainingError, match="and so is a single one. Choose a smaller network"):
        train(recipe(model=lambda: Hungry(*network())), tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda scores: None, "nothing \\(no return\\?\\)"),
        (lambda scores: scores[:, :5], r"scores \(32, 5\)"),
        (lambda scores: scores[None], r"scores \(1, 32, 10\)"),
        (lambda scores: (scores, scores), r"\(tensor"),
        (lambda scores: scores.detach(), "do not depend on its parameters"),
    ],
)
def test_a_network_that_gives_no_scores_is_told_what_it_should_give(change: Callable, says: str, tmp_path: Path) -> None:
    class Odd(nn.Sequential):
        def forward(self, x: torch.Tensor) -> object:
            return change(super().forward(x))

    with pytest.raises(TrainingError, match=rf"For 32 images the network should give scores \(32, 10\), one for each class, and it gives .*{says}"):
        train(recipe(model=lambda: Odd(*network())), tmp_path / "run")


def test_out_of_memory_in_a_loop_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="32 images at once are too many; 13 fit. Take smaller batches.*--set batch_size=13"):
        train(recipe(model=lambda: Hungry(*network())), tmp_path / "run", train_one_epoch=own_loop, evaluate=own_look)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), MemoryError()]
)
def test_memory_that_runs_out_elsewhere(error: Exception, tmp_path: Path) -> None:
    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        raise error

    with pytest.raises(TrainingError, match=r"Out of memory \(.+\). Choose a smaller batch"):
        train(recipe(augment=augment), tmp_path / "run")


def test_what_a_loop_of_ones_own_returns(tmp_path: Path) -> None:
    for found in (None, (1.0,), "ab"):
        with pytest.raises(TrainingError, match="Your train_one_epoch should return two numbers, the mean loss and the error"):
            train(recipe(), tmp_path / "run", train_one_epoch=lambda *arguments, found=found: found, evaluate=own_look)


def test_a_huge_rate_is_not_answered_with_a_large_one(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"try --set optimizer.lr=0.1, or"):
        train(recipe(optimizer_options={"lr": 1e9}, loss=lambda scores, labels: F.cross_entropy(scores, labels) * float("nan")), tmp_path / "run")


def test_other_errors_come_through(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        train(recipe(augment=lambda images, generator: 1 / 0), tmp_path / "run")


def stub() -> nn.Module:
    raise NotImplementedError("nets.resnet.ResNet: not written yet — stride hint nets.resnet.ResNet")


def test_a_stub_names_the_exercise(tmp_path: Path) -> None:
    def data(size: str) -> object:
        raise AssertionError("nobody waits for a download first")

    with pytest.raises(TrainingError, match=r"your own nets.resnet.ResNet, which is not written yet: write it in cnnlib/nets/resnet.py"):
        train(recipe(model=stub, data=data), tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"train_images": np.zeros((0, 1, 8, 8), np.uint8), "train_labels": np.zeros(0, int)}, "There are no train_images"),
        ({"train_images": np.zeros((200, 8, 8), np.uint8)}, r"should be \(N, C, H, W\) uint8"),
        ({"test_images": np.zeros((60, 1, 8, 8))}, r"test_images should be .* uint8, they are .*float64"),
        ({"test_labels": np.zeros(3, int)}, "60 test_images and labels of shape"),
        ({"classes": 4}, "train_labels should be whole numbers from 0 to 3"),
    ],
)
def test_data_that_cannot_be_learned_from_are_refused(change: dict, says: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=says):
        train(recipe(data=lambda size: dataclasses.replace(digits(), **change)), tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"batch_size": 201, "drop_last": True}, "200 training images, fewer than one batch of 201"),
        ({"held_out": 200}, "200 of 200 training images cannot be held out"),
        ({"model": lambda: nn.Sequential(nn.Flatten())}, "no parameters that learn"),
        ({"model_options": {"dept": 3}}, "model does not take one of its options"),
        ({"optimizer_options": {"lr": -1.0}}, r"optimizer refuses its options \(optimizer.lr=-1.0\)"),
        ({"model": lambda: None}, "model should be an nn.Module, it is None"),
        ({"model_options": {"width": -4}}, r"model refuses its options \(model.width=-4\)"),
        ({"model": lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 0), nn.Linear(0, 10))}, "a layer without a single number"),
    ],
)
def test_recipes_that_cannot_be_trained_are_refused(change: dict, says: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=says):
        train(recipe(**change), tmp_path / "run")


def test_data_that_are_not_there_are_a_sentence(tmp_path: Path) -> None:
    def data(size: str) -> object:
        raise OSError("a.bin could not be fetched. Get it from https://example.org by hand, or try again later.")

    with pytest.raises(TrainingError, match="The data of digits cannot be read. a.bin could not be fetched. Get it from"):
        train(recipe(data=data), tmp_path / "run")
