"""Small trainings for the tests of the engine, and a program that runs some: python -m tests.training_runs '[["FOLDER", {"resume": true}], …]'."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

if __name__ == "__main__":  # without what tests need: a second sooner
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "solutions"))
    from cnnlib import kit
else:
    from tests.test_kit import kit


def part(name: str) -> ModuleType:
    """A module of the kit's training engine, or `train` and `recipes` beside it."""
    return importlib.import_module(f"{kit.__name__}.{name}" if name in ("train", "recipes") else f"{kit.__name__}.training.{name}")


recipes = part("recipe")
DIGITS = kit.load("digits")


def digits(size: str = "cpu", train: int = 200, test: int = 60) -> Any:
    return recipes.Data(DIGITS.train_images[:train], DIGITS.train_labels[:train], DIGITS.test_images[:test], DIGITS.test_labels[:test], 10)


def network(norm: bool = True, dropout: float = 0.3, width: int = 4) -> nn.Module:
    layers = [nn.Conv2d(1, width, 3), nn.BatchNorm2d(width) if norm else nn.Identity(), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(36 * width, 10))


def noisy(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return images + 0.1 * torch.randn(images.shape, generator=generator)


def recipe(**changes: Any) -> Any:
    """Digits, two epochs of seven steps, the last one smaller; whatever can draw random numbers does."""
    fields = {"name": "digits", "about": "A small network on digits.", "model": network, "data": digits, "epochs": 2, "batch_size": 32}
    fields |= {"optimizer": torch.optim.SGD, "optimizer_options": {"lr": 0.1, "momentum": 0.9}, "augment": noisy}
    return recipes.Recipe(**fields | {"schedule": lambda epoch, epochs: 1 - epoch / epochs / 2} | changes)


def train(made: Any, out: Path, **how: Any) -> Any:
    """Run it at the smallest size."""
    return part("train").run_recipe(made, out, size=None if how.get("resume") else "cpu", **how)


def same(first: dict, second: dict) -> bool:
    """Whether two state_dicts have the same bits."""
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def without_time(rows: list) -> list:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


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


def killed_at(step: int) -> Any:
    """An augmentation in whose call number `step`, counted from 1, this process dies as by kill -9."""
    calls = [0]

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        calls[0] += 1
        if calls[0] == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return noisy(images, generator)

    return augment


def run(folder: str, options: dict) -> None:
    """One run, with options as a recipe takes them, or resume, kill ([step, process]), plain (no augmentation). Weights are kept."""
    resume, (kill, process) = options.pop("resume", False), options.pop("kill", (None, 0))
    kill = kill if process == int(os.environ.get("RANK", 0)) else None
    augment = {"augment": killed_at(kill)} if kill else {"augment": None} if options.pop("plain", False) else {}
    result = train(recipe(**options | augment), Path(folder), resume=resume)
    torch.save(result.network.state_dict(), Path(folder) / f"process{os.environ.get('RANK', 0)}.pt")


def main(text: str) -> None:
    """All runs, one after the other. Without torchrun each is a process of its own, and how they ended is the last line: [exit code, …]."""
    runs = json.loads(text)
    if "RANK" in os.environ:
        with part("distributed").processes():
            for folder, options in runs:
                run(folder, options)
        return
    ends = []
    for folder, options in runs:
        sys.stdout.flush()
        child = os.fork()  # before anything was computed here, so that the child may; and PyTorch is loaded only once
        if not child:
            try:
                run(folder, options)
                sys.stdout.flush()
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(1)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    print(json.dumps(ends))


if __name__ == "__main__":
    main(*sys.argv[1:])
