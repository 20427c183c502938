"""What a learner's own checks and hints have come to so far, kept in `.stride/` beside course.toml. Losing it loses no work."""

from __future__ import annotations

import ast
import contextlib
import json
from pathlib import Path
from typing import Any

from autograder import artefacts, files
from autograder.course import Course
from autograder.definitions import definitions, reached, statements
from autograder.exercise import Exercise, load
from autograder.probes import NOT_WRITTEN
from autograder.verdict import Verdict

FOLDER = ".stride"


def read(course: Course, name: str) -> dict[str, Any]:
    """Our notes: a dictionary, empty when there is none or what is there is not ours."""
    try:
        found = json.loads((course.root / FOLDER / name).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(course: Course, name: str, notes: dict[str, Any]) -> None:
    """Keep the notes; where the course's folder cannot be written, go on without."""
    with contextlib.suppress(OSError):
        files.write_all({course.root / FOLDER / name: (json.dumps(notes, indent=1, sort_keys=True) + "\n").encode()})


def remember(course: Course, verdict: Verdict) -> None:
    """Note a verdict together with the state of what it is about."""
    notes = read(course, "progress.json")
    state = files.sha256(_source(course, load(verdict.exercise)).encode())
    notes[verdict.exercise] = {"status": verdict.status, "points": verdict.points, "source": state}
    write(course, "progress.json", notes)


def statuses(course: Course) -> dict[str, str]:
    """The last status of every exercise that was not changed since it was checked; a stub is not written yet without a check."""
    notes, found = read(course, "progress.json"), {}
    for id in course.exercise_ids:
        source, note = _source(course, load(id)), notes.get(id)
        if isinstance(note, dict) and note.get("source") == files.sha256(source.encode()):
            found[id] = str(note.get("status"))
        elif f'"{id}: not written yet' in source:
            found[id] = NOT_WRITTEN
    return found


def _source(course: Course, exercise: Exercise) -> str:
    """What an exercise's verdict hangs on: the learner's function, whatever else of its file that uses, and the modules it builds on.

    The whole file where it has no function of that name, or cannot be read as Python.
    """
    if exercise.artefact:
        return files.sha256(artefacts.read_file(exercise.artefact, course.cnnlib) or b"")
    if exercise.answer is not None:
        return _text(course.root / "notebooks" / f"{course.assignment_of(exercise.id).notebook}.ipynb")
    own = _with_helpers(_text(course.place(exercise.module)), exercise.name)
    return "\n".join([own, *(_text(course.place(module)) for module in exercise.uses)])


def _with_helpers(text: str, name: str) -> str:
    """The definition of `name` and of all that it uses of its own file."""
    defined = definitions(statements(text))
    found = [ast.get_source_segment(text, defined[name]) or text for name in sorted(reached(name, defined))]
    return "\n".join(found) or text


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return ""
