"""Checkpoints and logs: whole or not there, and a sentence for whatever is wrong with them."""

from __future__ import annotations

import errno
import io
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training_runs import part, recipe, recipes, train

TrainingError = recipes.TrainingError
checkpoints, logs = part("checkpoints"), part("logs")


def saved(path: Path) -> dict:
    state = {"step": 3, "network": {"w": torch.arange(600.0).reshape(20, 30)}, "rows": [{"epoch": 1, "watched_error": None}]}
    checkpoints.save(path, state)
    return state


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    state = saved(tmp_path / "checkpoint.pt")
    found = checkpoints.load(tmp_path / "checkpoint.pt")
    assert torch.equal(found["network"]["w"], state["network"]["w"]) and found["rows"] == state["rows"] and found["step"] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_all_generators_go_on_where_they_were() -> None:
    device = torch.device("cpu")
    checkpoints.seed_all(5)
    stream = io.BytesIO()
    torch.save(checkpoints.random_state(device), stream)
    draw = lambda: (random.random(), random.gauss(0, 1), np.random.rand(), np.random.randn(), torch.rand(()).item(), torch.randn(()).item())
    first = draw()
    stream.seek(0)
    checkpoints.set_random_state(torch.load(stream, weights_only=True), device)
    assert draw() == first != draw()


def test_no_flipped_byte_goes_unnoticed(tmp_path: Path) -> None:
    """torch.load alone takes most of them for weights."""
    path = tmp_path / "checkpoint.pt"
    weights = saved(path)["network"]["w"]
    whole = path.read_bytes()
    noticed = 0
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            assert torch.equal(checkpoints.load(path)["network"]["w"], weights), place
        except TrainingError as error:
            assert "is damaged" in str(error)
            noticed += 1
    assert noticed > 20


class Elsewhere:
    """What no checkpoint of ours holds."""


@pytest.mark.parametrize("content", [b"", b"PK", b"a text\n" * 50, "half", torch.ones(3), {"model": 1}, Elsewhere()])
def test_what_is_no_checkpoint_is_refused_in_a_sentence(content: object, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    if content == "half":
        saved(path)
        path.write_bytes(path.read_bytes()[:2000])
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(TrainingError, match=r"is damaged, or no checkpoint|is not a checkpoint of a run"):
        checkpoints.load(path)


def test_a_checkpoint_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nothing to go on from: begin without --resume"):
        train(recipe(), tmp_path / "nowhere", resume=True)


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.ENOSPC, "The disk is full: .* go on with --resume: the last"), (errno.EROFS, "cannot be written .*--out")],
)
def test_a_write_that_fails_leaves_the_old_file_whole(number: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "checkpoint.pt"
    saved(path)
    before = path.read_bytes()

    def full(file: int) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(checkpoints.os, "fsync", full)
    with pytest.raises(TrainingError, match=says):
        checkpoints.save(path, {"step": 4})
    assert path.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_disk_that_was_full_before_the_first_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, state: dict) -> None:
        raise checkpoints.unwritable(path, OSError(errno.ENOSPC, "No space left on device"))

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save", full)
        with pytest.raises(TrainingError, match="The disk is full: .* Make room, then begin again."):
            train(recipe(), tmp_path / "run")
    assert logs.read(tmp_path / "run")["status"] == "failed"
    assert train(recipe(), tmp_path / "run").status == "finished"  # in the same folder: there was nothing to lose


def test_a_disk_that_fills_up_while_training_stops_the_run_which_can_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, room = checkpoints.write, [4]

    def little_room(path: Path, content: bytes) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise checkpoints.unwritable(path, OSError(errno.ENOSPC, "No space left on device"))
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "write", little_room)
        with pytest.raises(TrainingError, match="The disk is full"):
            train(recipe(epochs=3), tmp_path / "run")
    done = train(recipe(epochs=3), tmp_path / "run", resume=True)
    whole = train(recipe(epochs=3), tmp_path / "whole")
    assert all(torch.equal(a, b) for a, b in zip(done.network.parameters(), whole.network.parameters()))


@pytest.mark.filterwarnings("error")
def test_a_disk_that_is_full_for_tensorboard_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It writes in a thread: what is raised there is raised here, once, and no thread prints a traceback of its own."""
    writer = pytest.importorskip("tensorboard.summary.writer.record_writer").RecordWriter

    def full(self: object, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writer, "write", full)
    with pytest.raises(TrainingError, match="The disk is full: .*tensorboard could not be written"):
        train(recipe(), tmp_path / "run")


def test_a_disk_that_fills_up_for_tensorboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault comes up at a later call, and once more when it is closed."""
    tensorboard = pytest.importorskip("torch.utils.tensorboard")

    class Full:
        def __init__(self, *arguments: object, **named: object) -> None:
            pass

        def add_scalar(self, *arguments: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        close = add_scalar

    monkeypatch.setattr(tensorboard, "SummaryWriter", Full)
    with pytest.raises(TrainingError, match="The disk is full: .*tensorboard could not be written"):
        train(recipe(), tmp_path / "run")


def test_two_runs_never_share_a_folder(tmp_path: Path) -> None:
    """Neither two that begin in it at the same moment, nor two that go on with the same run."""
    seen = []

    def meanwhile(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        if not seen:
            seen.append((tmp_path / "run" / "run.json").read_bytes())
            for resume in (False, True):
                with pytest.raises(TrainingError, match="Another process trains in .*run at this moment|There is no .*checkpoint.pt"):
                    train(recipe(), tmp_path / "run", resume=resume)
            seen.append((tmp_path / "run" / "run.json").read_bytes())
        if len(seen) == 2 and (tmp_path / "run" / "checkpoint.pt").exists():
            seen.append(1)
            with pytest.raises(TrainingError, match="Another process trains in .*run at this moment: wait for its end"):
                train(recipe(), tmp_path / "run", resume=True)
        return images

    assert train(recipe(augment=meanwhile), tmp_path / "run").status == "finished"
    assert len(seen) == 3 and seen[0] == seen[1]
    assert not list((tmp_path / "run").glob(".*")), "nothing is left of the lock"


@pytest.mark.parametrize("error", [NotImplementedError(), OSError(errno.ENOLCK, "No locks available")])
def test_a_drive_that_knows_no_locks_is_trained_on_without(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def acquire(self: object) -> None:
        raise error

    monkeypatch.setattr(logs.FileLock, "acquire", acquire)
    assert train(recipe(epochs=1), tmp_path / "run").status == "finished"


def test_a_checkpoint_that_is_not_there_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nothing to go on from"):
        train(recipe(), tmp_path / "run", resume=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("place", ["file/run", "file"])
def test_a_folder_that_cannot_be_made(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrainingError, match="cannot be written .* Choose another folder with --out"):
        train(recipe(), tmp_path / place)
    with pytest.raises(TrainingError, match="cannot be written"):
        logs.new_folder("digits", tmp_path / "file")


def test_the_last_unfinished_run_of_a_name_is_gone_on_with(tmp_path: Path) -> None:
    import os

    for age, (name, status) in enumerate([("digits-3", "finished"), ("digits", "running"), ("digits-2", "stopped"), ("digits-deep", "stopped")]):
        (tmp_path / name).mkdir()
        saved(tmp_path / name / "checkpoint.pt")
        os.utime(tmp_path / name / "checkpoint.pt", (1e9 - age, 1e9 - age))
        (tmp_path / name / "run.json").write_text(json.dumps({"status": status}))
    assert logs.last_folder("digits", tmp_path).name == "digits"
    os.utime(tmp_path / "digits-2" / "checkpoint.pt", (2e9, 2e9))
    assert logs.last_folder("digits", tmp_path).name == "digits-2"
    with pytest.raises(TrainingError, match="There is no run of dig in"):
        logs.last_folder("dig", tmp_path)


def test_a_log_is_whole_at_every_moment_and_facts_may_be_unreadable(tmp_path: Path) -> None:
    assert logs.read(tmp_path) == {}
    (tmp_path / "run.json").write_text("[1]")
    assert logs.read(tmp_path) == {}
    (tmp_path / "run.json").write_text('{"begun": "2026')
    assert logs.read(tmp_path) == {}


def test_settings_of_every_kind_can_be_written_down() -> None:
    assert json.dumps(logs.plain([1, (2.5, "a"), None, True, dict, len])) == '[1, [2.5, "a"], null, true, "dict", "len"]'
