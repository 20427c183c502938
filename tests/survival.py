"""What the tests of survival work on: a small class in a folder, graders to disturb, and all that a grading leaves, ready to be compared."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import autograder.checks
from autograder.authoring import build
from tests.toy_course import Toy, forget

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENT, NOTEBOOK, SIZES, WRITTEN = "01", "01_numbers.ipynb", "answer-toy-sizes", "01-written"
RIGHT = "import numpy as np\n\n\ndef double(x):\n    return np.add(x, x)\n\n\ndef total(x, start=0.0):\n    return float(np.sum(x)) + start\n"
SQUARED = RIGHT.replace("np.add(x, x)", "x * x")
HOSTILE = "import os\nprint('me first ' * 9999)\n" + RIGHT.replace("return np.add(x, x)", "os._exit(0)")
SLOW = "import time\n" + RIGHT.replace("    return np", "    time.sleep(0.05)\n    return np")
GRADER = (sys.executable, "-m", "tests.toy_grader")
# tests.toy_grader is loaded ahead; and who is killed cleans nothing up.
QUIET = "ignore::RuntimeWarning:runpy,ignore::UserWarning:multiprocessing.resource_tracker"
SECONDS = 120  # for what takes one on a quiet machine


class Class:
    """The toy course and what four learners handed in: one right, one hostile, one slow, and one whose zip is none.

    submissions   now; `before`: an earlier state, in which one of them had it wrong
    """

    def __init__(self, root: Path) -> None:
        self.course = root / "course"
        toy = Toy(self.course)
        self.submissions, self.before = root / "submissions", root / "before"
        with pytest.MonkeyPatch.context() as patch:  # the toy course's checks in place of the real ones, while the notebook is made
            patch.setattr(autograder.checks, "__path__", [str(self.course / "checks")])
            patch.setattr(sys, "dont_write_bytecode", True)
            self._notebook = build.generate_notebooks(toy.course)[f"notebooks/{NOTEBOOK}"]
        forget()
        for folder, anna in ((self.before, SQUARED), (self.submissions, RIGHT)):
            self._hand_in(folder / "anna", anna, {SIZES: "sizes = {'small': 1, 'large': 1024}", WRITTEN: "So it is."})
            self._hand_in(folder / "dora", HOSTILE, {})
            self._hand_in(folder / "eve", SLOW, {SIZES: "sizes = {'small': 1, 'large': 1000}", WRITTEN: "Why not?"})
            (folder / "fred.zip").write_bytes(b"PK is all that it has of a zip")

    def _hand_in(self, folder: Path, source: str, answers: dict[str, str]) -> None:
        (folder / "cnnlib").mkdir(parents=True)
        (folder / "cnnlib" / "toy.py").write_text(source)
        tree = json.loads(self._notebook)
        for cell in tree["cells"]:
            id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = answers.get(id, cell["source"])
        (folder / NOTEBOOK).write_text(json.dumps(tree))


def mark(out: Path) -> None:
    """What people do between two gradings: marks for anna's wrong exercise and her written answer, and results of another assignment."""
    with contextlib.closing(sqlite3.connect(out / "gradebook.db")) as database, database:
        found = database.execute(
            "UPDATE grade SET manual_score = 1.5, needs_manual_grade = 0 WHERE notebook_id IN (SELECT n.id FROM submitted_notebook n "
            "JOIN submitted_assignment s ON n.assignment_id = s.id WHERE s.student_id = 'anna') AND cell_id IN "
            "(SELECT id FROM base_cell WHERE name IN ('check-toy-double', '01-written'))"
        )
        assert found.rowcount == 2
    results = json.loads((out / "results.json").read_text())
    (out / "results.json").write_text(json.dumps([{"learner": "anna", "assignment": "00", "problems": ["two notebooks"]}, *results]))


def left(out: Path) -> dict[str, Any]:
    """All that a grading left in a folder: each file's bytes; of the gradebook every row of every table, of the journal every verdict.

    Only what differs between any two runs is put aside: the gradebook's ids, which are random, and the order in which verdicts came.
    """
    found: dict[str, Any] = {
        path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file() and path.name != ".lock"
    }
    if "gradebook.db" in found:
        found["gradebook.db"] = rows(out / "gradebook.db")
    if "journal.jsonl" in found:
        found["journal.jsonl"] = sorted(line for line in found["journal.jsonl"].split(b"\n") if _is_json(line))
    return found


def rows(path: Path) -> list[tuple]:
    """(table, row) of all tables, sorted. A random id is replaced by all that is known under it, so that what refers to what is compared too."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        content = {table: database.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}
    known: dict[str, list[tuple[str, tuple]]] = {}
    for table, found in content.items():
        for row in found:
            if _is_random(row[0] if row else None):
                known.setdefault(row[0], []).append((table, row[1:]))

    def told(value: Any) -> Any:
        return sorted((table, *map(told, rest)) for table, rest in known.get(value, ())) if _is_random(value) else repr(value)

    return sorted((table, *map(told, row)) for table, found in content.items() for row in found)


def _is_random(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 32 and not value.strip("0123456789abcdef")


def _is_json(line: bytes) -> bool:
    try:
        return "key" in json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return False


@dataclass
class Grader:
    """A grader at work: its process, and what it says."""

    pid: int
    log: Path
    server: Server

    @property
    def said(self) -> str:
        return self.log.read_text()

    def ended(self, seconds: float = 0) -> bool:
        return bool(select.select([self.server.process.stdout], [], [], seconds)[0])

    def wait(self) -> int:
        """Its exit code; -9 when it was killed."""
        assert self.ended(SECONDS), f"it did not end: {self.said}"
        return json.loads(self.server.process.stdout.readline())

    def until(self, what: Callable[[], Any]) -> None:
        """Wait until that is so, or the grader's end."""
        wait_for(lambda: what() or self.ended())

    def send(self, number: int) -> None:
        if not self.ended():
            os.kill(self.pid, number)


class Server:
    """Starts graders, one at a time: see tests/toy_grader.py. `within` is a command to run it in."""

    def __init__(self, course: Path, log: Path, within: Sequence[str] = ()) -> None:
        environment = os.environ | {"TOY_CHECKS": str(course / "checks"), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": QUIET}
        environment.pop("STRIDE_CNNLIB", None)
        self._log, self._place = log, {"cwd": course, "env": environment}
        self.process = subprocess.Popen([*within, *GRADER], **self._place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        own = json.loads(self.process.stdout.readline())
        self._forkserver, self._own = own["forkserver"], set(own.values())

    def start(self, submissions: Path, out: Path, disturb: tuple[str, int] | None = None, fresh: bool = False) -> Grader:
        order = {"arguments": _arguments(submissions, out), "log": str(self._log), "disturb": disturb, "fresh": fresh}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        return Grader(json.loads(self.process.stdout.readline()), self._log, self)

    def run(self, *arguments: Any, **more: Any) -> tuple[int, str]:
        """Exit code and words of a grader that is left alone."""
        grader = self.start(*arguments, **more)
        return grader.wait(), grader.said

    def alone(self, submissions: Path, out: Path) -> tuple[int, str]:
        """The same of a grader beside the server's."""
        done = subprocess.run([*GRADER, *_arguments(submissions, out)], **self._place, capture_output=True, text=True, timeout=SECONDS)
        return done.returncode, done.stdout + done.stderr

    def processes(self) -> dict[int, str]:
        """All that works for graders now, by process id: "grader", "worker", "sandbox" (bubblewrap, and what runs within), or a program's name."""
        found: dict[int, str] = {}
        for pid, parent, name in _below(self.process.pid):
            if pid not in self._own:
                inside = name == "bwrap" or found.get(parent) == "sandbox"
                found[pid] = "sandbox" if inside else "worker" if parent == self._forkserver else "grader" if parent == self.process.pid else name
        return found

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(SECONDS)
        self.process.stdout.close()


def _arguments(submissions: Path, out: Path) -> list[str]:
    return ["grade", ASSIGNMENT, "--submissions", str(submissions), "--out", str(out), "--workers", "2"]


def _below(pid: int) -> Iterator[tuple[int, int, str]]:
    """Living descendants as (pid, parent, name), parents first."""
    with contextlib.suppress(OSError):
        children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
        for child in children:
            with contextlib.suppress(OSError):
                name, _, rest = Path(f"/proc/{child}/stat").read_text().partition("(")[2].rpartition(")")
                if rest.split()[0] != "Z":
                    yield child, pid, name
            yield from _below(child)


def wait_for(what: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """The first value of `what()` that is true."""
    end = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.005)
    return value


def size(folder: Path | None) -> int:
    """Bytes that its files take up on a disk, in pages."""
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*") if path.is_file()) if folder else 0


def copy(start: Path | None, out: Path) -> Path:
    """`out`, as `start` was left."""
    shutil.rmtree(out, ignore_errors=True)
    if start:
        shutil.copytree(start, out)
    return out
