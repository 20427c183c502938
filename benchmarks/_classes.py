"""Classes to grade in a benchmark: submissions as learners hand them in, and thousands of a small course."""

from __future__ import annotations

from pathlib import Path

import nbformat

from autograder.authoring import build, notebooks
from autograder.course import Assignment, Course, load_course
from autograder.exercise import file_of
from tests.submissions import make_class

MASTER = """# %% [markdown]
# # Turning
# %%
from autograder import check
# %% check="conv.rotate180"
check("conv.rotate180")
# %% check="conv.dilate"
check("conv.dilate")
# %% [markdown] written="01-written"
# Why is the filter turned?
"""
TOML = """
[course]
name = "Small"
title = "Turning"
visible_seed = 1
repository = "https://example.org/course"
[limits]
[[assignment]]
id = "01"
title = "Turning"
notebook = "01_turning"
minutes = 10
points = 13
exercises = ["conv.rotate180", "conv.dilate"]
written = [{ id = "01-written", points = 4 }]
"""


def mixed(course: Course, assignment: Assignment, folder: Path, count: int) -> list[str]:
    """Write submissions, of each ten 4 that are right in several styles, 5 with misconceptions, 1 untouched; give the learners.

    No two are equal, or they would be judged once. Hostile ones are not among them: nbgrader gives them what they want.
    """
    right, mistaken = list(make_class.correct(course, assignment)), list(make_class.mistaken(course, assignment))
    generated = build.generate(course)
    names = [file_of(module) for module in (*assignment.modules, *assignment.uses)]
    notebook = f"{assignment.notebook}.ipynb"
    untouched = {name: generated[name] for name in names} | {notebook: generated[f"notebooks/{notebook}"]}
    learners = []
    for i in range(count):
        turn, place = divmod(i, 10)
        if place in (0, 2, 5, 7):
            member = right[(4 * turn + (0, 2, 5, 7).index(place)) % len(right)]
            kind, files = member.learner, member.files
        elif place == 9:
            kind, files = "untouched", untouched
        else:
            member = mistaken[(5 * turn + (1, 3, 4, 6, 8).index(place)) % len(mistaken)]
            kind, files = member.learner, member.files
        learners.append(f"{i:03}-{kind}")
        for name, content in files.items():
            _write(folder / learners[-1] / name, content + (f"\n# Learner {i}.\n".encode() if name.endswith(".py") else b""))
    return learners


def small_course(root: Path, solutions: Path) -> Course:
    """A course of two short exercises, whose learners' files are the real course's."""
    _write(root / "course.toml", TOML.encode())
    course = load_course(root)
    _write(root / "cnnlib" / "__init__.py", b"")
    _write(root / "cnnlib" / "conv.py", (solutions / "conv.py").read_bytes())
    _write(root / "notebooks" / "01_turning.ipynb", notebooks.make_notebook(MASTER, course.assignments[0]))
    return course


def thousands(course: Course, folder: Path, count: int) -> None:
    """Write so many submissions to the small course: a right one and two wrong ones in turn, no two of them equal."""
    assignment = course.assignments[0]
    notebook = nbformat.read(course.root / "notebooks" / f"{assignment.notebook}.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "01-written")
    returned = ("w[..., ::-1, ::-1].copy()", "w[..., ::-1].copy()", "w.copy()")
    for i in range(count):
        cell.source = f"Because learner {i} says so."
        source = "import numpy as np\n\n\ndef rotate180(w):\n" + f"    return {returned[i % 3]}  # {i}\n"
        _write(folder / f"l{i:05}" / "cnnlib" / "conv.py", source.encode())
        _write(folder / f"l{i:05}" / f"{assignment.notebook}.ipynb", nbformat.writes(notebook).encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
