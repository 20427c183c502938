"""`stride grade`: a class of submissions → marks, nbgrader's gradebook, feedback pages and the class report.

Submissions are read here, judged in worker processes, and written down here as their verdicts come: one process writes. The
journal keeps every verdict, so a run that was stopped goes on where it stopped and ends with the same marks.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder import files
from autograder.cards.escape import printable
from autograder.classroom import feedback, gradebook, intake, interrupts, job, master, report, seed
from autograder.classroom.gradebook import Marks
from autograder.classroom.intake import Submission
from autograder.classroom.journal import Journal
from autograder.classroom.pool import default_workers, judge_all, load_judge
from autograder.classroom.results import NAME, content, merged, read
from autograder.course import Assignment, Course, CourseError
from autograder.sandboxing import cgroups
from autograder.verdict import Verdict

GRADED, NEEDS_ATTENTION = "graded", "needs_attention"
GRADER_ERROR, NOT_JUDGED = "grader_error", "not_judged"  # of an exercise, beside a verdict's own statuses
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG)
REFUSED = (errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR)
JOURNAL = "journal.jsonl"
TERMINATED = "Stopped by SIGTERM. What has been judged is kept: run the same command again to go on."
Judges = Callable[[Iterator[Any]], Iterator[tuple[Any, list[Verdict] | Exception]]]  # pool.judge_all, but for its workers


def grade(
    course: Course,
    assignment_id: str,
    submissions: Path,
    out: Path,
    workers: int | None = None,
    sandbox: str = job.BUBBLEWRAP,
    progress: bool = True,
    scheduler: str | None = None,
) -> list[dict[str, Any]]:
    """Grade every submission in a folder into `out`, which becomes an nbgrader course. Gives what results.json holds of it.

    workers    submissions judged at once (default: one per core, or all that a cluster can)
    scheduler  address of a Dask cluster that judges instead of this machine's cores

    Raises CourseError, with nothing lost, for what a user can mend; what is wrong with one submission stops no other.
    """
    run, found = _ready(course, assignment_id, submissions, out, workers, sandbox, scheduler)
    with interrupts.last_words(TERMINATED), _judges(scheduler, workers, len(found)) as judges, lock(run.out), room(run.out):
        files.sweep(run.out)
        seed.keep(course, run.out)
        before = merged(run.out, "", ())  # readable? Said now, before any work
        gradebook.prepare(run.out, course, run.assignment, run.master.notebook, sandbox)
        results = _grade(run, found, before, judges, progress)
        os.sync()  # results.json speaks of a class of which everything is on the disk
        write(course, run.out, merged(run.out, run.assignment.id, results))
    return results


def judge_anew(
    course: Course,
    assignment_id: str,
    submissions: Path,
    out: Path,
    workers: int | None = None,
    sandbox: str = job.BUBBLEWRAP,
    progress: bool = True,
    scheduler: str | None = None,
) -> dict[str, Sequence[Verdict] | Exception | None]:
    """The verdicts that grading would come to now, by learner, in the journal of `out` and nowhere else.

    None: nothing can be judged; an exception: a fault of ours, twice.
    """
    from tqdm import tqdm

    run, found = _ready(course, assignment_id, submissions, out, workers, sandbox, scheduler)
    judged: dict[str, Sequence[Verdict] | Exception | None] = {}
    bar = tqdm(total=len(found), unit="submission", disable=not progress)
    with interrupts.last_words(TERMINATED), _judges(scheduler, workers, len(found)) as judges, lock(run.out), room(run.out), bar:
        seed.keep(course, run.out)

        def done(submission: Submission, verdicts: Sequence[Verdict] | Exception | None) -> None:
            judged[submission.learner] = verdicts
            bar.update()

        for submission, verdicts in _judged(run, found, judges, done):
            done(submission, verdicts)
    return judged


def _ready(
    course: Course, assignment_id: str, submissions: Path, out: Path, workers: int | None, sandbox: str, scheduler: str | None
) -> tuple[_Run, dict[str, list[Path]]]:
    """What is to be graded, by learner, and how. Raises CourseError for whatever would stop it, before anything is begun."""
    assignment = course.assignment(assignment_id)
    submissions, out = Path(submissions).resolve(), Path(out).resolve()
    if sandbox not in (job.BUBBLEWRAP, job.NONE):
        raise CourseError(f"There is no sandbox {sandbox!r}. Choose one of: --sandbox bubblewrap, --sandbox none")
    if workers is not None and workers < 1:
        raise CourseError(f"{workers} workers grade nothing. Ask for at least one: --workers 1")
    if scheduler is not None and sandbox == job.NONE:
        raise CourseError("A cluster's hosts are not for code without a sandbox. Leave out --sandbox none, or --scheduler")
    if out == submissions or out.is_relative_to(submissions):
        raise CourseError(f"{out} lies among the submissions and would be graded itself. Choose another folder: --out {submissions}-graded")
    found = intake.find(submissions, assignment)
    if scheduler is None:
        load_judge()
    origin = master.load(course, assignment)
    if sandbox == job.BUBBLEWRAP and scheduler is None:
        from autograder.sandboxing import confinement
        from autograder.sandboxing.sandbox import require

        require()
        confinement.view(job.packages(assignment.exercise_ids))  # here and once: the workers take it over
    return _Run(course, assignment, origin, out, sandbox), found


@contextlib.contextmanager
def _judges(scheduler: str | None, workers: int | None, submissions: int) -> Iterator[Judges]:
    """Who judges: this machine's cores, or the cluster at that address."""
    if scheduler is None:
        yield lambda tasks: judge_all(tasks, min(workers or default_workers(), submissions))
        return
    from autograder.classroom.cluster import Cluster

    with Cluster(scheduler) as cluster:
        yield lambda tasks: cluster.judge_all(tasks, workers)


def write(course: Course, out: Path, results: Sequence[dict[str, Any]]) -> None:
    """results.json, and the reports made of it."""
    pages = {out / name: page.encode("utf-8", "replace") for name, page in report.pages(course, results).items()}
    files.write_all({out / NAME: content(results)} | pages)


def report_anew(course: Course, out: Path) -> Path:
    """The class report with the gradebook's marks of now: of all assignments in `out`, and with what people have marked since. Gives its path.

    Raises CourseError where nothing was graded yet.
    """
    read(out)
    with lock(out), room(out):
        results = read(out)
        graded = [a for a in course.assignments if any(result["assignment"] == a.id for result in results)]
        for assignment in graded:
            gradebook.settle(out, assignment)
        marks = {a.id: gradebook.current(out, a) for a in graded}
        for result in results:
            now = marks.get(result["assignment"], {}).get(result["learner"])
            if now and result["points"] is None:
                result["by_hand"] = by_hand(now)
            elif now:
                result["points"], result["max_points"] = now.points, now.max_points
                result["written"] = {id: written | {"points": now.cells.get(id)} for id, written in result["written"].items()}
        write(course, out, results)
    return out / report.NAME


def fault(error: Exception) -> str:
    """A fault of ours in one line."""
    return f"{type(error).__name__}: {error}".split("\n")[0]


def by_hand(marks: Marks) -> float | None:
    """The points of a submission that nothing could judge, when a person has marked everything in it; else None."""
    return None if marks.waiting else marks.points


def summary(assignment: Assignment, results: Sequence[dict[str, Any]], out: Path) -> str:
    """A few lines for the terminal: how many were graded, what waits for a person and why, and where things are."""
    waiting = [result for result in results if result["status"] == NEEDS_ATTENTION]
    lines = [f"{len(results) - len(waiting)} of {len(results)} graded" + (f", {len(waiting)} for you to look at:" if waiting else ".")]
    lines += [f"  {result['learner']}: {'; '.join(result['problems'])}" for result in waiting]
    if any(result["sandbox"] == job.NONE for result in results):
        lines.append("Graded without a sandbox: these marks are only as honest as the submissions.")
    absent = sorted(set(assignment.extensions) - {result["learner"] for result in results})
    if absent:
        known = "and nothing is handed in under that name (learners are called as in the report)"
        lines.append(f"course.toml gives an extension to {', '.join(absent)}, {known}.")
    lines += [f"Report: {out / report.NAME}", f"Gradebook: {out / gradebook.DATABASE} (to mark by hand: cd {out}, jupyter lab, Nbgrader, Formgrader)"]
    return printable("\n".join(lines))


@dataclass(frozen=True)
class _Run:
    course: Course
    assignment: Assignment
    master: master.Master
    out: Path
    sandbox: str

    @cached_property
    def journal(self) -> Journal:
        """Read when the lock is held."""
        return Journal(self.out / JOURNAL)

    def job(self, submission: Submission) -> job.Job:
        return job.prepare(self.course, submission, self.master.folder(submission), self.master.digest, self.sandbox)


def _grade(run: _Run, found: dict[str, list[Path]], results_before: list[dict[str, Any]], judges: Judges, progress: bool) -> list[dict[str, Any]]:
    from tqdm import tqdm

    results: list[dict[str, Any]] = []
    before = {result["learner"]: result for result in results_before if result["assignment"] == run.assignment.id}
    bar = tqdm(total=len(found), desc=f"Grading {run.assignment.id}", unit="submission", disable=not progress)

    def done(submission: Submission, verdicts: Sequence[Verdict] | None) -> None:
        notebook, marks = gradebook.record(book, run.out, run.assignment, run.master.notebook, submission, verdicts)
        result = _result(run, submission, verdicts, marks)
        page = feedback.html(run.course, run.assignment, result, notebook, submission.files, marks)
        files.write_all({run.out / feedback.path(run.assignment, submission.learner): page.encode("utf-8", "replace")}, flush=False)
        results.append(result)
        bar.update()

    with bar, gradebook.opened(run.out) as book:
        for submission, verdicts in _judged(run, found, judges, done):
            if isinstance(verdicts, Exception):
                submission.problems.append(f"grader error, twice ({fault(verdicts)}): it was not this submission's fault, grade again")
                stands = before.get(submission.learner)
                if stands and stands["points"] is not None and gradebook.has(book, run.assignment, submission.learner):
                    problems = [*submission.problems, "until then its earlier marks stand"]
                    results.append(stands | {"status": NEEDS_ATTENTION, "problems": problems})
                    bar.update()
                    continue
                verdicts = None
            done(submission, verdicts)
    return sorted(results, key=lambda result: result["learner"])


def _judged(run: _Run, found: dict[str, list[Path]], judges: Judges, done: Callable) -> Iterator[tuple[Submission, list[Verdict] | Exception]]:
    """Each submission that needs judging, with its verdicts; those that are known already, or cannot be judged, are done at once."""
    keys: dict[str, list[Submission]] = {}

    def tasks() -> Iterator[tuple[str, Callable[[], job.Job]]]:
        for learner, entries in found.items():
            submission = intake.read(learner, entries, run.course, run.assignment)
            if not submission.files and submission.notebook is None:
                submission.problems = submission.problems or ["nothing in it can be graded"]
                done(submission, None)
                continue
            prepared = run.job(submission)
            key = prepared.key
            known = run.journal.get(key)
            if known is not None:
                done(submission, known)
            elif key in keys:  # the same work, handed in by another learner, is being judged just now
                keys[key].append(submission)
            else:
                keys[key] = [submission]
                yield key, lambda prepared=prepared: prepared

    for key, verdicts in judges(tasks()):
        if not isinstance(verdicts, Exception):
            run.journal.add(key, verdicts)
        for submission in keys.pop(key):
            yield submission, verdicts


def _result(run: _Run, submission: Submission, verdicts: Sequence[Verdict] | None, marks: Marks) -> dict[str, Any]:
    """One object of results.json. Points that nobody has given yet are null, never 0."""
    by_id = {verdict.exercise: verdict for verdict in verdicts or ()}
    unjudged = GRADER_ERROR if any(problem.startswith("grader error") for problem in submission.problems) else NOT_JUDGED
    exercises = {}
    for exercise in run.assignment.exercises:
        verdict = by_id.get(exercise.id)
        exercises[exercise.id] = {
            "status": verdict.status if verdict else unjudged,
            "points": verdict.points if verdict else None,
            "max_points": exercise.points,
            "misconception": verdict.misconception if verdict else None,
        }
    written = {w.id: {"points": marks.cells.get(w.id), "max_points": w.points} for w in run.assignment.written}
    return {
        "learner": submission.learner,
        "assignment": run.assignment.id,
        "status": NEEDS_ATTENTION if submission.problems else GRADED,
        "points": marks.points if verdicts is not None else None,
        "by_hand": by_hand(marks) if verdicts is None else None,
        "max_points": marks.max_points,
        "exercises": exercises,
        "written": written,
        "problems": submission.problems,
        "notes": submission.notes,
        "digest": submission.digest,
        "sandbox": run.sandbox,
        "unlimited": list(cgroups.gaps()) if run.sandbox == job.BUBBLEWRAP else [],
    }


@contextlib.contextmanager
def room(out: Path) -> Iterator[None]:
    """A full disk, or a file that refuses, is one sentence: the journal has what was judged, and nothing is half-written."""
    try:
        yield
    except OSError as error:
        place = Path(error.filename) if isinstance(error.filename, str) else out
        if error.errno in FULL:
            what, mend = f"{out if place.is_relative_to(out) else place} cannot be written any more", "Make room there"
        elif error.errno in REFUSED and place.is_relative_to(out):
            what, mend = f"{place} cannot be read or written", f"Mend that, or move it away (mv {place} {place}.old)"
        else:
            raise
        raise CourseError(f"{what} ({error.strerror}). {mend}, then run the same command again: what has been judged is kept") from error


@contextlib.contextmanager
def lock(out: Path) -> Iterator[None]:
    """One grader at a time in a folder; the lock goes with the process, however that ends."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        again = "stride grade ASSIGNMENT --submissions DIR --out DIR"
        raise CourseError(f"{out} cannot be written ({error.strerror}). Choose another folder: {again}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CourseError(f"Another stride grade is at work in {out}. Wait for it to end, then run the same command again") from error
        except OSError as error:
            raise CourseError(f"{out} lies where no file can be locked ({error.strerror}). Choose another folder, on this machine's disk") from error
        yield
    finally:
        os.close(descriptor)
