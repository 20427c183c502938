"""Two processes that train one network, as torchrun starts them, on the CPU."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.training_runs import part, recipe, train

ROOT = Path(__file__).resolve().parent.parent
PLAIN = {"model_options": {"norm": False, "dropout": 0.0}, "plain": True}  # nothing that depends on how a batch is shared out


ENDING = {"checkpoint_every": 3}  # with batch norm, dropout and augmentation


def torchrun(*runs: tuple[Path, dict]) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "tests.training_runs"]
    command.append(json.dumps([[str(folder), options] for folder, options in runs]))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Runs in two processes: one that is the same however batches are shared out, one with all that depends on it, one whose second is killed."""
    folder = tmp_path_factory.mktemp("pairs")
    done = torchrun((folder / "plain", {"pieces": 3, **PLAIN}), (folder / "whole", ENDING), (folder / "killed", {**ENDING, "kill": (10, 1)}))
    assert done.returncode != 0 and (folder / "killed" / "checkpoint.pt").is_file(), done.stderr
    assert "TrainingError: Another of the 2 processes has ended" in done.stderr and "Go on from step 9 with --resume." in done.stderr
    return folder, done.stdout


def weights(folder: Path, process: int) -> dict:
    return torch.load(folder / f"process{process}.pt", weights_only=True)


def test_two_processes_give_the_result_of_one(pairs: tuple[Path, str], tmp_path: Path) -> None:
    """Weights agree within 1e-6 (sums are rounded in another order), counts of errors exactly. The last batch has 8 images, pieces have odd sizes."""
    folder, out = pairs
    assert out.count("7 steps. Log") == 3 and "2 processes" in out  # the first process alone speaks
    alone = train(recipe(augment=None, model_options=PLAIN["model_options"]), tmp_path / "one")
    first, second = (weights(folder / "plain", process) for process in (0, 1))
    for name, tensor in alone.network.state_dict().items():
        assert torch.equal(first[name], second[name]), name
        assert torch.allclose(first[name], tensor, rtol=0, atol=1e-6), name
    rows = part("checkpoints").load(folder / "plain" / "checkpoint.pt")["rows"]
    for a, b in zip(rows, alone.rows):
        assert (a["train_error"], a["watched_error"], a["step"]) == (b["train_error"], b["watched_error"], b["step"])
        assert (a["train_loss"], a["watched_loss"]) == (pytest.approx(b["train_loss"], rel=1e-5), pytest.approx(b["watched_loss"], rel=1e-5))


def test_processes_agree_to_the_bit_also_in_running_statistics(pairs: tuple[Path, str]) -> None:
    first, second = (weights(pairs[0] / "whole", process) for process in (0, 1))
    assert any("running_var" in name for name in first)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_killed_pair_goes_on_to_the_same_bits_and_only_as_a_pair(pairs: tuple[Path, str], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(pairs[0] / "killed", folder)
    assert part("checkpoints").load(folder / "checkpoint.pt")["step"] == 9
    with pytest.raises(part("recipe").TrainingError, match="begun in 2 processes, and goes on so only: start it by torchrun --nproc-per-node 2"):
        train(recipe(**ENDING), folder, resume=True)
    done = torchrun((folder, {**ENDING, "resume": True}))
    assert done.returncode == 0, done.stderr
    whole = weights(pairs[0] / "whole", 0)
    for process in (0, 1):
        found = weights(folder, process)
        assert all(torch.equal(found[name], whole[name]) for name in whole)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 32])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_shares_cover_a_batch_once_and_their_weights_make_its_mean(n: int, count: int) -> None:
    batch = torch.arange(10, 10 + n)
    shares = [part("distributed").Processes(rank, count, torch.device("cpu")).share(batch) for rank in range(count)]
    assert torch.cat([share for share, weight in shares if weight]).tolist() == batch.tolist()
    assert all(len(share) for share, _ in shares)
    mean = sum(weight * share.double().mean().item() for share, weight in shares) / count
    assert mean == pytest.approx(batch.double().mean().item())


def test_one_process_needs_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.setenv("RANK", "0")
    with part("distributed").processes() as group:
        assert (group.rank, group.count, group.first) == (0, 1, True) and not torch.distributed.is_initialized()
        assert group.gathered(3) == [3] and group.told(lambda: 4) == 4
