"""The training engine: what a run does, leaves behind and says."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.training_runs import DIGITS, digits, network, part, recipe, recipes, train

ROOT = Path(__file__).resolve().parent.parent
TrainingError = recipes.TrainingError


def same(first: dict, second: dict) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def without_time(rows: list) -> list:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


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


def own_loop(model, loader, optimizer, loss_function):
    model.train()
    total = wrong = n = 0
    assert len(loader) == 7
    for images, labels in loader:
        scores = model(images)
        loss = loss_function(scores, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total, wrong, n = total + loss.item() * len(labels), wrong + (scores.argmax(1) != labels).sum().item(), n + len(labels)
    return total / n, wrong / n


def own_look(model, loader, loss_function):
    model.eval()
    with torch.no_grad():
        scores, labels = map(torch.cat, zip(*[(model(images), labels) for images, labels in loader]))
    return loss_function(scores, labels).item(), (scores.argmax(1) != labels).double().mean().item()


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


# --- kill -9, Ctrl-C, going on ---


def test_a_run_killed_in_the_middle_of_epochs_ends_with_the_same_bits(tmp_path: Path) -> None:
    """Five steps an epoch: killed in the second, after the checkpoint of step 6, and in the third, after that of step 12."""
    options = {"checkpoint_every": 3, "held_out": 40, "patience": 9, "epochs": 3}
    uninterrupted = train(recipe(**options), tmp_path / "whole")
    runs = [[str(tmp_path / "run"), options | how] for how in ({"kill": 9}, {"kill": 8, "resume": True}, {"resume": True})]
    command = [sys.executable, "-m", "tests.training_runs", json.dumps(runs)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [-signal.SIGKILL, -signal.SIGKILL, 0], done.stderr
    assert "Going on from step 6 of 15" in done.stdout and "Going on from step 12 of 15" in done.stdout
    assert same(torch.load(tmp_path / "run" / "process0.pt", weights_only=True), uninterrupted.network.state_dict())
    last, whole = (part("checkpoints").load(tmp_path / folder / "checkpoint.pt") for folder in ("run", "whole"))
    assert without_time(last["rows"]) == without_time(whole["rows"]) and last["best"] == whole["best"]
    for a, b in zip(last["optimizer"]["state"].values(), whole["optimizer"]["state"].values()):
        assert torch.equal(a["momentum_buffer"], b["momentum_buffer"])
    assert torch.equal(last["random"][0]["torch"], whole["random"][0]["torch"])


def test_drafts_of_a_killed_process_are_swept_up(tmp_path: Path) -> None:
    folder = stopped_run(tmp_path / "run")
    (folder / ".checkpoint.pt.4711.tmp").write_bytes(b"half a checkpoint")
    train(recipe(), folder, resume=True)
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_finishes_the_step_and_leaves_a_checkpoint(number: int, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    calls = []

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 10:
            os.kill(os.getpid(), number)
        return images

    stopped = train(recipe(augment=augment), tmp_path / "run")
    assert stopped.status == "stopped" and "The checkpoint of step 10 is kept: go on with --resume" in capsys.readouterr().out
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "stopped"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    done = train(recipe(augment=augment), tmp_path / "run", resume=True)
    whole = train(recipe(augment=lambda images, generator: images), tmp_path / "whole")
    assert same(done.network.state_dict(), whole.network.state_dict()) and without_time(done.rows) == without_time(whole.rows)


def test_ctrl_c_in_a_loop_of_ones_own_goes_back_to_the_last_epoch(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    calls = []

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 10:
            signal.raise_signal(signal.SIGINT)
        return images

    loop = {"train_one_epoch": own_loop, "evaluate": own_look}
    assert train(recipe(augment=augment), tmp_path / "run", **loop).status == "stopped"
    assert "The checkpoint of step 7 is kept" in capsys.readouterr().out
    done = train(recipe(augment=augment), tmp_path / "run", resume=True, **loop)
    whole = train(recipe(augment=lambda images, generator: images), tmp_path / "whole", **loop)
    assert same(done.network.state_dict(), whole.network.state_dict())


def stopped_run(folder: Path, **changes: object) -> Path:
    """A run of two epochs that was stopped by Ctrl-C in its first."""
    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        signal.raise_signal(signal.SIGINT)
        return images

    train(recipe(augment=augment), folder, changes=changes)
    return folder


def test_a_run_goes_on_at_its_size_and_with_its_changes(tmp_path: Path) -> None:
    folder = stopped_run(tmp_path / "run", **{"model.width": 6})
    made = recipe(sizes={"gpu": {"model.width": 9}})
    assert train(made, folder, resume=True).network[0].out_channels == 6


@pytest.mark.parametrize(
    ("made", "changes", "says"),
    [
        (recipe(), {"batch_size": 16}, "was begun with batch_size=32, and now it would be 16: go on without changing it"),
        (recipe(schedule=lambda epoch, epochs: 1.0, epochs=5), {}, "was begun with epochs=2, and now it would be 5"),
        (recipe(name="other"), {}, "holds a run of digits, not of other"),
        (recipe(model=lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 10))), {}, "checkpoint is of another network or optimizer"),
        (recipe(optimizer=torch.optim.Adam, optimizer_options={"lr": 0.1, "momentum": 0.9}), {}, "optimizer does not take one of its options"),
    ],
)
def test_a_run_does_not_go_on_as_another(made: object, changes: dict, says: str, tmp_path: Path) -> None:
    folder = stopped_run(tmp_path / "run")
    before = (folder / "checkpoint.pt").read_bytes()
    with pytest.raises(TrainingError, match=says):
        train(made, folder, resume=True, changes=changes)
    assert (folder / "checkpoint.pt").read_bytes() == before


# --- what goes wrong ---


def test_a_loss_that_is_not_a_number_stops_with_step_rate_and_causes(tmp_path: Path) -> None:
    def loss(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        steps.append(1)
        return F.cross_entropy(scores, labels) * (float("nan") if len(steps) == 6 else 1.0)

    steps: list[int] = []
    with pytest.raises(TrainingError) as caught:
        train(recipe(loss=loss, checkpoint_every=5, schedule=lambda epoch, epochs: 0.5), tmp_path / "run")
    says = str(caught.value)
    assert "The loss is nan at step 6 (epoch 1), where the learning rate was 0.05." in says and "optimizer.lr=0.005" in says
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


def test_other_errors_come_through(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        train(recipe(augment=lambda images, generator: 1 / 0), tmp_path / "run")


def stub() -> nn.Module:
    raise NotImplementedError("nets.resnet.ResNet: not written yet — stride hint nets.resnet.ResNet")


def test_a_stub_names_the_exercise(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"your own nets.resnet.ResNet, which is not written yet: write it in cnnlib/nets/resnet.py"):
        train(recipe(model=stub), tmp_path / "run")


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
    ],
)
def test_recipes_that_cannot_be_trained_are_refused(change: dict, says: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=says):
        train(recipe(**change), tmp_path / "run")
