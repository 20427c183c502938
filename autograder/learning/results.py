"""`stride results`: the page docs/results.md from the runs that are kept in docs/results/, and the runs that it lacks."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from autograder import files
from autograder.course import Course, CourseError
from autograder.learning.training import kit_of


def write(course: Course) -> list[str]:
    """Write the page; sentences about runs that it does not show."""
    text, remarks = _page(course)
    path = place(course)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_all({path: text.encode()})
    return remarks


def stale(course: Course) -> list[str]:
    """The lines in which the page differs from what its runs say; none when it is up to date."""
    text, remarks = _page(course)
    path = place(course)
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    return remarks + list(difflib.unified_diff(before.splitlines(), text.splitlines(), "docs/results.md", "its runs", lineterm="", n=0))


def run(course: Course, names: Sequence[str], size: str | None, seeds: int) -> None:
    """Do what is not done yet of these experiments, and keep each run as soon as it is finished.

    Raises CourseError for what can be mended, KeyboardInterrupt when it was stopped: the same command goes on.
    """
    if not names:
        raise CourseError("Which experiments? See them all: stride train --list; then, for one: stride results cifar_resnet --run")
    if seeds < 1:
        raise CourseError(f"--seeds {seeds} runs nothing: at least 1.")
    with kit_of(course) as kit:
        size, run = size or kit("training.machine").size_here(), kit("training.experiments").run_experiment
        for name in names:
            run(name, kept(course), size, range(seeds), course.root / "runs", lambda text: print(text, flush=True))


def place(course: Course) -> Path:
    """Where the page is."""
    return course.root / "docs" / "results.md"


def kept(course: Course) -> Path:
    """Where the runs are kept."""
    return course.root / "docs" / "results"


def _page(course: Course) -> tuple[str, list[str]]:
    with kit_of(course) as kit:
        text, remarks = kit("training.results").page(kept(course))
    return text, [remark.replace(f"{course.root}/", "") for remark in remarks]
