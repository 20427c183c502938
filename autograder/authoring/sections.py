"""Links to a section of a notebook, as Jupyter and GitHub name headings: the text with hyphens for spaces."""

from __future__ import annotations

import re
from urllib.parse import quote

from nbformat import NotebookNode

from autograder.authoring.notebooks import slug
from autograder.course import Assignment, Course, CourseError

HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
PLACE = re.compile(r"(\d+), “(.+)”")  # what a misconception's `revisit` looks like: 02, “Correlation or convolution”


def link(course: Course, assignment: Assignment, notebook: NotebookNode, exercise_id: str, revisit: str = "") -> str:
    """The address of the section that `revisit` names, or else of the one with the exercise's check.

    `notebook` is the assignment's. A section of another notebook is looked up nowhere: the link leads to that notebook's top.
    """
    place = PLACE.fullmatch(revisit)
    heading = _heading_of(notebook, f"check-{slug(exercise_id)}")
    if place:
        try:
            named = course.assignment(place[1])
        except CourseError:
            named = assignment
        heading = _heading_with(notebook, place[2]) if named == assignment else None
        assignment = named
    address = f"{course.repository}/blob/main/notebooks/{quote(assignment.notebook)}.ipynb"
    return f"{address}#{quote(heading.replace(' ', '-'))}" if heading else address


def title(assignment: Assignment, notebook: NotebookNode, exercise_id: str, revisit: str = "") -> str:
    """What to read again, in words: `revisit`, or else the section with the exercise's check, as 02, “Correlation or convolution”."""
    heading = _heading_of(notebook, f"check-{slug(exercise_id)}")
    return revisit or (f"{assignment.id}, “{heading}”" if heading else f"{assignment.id}, {assignment.title}")


def _heading_of(notebook: NotebookNode, grade_id: str) -> str | None:
    """The last heading before a cell."""
    last = None
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            return last
        last = next(reversed(_headings(cell)), last)
    return None


def _heading_with(notebook: NotebookNode, text: str) -> str | None:
    return next((heading for cell in notebook.cells for heading in _headings(cell) if heading.endswith(text)), None)


def _headings(cell: NotebookNode) -> list[str]:
    return HEADING.findall(cell.source) if cell.cell_type == "markdown" else []
