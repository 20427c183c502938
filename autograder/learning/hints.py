"""`stride hint`: one more rung of an exercise's hint ladder each time it is asked."""

from __future__ import annotations

import textwrap

from autograder.cards.card import LADDER
from autograder.cards.terminal import WIDTH
from autograder.course import Course
from autograder.exercise import Exercise
from autograder.learning import progress


def reveal(course: Course, exercise: Exercise, level: int | None = None) -> int:
    """How many hints to show now: one more than last time, or `level`. The most ever shown is kept for the next time."""
    notes = progress.read(course, "hints.json")
    before = notes.get(exercise.id)
    before = before if isinstance(before, int) and before > 0 else 0
    now = min(max(before + 1 if level is None else level, 1), len(exercise.hints))
    if now > before:
        progress.write(course, "hints.json", notes | {exercise.id: now})
    return now


def text(exercise: Exercise, shown: int) -> str:
    """The first `shown` hints, and how to get on."""
    lines = [f"{exercise.id}: {exercise.title}"]
    for name, hint in list(zip(LADDER, exercise.hints))[:shown]:
        lines += textwrap.wrap(f"{name}. {hint}", WIDTH, initial_indent="  ", subsequent_indent="  ")
    left = len(exercise.hints) - shown
    onward = f"Once more for the next hint ({left} left)." if left else f"That is all. When you have tried: stride check {exercise.id}"
    return "\n".join([*lines, onward])
