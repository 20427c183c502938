"""A learner's feedback page: one self-contained HTML file with a card per exercise, written answers and a grader's comments.

Nothing on it can run or fetch: a content policy forbids it, and everything from a learner is escaped or sanitised first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import bleach
import jinja2
import mistune
from markupsafe import Markup, escape
from nbformat import NotebookNode

from autograder.authoring.notebooks import slug
from autograder.classroom import cells
from autograder.classroom.gradebook import Marks
from autograder.course import Assignment, Course

TAGS = set("p br hr em strong del code pre ul ol li blockquote h1 h2 h3 h4 h5 h6 a table thead tbody tr th td".split())


def path(assignment: Assignment, learner: str) -> PurePosixPath:
    """Where a learner's page lies in the graded course: where nbgrader looks for feedback."""
    return PurePosixPath("feedback", learner, assignment.id, f"{assignment.notebook}.html")


def html(
    course: Course,
    assignment: Assignment,
    result: dict[str, Any],
    notebook: NotebookNode,
    sources: Mapping[str, bytes],
    marks: Marks,
) -> str:
    """The page. `notebook` is the autograded one, with the cards; `sources` the files that were graded; `marks` what the gradebook holds."""
    written = [
        {
            "title": info["grade_id"],
            "answer": markdown(cell.source),
            "pictures": _pictures(cell),
            "points": marks.cells.get(info["grade_id"]),
            "max_points": info["points"],
            "comment": markdown(marks.comments[info["grade_id"]]) if info["grade_id"] in marks.comments else "",
        }
        for cell, info in ((cell, cell.metadata.get("nbgrader", {})) for cell in notebook.cells)
        if info.get("grade") and info.get("solution")
    ]
    comments = [(id, markdown(text)) for id, text in marks.comments.items() if id.startswith("answer-") and text != "No response."]
    return template("feedback").render(
        course=course,
        assignment=assignment,
        result=result,
        marks=marks,
        exercises=_exercises(assignment, result, notebook, marks),
        written=written,
        comments=comments,
        sources=[(name, cells.decode(data)[0]) for name, data in sources.items()],
    )


def markdown(text: str) -> Markup:
    """Markdown as harmless HTML: no tags of its own, no pictures, and links that go to the web only."""
    rendered = mistune.create_markdown(escape=True, plugins=["strikethrough", "table"])(text.replace(cells.WORD_JOINER, ""))
    return Markup(bleach.clean(rendered, tags=TAGS, attributes={"a": ["href"]}, protocols={"http", "https", "mailto"}, strip=True))


@cache
def template(name: str) -> jinja2.Template:
    """A page of autograder/templates; every value in it is escaped unless it was made by us."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["points"] = lambda value: "–" if value is None else f"{value:.4g}"
    environment.filters["code"] = lambda text: Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))
    return environment.get_template(f"{name}.html.j2")


def _exercises(assignment: Assignment, result: dict[str, Any], notebook: NotebookNode, marks: Marks) -> list[dict[str, Any]]:
    """Per exercise its card, as gradebook.show put it into the check cell, and the points that a person gave instead (None: nobody did)."""
    cards = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    found = []
    for exercise in assignment.exercises:
        id = f"check-{slug(exercise.id)}"
        card = next((Markup(output.data["text/html"]) for output in cards.get(id, ()) if "text/html" in output.get("data", {})), None)
        by_hand = marks.cells.get(id) if marks.cells.get(id) != result["exercises"].get(exercise.id, {}).get("points") else None
        if card or by_hand is not None:
            found.append({"id": exercise.id, "title": exercise.title, "card": card, "points": by_hand, "max_points": exercise.points})
    return found


def _pictures(cell: NotebookNode) -> list[str]:
    return [f"data:{mime};base64,{''.join(data.split())}" for bundle in cell.get("attachments", {}).values() for mime, data in bundle.items()]
