"""Experiments that compare: every arm of a recipe with several seeds, each run kept as a small file, so that nothing is run twice.

A recipe's file may say beside its RECIPE
    ARMS       {words: {key: value}}: what is compared, by the settings in which each differs
    REACH      an error (0 to 1): after how many steps each arm had it is told too
    PUBLISHED  {words of an arm, "" for all: what is published, with its source}
"""

import csv
import dataclasses
import functools
import importlib
import json
import re
from pathlib import Path

from .. import recipes
from ..train import run_recipe
from . import checkpoints, logs
from .recipe import SIZES, TrainingError

COLUMNS = ("epoch", "step", "train_loss", "train_error", "watched_error")  # of log.csv: what a kept run holds

KEPT = {  # what a kept run holds at least
    **dict.fromkeys(("experiment", "arm", "size", "data", "note", "commit"), str), **dict.fromkeys(("settings", "images", "machine", "log"), dict),
    "seed": int, "parameters": int, "diverged": bool, "result": (dict, type(None)), "seconds": (int, float, type(None)),
}


@dataclasses.dataclass(frozen=True)
class Experiment:
    """A recipe with its arms. One that compares nothing has a single arm without a name."""

    name: str
    recipe: object
    arms: dict
    reach: float | None
    published: dict

    def settings(self, size, arm):
        """What a run of an arm is made of, {key: value} as a log keeps it; without the seed."""
        settings = self.recipe.at(size).changed(self.arms[arm]).settings()
        return {key: logs.plain(value) for key, value in settings.items() if key != "seed"}

    def does(self, run):
        """Whether the recipe would do a kept run in the same way today. Settings that have come since then are not held against it."""
        known = run["arm"] in self.arms and run["size"] in SIZES
        return known and run["settings"].items() <= self.settings(run["size"], run["arm"]).items()


def experiment(name):
    """The experiment of a recipe of the course. Raises TrainingError for a name that there is not."""
    if name.endswith(".py"):
        raise TrainingError(f"Results are kept of the course's own recipes: {', '.join(recipes.names())}. Train yours with stride train {name}.")
    recipe = recipes.load(name)
    module = importlib.import_module(f"{recipes.__name__}.{recipe.name}")
    return Experiment(recipe.name, recipe, getattr(module, "ARMS", {"": {}}), getattr(module, "REACH", None), getattr(module, "PUBLISHED", {}))


def run_experiment(name, keep, size, seeds=(0, 1, 2), runs="runs", say=print):
    """Run what is not run yet of an experiment: every arm with every seed. Returns the paths of the new files in `keep`.

    keep   folder of the kept runs: keep/NAME/SIZE-ARM-SEED.json. A run that is there, with the settings that the recipe has now, is not repeated
    runs   folder for the runs themselves, where a run that was stopped goes on
    say    is told before each run what comes

    One seed of all arms comes first, then the next. A loss that is no longer finite is a result too: such a run is kept as diverged.
    Raises TrainingError for all else that a person can mend; KeyboardInterrupt when a run was stopped.
    """
    if size not in SIZES:
        raise TrainingError(f"There is no size {size!r}: there are {', '.join(SIZES)}.")
    one = experiment(name)
    recipe = dataclasses.replace(one.recipe, data=functools.cache(one.recipe.data))  # read once for all runs
    written = []
    for seed in seeds:
        for arm in one.arms:
            path = kept_path(keep, one.name, size, arm, seed)
            before = read_kept(path)
            if before and one.does(before):
                continue
            say(f"--- {one.name}{f', {arm}' if arm else ''}, size {size}, seed {seed}")
            record = _run(recipe, f"{one.name}-{path.stem}", size, {**one.arms[arm], "seed": seed}, runs)
            record = {"experiment": one.name, "arm": arm, "size": size, "seed": seed, **record}
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in record.items())
            checkpoints.write(path, f"{{\n{lines}\n}}\n".encode())
            written.append(path)
    return written


def kept_path(keep, name, size, arm, seed):
    """Where a run is kept."""
    words = re.sub(r"[^a-z0-9]+", "_", arm.lower()).strip("_")
    return Path(keep) / name / f"{'-'.join(filter(None, (size, words, str(seed))))}.json"


def read_kept(path):
    """A kept run, or None where there is none that can be read."""
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or any(not isinstance(record.get(key), kind) for key, kind in KEPT.items()):
        return None
    return record


def _run(recipe, base, size, changes, runs):
    """Do one run, or go on with it, or take it over where it is finished; what came out as plain values."""
    settings = {key: logs.plain(value) for key, value in recipe.at(size).changed(changes).settings().items()}
    begun = _begun(base, runs, settings)
    folder = begun or logs.new_folder(base, runs)
    diverged = False
    if logs.read(folder).get("status") != "finished":
        try:
            if run_recipe(recipe, folder, size=size, changes=changes, resume=begun is not None).status != "finished":
                raise KeyboardInterrupt
        except TrainingError as error:
            if not str(error).startswith("The loss is "):
                raise
            diverged = True
    facts = logs.read(folder)
    found = None if diverged else {name: facts["result"][f"test_{name}"] for name in ("error", "error_top5", "loss")}
    same = {key: facts[key] for key in ("data", "note", "images", "parameters", "machine", "commit")}
    settings.pop("seed")
    same["machine"].pop("system", None)  # the kernel's name says nothing about a network
    return {"settings": settings, **same, "seconds": facts.get("seconds"), "diverged": diverged, "result": found, "log": _rows(folder / "log.csv")}


def _begun(base, runs, settings):
    """The folder of a run with these settings that is finished or can be gone on with; None where there is none."""
    for folder in sorted(Path(runs).glob(f"{base}*")):
        facts = logs.read(folder)
        if facts.get("settings") == settings and (facts.get("status") == "finished" or (folder / "checkpoint.pt").is_file()):
            return folder
    return None


def _rows(path):
    """What a kept run holds of log.csv: {column: [number for each look]}; a run that diverged in its first epoch has none."""
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) if path.is_file() else []
    return {name: [None if row[name] == "" else float(row[name]) for row in rows] for name in COLUMNS}
