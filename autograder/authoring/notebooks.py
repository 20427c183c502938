"""Notebooks from their masters: percent-format Python in `solutions/notebooks`, with one short key in the header of a graded cell.

    # %% check="conv.conv2d_forward"        the check of an exercise: locked, worth the exercise's points
    # %% answer="shapes.sizing"             a code cell that the learner fills in; its check cell follows
    # %% [markdown] written="02-written"    a question that a person marks; its points stand in course.toml

The keys become nbgrader's cell metadata. The bytes are a function of the master, the points and nothing else.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from autograder.authoring import stubs
from autograder.course import Assignment, CourseError
from autograder.exercise import UnknownExercise, load

KEYS = {"check": "code", "answer": "code", "written": "markdown"}  # our keys, and the kind of cell that each belongs to
PLAIN_METADATA = ("tags", "jupyter", "collapsed", "cellView")  # what an ordinary cell's header may say beside them
ANSWER_STUB, WRITTEN_STUB = "# YOUR ANSWER HERE", "*Write your answer here, in place of this line.*"
SCHEMA_VERSION = 3
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
MAX_ID = 64  # characters of a cell id, by notebook format 4.5

Cell = dict[str, Any]


def make_notebook(master: str, assignment: Assignment, *, solutions: bool = False) -> bytes:
    """The .ipynb of a master. With `solutions`, the instructor's version that nbgrader generates the learner's from.

    Raises CourseError for a cell that is not as a graded cell has to be.
    """
    name = f"solutions/notebooks/{assignment.notebook}.py"
    cells = []
    last, since = "start", 0
    for kind, metadata, source in _read(master, name):
        key = next((key for key in KEYS if key in metadata and KEYS[key] == kind), None)
        unknown = sorted(metadata.keys() - {*PLAIN_METADATA, key})
        if unknown:
            raise CourseError(f"{name}: a {kind} cell with {', '.join(unknown)} in its header, which means nothing; mend it, then: stride build")
        cell: Cell = {"cell_type": kind, "metadata": {k: v for k, v in metadata.items() if k != key}, "source": source}
        if key:
            _grade(cell, key, metadata[key], assignment, name, solutions)
            last, since = cell["metadata"]["nbgrader"]["grade_id"], 0
            cell["id"] = last
        else:
            if stubs.regions(source, name):
                raise CourseError(f'{name}: a solution region in a cell without answer="…" or written="…" in its header; add it, then: stride build')
            since += 1
            cell["id"] = f"{last}-{since}"
        if len(cell["id"]) > MAX_ID:
            raise CourseError(f"{name}: the cell id {cell['id']} is longer than {MAX_ID} characters; shorten the exercise's name, then: stride build")
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    _no_twins(cells, name)
    return dump({"cells": cells, "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5})


def answer_source(notebook: bytes, exercise_id: str) -> str:
    """The source of the answer cell of an exercise. Raises LookupError when the notebook has none, or more than one."""
    cells = [cell for cell in json.loads(notebook)["cells"] if _grade_id(cell) == f"answer-{slug(exercise_id)}"]
    if len(cells) != 1:
        raise LookupError(f"answer-{slug(exercise_id)}")
    return "".join(cells[0]["source"])


def graded_ids(notebook: bytes) -> list[str]:
    """The grade_ids of a notebook's nbgrader cells, in order."""
    return [id for id in map(_grade_id, json.loads(notebook)["cells"]) if id]


def slug(exercise_id: str) -> str:
    """An exercise's id as nbgrader allows it in a grade_id."""
    return exercise_id.replace(".", "-")


def dump(notebook: dict[str, Any]) -> bytes:
    """A notebook as bytes: sorted keys, sources line by line, LF, one newline at the end."""
    cells = [cell | {"source": _source_lines(cell["source"])} for cell in notebook["cells"]]
    return (json.dumps(notebook | {"cells": cells}, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")


def checksum(cell: Cell) -> str:
    """nbgrader's fingerprint of a graded cell, by which it knows an untouched answer (nbgrader.utils.compute_checksum)."""
    metadata = cell["metadata"]["nbgrader"]
    locked = metadata["grade"] and not metadata["solution"]
    parts = [cell["source"], cell["cell_type"], metadata["grade"], metadata["solution"], locked, metadata["grade_id"]]
    if metadata["grade"]:
        parts.append(float(metadata["points"]))
    return hashlib.md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def _grade(cell: Cell, key: str, id: str, assignment: Assignment, name: str, solutions: bool) -> None:
    """Turn a cell with one of our keys into nbgrader's kind of cell."""
    metadata: dict[str, Any] = {"grade": key != "answer", "locked": key == "check", "solution": key != "check"}
    metadata |= {"schema_version": SCHEMA_VERSION, "task": False}
    if key == "written":
        written = next((written for written in assignment.written if written.id == id), None)
        if written is None:
            raise CourseError(f"{name}: course.toml knows no written question {id!r} in assignment {assignment.id}; add it there, then: stride build")
        metadata |= {"grade_id": id, "points": written.points}
        stub = WRITTEN_STUB
    else:
        if id not in assignment.exercise_ids:
            raise CourseError(f"{name}: course.toml knows no exercise {id!r} in assignment {assignment.id}; add it there, then: stride build")
        metadata["grade_id"] = f"{key}-{slug(id)}"
        stub = ANSWER_STUB
    if key == "check":
        if not _checks(cell["source"], id):
            raise CourseError(f'{name}: the cell with check="{id}" should end with check("{id}"); mend it, then: stride build')
        metadata["points"] = _points(id, name)
    elif not solutions:
        source = stubs.replace_regions(cell["source"], name, lambda region: stub)
        if source == cell["source"]:
            if key == "answer":
                raise CourseError(f'{name}: the cell with answer="{id}" has no solution region; add one, then: stride build')
            source = stub
        cell["source"] = source

    cell["metadata"]["nbgrader"] = metadata
    if not solutions:
        # As nbgrader's generate_assignment leaves a cell.
        metadata |= {"cell_type": cell["cell_type"], "checksum": checksum(cell)}
        cell["metadata"] |= {"deletable": False, **({"editable": False} if key == "check" else {})}


def _read(master: str, name: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Kind, header metadata and source of the cells of a percent-format text."""
    try:
        import jupytext
    except ModuleNotFoundError as error:
        raise CourseError("Building notebooks needs jupytext; install what authors need with: make setup") from error
    try:
        cells = jupytext.reads(master, fmt="py:percent").cells
    except Exception as error:  # jupytext raises many kinds for a header that it cannot read
        raise CourseError(f"{name} is not in the percent format ({error}); mend it, then: stride build") from error
    for cell in cells:
        # jupytext notes here how to write the text back: no part of the notebook.
        yield cell.cell_type, {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}, cell.source


def _checks(source: str, id: str) -> bool:
    """Whether the code ends with check("id", …)."""
    try:
        last = ast.parse(source).body[-1]
    except (SyntaxError, IndexError):
        return False
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func) == "check" and bool(call.args) and ast.unparse(call.args[0]) == repr(id)


def _points(id: str, name: str) -> float:
    try:
        points = load(id).points
    except UnknownExercise as error:
        raise CourseError(f"{name}: {id} has no check in autograder/checks/{id.partition('.')[0]}.py; write it, then: stride build") from error
    return int(points) if points == int(points) else points


def _no_twins(cells: list[Cell], name: str) -> None:
    ids = [cell["id"] for cell in cells]
    for id in ids:
        if ids.count(id) > 1:
            raise CourseError(f"{name}: two graded cells are called {id}; keep one of them, then: stride build")


def _grade_id(cell: Cell) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _source_lines(source: str | list[str]) -> list[str]:
    return source if isinstance(source, list) else source.splitlines(keepends=True)  # as nbformat splits them
