"""results.json: what grading found, one object for each submission, of all assignments that were graded into one folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.course import CourseError

NAME = "results.json"
Result = dict[str, Any]


def read(out: Path) -> list[Result]:
    """All that was found so far. Raises CourseError where nothing was graded yet."""
    path = out / NAME
    again = f"stride grade ASSIGNMENT --submissions DIR --out {out}"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(result[key], kind) for result in found for key, kind in (("learner", str), ("assignment", str), ("problems", list))):
            raise TypeError("another file's content")
        return found
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}). Grade first: {again}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CourseError(f"{path} is damaged. Move it away (mv {path} {path}.old), then grade each assignment again: {again}") from error


def merged(out: Path, assignment_id: str, new: Sequence[Result]) -> list[Result]:
    """The new results of an assignment, beside those of the others. Raises CourseError for a damaged file, which may hold all of theirs."""
    others = [result for result in read(out) if result["assignment"] != assignment_id] if (out / NAME).exists() else []
    return sorted([*others, *new], key=lambda result: (result["assignment"], result["learner"]))


def content(results: Sequence[Result]) -> bytes:
    """The file's content. One result after the other: json takes ten times the memory of a whole class's text to put it together."""
    found = (json.dumps(result, indent=1, ensure_ascii=False).replace("\n", "\n ").encode("utf-8", "replace") for result in results)
    return b"[\n " + b",\n ".join(found) + b"\n]\n" if results else b"[]\n"
