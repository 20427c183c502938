"""The course as `course.toml` describes it: assignments, their exercises, limits and seeds."""

from __future__ import annotations

import datetime
import math
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.exercise import Exercise, UnknownExercise, file_of, load
from autograder.loading import place

SECRET_VARIABLE = "STRIDE_SECRET_SEED"
SECRET_LENGTH = 16
# What each of [limits] is where course.toml does not say.
LIMITS = {"cpu_seconds": 20.0, "wall_seconds": 60.0, "memory_mb": 2048.0, "output_mb": 64.0, "submission_mb": 32.0}
KINDS = {str: "text", int: "a whole number", dict: "a table", list: "a list"}


class CourseError(Exception):
    """Something that a user can mend; the message is one sentence that names what to do next."""


@dataclass(frozen=True)
class Written:
    """A manually graded question: the grade_id of its cell, and its points."""

    id: str
    points: float


@dataclass(frozen=True)
class Late:
    """What lateness costs: after the grace, `percent_per_day` of the points for each day that has begun; after `days` days, all of them."""

    grace_minutes: float = 0
    percent_per_day: float = 10
    days: float = 7


@dataclass(frozen=True)
class Assignment:
    """One notebook with its exercises.

    due         when it has to be handed in; None: any time
    extensions  learner -> hours beyond that
    dropped     aspects that count as passed for everybody, as (exercise id, name of the aspect): those that turned out to be faulty
    """

    id: str
    title: str
    notebook: str
    minutes: int
    points: float
    exercise_ids: tuple[str, ...]
    written: tuple[Written, ...]
    due: datetime.datetime | None = None
    extensions: Mapping[str, float] = field(default_factory=dict, hash=False)
    dropped: tuple[tuple[str, str], ...] = ()

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(map(load, self.exercise_ids))

    @property
    def modules(self) -> tuple[str, ...]:
        """The `cnnlib` files that are handed in, in order of first use."""
        return tuple(dict.fromkeys(load(id).module for id in self.exercise_ids if load(id).is_function))

    @property
    def uses(self) -> tuple[str, ...]:
        """Further `cnnlib` files that are handed in, because exercises build on them: work of earlier assignments."""
        used = dict.fromkeys(module for exercise in self.exercises for module in exercise.uses)
        return tuple(module for module in used if module not in self.modules)

    @property
    def artefacts(self) -> tuple[str, ...]:
        """Results that are handed in as files beside the notebook, such as trained weights."""
        return tuple(dict.fromkeys(exercise.artefact for exercise in self.exercises if exercise.artefact))

    @property
    def files(self) -> tuple[str, ...]:
        """All files that are handed in, relative to the submission's folder."""
        return (f"{self.notebook}.ipynb", *map(file_of, (*self.modules, *self.uses)), *self.artefacts)


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
    late: Late | None = None

    def assignment(self, id: str) -> Assignment:
        for assignment in self.assignments:
            if id in (assignment.id, assignment.notebook) or id.isdecimal() and id.lstrip("0") == assignment.id.lstrip("0"):
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

    def place(self, module: str) -> Path:
        """Where the learner's file of a module lies, `conv` or `nets.lenet`."""
        return place(module, self.cnnlib)

    def secret_seed(self) -> str:
        """The seed of the hidden cases: from the environment, or from course.secret beside course.toml, made on first use."""
        if os.environ.get(SECRET_VARIABLE):
            return os.environ[SECRET_VARIABLE]
        path = self.root / "course.secret"
        try:
            if not path.exists():
                _write_secret(path)
            secret = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise CourseError(f"{path} cannot be made or read ({error}). Mend that, or set {SECRET_VARIABLE} to a long random text.") from error
        if len(secret) < SECRET_LENGTH:
            raise CourseError(f"{path} holds no secret. Restore it from a backup; without one, delete it, and hidden cases will be drawn anew.")
        return secret


def _write_secret(path: Path) -> None:
    """A new secret, complete from the moment that it is there; the first of two graders that start together wins."""
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(SECRET_LENGTH) + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:  # no hard links here
        draft.replace(path)
    draft.unlink(missing_ok=True)


def find_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` (default: the working directory) with a course.toml, else the installed course."""
    try:
        start = (start or Path.cwd()).resolve()
    except FileNotFoundError as error:
        raise CourseError("This folder has been deleted. Change into the course's folder (the one with course.toml) and try again.") from error
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
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        course = _of(table, "course", dict)
        return Course(
            root=root,
            name=_of(course, "name", str),
            title=_of(course, "title", str),
            repository=_of(course, "repository", str),
            visible_seed=_of(course, "visible_seed", int),
            limits=LIMITS | {key: _limit(key, value) for key, value in _of(table, "limits", dict).items()},
            assignments=_distinct("assignment", [_assignment(item) for item in _list(table, "assignment", dict)]),
            late=_late(_of(table, "late", dict)) if "late" in table else None,
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CourseError(f"{path} cannot be read ({error}). Mend that line, or restore the file: git checkout course.toml") from error
    except KeyError as error:
        raise CourseError(f"{path} lacks {error}. Compare it with docs/architecture.md, or restore it: git checkout course.toml") from error
    except (TypeError, ValueError) as error:
        raise CourseError(f"{path} is not as expected: {error}. Mend it, or restore it: git checkout course.toml") from error


def _assignment(table: dict[str, Any]) -> Assignment:
    written = [Written(_of(item, "id", str), _of(item, "points", int)) for item in (_list(table, "written", dict) if "written" in table else ())]
    exercises = _list(table, "exercises", str)
    extensions = _of(table, "extensions", dict) if "extensions" in table else {}
    return Assignment(
        id=_of(table, "id", str),
        title=_of(table, "title", str),
        notebook=_of(table, "notebook", str),
        minutes=_of(table, "minutes", int),
        points=_of(table, "points", int),
        exercise_ids=_distinct("exercise", exercises),
        written=_distinct("written question", written),
        due=_due(table["due"]) if "due" in table else None,
        extensions={learner: _number("extensions", hours) for learner, hours in extensions.items()},
        dropped=tuple(_dropped(item, exercises) for item in (_list(table, "dropped", str) if "dropped" in table else ())),
    )


def _late(table: dict[str, Any]) -> Late:
    unknown = table.keys() - {known.name for known in fields(Late)}
    if unknown:
        raise ValueError(f"[late] knows no {min(unknown)} (it knows {', '.join(known.name for known in fields(Late))})")
    return Late(**{key: _number(key, value) for key, value in table.items()})


def _due(value: Any) -> datetime.datetime:
    if not isinstance(value, datetime.datetime) or value.tzinfo is None:
        raise TypeError(f"due should be a date and time with its zone, such as 2026-03-04T18:00:00+01:00, it is {value!r}")
    return value


def _number(key: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < math.inf:
        raise TypeError(f"{key} should be a number from 0 on, it is {value!r}")
    return value


def _dropped(text: str, exercises: list[str]) -> tuple[str, str]:
    id, _, aspect = text.partition(": ")
    if id not in exercises:
        raise ValueError(f'dropped should name an aspect of this assignment, such as "{exercises[0]}: contract", it has {text!r}')
    names = [known.name for known in load(id).aspects]
    if aspect not in names:
        raise ValueError(f"dropped names {text!r}, but the aspects of {id} are {', '.join(names)}")
    return id, aspect


def _of(table: dict[str, Any], key: str, kind: type) -> Any:
    value = table[key]
    if type(value) is not kind:
        raise TypeError(f"{key} should be {KINDS[kind]}, it is {value!r}")
    return value


def _list(table: dict[str, Any], key: str, kind: type) -> list[Any]:
    items = _of(table, key, list)
    if any(type(item) is not kind for item in items):
        raise TypeError(f"{key} should be a list, each of its items {KINDS[kind]}")
    return items


def _distinct(what: str, items: list[Any]) -> tuple[Any, ...]:
    """The items, no two of which have the same id."""
    ids = [getattr(item, "id", item) for item in items]
    twice = next((id for id in ids if ids.count(id) > 1), None)
    if twice is not None:
        raise ValueError(f"the {what} {twice!r} is there twice")
    return tuple(items)


def _limit(key: str, value: Any) -> float:
    if key not in LIMITS:
        raise ValueError(f"there is no limit {key} (there are {', '.join(LIMITS)})")
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise TypeError(f"the limit {key} should be a number above 0, it is {value!r}")
    return float(value)
