"""`check`: the one door through which notebooks, terminals and tests judge an exercise in this process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder import artefacts, judge, pieces, probes, runner
from autograder.course import Course, load_course
from autograder.exercise import UnknownExercise, load
from autograder.verdict import FAILED, Verdict


def check(id: Any, subject: Any = None, *, seed: int | str | None = None, cnnlib: Path | None = None) -> Verdict:
    """Judge one exercise on its visible cases.

    id       such as "conv.conv2d_forward"; or the function itself, for its name
    subject  any callable with the exercise's signature (or, for an answer cell, the answer itself);
             by default the learner's function, from the file as it is saved now
    seed     draws other cases than the published ones
    cnnlib   the folder to take the learner's file from, instead of the course's own

    Raises UnknownExercise for an id that does not exist. Whatever the subject does becomes part of the verdict. When the learner's function
    fails, the pieces of theirs that it is made of are looked at, too: the first that does not pass is the verdict's `piece`.
    """
    if callable(id) and isinstance(getattr(id, "__name__", None), str):  # check(conv.correlate2d) means the exercise of that name
        id = f"{getattr(id, '__module__', '').rpartition('.')[2]}.{id.__name__}"
    if not isinstance(id, str):
        raise UnknownExercise(f'check takes an exercise\'s name, such as check("conv.correlate2d"), not a {type(id).__name__}')
    exercise = load(id)
    course: Course | None = None
    if seed is None or subject is None and cnnlib is None:
        course = load_course()
    seed = course.visible_seed if seed is None else seed
    cases = exercise.cases(seed)
    if subject is not None or exercise.answer is not None:
        return judge.judge(exercise, cases, runner.run(exercise, cases, subject))
    home = cnnlib or course.cnnlib
    try:
        subject = artefacts.load_subject(exercise, home) if exercise.artefact else runner.load_subject(exercise, home)
    except runner.Missing as missing:
        return judge.judge(exercise, cases, [missing.answer] * len(cases))
    verdict = judge.judge(exercise, cases, runner.run(exercise, cases, subject))
    if verdict.status in (FAILED, probes.ERROR) and exercise.is_function:
        return replace(verdict, piece=pieces.first_open(exercise, home, seed))
    return verdict
