"""The course as `course.toml` describes it: assignments, their exercises, limits and seeds."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.exercise import Exercise, UnknownExercise, load

SECRET_VARIABLE = "STRIDE_SECRET_SEED"


class CourseError(Exception):
    """Something that a user can mend; the message is one sentence that names what to do next."""


@dataclass(frozen=True)
class Written:
    """A manually graded question: the grade_id of its cell, and its points."""

    id: str
    points: float


@dataclass(frozen=True)
class Assignment:
    """One notebook with its exercises."""

    id: str
    title: str
    notebook: str
    minutes: int
    points: float
    exercise_ids: tuple[str, ...]
    written: tuple[Written, ...]

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(map(load, self.exercise_ids))

    @property
    def modules(self) -> tuple[str, ...]:
        """The `cnnlib` files that are handed in, in order of first use."""
        return tuple(dict.fromkeys(id.partition(".")[0] for id in self.exercise_ids if load(id).answer is None))

    @property
    def files(self) -> tuple[str, ...]:
        """All files that are handed in, relative to the submission's folder."""
        return (f"{self.notebook}.ipynb", *(f"cnnlib/{module}.py" for module in self.modules))


@dataclass(frozen=True)
class Course:
    """Everything in course.toml, and where the course lies."""

    root: Path
    name: str
    title: str
    repository: str
    visible_seed: int
    limits: Mapping[str, float]
    assignments: tuple[Assignment, ...]

    def assignment(self, id: str) -> Assignment:
        for assignment in self.assignments:
            if id in (assignment.id, assignment.notebook) or id.isdigit() and int(id) == int(assignment.id):
                return assignment
        raise CourseError(f"There is no assignment {id!r} (there are {', '.join(a.id for a in self.assignments)}). See them all: stride list")

    def assignment_of(self, exercise_id: str) -> Assignment:
        for assignment in self.assignments:
            if exercise_id in assignment.exercise_ids:
                return assignment
        raise UnknownExercise(f"There is no exercise {exercise_id!r} in course.toml. See them all: stride list")

    @property
    def exercise_ids(self) -> tuple[str, ...]:
        return tuple(id for assignment in self.assignments for id in assignment.exercise_ids)

    @property
    def cnnlib(self) -> Path:
        """The folder of the learner's files (STRIDE_CNNLIB names another, such as solutions/cnnlib)."""
        return Path(os.environ.get("STRIDE_CNNLIB") or self.root / "cnnlib").resolve()

    def secret_seed(self) -> str:
        """The seed of the hidden cases: from the environment, or from course.secret beside course.toml, made on first use."""
        if os.environ.get(SECRET_VARIABLE):
            return os.environ[SECRET_VARIABLE]
        path = self.root / "course.secret"
        if not path.exists():
            draft = path.with_suffix(f".{os.getpid()}.tmp")
            draft.write_text(secrets.token_hex(16) + "\n", encoding="utf-8")
            draft.chmod(0o600)
            try:
                os.link(draft, path)  # the first of two graders that start together wins
            except FileExistsError:
                pass
            draft.unlink()
        return path.read_text(encoding="utf-8").strip()


def find_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` (default: the working directory) with a course.toml, else the installed course."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "course.toml").is_file():
            return folder
    installed = Path(__file__).resolve().parent.parent
    if (installed / "course.toml").is_file():
        return installed
    raise CourseError(f"No course.toml at or above {start}. Change into the course's folder (the one with course.toml) and try again.")


def load_course(root: Path | None = None) -> Course:
    """Read course.toml. Raises CourseError with a sentence for a missing, broken or half-written file."""
    root = root or find_root()
    path = root / "course.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        course = table["course"]
        return Course(
            root=root,
            name=_of(course, "name", str),
            title=_of(course, "title", str),
            repository=_of(course, "repository", str),
            visible_seed=_of(course, "visible_seed", int),
            limits={key: float(value) for key, value in table["limits"].items()},
            assignments=tuple(map(_assignment, table["assignment"])),
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CourseError(f"{path} cannot be read ({error}). Mend that line, or restore the file: git checkout course.toml") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        missing = f"lacks {error}" if isinstance(error, KeyError) else f"is not as expected ({error})"
        raise CourseError(f"{path} {missing}. Compare it with docs/architecture.md, or restore it: git checkout course.toml") from error


def _assignment(table: dict[str, Any]) -> Assignment:
    return Assignment(
        id=_of(table, "id", str),
        title=_of(table, "title", str),
        notebook=_of(table, "notebook", str),
        minutes=_of(table, "minutes", int),
        points=_of(table, "points", int),
        exercise_ids=tuple(table["exercises"]),
        written=tuple(Written(w["id"], w["points"]) for w in table.get("written", ())),
    )


def _of(table: dict[str, Any], key: str, kind: type) -> Any:
    value = table[key]
    if type(value) is not kind:
        raise TypeError(f"{key} should be {'a whole number' if kind is int else 'text'}, it is {value!r}")
    return value
