"""`stride queue`: what no machine can judge and waits for a person, each with its reason."""

from __future__ import annotations

from pathlib import Path

from autograder.cards.escape import printable
from autograder.classroom import results


def text(out: Path) -> str:
    """A line for each submission in OUT/results.json that has problems. Raises CourseError where nothing was graded yet."""
    lines = [f"{r['learner']}, {r['assignment']}: {'; '.join(map(str, r['problems']))}" for r in results.read(out) if r["problems"]]
    return "\n".join(map(printable, lines)) if lines else "Nothing waits for you."
