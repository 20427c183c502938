"""Putting a learner's work back to how it was handed out: one function, one answer, or a whole file. A backup is kept every time."""

from __future__ import annotations

import json
from pathlib import Path

from autograder import files
from autograder.authoring import notebooks, stubs
from autograder.authoring.build import generate_library, generate_notebooks
from autograder.course import Assignment, Course, CourseError
from autograder.exercise import Exercise, UnknownExercise, file_of, load

PRISTINE = ".stride"  # in a learner's copy: cnnlib/ and notebooks/ as they were handed out


def reset(course: Course, id: str, *, whole_file: bool = False) -> Path | None:
    """Put back the stub of one exercise, leaving the rest of the learner's file as it is.

    id          an exercise; with `whole_file` also a module ("conv") or an assignment ("02": its notebook)
    whole_file  put back the file that holds the exercise, all of it

    Returns the path of the backup, or None when there was nothing to keep: the file was gone, or as it was handed out.
    Raises CourseError for an unknown id, and for a file whose functions cannot be told apart.
    """
    if whole_file:
        name, path = _file(course, id)
        return _write(path, pristine(course, name))
    try:
        if id not in course.exercise_ids:
            raise UnknownExercise(id)
        exercise = load(id)
    except UnknownExercise as error:
        hint = f" (the whole file: stride reset {id} --all)" if _is_module(course, id) else ""
        raise CourseError(f"There is no exercise {id!r}{hint}. See them all: stride list") from error
    if exercise.artefact:
        raise CourseError(f"{exercise.artefact} is a result of yours, which reset leaves alone; make it anew by running the notebook's cells")
    if exercise.answer is not None:
        return _reset_answer(course, exercise)
    return _reset_function(course, exercise)


def _reset_function(course: Course, exercise: Exercise) -> Path | None:
    name, path = _file(course, exercise.id)
    handed_out = pristine(course, name)
    if not path.is_file():
        return _write(path, handed_out)
    try:
        source = path.read_bytes().decode("utf-8-sig")
        unix = source.replace("\r\n", "\n").replace("\r", "\n")
        text = stubs.put_back(unix, handed_out.decode(), exercise.name)
    except SyntaxError as error:
        raise CourseError(
            f"{name}, line {error.lineno}: Python cannot read this file ({error.msg}), so its functions cannot be told apart; "
            f"mend that line, or put the whole file back (a backup is kept): stride reset {exercise.module} --all"
        ) from error
    except ValueError as error:  # not UTF-8, or with null bytes
        raise CourseError(f"{name} is not text; put the whole file back (a backup is kept): stride reset {exercise.module} --all") from error
    except LookupError as error:
        raise CourseError(f"{name} has no stub of {exercise.name}; get a new copy of the course, or as an author: stride build") from error
    return _write(path, (text.replace("\n", "\r\n") if "\r\n" in source else text).encode())


def _reset_answer(course: Course, exercise: Exercise) -> Path | None:
    assignment = course.assignment_of(exercise.id)
    name, path = _notebook(course, assignment)
    handed_out = pristine(course, name)
    if not path.is_file():
        return _write(path, handed_out)
    whole = f"put the whole notebook back (a backup is kept): stride reset {assignment.id} --all"
    try:
        stub = notebooks.answer_source(handed_out, exercise.id)
        notebooks.answer_source(path.read_bytes(), exercise.id)
        notebook = json.loads(path.read_bytes())
    except LookupError as error:
        raise CourseError(f"{name} has no cell {error.args[0]} any more, or more than one; {whole}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise CourseError(f"{name} is not a notebook any more; {whole}") from error
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == f"answer-{notebooks.slug(exercise.id)}":
            cell |= {"source": stub, "outputs": [], "execution_count": None}
    return _write(path, notebooks.dump(notebook))


def _file(course: Course, id: str) -> tuple[str, Path]:
    """Name (relative to the course) and place of the learner's file that an exercise, module or assignment stands for."""
    if id in course.exercise_ids and load(id).is_function:
        id = load(id).module
    if _is_module(course, id):
        if course.cnnlib.is_relative_to((course.root / "solutions").resolve()):
            raise CourseError("STRIDE_CNNLIB names the solutions, which are nobody's to reset; take it away with: unset STRIDE_CNNLIB")
        return file_of(id), course.place(id)
    if id in course.exercise_ids:
        return _notebook(course, course.assignment_of(id))
    return _notebook(course, course.assignment(id))


def _is_module(course: Course, id: str) -> bool:
    return any(id in assignment.modules for assignment in course.assignments)


def _notebook(course: Course, assignment: Assignment) -> tuple[str, Path]:
    name = f"notebooks/{assignment.notebook}.ipynb"
    return name, course.root / name


def pristine(course: Course, name: str) -> bytes:
    """A file of the course as it is handed out: from the copy that came with the learner's course, else from the masters."""
    handed_out = course.root / PRISTINE / name
    if handed_out.is_file():
        return handed_out.read_bytes()
    generate = generate_library if name.startswith("cnnlib/") else generate_notebooks
    found = generate(course).get(name) if (course.root / "solutions").is_dir() else None
    if found is None:
        raise CourseError(f"There is no {PRISTINE}/{name} to put back; get a new copy of the course: {course.repository}")
    return found


def _write(path: Path, content: bytes) -> Path | None:
    """Back the file up and write it; the backup's path, or None when nothing was lost."""
    if path.is_file() and path.read_bytes() == content:
        return None
    backup = files.back_up(path) if path.exists() else None
    files.write_all({path: content})
    return backup
