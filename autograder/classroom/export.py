"""`stride export`: the gradebook's points as a table for a learning management system.

The points are nbgrader's: what the checks gave, what a person gave, extra credit, less what lateness costs. With the system's own export as a
roster, its table comes back with our columns filled in, which is what Canvas and Moodle like best to import.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import files
from autograder.classroom import gradebook
from autograder.classroom.roster import Person, Roster, plain
from autograder.course import Course, CourseError

POSSIBLE = "    Points Possible"  # Canvas's own words for the line below the headings
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # run by a spreadsheet; also in full width


@dataclass(frozen=True)
class Mark:
    """One learner's points in one assignment (None: nothing in it could be judged yet); `waiting` while a person has still something to mark."""

    learner: str
    assignment: str
    points: float | None
    max_points: float
    late_penalty: float
    waiting: bool
    timestamp: str


def export(course: Course, kind: str, out: Path, target: Path, roster: Roster | None = None) -> tuple[Path, list[str]]:
    """Write the table; its path, and what a person should know before importing it.

    kind  "csv", "canvas", "moodle" or "gradescope"
    out   the folder that `stride grade` wrote
    """
    if kind not in KINDS:
        raise CourseError(f"There is no table for {kind!r}. Choose one of: {', '.join(f'stride export {name}' for name in KINDS)}")
    marks = read(course, out)
    if not marks:
        raise CourseError(f"Nothing is graded in {out}. Grade first: stride grade ASSIGNMENT --submissions DIR --out {out}")
    headings, rows = KINDS[kind](course, marks, roster)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([[safe(cell) for cell in row] for row in (headings, *rows)])
    try:
        files.write_all({target: buffer.getvalue().encode("utf-8-sig" if kind == "csv" else "utf-8")})
    except OSError as error:
        again = f"stride export {kind} --out {out} --to FILE.csv"
        raise CourseError(f"{target} cannot be written ({error.strerror}). Name another place: {again}") from error
    return target, _remarks(marks, roster)


def read(course: Course, out: Path) -> list[Mark]:
    """All marks in the gradebook, by learner, assignments in the course's order."""
    from nbgrader.api import Gradebook, MissingEntry

    if not (out / gradebook.DATABASE).is_file():
        raise CourseError(f"There is no gradebook in {out}. Grade first: stride grade ASSIGNMENT --submissions DIR --out {out}")
    for assignment in course.assignments:
        gradebook.settle(out, assignment)
    found = []
    with gradebook.opened(out) as book:
        assert isinstance(book, Gradebook)
        for assignment in course.assignments:
            try:
                submissions = book.find_assignment(assignment.id).submissions
            except MissingEntry:
                continue
            for row in submissions:
                penalty = row.late_submission_penalty or 0.0
                stamp = row.timestamp.strftime("%Y-%m-%d %H:%M:%S") if row.timestamp else ""
                points = max(row.score - penalty, 0.0) if not row.needs_manual_grade or _judged(row) else None
                found.append(Mark(row.student.id, assignment.id, points, row.max_score, penalty, row.needs_manual_grade, stamp))
    return sorted(found, key=lambda mark: mark.learner)


def _judged(row) -> bool:
    """Whether a machine or a person has judged any exercise of a submission: one in which nothing could be judged is no 0."""
    checks = [grade for notebook in row.notebooks for grade in notebook.grades if grade.name.startswith("check-")]
    return any(grade.auto_score is not None or grade.manual_score is not None for grade in checks) or not checks


def safe(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(cell, float):
        return f"{cell:.10g}"
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULAS) else text


Table = tuple[list[str], list[list[object]]]


def _csv(course: Course, marks: Sequence[Mark], roster: Roster | None) -> Table:
    """One line per learner and assignment, with everything that we know."""
    headings = ["learner", "assignment", "points", "max_points", "late_penalty", "waits_for_a_person", "handed_in"]
    rows = [[m.learner, m.assignment, m.points, m.max_points, m.late_penalty, "yes" if m.waiting else "no", m.timestamp] for m in marks]
    return headings, rows


def _canvas(course: Course, marks: Sequence[Mark], roster: Roster | None) -> Table:
    """Canvas's gradebook export with our columns; without one, the least that Canvas can match by login."""
    fixed = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    if roster is None:
        return _wide(course, marks, fixed, lambda learner: ["", "", "", learner, ""], [POSSIBLE, "", "", "", ""])
    return _filled(course, marks, roster, [heading for heading in fixed if heading in roster.headings], points_possible=True)


def _moodle(course: Course, marks: Sequence[Mark], roster: Roster | None) -> Table:
    """Moodle's export with our columns; without one, a column of usernames to map."""
    if roster is None:
        return _wide(course, marks, ["Username"], lambda learner: [learner])
    kept = [heading for heading in roster.headings if heading.strip().lower() in MOODLE_FIELDS]
    return _filled(course, marks, roster, kept, points_possible=False)


def _gradescope(course: Course, marks: Sequence[Mark], roster: Roster | None) -> Table:
    """The columns of Gradescope's own table of scores, a line per learner and assignment."""
    headings = ["Name", "SID", "Email", "Assignment", "Total Score", "Max Points", "Status", "Submission Time"]
    rows: list[list[object]] = []
    for mark in marks:
        person = _only(roster, mark.learner)
        told = {heading.strip().lower(): value for heading, value in person.row.items()} if person else {}
        name = told.get("name") or " ".join(filter(None, (told.get("first name"), told.get("last name"))))
        status = "Ungraded" if mark.waiting else "Graded"
        email = told.get("email", "")
        who = [name, told.get("sid") or mark.learner, email]
        rows.append([*who, _title(course, mark.assignment), mark.points, mark.max_points, status, mark.timestamp])
    return headings, rows


KINDS: dict[str, Callable[[Course, Sequence[Mark], Roster | None], Table]] = {
    "csv": _csv, "canvas": _canvas, "moodle": _moodle, "gradescope": _gradescope,
}
MOODLE_FIELDS = ("username", "user name", "id number", "email address", "email", "first name", "last name", "surname")


def _wide(
    course: Course, marks: Sequence[Mark], fixed: list[str], person: Callable[[str], list[object]], above: list[object] | None = None
) -> Table:
    """A line per learner, a column per assignment; a mark that is not there yet stays empty."""
    graded = _graded(course, marks)
    points = _points(marks)
    rows = [[*person(learner), *(points[learner].get(id, "") for id in graded)] for learner in sorted({mark.learner for mark in marks})]
    if above is not None:
        rows.insert(0, [*above, *(_most(marks, id) for id in graded)])
    return [*fixed, *(_title(course, id) for id in graded)], rows


def _filled(course: Course, marks: Sequence[Mark], roster: Roster, kept: list[str], points_possible: bool) -> Table:
    """The roster's own lines and columns of people, and ours: under the system's own heading where it has one for the assignment."""
    graded = _graded(course, marks)
    points, learners = _points(marks), {mark.learner for mark in marks}
    columns = [_own_column(roster, course, id) or _title(course, id) for id in graded]
    rows: list[list[object]] = []
    if points_possible:
        rows.append([POSSIBLE, *[""] * (len(kept) - 1), *(_most(marks, id) for id in graded)])
    for person in roster.people:
        learner = next((name for name in sorted(learners) if plain(name) in person.names and _only(roster, name) is person), None)
        rows.append([*(person.row[heading] for heading in kept), *(points[learner].get(id, "") for id in graded)])
    return [*kept, *columns], rows


def _own_column(roster: Roster, course: Course, id: str) -> str | None:
    """Canvas writes "02 Convolution (123456)", Moodle "Assignment: 02 Convolution (Real)"."""
    found = [heading for heading in roster.headings if plain(_title(course, id)) in plain(heading)]
    return found[0] if len(found) == 1 else None


def _graded(course: Course, marks: Sequence[Mark]) -> list[str]:
    """The assignments that anybody has a mark in."""
    return [assignment.id for assignment in course.assignments if any(mark.assignment == assignment.id for mark in marks)]


def _points(marks: Sequence[Mark]) -> dict[str | None, dict[str, float | None]]:
    """Points by learner, then by assignment. Nobody (None) has none."""
    found: dict[str | None, dict[str, float | None]] = {None: {}}
    for mark in marks:
        found.setdefault(mark.learner, {})[mark.assignment] = mark.points
    return found


def _most(marks: Sequence[Mark], id: str) -> float:
    return max(mark.max_points for mark in marks if mark.assignment == id)


def _title(course: Course, id: str) -> str:
    return f"{id} {course.assignment(id).title}"


def _only(roster: Roster | None, learner: str) -> Person | None:
    found = roster.find(learner) if roster else []
    return found[0] if len(found) == 1 else None


def _remarks(marks: Sequence[Mark], roster: Roster | None) -> list[str]:
    remarks = []
    waiting = sum(mark.waiting for mark in marks)
    if waiting:
        remarks.append(f"{waiting} of {len(marks)} marks are not final: a person has still to mark something (formgrader).")
    empty = sorted(f"{mark.learner} ({mark.assignment})" for mark in marks if mark.points is None)
    if empty:
        remarks.append(f"Left empty, because nothing in it could be judged yet (stride queue says why): {', '.join(empty)}.")
    strangers = sorted({mark.learner for mark in marks if roster and not _only(roster, mark.learner)})
    if strangers:
        remarks.append(f"Not in the roster, or there more than once: {', '.join(strangers)}.")
    return remarks
