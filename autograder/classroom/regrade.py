"""`stride regrade`: after a check or an exercise has changed, who would gain or lose what, and why; then all of it, or nothing.

Everything is judged anew, and the verdicts are kept in the journal; gradebook, results and feedback stay as they are until the whole
is taken over. What people marked, wrote or granted is no part of this and survives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.classroom import grading, results
from autograder.course import Assignment, Course, CourseError
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


@dataclass(frozen=True)
class Comparison:
    """What would change, among how many submissions, and which of them a fault of ours kept from being judged (learner -> the fault)."""

    changes: Sequence[Change]
    submissions: int
    faults: Mapping[str, str]


def compare(course: Course, assignment_id: str, submissions: Path, out: Path, **how) -> Comparison:
    """What would change against results.json. Takes what `grading.grade` takes."""
    assignment = course.assignment(assignment_id)
    before = {result["learner"]: result["exercises"] for result in results.read(out) if result["assignment"] == assignment.id}
    judged = grading.judge_anew(course, assignment.id, submissions, out, **how)
    changes, faults = [], {}
    for learner, verdicts in sorted(judged.items()):
        if isinstance(verdicts, Exception):
            faults[learner] = grading.fault(verdicts)
            continue
        now = {verdict.exercise: verdict for verdict in verdicts or ()}
        for id in assignment.exercise_ids:
            then, verdict = before.get(learner, {}).get(id, {}), now.get(id)
            points = verdict.points if verdict else None
            if points != then.get("points"):
                changes.append(Change(learner, id, then.get("points"), points, _dropped(assignment, id) + _why(verdict)))
    return Comparison(changes, len(judged), faults)


def apply(course: Course, assignment_id: str, submissions: Path, out: Path, **how) -> list[dict[str, Any]]:
    """Take all of it over, as `grading.grade` gives it. Raises CourseError, and changes nothing, when a fault of ours keeps some unjudged."""
    judged = grading.judge_anew(course, assignment_id, submissions, out, **how)
    faults = {learner: grading.fault(verdicts) for learner, verdicts in judged.items() if isinstance(verdicts, Exception)}
    if faults:
        raise CourseError(f"Nothing was changed: {_faults(Comparison((), len(judged), faults))}")
    return grading.grade(course, assignment_id, submissions, out, **how)


def text(assignment_id: str, found: Comparison, again: str) -> str:
    """The changes for the terminal: exercise by exercise, then learner by learner, the losses first; `again` is the command that takes them over."""
    said = [f"{assignment_id}: {_faults(found)}"] if found.faults else []
    if not found.changes:
        return "\n".join(said or [f"{assignment_id}: nothing would change for any of {found.submissions} submissions."])
    by_learner: dict[str, list[Change]] = {}
    by_exercise: dict[str, list[Change]] = {}
    for change in found.changes:
        by_learner.setdefault(change.learner, []).append(change)
        by_exercise.setdefault(change.exercise, []).append(change)
    gains = {learner: sum(change.gain for change in changes) for learner, changes in by_learner.items()}
    lines = [*said, f"{assignment_id}: {len(by_learner)} of {found.submissions} submissions would change: {_counted(gains.values())}."]
    lines += [f"  {id}: {_counted(change.gain for change in changes)}" for id, changes in by_exercise.items()]
    for learner in sorted(by_learner, key=lambda name: (gains[name], name)):
        lines.append(f"  {learner}  {gains[learner]:+g}")
        lines += [f"      {c.exercise}: {_points(c.before)} → {_points(c.after)}  {c.why}" for c in by_learner[learner]]
    return "\n".join([*lines, "Nothing was changed yet." + ("" if found.faults else f" To take all of it over: {again}")])


def _counted(gains: Iterable[float]) -> str:
    gains = list(gains)
    return f"{sum(gain > 0 for gain in gains)} gain, {sum(gain < 0 for gain in gains)} lose"


def _faults(found: Comparison) -> str:
    """A sentence about the submissions that could not be judged, the most frequent fault first."""
    counted = Counter(found.faults.values()).most_common(3)
    faults = "; ".join(f"{fault} ({number}×)" for fault, number in counted)
    mend = "Their marks stay. When a check was edited, mend it (stride build --prove says what is wrong), then run the same command again"
    return f"{len(found.faults)} of {found.submissions} submissions cannot be judged, by no fault of theirs: {faults}. {mend}."


def _points(points: float | None) -> str:
    return "not judged" if points is None else f"{points:g}"


def _dropped(assignment: Assignment, id: str) -> str:
    """What course.toml says of an exercise's aspects, which no verdict's sentence tells."""
    names = [aspect for exercise, aspect in assignment.dropped if exercise == id]
    return f"dropped for everybody: {', '.join(names)}; " if names else ""


def _why(verdict: Verdict | None) -> str:
    """The first sentence of what the learner would read."""
    if verdict is None:
        return "nothing can be judged"
    return "passes" if verdict.status == PASSED else verdict.feedback.split("\n")[0]
