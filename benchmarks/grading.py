"""`stride grade` beside `nbgrader autograde`: submissions per minute, marks, two workers beside one, and memory as classes grow.

Both are started from the command line, after a warm-up of each, in one run and on the same sixty submissions of one assignment. nbgrader
is used as it comes: it executes each notebook in a kernel, with its experiments, under its own limits, and sees the visible cases only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.release import release
from autograder.classroom.gradebook import DATABASE
from autograder.course import Course, load_course
from benchmarks import _classes

LONG = "Takes an hour with all its parts: named only."
ASSIGNMENT, PYTORCH = "03", "09"
SIZE = 60  # submissions for both
WORKERS = 2
RATIO, PYTORCH_RATIO, TWO_BY_ONE = 20, 10, 1.8  # what is promised
HONEST = ("correct-", "untouched")
ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# One thread each, and for nbgrader our package on the path.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "STRIDE_SECRET_SEED": "the seed of the benchmark"}


def options(parser: argparse._ArgumentGroup) -> None:
    parser.add_argument("--nbgrader-submissions", type=int, default=60, metavar="N", help="of the 60, evenly chosen, for nbgrader; 0: none")
    parser.add_argument("--pytorch-class", type=int, default=60, metavar="N", help="submissions of a PyTorch assignment, for both (60); 0: none")
    parser.add_argument("--workers-class", type=int, default=240, metavar="N", help="submissions for one worker and for two (240); 0: none")
    parser.add_argument("--class-sizes", type=int, nargs="*", default=[100, 1000, 10000], metavar="N", help="for memory (100 1000 10000)")


def measure(arguments: argparse.Namespace) -> Iterator[str]:
    course = load_course()
    yield f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; times below are wall-clock, with everything warm"
    yield f"{SIZE} different submissions of {ASSIGNMENT}: 24 right, 30 mistaken, 6 untouched; no hostile ones, which nbgrader cannot bear"
    with tempfile.TemporaryDirectory(prefix="stride-benchmark-") as folder:
        work = Path(folder)
        ours = graded(course, work, ASSIGNMENT, SIZE)
        yield ours.says
        if arguments.workers_class:
            yield from two_by_one(course, work, arguments.workers_class)
        if arguments.class_sizes:
            yield from growing(course, work, arguments.class_sizes)
        kept = True
        if arguments.nbgrader_submissions:
            kept &= yield from beside_nbgrader(course, work, ours, min(arguments.nbgrader_submissions, SIZE), RATIO)
        if arguments.pytorch_class:
            yield f"{arguments.pytorch_class} different submissions of {PYTORCH}, which is written with PyTorch"
            ours = graded(course, work, PYTORCH, arguments.pytorch_class)
            yield ours.says
            if arguments.nbgrader_submissions:
                count = min(arguments.nbgrader_submissions, arguments.pytorch_class)
                kept &= yield from beside_nbgrader(course, work, ours, count, PYTORCH_RATIO)
    if not kept:
        raise SystemExit(1)


@dataclass(frozen=True)
class Graded:
    """A class of one assignment that `stride grade` has graded; it lies in `folder`, with the submissions in "class" and the marks in "graded"."""

    assignment: str
    folder: Path
    learners: Sequence[str]
    seconds: float

    @property
    def says(self) -> str:
        return f"stride grade, sandbox on, {WORKERS} workers     {speed(len(self.learners), self.seconds)}"


def graded(course: Course, work: Path, assignment: str, size: int) -> Graded:
    folder = work / assignment
    learners = _classes.mixed(course, course.assignment(assignment), folder / "class", size)
    grade(folder / "class", assignment, folder / "warm", WORKERS)
    return Graded(assignment, folder, learners, grade(folder / "class", assignment, folder / "graded", WORKERS).seconds)


def two_by_one(course: Course, work: Path, count: int) -> Iterator[str]:
    """One worker and two on a class that is large enough for the start, which is the same for both, to count for little.

    Each has as many cores as workers: what one judges and the sandbox that it starts ahead run side by side where a second core is free.
    """
    _classes.mixed(course, course.assignment(ASSIGNMENT), work / "large", count)
    seconds = {}
    for workers in (1, WORKERS):
        seconds[workers] = grade(work / "large", ASSIGNMENT, work / f"large-{workers}", workers, cores=workers).seconds
        many = "s" if workers > 1 else " "
        yield f"a larger class, {workers} worker{many} on {workers} core{many}    {speed(count, seconds[workers])}"
    gain = seconds[1] / seconds[WORKERS]
    yield f"two workers on two cores are {gain:.2f} times as fast as one on one" + ("" if gain >= TWO_BY_ONE else f": promised are {TWO_BY_ONE}")


def beside_nbgrader(course: Course, work: Path, ours: Graded, count: int, promised: float) -> Generator[str, None, bool]:
    """nbgrader's time for an even part of the learners, its marks beside ours, and the ratio. Gives whether the promise is kept."""
    size = len(ours.learners)
    step = next(step for step in (37, 41, 43) if size % step)  # no divisor in common with the size: of any ten, one of each kind's place
    chosen = [ours.learners[step * i % size] for i in range(count)]
    home = release(course, work / "release" / ours.assignment).nbgrader
    shutil.copytree(course.root / "data" / "photos", home / "data" / "photos")  # the notebooks look for them at or above their folder
    nbgrader(home, "generate_assignment", ours.assignment, "--force")
    hand_over(course, ours, home, ours.learners[:1])
    nbgrader(home, "autograde", ours.assignment)  # the warm-up, on a right one, which runs all experiments
    shutil.rmtree(home / "submitted")
    hand_over(course, ours, home, chosen)
    seconds = nbgrader(home, "autograde", ours.assignment, "--force")
    yield f"nbgrader autograde, {count} of these {size}      {speed(count, seconds)}"

    here, there = marks(ours.folder / "graded" / DATABASE, ours.assignment), marks(home / DATABASE, ours.assignment)
    differ = [learner for learner in chosen if here[learner] != there[learner]]
    for learner in differ:
        apart = [f"{id} {there[learner].get(id)} → {mark}" for id, mark in here[learner].items() if mark != there[learner].get(id)]
        yield f"  {learner}: nbgrader's mark → ours: {', '.join(apart)}"
    honest = {learner for learner in chosen if learner.partition("-")[2].startswith(HONEST)}
    yield f"marks: {len(chosen) - len(differ)} of {len(chosen)} equal; of {len(honest)} right or untouched ones {len(honest - set(differ))}"
    ratio = (size / ours.seconds) / (count / seconds)
    yield f"promised: at least {promised} times nbgrader's submissions per minute, and equal marks for honest work"
    yield f"nbgrader ratio: {ratio:.1f}"
    return ratio >= promised and not honest & set(differ)


def growing(course: Course, work: Path, sizes: Sequence[int]) -> Iterator[str]:
    """Time per submission and peak memory for classes of several sizes."""
    small = _classes.small_course(work / "small", course.root / "solutions" / "cnnlib")
    yield "classes of two short exercises       per submission   grader's memory   largest worker's"
    runs = {}
    for size in sizes:
        _classes.thousands(small, work / f"class-{size}", size)
        run = runs[size] = grade(work / f"class-{size}", "01", work / f"graded-{size}", WORKERS, small.root)
        yield f"  {size:6} submissions {run.seconds:9.0f} s   {1000 * run.seconds / size:10.0f} ms   {run.grader:10.0f} MiB   {run.worker:10.0f} MiB"
        shutil.rmtree(work / f"class-{size}")
        shutil.rmtree(work / f"graded-{size}")
    least, most = min(runs), max(runs)
    if most > least:
        kib = 1024 * (runs[most].grader - runs[least].grader) / (most - least)
        slope = (runs[most].seconds - runs[least].seconds) / (most - least)
        yield f"  each one more: {1000 * slope:.0f} ms and {kib:.1f} KiB of the grader's memory (its row in results.json and in the report)"


@dataclass(frozen=True)
class Run:
    """Seconds of a whole `stride grade`, and the peak of resident memory in MiB: of the process that was started, and of its largest worker."""

    seconds: float
    grader: float
    worker: float


def grade(submissions: Path, assignment: str, out: Path, workers: int, course: Path = ROOT, cores: int | None = None) -> Run:
    """One whole `stride grade`, on so many of this machine's cores (default: all)."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    command = [sys.executable, "-m", "autograder", "grade", assignment, "--submissions", str(submissions), "--out", str(out)]
    peaks: dict[int, float] = {}
    ended = threading.Event()
    started = time.perf_counter()
    # A session of its own, by which its processes are found.
    with open(os.devnull, "wb") as nowhere, subprocess.Popen(
        [*command, "--workers", str(workers)],
        cwd=course,
        env=environment(),
        stdout=nowhere,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: os.sched_setaffinity(0, allowed),
    ) as process:
        watcher = threading.Thread(target=watch, args=(process.pid, peaks, ended))
        watcher.start()
        said = process.stderr.read().decode(errors="replace")
        code = process.wait()
        seconds = time.perf_counter() - started
        ended.set()
        watcher.join()
    if code != 0:
        raise SystemExit(f"stride grade failed: {said.strip()[-2000:]}")
    return Run(seconds, peaks.pop(process.pid, 0.0), max(peaks.values(), default=0.0))


def watch(session: int, peaks: dict[int, float], ended: threading.Event) -> None:
    """Note the largest resident memory of the grader and its workers, twice a second: the kernel keeps each one's peak.

    The grader and the server of its workers are of this session; a worker is that server's child, with a session of its own for its sandboxes.
    """
    while not ended.wait(0.5):
        parents, ours = {}, set()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                _, parent, _, its_session = stat.read_text().rpartition(")")[2].split()[:4]
                parents[int(stat.parent.name)] = int(parent)
                if int(its_session) == session:
                    ours.add(int(stat.parent.name))
        for pid in ours | {pid for pid, parent in parents.items() if parent in ours}:
            with contextlib.suppress(OSError):
                peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
                if peak:  # a process that has just ended has none any more
                    peaks[pid] = int(peak[1]) / 1024


def hand_over(course: Course, ours: Graded, home: Path, learners: Sequence[str]) -> None:
    """Lay submissions out as nbgrader wants them, with the rest of the learner's folder beside each notebook."""
    for learner in learners:
        folder = home / "submitted" / learner / ours.assignment
        shutil.copytree(course.root / "cnnlib", folder / "cnnlib", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(course.root / "course.toml", folder)
        shutil.copytree(ours.folder / "class" / learner, folder, dirs_exist_ok=True)


def nbgrader(home: Path, *arguments: str) -> float:
    """Seconds of one nbgrader command in its course's folder."""
    started = time.perf_counter()
    done = subprocess.run([BIN / "nbgrader", *arguments], cwd=home, env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"nbgrader {' '.join(arguments)} failed: {done.stderr.strip()[-2000:]}")
    return time.perf_counter() - started


def marks(database: Path, assignment: str) -> dict[str, dict[str, float | None]]:
    """The automatic mark of every check, by learner."""
    from nbgrader.api import Gradebook

    with warnings.catch_warnings(), Gradebook(f"sqlite:///{database}") as book:
        warnings.simplefilter("ignore")
        return {
            row.student.id: {grade.name: grade.auto_score for notebook in row.notebooks for grade in notebook.grades if "check" in grade.name}
            for row in book.assignment_submissions(assignment)
        }


def speed(count: int, seconds: float) -> str:
    return f"{60 * count / seconds:7.1f} a minute   ({count} in {seconds:.0f} s)"


def environment() -> dict[str, str]:
    own = {"PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])}
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "STRIDE_CNNLIB")}
    return kept | ENVIRONMENT | own
