"""`stride regrade`: after a check or an exercise has changed, who would gain or lose what, and why; then all of it, or nothing.

Everything is judged anew, and the verdicts are kept in the journal; gradebook, results and feedback stay as they are until the whole
is taken over. What people marked, wrote or granted is no part of this and survives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom import grading, results
from autograder.course import Course
from autograder.verdict import PASSED, Verdict


@dataclass(frozen=True)
class Change:
    """One exercise of one learner; points None: not judged."""

    learner: str
    exercise: str
    before: float | None
    after: float | None
    why: str

    @property
    def gain(self) -> float:
        return (self.after or 0) - (self.before or 0)


def compare(course: Course, assignment_id: str, submissions: Path, out: Path, **how) -> tuple[list[Change], int]:
    """What would change against results.json, and how many submissions there are. Takes what `grading.grade` takes."""
    assignment = course.assignment(assignment_id)
    before = {result["learner"]: result["exercises"] for result in results.read(out) if result["assignment"] == assignment.id}
    judged = grading.judge_anew(course, assignment.id, submissions, out, **how)
    changes = []
    for learner, verdicts in sorted(judged.items()):
        now = {verdict.exercise: verdict for verdict in verdicts or ()}
        for id in assignment.exercise_ids:
            then, verdict = before.get(learner, {}).get(id, {}), now.get(id)
            points = verdict.points if verdict else None
            if points != then.get("points"):
                changes.append(Change(learner, id, then.get("points"), points, _why(verdict)))
    return changes, len(judged)


def text(assignment_id: str, changes: Sequence[Change], submissions: int, again: str) -> str:
    """The changes for the terminal: learner by learner, the losses first; `again` is the command that takes them over."""
    if not changes:
        return f"{assignment_id}: nothing would change for any of {submissions} submissions."
    by_learner: dict[str, list[Change]] = {}
    for change in changes:
        by_learner.setdefault(change.learner, []).append(change)
    gains = {learner: sum(change.gain for change in found) for learner, found in by_learner.items()}
    more, less = sum(gain > 0 for gain in gains.values()), sum(gain < 0 for gain in gains.values())
    lines = [f"{assignment_id}: {len(by_learner)} of {submissions} submissions would change: {more} gain, {less} lose."]
    for learner in sorted(by_learner, key=lambda name: (gains[name], name)):
        lines.append(f"  {learner}  {gains[learner]:+g}")
        lines += [f"      {c.exercise}: {_points(c.before)} → {_points(c.after)}  {c.why}" for c in by_learner[learner]]
    return "\n".join([*lines, f"Nothing was changed yet. To take all of it over: {again}"])


def _points(points: float | None) -> str:
    return "not judged" if points is None else f"{points:g}"


def _why(verdict: Verdict | None) -> str:
    """The first sentence of what the learner would read."""
    if verdict is None:
        return "nothing can be judged"
    return "passes" if verdict.status == PASSED else verdict.feedback.split("\n")[0]
