"""The door to training: `stride train NAME` in a terminal, `run_recipe(recipe)` in a notebook.

The loop itself is in training/run.py, one step of it in training/state.py. Beside them: batches.py (which images), testing.py, checkpoints.py,
logs.py, screens.py, machine.py and distributed.py (where it runs), stopping.py (Ctrl-C), trouble.py (what to say when it fails).
"""

import contextlib
import importlib
from pathlib import Path

from .training import checkpoints, logs, screens, trouble
from .training.distributed import processes
from .training.machine import size_here
from .training.recipe import TrainingError
from .training.run import Run, identity
from .training.stopping import stoppable


def run_recipe(recipe, out=None, *, size=None, changes=None, resume=False, train_one_epoch=None, evaluate=None, runs="runs"):
    """Train a network as a recipe says, test it, and keep what is worth keeping.

    recipe           a Recipe (recipe.py; the course's own: recipes.load(name))
    out              folder of the run; None: a new one in the folder `runs`, named after the recipe
    size             "cpu", "colab" or "gpu"; None: what fits this machine
    changes          {key: value}, as `--set` takes them: {"epochs": 2, "optimizer.lr": 0.05}
    resume           go on with the run in `out` (None: the last unfinished one of this recipe in `runs`), at its size and with its changes
    train_one_epoch, evaluate   your own loop, as in cnnlib.training, in place of the engine's
    returns          Result

    A run that was killed goes on from its last checkpoint and ends, on a CPU, with the same bits as if it had not been. Ctrl-C finishes the step,
    writes a checkpoint and returns. Raises TrainingError for whatever a person can mend, each in a sentence or two.
    """
    with processes() as group, _told():
        screen = screens.screen() if group.first else screens.Silent()
        folder = group.told(lambda: _folder(recipe, out, resume, runs))
        try:
            with group.held(lambda: logs.alone(folder)):
                group.told(lambda: checkpoints.sweep(folder) if resume else logs.taken(folder))  # as it is now that nobody else is there
                saved = checkpoints.load(folder / "checkpoint.pt") if resume else None
                size, why, changes = _chosen(size, changes, saved)
                recipe = recipe.at(size).changed(changes)
                own = _loop(recipe, train_one_epoch, evaluate)
                recipe = recipe.changed({"loop": "own"}) if own else recipe
                if saved:
                    _same(saved, identity(recipe, size), folder)
                run = Run(recipe, folder, group, screen, saved, (size, why, changes), own)
                with stoppable() as stop:
                    return run.work(stop)
        finally:
            screen.end()
            if group.first and not resume:
                with contextlib.suppress(OSError):
                    folder.rmdir()  # nothing has come of it


def _chosen(size, changes, saved):
    """The size, why it is this one ("": it was asked for), and all changes: a run that goes on keeps those it was begun with."""
    if saved:
        size, why = (size, "") if size else (saved["size"], "as this run was begun")
    else:
        size, why = (size, "") if size else (size_here(), "fits this machine")
    return size, why, {**(saved["changes"] if saved else {}), **(changes or {})}


def _folder(recipe, out, resume, runs):
    """The run's folder. Raises TrainingError."""
    if resume:
        folder = Path(out) if out is not None else logs.last_folder(recipe.name, runs)
        if logs.read(folder).get("status") == "finished":
            raise TrainingError(f"The run in {folder} is finished. Begin another without --resume.")
        if not (folder / "checkpoint.pt").exists():
            raise checkpoints.missing(folder / "checkpoint.pt")
        return folder
    return logs.taken(out) if out is not None else logs.new_folder(recipe.name, runs)


def _same(saved, identity, folder):
    """Raise TrainingError where a run would go on otherwise than it was begun."""
    if saved["recipe"] != identity["recipe"]:
        raise TrainingError(f"{folder} holds a run of {saved['recipe']}, not of {identity['recipe']}: go on with that one, or choose another --out.")
    before, after = ({"size": each["size"], **each["settings"]} for each in (saved, identity))
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            told = f"This run was begun with {key}={before.get(key)!r}, and now it would be {after.get(key)!r}"
            raise TrainingError(f"{told}: go on without changing it, or begin a new run without --resume.")


def _loop(recipe, train_one_epoch, evaluate):
    """The learner's own (train_one_epoch, evaluate), or None for the engine's."""
    if recipe.loop == "own" and train_one_epoch is None and evaluate is None:
        training = importlib.import_module("cnnlib.training")
        return training.train_one_epoch, training.evaluate
    if train_one_epoch is None and evaluate is None:
        return None
    if train_one_epoch is None or evaluate is None:
        raise TrainingError("A loop of your own is two functions: give both, train_one_epoch and evaluate.")
    return train_one_epoch, evaluate


@contextlib.contextmanager
def _told():
    """A stub among the learner's exercises, an error in their files and memory that does not suffice become sentences."""
    try:
        yield
    except TrainingError:
        raise
    except NotImplementedError as error:
        told = trouble.not_written(error)
        if told is None:
            raise
        raise told from error
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("cnnlib."):
            told = trouble.no_file(error.name)
        else:
            told = trouble.no_memory(error) if trouble.out_of_memory(error) else trouble.in_their_own(error, _cnnlib())
        if told is None:
            raise
        raise told from error


def _cnnlib():
    """The folder of the learner's own files."""
    package = importlib.import_module("cnnlib")
    return Path(next(iter(package.__path__)))
