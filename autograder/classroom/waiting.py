"""`stride queue`: what no machine can judge and waits for a person, each with its reason."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.cards.escape import printable
from autograder.course import CourseError


def text(out: Path) -> str:
    """A line for each submission in OUT/results.json that has problems. Raises CourseError where nothing was graded yet."""
    path = out / "results.json"
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        lines = [f"{r['learner']}, {r['assignment']}: {'; '.join(r['problems'])}" for r in results if r["problems"]]
    except OSError as error:
        again = f"stride grade ASSIGNMENT --submissions DIR --out {out}"
        raise CourseError(f"{path} cannot be read ({error.strerror}). Grade first: {again}") from error
    except (ValueError, KeyError, TypeError) as error:
        again = f"stride grade ASSIGNMENT --submissions DIR --out {out}"
        raise CourseError(f"{path} is not what grading writes. Grade again: {again}") from error
    return "\n".join(map(printable, lines)) if lines else "Nothing waits for you."
