"""A small course in a folder of its own, and submissions to it: what the tests of grading work on."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.authoring import notebooks, stubs
from autograder.course import Course, load_course

SOLUTIONS = Path(__file__).parent.parent / "solutions" / "cnnlib"
WRITTEN = "07-written"
MASTER = f'''# %% [markdown]
# # Filters
# %%
from autograder import check
# %% check="conv.conv2d_forward"
check("conv.conv2d_forward")
# %% check="conv.correlate2d"
check("conv.correlate2d")
# %% [markdown] written="{WRITTEN}"
# Why does a filter have a bias?
'''
TOML = """
[course]
name = "Stride"
title = "Build convolutional networks"
visible_seed = 2026
repository = "https://example.org/course"
[limits]
cpu_seconds = 10
wall_seconds = 20
memory_mb = 2048
output_mb = 16
submission_mb = 8
[[assignment]]
id = "07"
title = "Filters"
notebook = "07_filters"
minutes = 60
points = 30
exercises = ["conv.conv2d_forward", "conv.correlate2d"]
written = [{ id = "07-written", points = 4 }]
"""
NO_BIAS = 'def conv2d_forward(x, w, b, stride=1, padding=0):\n    return _right(x, w, 0 * b, stride, padding)\n'


def make_course(root: Path, toml: str = TOML, master: str = MASTER) -> Course:
    """A course as a learner has it: course.toml, stubs and notebook."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "course.toml").write_text(toml)
    course = load_course(root)
    (root / "cnnlib").mkdir()
    (root / "cnnlib" / "__init__.py").write_text("")
    for module in course.assignments[0].modules:
        (root / "cnnlib" / f"{module}.py").write_text(stubs.make_stub(solution(module), module))
    (root / "notebooks").mkdir()
    for assignment in course.assignments:
        (root / "notebooks" / f"{assignment.notebook}.ipynb").write_bytes(notebooks.make_notebook(master, assignment))
    return course


def solution(module: str = "conv") -> str:
    return (SOLUTIONS / f"{module}.py").read_text()


def without_bias() -> str:
    """A correct file, but for one named misconception in conv2d_forward."""
    return solution() + "\n\n_right = conv2d_forward\n\n\n" + NO_BIAS


def notebook(course: Course, answers: dict[str, str] | None = None) -> dict:
    """The released notebook with the learner's cells filled in, by grade_id."""
    name = course.assignments[0].notebook
    tree = json.loads((course.root / "notebooks" / f"{name}.ipynb").read_bytes())
    for cell in tree["cells"]:
        id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if id in (answers or {}):
            cell["source"] = answers[id]
    return tree


def hand_in(folder: Path, course: Course, source: str | bytes | None = None, answers: dict[str, str] | None = None) -> Path:
    """Write a submission as a folder: the notebook, and conv.py (default: the solution)."""
    (folder / "cnnlib").mkdir(parents=True)
    source = solution() if source is None else source
    (folder / "cnnlib" / "conv.py").write_bytes(source if isinstance(source, bytes) else source.encode())
    (folder / f"{course.assignments[0].notebook}.ipynb").write_text(json.dumps(notebook(course, answers)))
    return folder
