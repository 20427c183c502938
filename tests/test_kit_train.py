"""The training engine: what a run does, leaves behind and says."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.training_runs import DIGITS, digits, network, own_look, own_loop, part, recipe, recipes, same, train, without_time

TrainingError = recipes.TrainingError


# --- what is learned ---


def test_a_run_is_the_loop_that_one_would_write_by_hand(tmp_path: Path) -> None:
    found = train(recipe(augment=None, model_options={"dropout": 0.0}), tmp_path / "run")

    torch.manual_seed(0)
    model = network(dropout=0.0)
    images = torch.from_numpy(DIGITS.train_images[:200]).double()
    x = ((images - images.mean()) / images.std(correction=0)).float()
    y = torch.from_numpy(DIGITS.train_labels[:200])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    rows = []
    for epoch in range(2):
        order = part("batches").drawing(0, part("batches").ORDER, epoch)
        total = wrong = 0
        for place, chosen in enumerate(torch.randperm(200, generator=order).split(32)):
            optimizer.param_groups[0]["lr"] = 0.1 * (1 - (epoch + place / 7) / 4)
            optimizer.zero_grad()
            scores = model(x[chosen])
            loss = F.cross_entropy(scores, y[chosen])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(chosen)
            wrong += (scores.argmax(1) != y[chosen]).sum().item()
        rows.append((total / 200, wrong / 200))
    assert torch.allclose(found.network[0].weight, model[0].weight, atol=1e-5)
    assert torch.allclose(found.network[1].running_var, model[1].running_var, rtol=1e-4)
    for row, (loss, error) in zip(found.rows, rows):
        assert (row["train_loss"], row["train_error"]) == (pytest.approx(loss, rel=1e-4), pytest.approx(error))
    model.eval()
    tests = ((torch.from_numpy(DIGITS.test_images[:60]).double() - images.mean()) / images.std(correction=0)).float()
    labels = torch.from_numpy(DIGITS.test_labels[:60])
    scores = model(tests)
    assert found.test["loss"] == pytest.approx(F.cross_entropy(scores, labels).item(), rel=1e-3)
    assert found.test["error"] == pytest.approx((scores.argmax(1) != labels).double().mean().item())
    five = (scores.topk(5).indices != labels[:, None]).all(1).double().mean().item()
    assert found.test["error_top5"] == pytest.approx(five)
    assert found.status == "finished" and not found.network.training


def test_pieces_add_up_to_the_whole_batch(tmp_path: Path) -> None:
    plain = {"augment": None, "model_options": {"norm": False, "dropout": 0.0}, "clip_norm": 0.5}
    whole, pieces = (train(recipe(pieces=n, **plain), tmp_path / str(n)) for n in (1, 5))
    for a, b in zip(whole.network.parameters(), pieces.network.parameters()):
        assert torch.allclose(a, b, atol=1e-6)
    assert whole.rows[-1]["train_error"] == pieces.rows[-1]["train_error"]
    assert whole.rows[-1]["train_loss"] == pytest.approx(pieces.rows[-1]["train_loss"])


def test_gradients_are_clipped(tmp_path: Path) -> None:
    plain = {"optimizer_options": {"lr": 1.0}, "epochs": 1, "batch_size": 200, "schedule": lambda epoch, epochs: 1.0}
    torch.manual_seed(0)
    before = torch.cat([p.detach().flatten() for p in network().parameters()])
    after = torch.cat([p.detach().flatten() for p in train(recipe(clip_norm=1e-3, **plain), tmp_path / "run").network.parameters()])
    assert (after - before).norm().item() == pytest.approx(1e-3, rel=1e-2)


def test_the_same_seed_gives_the_same_bits_and_another_one_others(tmp_path: Path) -> None:
    first, again, other = (train(recipe(seed=seed), tmp_path / str(n)) for n, seed in enumerate((3, 3, 4)))
    assert same(first.network.state_dict(), again.network.state_dict()) and without_time(first.rows) == without_time(again.rows)
    assert not torch.equal(first.network[0].weight, other.network[0].weight)


def test_images_are_augmented_anew_in_every_epoch_and_never_when_tested(tmp_path: Path) -> None:
    seen = []

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        seen.append((len(images), torch.rand((), generator=generator).item(), abs(images.mean().item()) < 0.1))
        return images[:, :, 1:-1, 1:-1]

    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scores = nn.Linear(1, 10)
            self.shapes = []

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.shapes.append((self.training, x.shape[2]))
            return self.scores(x.mean((1, 2, 3))[:, None])

    found = train(recipe(model=Small, augment=augment), tmp_path / "run")
    assert [n for n, *_ in seen] == [32] * 6 + [8] + [32] * 6 + [8] and all(normal for *_, normal in seen)
    assert len({number for _, number, _ in seen}) == len(seen)
    assert set(found.network.shapes) == {(True, 6), (False, 8)}


def test_images_that_stay_on_the_disk_give_the_same_bits(tmp_path: Path) -> None:
    def on_disk(size: str) -> object:
        stored = digits()
        parts = {}
        for name in ("train_images", "test_images"):
            array = getattr(stored, name)
            file = np.memmap(tmp_path / name, np.uint8, "w+", shape=array.shape)
            file[:] = array
            file.flush()
            parts[name] = np.memmap(tmp_path / name, np.uint8, "r", shape=array.shape)
        return dataclasses.replace(stored, **parts)

    options = {"held_out": 40, "patience": 5}
    found, expected = train(recipe(data=on_disk, **options), tmp_path / "disk"), train(recipe(**options), tmp_path / "memory")
    assert same(found.network.state_dict(), expected.network.state_dict()) and found.test == expected.test
    assert without_time(found.rows) == without_time(expected.rows)


def test_an_incomplete_batch_may_be_left_out(tmp_path: Path) -> None:
    found = train(recipe(drop_last=True), tmp_path / "run")
    assert found.rows[-1]["step"] == 12


@pytest.mark.parametrize("how", [{"precision": "bf16"}, {"channels_last": True}])
def test_mixed_precision_and_channels_last_learn_the_same(how: dict, tmp_path: Path) -> None:
    kinds = []

    class Spy(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            kinds.append((self[0](x).dtype, x.is_contiguous(memory_format=torch.channels_last) or x.shape[1] == 1))
            return super().forward(x)

    found = train(recipe(model=lambda: Spy(*network(dropout=0.0)), **how), tmp_path / "run")
    assert {kind for kind, _ in kinds} == {torch.bfloat16 if "precision" in how else torch.float32}
    assert found.rows[-1]["train_loss"] < found.rows[0]["train_loss"] and found.network[0].weight.dtype == torch.float32


def test_half_precision_is_for_gpus(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    train(recipe(precision="fp16", epochs=1), tmp_path / "run")
    assert "fp16 is for GPUs: computing in float32" in capsys.readouterr().out


def test_a_network_may_be_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(torch, "compile", lambda model: called.append(model) or model)
    found = train(recipe(compile=True, epochs=1), tmp_path / "run")
    assert called == [found.network]


# --- a loop of one's own ---


def test_a_learners_own_loop_gives_what_the_engines_gives(tmp_path: Path) -> None:
    engine = train(recipe(test_batch=25), tmp_path / "engine")
    own = train(recipe(test_batch=25), tmp_path / "own", train_one_epoch=own_loop, evaluate=own_look)
    assert same(engine.network.state_dict(), own.network.state_dict())
    for a, b in zip(engine.rows, own.rows):
        assert [a[name] for name in ("step", "learning_rate", "train_error", "watched_error")] == [
            b[name] for name in ("step", "learning_rate", "train_error", "watched_error")
        ]
        assert a["train_loss"] == pytest.approx(b["train_loss"]) and a["watched_loss"] == pytest.approx(b["watched_loss"])


def test_half_a_loop_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="give both, train_one_epoch and evaluate"):
        train(recipe(), tmp_path / "run", train_one_epoch=own_loop)


# --- held-out images, early stopping, several looks ---


def test_held_out_images_are_not_learned_from(tmp_path: Path) -> None:
    batches = part("batches")
    made = batches.Batches(digits(), recipe(held_out=50, seed=5), part("distributed").Processes(0, 1, torch.device("cpu")))
    held, learned = set(made.watch.places.tolist()), set(made.learn.places.tolist())
    assert (len(held), len(learned), held & learned) == (50, 150, set()) and made.per_epoch == 5
    found = train(recipe(held_out=50), tmp_path / "run")
    assert found.rows[-1]["step"] == 10 and found.test is not None


def test_early_stopping_tests_the_best_weights(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    errors = iter([0.5, 0.3, 0.3, 0.4, 0.1])
    watched = {}

    def look(model, loader, loss_function):
        error = next(errors)
        watched[error] = model[0].weight.detach().clone()
        return 1.0, error

    made = recipe(epochs=9, held_out=50, patience=2)
    loop = lambda model, loader, *rest: (model.train(), own_steps(model, loader, *rest))[1]
    found = train(made, tmp_path / "run", train_one_epoch=loop, evaluate=look)
    assert len(found.rows) == 4 and found.test["error"] == 0.1
    out = capsys.readouterr().out
    assert "Stopped early: 2 looks in a row were no better than epoch 2" in out and "weights of epoch 2 are tested: 30.00%" in out
    assert torch.equal(watched[0.1], found.network[0].weight) and not torch.equal(watched[0.4], watched[0.1])
    kept = torch.load(tmp_path / "run" / "weights.pt", weights_only=True)["network"]
    assert torch.equal(kept["0.weight"], watched[0.1])


def own_steps(model, loader, optimizer, loss_function):
    for images, labels in loader:
        optimizer.zero_grad()
        loss_function(model(images), labels).backward()
        optimizer.step()
    return 1.0, 0.5


def test_the_final_test_looks_as_often_as_the_recipe_says(tmp_path: Path) -> None:
    def predict(model, images):
        return part("looks").probabilities(model, images, part("looks").mirrored)

    found = train(recipe(predict=predict), tmp_path / "run")
    images = torch.from_numpy(DIGITS.train_images[:200]).double()
    x = ((torch.from_numpy(DIGITS.test_images[:60]).double() - images.mean()) / images.std(correction=0)).float()
    with torch.no_grad():
        mean = (found.network(x).softmax(1) + found.network(x.flip(3)).softmax(1)) / 2
    labels = torch.from_numpy(DIGITS.test_labels[:60])
    assert found.test["error"] == pytest.approx((mean.argmax(1) != labels).double().mean().item())
    assert found.test["loss"] == pytest.approx(F.nll_loss(mean.log(), labels).item(), rel=1e-4)
    assert found.test["loss"] != pytest.approx(found.rows[-1]["watched_loss"], rel=1e-3)


def test_one_may_look_more_rarely(tmp_path: Path) -> None:
    found = train(recipe(epochs=3, test_every=2), tmp_path / "run")
    assert [row["watched_error"] is None for row in found.rows] == [True, False, False]


# --- what a run leaves ---


def test_a_run_leaves_its_log_its_facts_and_its_weights(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    made = recipe(data=lambda size: dataclasses.replace(digits(), note="only some of them", name="Digits"))
    found = train(made, tmp_path / "run", changes={"epochs": 1, "model.width": 3})
    with open(tmp_path / "run" / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == part("logs").COLUMNS and [row["step"] for row in rows] == ["7"]
    assert float(rows[0]["learning_rate"]) == pytest.approx(0.1 * (1 - 6 / 7 / 2))
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (facts["status"], facts["size"], facts["note"], facts["settings"]["model.width"]) == ("finished", "cpu", "only some of them", 3)
    assert facts["result"] == {f"test_{name}": value for name, value in found.test.items()}
    assert facts["machine"]["torch"] == torch.__version__ and facts["changes"] == {"epochs": 1, "model.width": 3}
    assert same(torch.load(tmp_path / "run" / "weights.pt", weights_only=True)["network"], found.network.state_dict())
    assert not list((tmp_path / "run").glob(".*"))
    out = capsys.readouterr().out
    assert "Size cpu" in out and "--size colab or gpu" in out and "200 images to learn from, 60 to test with. only some of them." in out


def test_runs_get_folders_of_their_own_and_none_is_overwritten(tmp_path: Path) -> None:
    run = part("train").run_recipe
    first, second = (run(recipe(epochs=1), size="cpu", runs=tmp_path).folder for _ in range(2))
    assert (first.name, second.name) == ("digits", "digits-2")
    with pytest.raises(TrainingError, match="holds a run already. Go on with it by --resume"):
        train(recipe(), first)
    with pytest.raises(TrainingError, match="is finished"):
        train(recipe(epochs=1), first, resume=True)
    with pytest.raises(TrainingError, match="no run of digits in .* to go on with .those that are there are finished."):
        run(recipe(epochs=1), resume=True, runs=tmp_path)


def test_tensorboard_is_written_where_it_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = train(recipe(), tmp_path / "run")
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("train_loss")] == [7, 14]
    assert [event.value for event in events.Scalars("watched_error")] == pytest.approx([row["watched_error"] for row in found.rows])
