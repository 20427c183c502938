"""Runs that are killed or stopped, and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.training_runs import own_look, own_loop, part, recipe, recipes, same, train, without_time

ROOT = Path(__file__).resolve().parent.parent
TrainingError = recipes.TrainingError


def test_a_run_killed_in_the_middle_of_epochs_ends_with_the_same_bits(tmp_path: Path) -> None:
    """Five steps an epoch: killed in the second, after the checkpoint of step 6, and in the third, after that of step 12."""
    options = {"checkpoint_every": 3, "held_out": 40, "patience": 9, "epochs": 3}
    uninterrupted = train(recipe(**options), tmp_path / "whole")
    runs = [[str(tmp_path / "run"), options | how] for how in ({"kill": (9, 0)}, {"kill": (8, 0), "resume": True}, {"resume": True})]
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


@pytest.mark.parametrize(("number", "step"), [(signal.SIGINT, 10), (signal.SIGTERM, 10), (signal.SIGINT, 7), (signal.SIGINT, 1)])
def test_ctrl_c_finishes_the_step_and_leaves_a_checkpoint(number: int, step: int, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """In the middle of an epoch, in the last step of one, in the first of all."""
    calls = []

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        calls.append(1)
        if len(calls) == step:
            os.kill(os.getpid(), number)
        return images

    stopped = train(recipe(augment=augment), tmp_path / "run")
    assert stopped.status == "stopped" and f"The checkpoint of step {step} is kept: go on with --resume" in capsys.readouterr().out
    assert stopped.rows == part("checkpoints").load(tmp_path / "run" / "checkpoint.pt")["rows"] and len(stopped.rows) == step // 7
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "stopped"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    done = train(recipe(augment=augment), tmp_path / "run", resume=True)
    whole = train(recipe(augment=lambda images, generator: images), tmp_path / "whole")
    assert same(done.network.state_dict(), whole.network.state_dict()) and without_time(done.rows) == without_time(whole.rows)


def test_ctrl_c_in_the_very_last_step_is_too_late(tmp_path: Path) -> None:
    calls = []

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 14:
            signal.raise_signal(signal.SIGINT)
        return images

    assert train(recipe(augment=augment), tmp_path / "run").status == "finished"


def test_a_second_ctrl_c_does_not_wait_for_the_step(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 10:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return images

    assert train(recipe(augment=augment), tmp_path / "run").status == "stopped" and len(calls) == 10
    assert "The checkpoint of step 7 is kept" in capsys.readouterr().out
    calls.clear()
    with monkeypatch.context() as patch:
        patch.setenv("RANK", "0")  # under torchrun, one Ctrl-C arrives twice
        patch.setenv("WORLD_SIZE", "1")
        train(recipe(augment=augment), tmp_path / "another")
    assert "The checkpoint of step 10 is kept" in capsys.readouterr().out
    done = train(recipe(augment=lambda images, generator: images), tmp_path / "run", resume=True)
    whole = train(recipe(augment=lambda images, generator: images), tmp_path / "whole")
    assert same(done.network.state_dict(), whole.network.state_dict())


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
