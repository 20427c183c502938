"""The master of an assignment: what a submission is rebuilt from, and the fingerprint of everything that decides its marks."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import files
from autograder.authoring import build, notebooks
from autograder.classroom import intake
from autograder.course import Assignment, Course, CourseError
from autograder.exercise import file_of


@dataclass(frozen=True)
class Master:
    """The learner's notebook as released, the files of `cnnlib` as released (stubs and kit), and their fingerprint."""

    notebook: NotebookNode
    library: dict[str, bytes]
    digest: str

    def folder(self, submission: intake.Submission) -> dict[str, bytes]:
        """The learner's folder rebuilt: the master's files, with those that were handed in put over them."""
        return self.library | submission.files


def load(course: Course, assignment: Assignment) -> Master:
    """The master, built from `solutions/` where they are, else the course's own generated files. Raises CourseError without either."""
    library, notebook = sources(course, assignment)
    node = nbformat.reads(notebook.decode("utf-8"), as_version=4)
    _hold_against_course(node, assignment)
    judged = replace(assignment, due=None, extensions={})  # an extension for one learner has nobody judged anew
    parts = library | {"notebook": notebook, "assignment": repr(judged).encode(), "limits": repr(sorted(course.limits.items())).encode()}
    return Master(node, library, intake.digest(parts | {"grader": grader().encode()}))


def sources(course: Course, assignment: Assignment) -> tuple[dict[str, bytes], bytes]:
    """The master as files: those of `cnnlib` by path, and the notebook. Raises CourseError as `load` does."""
    if (course.root / "solutions" / "cnnlib").is_dir():
        library = build.generate_library(course)
        text = build.notebook_masters(course).get(assignment)
        notebook = notebooks.make_notebook(text, assignment) if text is not None else None
    else:
        folder = course.root / "cnnlib"
        library = {f"cnnlib/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in files.walk(folder) if path.suffix != ".json"}
        path = course.root / "notebooks" / f"{assignment.notebook}.ipynb"
        notebook = path.read_bytes() if path.is_file() else None
    if notebook is None:
        raise CourseError(f"Assignment {assignment.id} has no notebook {assignment.notebook}. Restore it (git checkout .), then: stride build")
    missing = [name for name in map(file_of, assignment.modules) if name not in library]
    if missing:
        raise CourseError(f"Assignment {assignment.id} grades {missing[0]}, which the course lacks. Restore it (git checkout .), then: stride build")
    return library, notebook


def _hold_against_course(notebook: NotebookNode, assignment: Assignment) -> None:
    """The notebook must have the cells that course.toml names, or marks would have no place to go."""
    have = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
    need = [f"check-{notebooks.slug(id)}" for id in assignment.exercise_ids] + [written.id for written in assignment.written]
    missing = [id for id in need if id not in have]
    if missing:
        raise CourseError(f"{assignment.notebook}.ipynb has no cell {missing[0]}, which course.toml names. Build it anew: stride build")


@lru_cache(maxsize=1)
def grader() -> str:
    """Everything of ours that can change a verdict: our own code, the data that its checks draw from, Python, and what computes."""
    own = Path(__file__).resolve().parents[1]
    code = intake.digest({path.relative_to(own).as_posix(): path.read_bytes() for path in own.rglob("*.py")})
    data = intake.digest({path.name: path.read_bytes() for path in (own.parent / "data").glob("*.npz")})
    versions = {"Python": platform.python_version()} | {name: _version(name) for name in ("numpy", "torch")}
    return "; ".join([f"code {code[:16]}", f"data {data[:16]}", *(f"{name} {number}" for name, number in versions.items())])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
