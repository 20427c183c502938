"""The way through the course: which exercises a name stands for, the verdict on one as it is saved now, and which is the next."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

from autograder.course import Course, CourseError
from autograder.exercise import Exercise, UnknownExercise, load
from autograder.learning import progress
from autograder.verdict import PASSED, Verdict


def select(course: Course, names: Sequence[str]) -> list[str]:
    """The exercises that the names stand for, in the order of the course; all of them without a name.

    A name is an exercise ("conv.conv2d_forward"), the beginning of some ("conv.conv"), a module ("conv") or an assignment
    ("02", "2", "02_convolution"). Raises UnknownExercise, with the nearest names, for any other.
    """
    wanted = {id for name in names for id in _meant(course, name)} if names else set(course.exercise_ids)
    return [id for id in course.exercise_ids if id in wanted]


def find(course: Course, name: str) -> Exercise:
    """The one exercise of that name. Raises UnknownExercise, with the nearest names, when there is none or more than one."""
    if name in course.exercise_ids:
        return load(name)
    meant = _meant(course, name)
    if len(meant) > 1:
        raise UnknownExercise(f"{name!r} stands for {len(meant)} exercises. Name one of them: {', '.join(meant)}")
    return load(meant[0])


def verdict(course: Course, id: str) -> Verdict:
    """The verdict on an exercise as it is saved now, noted down for `stride list`."""
    from autograder.learning.submit import judge_saved  # brings the judge

    found = judge_saved(course, load(id))
    progress.remember(course, found)
    return found


def first_open(course: Course, ids: Sequence[str], passing: Callable[[Verdict], None] = lambda verdict: None) -> Verdict | None:
    """The verdict on the first exercise that does not pass, None when all do; `passing` is told of those before it."""
    for id in ids:
        found = verdict(course, id)
        if not found.passed:
            return found
        passing(found)
    return None


def whereabouts(course: Course, id: str) -> str:
    """Where an exercise is written and where it is read about, as a sentence."""
    exercise, notebook = load(id), f"notebooks/{course.assignment_of(id).notebook}.ipynb"
    if exercise.artefact:
        return f"Make {exercise.artefact} in {notebook}."
    return f"Write it in {notebook}." if exercise.answer else f"Write it in {exercise.file}; read about it in {notebook}."


def overview(course: Course, ids: Sequence[str]) -> list[str]:
    """Lines that list exercises under their assignments: where the learner stands, points, minutes, difficulty and title."""
    statuses, lines = progress.statuses(course), []
    width = max(map(len, ids), default=0)
    for assignment in course.assignments:
        listed = [exercise for exercise in assignment.exercises if exercise.id in ids]
        if not listed:
            continue
        passed = sum(exercise.points for exercise in listed if statuses.get(exercise.id) == PASSED)
        most = sum(exercise.points for exercise in listed)
        lines += ["", f"{assignment.id} {assignment.title}: {passed:g} of {most:g} points in exercises that pass"]
        for exercise in listed:
            mark = {None: "?", PASSED: "✓", "not_written": "○"}.get(statuses.get(exercise.id), "✗")
            stars = "●" * exercise.difficulty + "·" * (5 - exercise.difficulty)
            lines.append(f"  {mark} {exercise.id:<{width}}  {exercise.points:>2g} points  {exercise.minutes:>2} min  {stars}  {exercise.title}")
    return [*lines[1:], "", "✓ passes   ✗ does not yet   ○ not written   ? to be checked"]


def _meant(course: Course, name: str) -> list[str]:
    if name in course.exercise_ids:
        return [name]
    try:
        return list(course.assignment(name).exercise_ids)
    except CourseError:
        pass
    found = [id for id in course.exercise_ids if id.startswith(f"{name}.")] or [id for id in course.exercise_ids if id.startswith(name)]
    if not name or not found:
        raise UnknownExercise(f"There is no exercise, module or assignment {name!r}{_nearest(course, name)} See them all: stride list")
    return found


def _nearest(course: Course, name: str) -> str:
    """What the user may have meant, as the end of a sentence."""
    same_function = [id for id in course.exercise_ids if id.endswith(f".{name}")]
    modules = list(dict.fromkeys(id.rpartition(".")[0] for id in course.exercise_ids))
    near = same_function or difflib.get_close_matches(name, [*course.exercise_ids, *modules], n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(near)}?" if near else "."
