"""Judging one submission: a pure function of what was handed in, the master and the seeds.

Visible and hidden cases run together, exercise by exercise, in the submission's own sandbox; the verdicts are written here,
outside. Nothing about a hidden case leaves through a verdict, whatever the learner's code tries.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder import artefacts, expectations, probes, runner
from autograder.classroom import intake
from autograder.course import Course
from autograder.exercise import Case, Exercise, file_of, load
from autograder.loading import Missing
from autograder.probes import Answer
from autograder.verdict import Verdict

BUBBLEWRAP, OTHER_USER, NONE = "bubblewrap", "other user", "none"


@dataclass(frozen=True)
class Job:
    """All that the verdicts depend on.

    files     the rebuilt learner folder
    missing   modules that were not handed in (the master's stub stands for them)
    artefacts the files beside the notebook that were handed in, by name
    answers   exercise id -> source of its answer cell, or None when there is none
    rest      fingerprint of the master and of our own code
    dropped   aspects that count as passed, as (exercise id, aspect)
    """

    exercises: tuple[str, ...]
    files: Mapping[str, bytes]
    missing: tuple[str, ...]
    artefacts: Mapping[str, bytes]
    answers: Mapping[str, str | None]
    limits: Mapping[str, float]
    visible_seed: int
    secret_seed: str
    sandbox: str
    rest: str
    dropped: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """The job's fingerprint: jobs with equal keys have equal verdicts."""
        parts = dict(self.files) | {f"artefact {name}": data for name, data in self.artefacts.items()}
        parts |= {f"answer {id}": source.encode("utf-8", "replace") for id, source in self.answers.items() if source is not None}
        facts = (self.exercises, self.missing, self.visible_seed, self.secret_seed, self.sandbox, self.rest, self.dropped)
        return intake.digest(parts | {"facts": repr(facts).encode()})


def prepare(course: Course, submission: intake.Submission, folder: Mapping[str, bytes], rest: str, sandbox: str) -> Job:
    """The job of judging a submission, given its rebuilt folder and the master's fingerprint."""
    assignment = course.assignment(submission.assignment)
    missing = tuple(module for module in assignment.modules if file_of(module) not in submission.files)
    answers = {exercise.id: submission.answer(exercise.id, exercise.answer) for exercise in assignment.exercises if exercise.answer}
    return Job(
        assignment.exercise_ids,
        dict(folder),
        missing,
        dict(submission.artefacts),
        answers,
        dict(course.limits),
        course.visible_seed,
        course.secret_seed(),
        sandbox,
        rest,
        assignment.dropped,
    )


def ahead(job: Job) -> Any:
    """The job's own sandbox, started and not waited for, to be given to `run`; None where there is none to start."""
    if job.sandbox == NONE:
        return None
    try:
        sandbox = _venue(job)
        sandbox.start()
        return sandbox
    except Exception:  # whatever it is, `run` meets it again, and there it is said
        return None


def run(job: Job, begun: Any = None) -> list[Verdict]:
    """The verdicts, one per exercise, in order. An exception means a fault of ours, never one of the learner's.

    begun  what `ahead` gave for this very job
    """
    from autograder.judge import judge_by  # brings torch: only where something is judged

    verdicts = []
    with begun or _venue(job) as venue:
        for id in job.exercises:
            known = expectations.of_course(id, job.visible_seed, job.secret_seed)
            answers = _answers(job, venue, known.exercise, known.cases)
            if id != job.exercises[-1]:
                venue.start()  # where this exercise has ended its process, the next one's starts while this one is judged
            verdict = judge_by(known, answers)
            verdicts.append(verdict.without({aspect for dropped, aspect in job.dropped if dropped == id}))
    return verdicts


def _answers(job: Job, venue, exercise: Exercise, cases: Sequence[Case]) -> list[Answer]:
    if exercise.answer and job.answers.get(exercise.id) is None:
        return [Answer(probes.MISSING, message="the notebook with the answer cell was not handed in, or cannot be read")] * len(cases)
    if exercise.artefact:  # no code of the learner's runs: the file is parsed, and computed with, on this side
        try:
            return runner.run(exercise, cases, artefacts.subject(exercise, job.artefacts.get(exercise.artefact)))
        except Missing as missing:
            return [missing.answer] * len(cases)
    if exercise.is_function and exercise.module in job.missing:
        return [Answer(probes.MISSING, message=f"{exercise.file} was not handed in, or cannot be read")] * len(cases)
    answers = venue.run(exercise, cases, cell=job.answers.get(exercise.id))
    return [close(answer, job.files) if case.hidden else answer for case, answer in zip(cases, answers)]


def close(answer: Answer, files: Mapping[str, bytes]) -> Answer:
    """A hidden case's answer without the ways by which code could carry the case's inputs out: text of its own making.

    What stays is an exception's name when it is Python's own, and the line of a file that was handed in.
    """
    known = getattr(builtins, answer.error, None)
    ours = answer.error in ("", "NotPlain") or isinstance(known, type) and issubclass(known, BaseException)
    where = ""
    place = re.match(r"([\w/]+\.py), line (\d+):", answer.where)
    source = files.get(f"cnnlib/{place[1]}") if place else None
    if source is not None:
        lines = source.decode("utf-8", "replace").splitlines()
        number = int(place[2]) if len(place[2]) < 8 else 0
        where = f"{place[1]}, line {number}: {lines[number - 1].strip()}"[:300] if 0 < number <= len(lines) else ""
    message = answer.message if answer.status == probes.MISSING and answer.message.startswith("there is no f") else ""
    return replace(answer, error=answer.error if ours else "an exception of its own", where=where, message=message)


def packages(exercises: Sequence[str]) -> tuple[str, ...]:
    """What learners' code may import in these exercises, beside NumPy."""
    return tuple(dict.fromkeys(name for id in exercises for name in load(id).imports))


def _venue(job: Job):
    """Where the learner's code runs: `run(exercise, cases, cell=None)` gives an answer per case."""
    if job.sandbox == NONE:
        from autograder.sandboxing.unsandboxed import Child

        return Child(job.files, job.limits)
    from autograder.sandboxing.sandbox import Sandbox

    imports = packages(job.exercises)
    if job.sandbox == OTHER_USER:
        from autograder.sandboxing.other_user import OtherUser

        return Sandbox(job.files, job.limits, imports, OtherUser)
    return Sandbox(job.files, job.limits, imports=imports)
