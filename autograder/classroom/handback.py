"""`stride feedback`: every learner's page anew, with what people marked and wrote since, and all of them packed for handing back.

A page is made of what lies under its learner's name and nowhere else: the graded notebook and files, the line in results.json, the gradebook's
marks. So none can hold another's work.
"""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from autograder import files
from autograder.cards.escape import printable
from autograder.classroom import feedback, gradebook, grading, results
from autograder.classroom.collect import NAMES
from autograder.course import Assignment, Course, CourseError
from autograder.exercise import file_of

EPOCH = (1980, 1, 1, 0, 0, 0)  # of every member of the zip: the same pages give the same bytes


@dataclass
class Written:
    """How it went: learner -> page, who waits for a person's marks, and whose page could not be made, with the reason."""

    pages: dict[str, Path] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def write(course: Course, assignment: Assignment, out: Path) -> Written:
    """Write the pages of an assignment that was graded into `out`. Raises CourseError where none was."""
    found = [result for result in results.read(out) if result["assignment"] == assignment.id]
    again = f"stride grade {assignment.id} --submissions DIR --out {out}"
    if not found:
        raise CourseError(f"Assignment {assignment.id} is not graded in {out}. Grade first: {again}")
    written = Written()
    with grading.lock(out), grading.room(out):
        gradebook.settle(out, assignment)
        marks = gradebook.current(out, assignment)
        for result in found:
            learner = result["learner"]
            now = marks.get(learner)
            if now is None:
                written.problems.append(f"{learner} is not in the gradebook. Grade again: {again}")
                continue
            if result["points"] is not None or not now.waiting:
                result["points"], result["max_points"] = now.points, now.max_points
            folder = out / "autograded" / learner / assignment.id
            try:
                notebook = nbformat.reads((folder / f"{assignment.notebook}.ipynb").read_text("utf-8"), as_version=4)
                sources = sources_in(folder, assignment)
            except (OSError, ValueError, nbformat.ValidationError):
                written.problems.append(f"{learner}'s graded notebook cannot be read any more in {folder}. Grade again: {again}")
                continue
            page = feedback.html(course, assignment, result, notebook, sources, now)
            path = out / feedback.path(assignment, learner)
            files.write_all({path: page.encode("utf-8", "replace")})
            written.pages[learner] = path
            if now.waiting:
                written.waiting.append(learner)
    return written


def sources_in(folder: Path, assignment: Assignment) -> dict[str, bytes]:
    """The learner's files of an assignment in a folder that grading wrote, by the names that they were handed in under."""
    names = map(file_of, (*assignment.modules, *assignment.uses))
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def pack(written: Written, target: Path, names: Mapping[str, str]) -> Path:
    """The pages as one zip: under the name by which the learning management system knows a submission, or in a folder called as the learner."""
    draft = files.draft_of(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            for learner, page in sorted(written.pages.items()):
                member = zipfile.ZipInfo(f"{names.get(learner, f'{learner}/')}{page.stem}_feedback.html", EPOCH)
                member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(member, page.read_bytes())
        os.replace(draft, target)
    except OSError as error:
        again = "stride feedback ASSIGNMENT --out DIR --zip FILE.zip"
        raise CourseError(f"{target} cannot be written ({error.strerror}). Name another place: {again}") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    return target


def names(submissions: Path) -> dict[str, str]:
    """What the learning management system puts before a learner's files, as `stride collect` wrote it down. Raises CourseError without it."""
    path = submissions / NAMES
    again = "Name the folder that stride collect laid out, or leave --submissions out: then the zip has a folder per learner"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(f"{submissions} does not say under which names its submissions came ({path.name}: {error.strerror}). {again}") from error
    except ValueError as error:
        raise CourseError(f"{path} is not what stride collect writes. {again}") from error
    if not isinstance(found, dict) or not all(isinstance(name, str) and ".." not in name and name[:1] not in ("/", "") for name in found.values()):
        raise CourseError(f"{path} is not what stride collect writes. {again}")
    return found


def summary(assignment: Assignment, written: Written, out: Path, packed: Path | None, known: Mapping[str, str] | None) -> str:
    """A few lines for the terminal."""
    lines = [f"{len(written.pages)} pages in {out / 'feedback'}."]
    if written.waiting:
        lines.append(f"Not marked to the end (formgrader): {', '.join(written.waiting)}.")
    if packed:
        lines.append(f"To hand back: {packed}")
        strangers = sorted(written.pages.keys() - known.keys()) if known is not None else []
        if strangers:
            lines.append(f"Not in the download, so in a folder of their own: {', '.join(strangers)}.")
    return printable("\n".join([*lines, *(f"To look at: {problem}" for problem in written.problems)]))
