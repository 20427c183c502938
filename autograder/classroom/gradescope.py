"""The program that Gradescope runs for each submission: takes it in and judges it as `stride grade` does, and writes results.json.

    python -m autograder.classroom.gradescope ROOT ASSIGNMENT VISIBILITY

ROOT is /autograder there, with source/ (this course), submission/ (what was handed in) and results/. A fault of ours ends with exit code 1
and a results.json without any points, so that Gradescope says that the autograder failed: never a zero.
Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder import __version__, files
from autograder.cards.escape import printable
from autograder.cards.terminal import text
from autograder.classroom import intake, job, master
from autograder.classroom.intake import Submission
from autograder.classroom.job import Job
from autograder.course import Assignment, Course, CourseError, load_course
from autograder.probes import MISSING
from autograder.sandboxing.sandbox import require, require_other_user
from autograder.verdict import Verdict

HELD = {
    job.BUBBLEWRAP: "Judged in a sandbox of bubblewrap.",
    job.OTHER_USER: "Judged as another user in a root folder of its own: this container allows no bubblewrap.",
}


def main(arguments: Sequence[str]) -> int:
    """Judge what lies in ROOT/submission and write ROOT/results/results.json. The exit code: 0 judged, 1 a fault of ours."""
    root, assignment, visibility = arguments
    code = 0
    try:
        results = grade(load_course(Path(root, "source")), assignment, Path(root, "submission"), visibility)
    except Exception as error:
        traceback.print_exc()  # what is printed here is shown to instructors alone
        results, code = failed(error), 1
    files.write_all({Path(root, "results", "results.json"): json.dumps(results, indent=1, allow_nan=False).encode()})
    print(results["output"])
    return code


def grade(course: Course, assignment_id: str, folder: Path, visibility: str) -> dict[str, Any]:
    """results.json of the submission in a folder. Raises whatever is no fault of the submission's; CourseError with a sentence."""
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder}, where Gradescope puts what was handed in")
    assignment = course.assignment(assignment_id)
    origin = master.load(course, assignment)
    submission = intake.read("submission", [folder], course, assignment)
    sandbox = isolation()
    verdicts: Sequence[Verdict] = ()
    if submission.files or submission.notebook is not None:
        verdicts = _judged(job.prepare(course, submission, origin.folder(submission), origin.digest, sandbox))
    return {
        "output": "\n".join(_remarks(assignment, submission, verdicts, sandbox)),
        "output_format": "text",
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "tests": _tests(assignment, verdicts),
        "extra_data": {
            "assignment": assignment.id,
            "digest": submission.digest,
            "isolation": sandbox,
            "problems": submission.problems,
            "stride": __version__,
        },
    }


def failed(error: Exception) -> dict[str, Any]:
    """results.json when nothing could be judged, by a fault of ours: no points, not even none."""
    said = f"{error}" if isinstance(error, CourseError) else f"{type(error).__name__}: {error}"
    reason = printable(said.partition("\n")[0])[:300].rstrip(".")
    output = f"This was not graded, and that is not your fault: {reason}. Please tell your instructor, who can have it graded again."
    return {"output": output, "output_format": "text", "stdout_visibility": "hidden", "extra_data": {"status": "grader_error"}}


def isolation() -> str:
    """How submissions are held in this container: by bubblewrap where it runs, else by another user. Raises CourseError where neither can."""
    try:
        require()
        return job.BUBBLEWRAP
    except CourseError as error:
        print(f"No bubblewrap here: {error}")
    try:
        require_other_user()
        return job.OTHER_USER
    except CourseError as error:
        raise CourseError(f"nothing can hold a submission in this container: bubblewrap does not run, and {error}") from error


def _judged(prepared: Job) -> list[Verdict]:
    """The verdicts; a fault of ours is tried once more, as in `stride grade`."""
    try:
        return job.run(prepared)
    except Exception:
        traceback.print_exc()
        return job.run(prepared)


def _tests(assignment: Assignment, verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """A test for each exercise. (Where there is nothing to judge nothing is earned, and the first lines of the result say why.)"""
    by_id = {verdict.exercise: verdict for verdict in verdicts}
    tests = []
    for number, exercise in enumerate(assignment.exercises, start=1):
        verdict = by_id.get(exercise.id)
        tests.append({
            "name": f"{exercise.title} ({exercise.id})",
            "number": str(number),
            "score": verdict.points if verdict else 0,
            "max_score": exercise.points,
            "status": "passed" if verdict and verdict.passed else "failed",
            "output": text(verdict, colour=False) if verdict else "Nothing was handed in that could be judged.",
            "output_format": "text",
            "extra_data": {
                "exercise": exercise.id,
                "status": verdict.status if verdict else MISSING,
                "misconception": verdict.misconception if verdict else None,
            },
        })
    return tests


def _remarks(assignment: Assignment, submission: Submission, verdicts: Sequence[Verdict], sandbox: str) -> list[str]:
    """What learners read first, whenever they see their points: what was taken, what is wrong with it, what a person marks."""
    notebook = [f"{assignment.notebook}.ipynb"] if submission.notebook is not None else []
    taken = [*notebook, *submission.files, *submission.artefacts]
    lines = [f"Taken: {', '.join(taken)}." if taken else "Nothing in it can be graded."]
    lines += [f"To look at: {printable(problem)}." for problem in submission.problems]
    lines += [f"Note: {printable(note)}." for note in submission.notes]
    if submission.problems or not verdicts:
        lines.append(f"Is something missing or mistaken? Hand in again: what stride submit {assignment.id} packs is complete.")
    by_hand = [f"{written.id} ({written.points:g} points)" for written in assignment.written]
    if by_hand:
        lines.append(f"Marked by a person: {', '.join(by_hand)}.")
    return lines + ([HELD[sandbox]] if verdicts else [])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
