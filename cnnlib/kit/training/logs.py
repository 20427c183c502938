"""What stays of a run: a folder with

    log.csv         a row per look, COLUMNS
    run.json        recipe, settings, size, machine, versions, commit, data, seed, and in the end the result
    checkpoint.pt   to go on from (checkpoints.py)
    best.pt         with early stopping: the best weights so far
    weights.pt      in the end: the weights that were tested, model.state_dict()
    tensorboard/    the same curves, where TensorBoard is installed (pip install tensorboard)

Every file is whole at every moment. Losses are means per image, errors shares of images (0 to 1).
"""

import contextlib
import csv
import datetime
import errno
import importlib.util
import io
import json
import re
import subprocess
import threading
import warnings
from pathlib import Path

from filelock import FileLock, Timeout  # PyTorch brings it along

from . import checkpoints
from .recipe import TrainingError

NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)  # of drives that know no locks: there a run goes on without
COLUMNS = (
    "epoch",  # passes done
    "step",  # optimizer steps done
    "seconds",  # of training and looking since the beginning of the run, breaks left out
    "learning_rate",  # of the last step, first group
    "train_loss",  # mean over the epoch's images, each as it was seen before its step
    "train_error",
    "watched_loss",  # on held-out images, or on the test images where none are held out
    "watched_error",  # top-1
    "watched_error_top5",  # empty with fewer than six classes
)


class Log:
    """Writes a run's folder. Only the first process has one."""

    def __init__(self, folder, facts):
        self.folder, self.facts = folder, facts
        self.board = None
        if importlib.util.find_spec("tensorboard"):
            from torch.utils.tensorboard import SummaryWriter

            _hush()
            with self._writing():
                self.board = SummaryWriter(folder / "tensorboard", purge_step=facts["step"] + 1)

    def rows(self, rows):
        """Write log.csv with these rows, [{column: value}]; the last goes to TensorBoard as well."""
        stream = io.StringIO(newline="")
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        checkpoints.write(self.folder / "log.csv", stream.getvalue().encode())
        if self.board and rows:
            with self._writing():
                for name in COLUMNS[3:]:
                    if rows[-1][name] is not None:
                        self.board.add_scalar(name, rows[-1][name], rows[-1]["step"])

    def status(self, status, **facts):
        """Write run.json: "running", "stopped" or "failed" (to be gone on with), or "finished", with further facts."""
        self.facts |= {"status": status, **facts}
        checkpoints.write(self.folder / "run.json", (json.dumps(self.facts, indent=2, ensure_ascii=False) + "\n").encode())

    def close(self):
        if self.board:
            with contextlib.suppress(OSError):  # of a full disk; the curves are in log.csv as well, and it has been said
                self.board.close()

    @contextlib.contextmanager
    def _writing(self):
        """TensorBoard writes later, in a thread, and raises at the next call what went wrong there."""
        try:
            yield
        except OSError as error:
            raise checkpoints.unwritable(self.folder / "tensorboard", error) from error


def _hush():
    """TensorBoard's thread raises at the next call what went wrong in it: that Python prints it as well helps nobody."""
    before = threading.excepthook
    if getattr(before, "hushes", False):
        return

    def hook(what):
        if not (isinstance(what.exc_value, OSError) and type(what.thread).__module__.startswith("tensorboard.")):
            before(what)

    hook.hushes = True
    threading.excepthook = hook


def new_folder(name, parent="runs"):
    """A folder for a run that there is not yet: runs/NAME, else runs/NAME-2 … It is made, so that nobody else takes it."""
    number = 1
    while True:
        folder = Path(parent) / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1
        except OSError as error:
            raise checkpoints.unwritable(folder, error) from error


def last_folder(name, parent="runs"):
    """The folder of the run of that name that was worked on last and is not finished. Raises TrainingError where there is none."""
    runs = [path for path in Path(parent).glob("*/checkpoint.pt") if re.fullmatch(rf"{re.escape(name)}(-\d+)?", path.parent.name)]
    found = [path for path in runs if read(path.parent).get("status") != "finished"]
    if not found:
        finished = " (those that are there are finished)" if runs else ""
        told = f"There is no run of {name} in {parent} to go on with{finished}. Begin one without --resume, or name its folder with --out."
        raise TrainingError(told)
    return max(found, key=lambda path: path.stat().st_mtime).parent


def read(folder):
    """A run's facts, as run.json holds them; {} where it cannot be read."""
    try:
        facts = json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))
        return facts if isinstance(facts, dict) else {}
    except (OSError, ValueError):
        return {}


def taken(folder):
    """A given folder, made if need be. Raises TrainingError where a run lies in it already that can be gone on with, or where none can lie."""
    folder = Path(folder)
    if any((folder / name).exists() for name in ("checkpoint.pt", "weights.pt")):
        raise TrainingError(f"{folder} holds a run already. Go on with it by --resume, or choose another folder with --out.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise checkpoints.unwritable(folder, error) from error
    return folder


@contextlib.contextmanager
def alone(folder):
    """Within, no other process trains in the folder. Raises TrainingError where one does. What a killed process held is free again."""
    lock = FileLock(folder / ".lock", blocking=False)
    try:
        with warnings.catch_warnings(action="ignore"):  # that a lock of another kind has to do, on some network drives
            lock.acquire()
    except Timeout:
        raise TrainingError(f"Another process trains in {folder} at this moment: wait for its end, or choose another folder with --out.") from None
    except (OSError, NotImplementedError) as error:
        if not isinstance(error, NotImplementedError) and error.errno not in NO_LOCKS:
            raise checkpoints.unwritable(folder, error) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            Path(lock.lock_file).unlink(missing_ok=True)  # while it is held: whoever waits for nothing finds none
        lock.release()


def plain(value):
    """A setting as JSON can hold it: numbers, words and lists as they are, a class or function by its name."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return getattr(value, "__qualname__", None) or repr(value)


def now():
    """The time, to the second, with its zone."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


def commit():
    """Which version of the course's files trains: git's commit, with "+changes" where files differ from it; "" where git does not know."""
    folder = Path(__file__).parent

    def git(*arguments):
        try:
            done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    found = git("rev-parse", "--short=12", "HEAD")
    return found + ("+changes" if found and git("status", "--porcelain", "--untracked-files=no") else "")
