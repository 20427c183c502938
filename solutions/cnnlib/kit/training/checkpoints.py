"""Checkpoints: all that a run needs to go on as if nothing had happened. A file is whole, or it is the one from before.

Loading one runs no code of its own (torch.load with weights_only), so a checkpoint from somebody else is as harmless as a picture.
"""

import errno
import io
import os
import random
import zipfile

import numpy as np
import torch

from .recipe import TrainingError

FORMAT = "stride training run, 1"
FULL = (errno.ENOSPC, errno.EDQUOT)


def save(path, state):
    """Write a checkpoint, {name: plain value or tensor}, all at once: whoever reads finds the old or the new one, even after a loss of power."""
    stream = io.BytesIO()
    torch.save({"format": FORMAT, **state}, stream)
    write(path, stream.getbuffer())


def load(path):
    """A checkpoint, as it was saved; tensors on the CPU. Raises TrainingError where there is none, or where it is damaged or something else."""
    try:
        with zipfile.ZipFile(path) as file:
            broken = file.testzip()  # torch.load itself would take a flipped bit for a weight
        state = None if broken else torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise missing(path) from error
    except PermissionError as error:
        raise TrainingError(f"{path} may not be read: mend its permissions, then try again.") from error
    except MemoryError:
        raise
    except Exception as error:  # zip, pickle and torch each have their own for a file that is not as it should be
        raise _damaged(path) from error
    if state is None:
        raise _damaged(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise TrainingError(f"{path} is not a checkpoint of a run of this course. Name the run's own folder, or begin again without --resume.")
    return state


def missing(path):
    """What to tell where there is no checkpoint."""
    return TrainingError(f"There is no {path}, so there is nothing to go on from: begin without --resume (in a notebook: resume).")


def _damaged(path):
    return TrainingError(f"{path} is damaged, or no checkpoint at all. Put back a copy of it, or remove it and begin again without --resume.")


def write(path, content):
    """Write a file whole or not at all. Raises TrainingError, which says what to do, when the disk is full or may not be written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(draft, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        try:
            draft.unlink(missing_ok=True)
        except OSError:  # a folder that may not be written; what matters has been said
            pass


def sweep(folder):
    """Remove the drafts that a killed process left behind. Nobody may be writing in the folder."""
    for draft in folder.glob(".*.tmp"):
        draft.unlink(missing_ok=True)


def unwritable(path, error):
    """What to tell when a file or folder cannot be written."""
    if error.errno in FULL:
        further = "go on with --resume: the last checkpoint is whole" if (path.parent / "checkpoint.pt").exists() else "begin again"
        return TrainingError(f"The disk is full: {path} could not be written. Make room, then {further}.")
    return TrainingError(f"{path} cannot be written ({error.strerror or error}). Choose another folder with --out, or mend its permissions.")


def random_state(device):
    """The state of every generator that a network or an augmentation may draw from: Python's, NumPy's, PyTorch's on CPU and GPU."""
    kind, keys, *rest = np.random.get_state()
    state = {"python": random.getstate(), "numpy": (kind, keys.tolist(), *rest), "torch": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(state, device):
    """Put all generators back to where `random_state` found them."""
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers), gauss))
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, np.array(keys, np.uint32), *rest))
    torch.set_rng_state(state["torch"].cpu())
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)


def seed_all(seed):
    """Begin all generators anew."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
