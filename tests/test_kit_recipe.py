"""Recipes: what can be changed from outside, what is refused, and which size fits which machine."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests.training_runs import part, recipe, recipes

TrainingError = recipes.TrainingError
machine = part("machine")


def test_plain_values_can_be_changed_by_key() -> None:
    made = recipe(model_options={"width": 4}).changed({"epochs": 5, "model.width": 8, "optimizer.lr": 1, "model.norm": False, "seed": 3})
    assert (made.epochs, made.model_options, made.seed) == (5, {"width": 8, "norm": False}, 3)
    assert made.optimizer_options == {"lr": 1.0, "momentum": 0.9} and isinstance(made.optimizer_options["lr"], float)
    assert made.settings()["model.width"] == 8 and "about" not in made.settings() and "loss" not in made.settings()


def test_a_recipe_itself_stays_as_it_is() -> None:
    made = recipe()
    made.changed({"optimizer.lr": 0.5})
    assert made.optimizer_options["lr"] == 0.1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"epoch": 3}, "no setting 'epoch': there are .*epochs"),
        ({"model": 3}, "no setting 'model'"),
        ({"loss": "mse"}, "no setting 'loss'"),
        ({"data.size": 3}, "no setting 'data.size'"),
        ({"model.": 3}, "no setting 'model.'"),
        ({"model.a-b": 3}, "no setting"),
        ({"epochs": "three"}, "epochs should be a whole number, it is 'three'"),
        ({"epochs": 2.5}, "epochs should be a whole number"),
        ({"epochs": True}, "epochs should be a whole number"),
        ({"compile": "yes"}, "compile should be true or false, it is 'yes'"),
        ({"clip_norm": "1,5"}, "clip_norm should be a number"),
        ({"clip_norm": float("nan")}, "clip_norm should be 0"),
        ({"optimizer.lr": "fast"}, "optimizer.lr should be a number, it is 'fast'"),
        ({"precision": "fp8"}, "precision should be one of float32, bf16, fp16"),
        ({"epochs": 0}, "epochs should be at least 1, it is 0"),
        ({"seed": -1}, "seed should be at least 0"),
        ({"seed": 2**32}, "seed should be below 4,294,967,296"),
        ({"pieces": 33}, "32 images cannot be cut into 33 pieces"),
        ({"patience": 3}, "held_out=500"),
        ({"loop": "own", "pieces": 2}, "knows no pieces"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(changes: dict, says: str) -> None:
    with pytest.raises(TrainingError, match=says):
        recipe().changed(changes)


def test_a_size_changes_what_it_says_and_nothing_else() -> None:
    made = recipe(sizes={"gpu": {"epochs": 90, "model.width": 64}})
    assert (made.at("gpu").epochs, made.at("gpu").model_options, made.at("cpu").epochs) == (90, {"width": 64}, 2)
    with pytest.raises(TrainingError, match="no size 'huge': there are colab, cpu, gpu"):
        made.at("huge")
    with pytest.raises(TrainingError, match="no size 'huge'"):
        recipe(sizes={"huge": {}})


@pytest.mark.parametrize("value", [[3, 4, 6, 3], (3, 4, 6, 3)])
def test_a_list_may_stand_for_a_tuple(value: object) -> None:
    assert recipe(model_options={"counts": (2, 2, 2, 2)}).changed({"model.counts": value}).model_options["counts"] == (3, 4, 6, 3)


# --- the machine ---


def gpu(monkeypatch: pytest.MonkeyPatch, memory: float, capability: tuple) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=memory, name="a GPU"))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=0: capability)


@pytest.mark.parametrize(
    ("memory", "capability", "size"),
    [(15.8e9, (7, 5), "colab"), (42e9, (8, 0), "gpu"), (24e9, (8, 9), "colab"), (34e9, (7, 0), "colab"), (143e9, (9, 0), "gpu")],
)
def test_the_size_is_chosen_by_the_gpu(memory: float, capability: tuple, size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu(monkeypatch, memory, capability)
    assert machine.size_here() == size


def test_without_a_gpu_it_is_the_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert machine.size_here() == "cpu" and machine.device_here() == torch.device("cpu")


@pytest.mark.parametrize(
    ("precision", "capability", "dtype", "says"),
    [
        ("bf16", (8, 0), torch.bfloat16, ""),
        ("bf16", (7, 5), torch.float16, "knows no bf16"),
        ("fp16", (7, 5), torch.float16, ""),
        ("float32", (9, 0), None, ""),
    ],
)
def test_precision_on_gpus(precision: str, capability: tuple, dtype: object, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu(monkeypatch, 16e9, capability)
    found, remark = machine.mixed(precision, torch.device("cuda", 0))
    assert found is dtype and says in remark and bool(says) == bool(remark)


# --- finding recipes ---


def test_a_recipe_of_ones_own_is_found_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("from tests.training_runs import recipe\nRECIPE = recipe(name='mine')\n")
    assert part("recipes").load(str(path)).name == "mine"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "There is no file .*mine.py"),
        ("recipe = 3\n", "holds no recipe: it should define RECIPE"),
        ("RECIPE = 3\n", "holds no recipe"),
        ("def (:\n", "cannot be loaded .SyntaxError"),
        ("import nothing_of_that_name\n", "cannot be loaded .ModuleNotFoundError"),
        ("from tests.training_runs import recipe\nRECIPE = recipe(epochs=0)\n", "epochs should be at least 1"),
        ("from tests.training_runs import recipe\nRECIPE = recipe(epoch=3)\n", "cannot be loaded .TypeError"),
    ],
)
def test_a_file_without_a_recipe_is_refused(content: str | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "mine.py").write_text(content)
    with pytest.raises(TrainingError, match=says):
        part("recipes").load(str(tmp_path / "mine.py"))


@pytest.mark.parametrize("name", ["resnet_of_dreams", "", "../train", "_x", "__init__"])
def test_an_unknown_name_is_answered_with_what_there_is(name: str) -> None:
    with pytest.raises(TrainingError, match="There is no recipe .* There are: "):
        part("recipes").load(name)
