"""A learner's feedback page: one self-contained HTML file with a card per exercise, written answers and a grader's comments.

Nothing on it can run or fetch: a content policy forbids it, and everything from a learner is escaped or sanitised first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import bleach
import jinja2
import mistune
from markupsafe import Markup
from nbformat import NotebookNode

from autograder.cards import card
from autograder.classroom import cells
from autograder.classroom.gradebook import Marks
from autograder.classroom.intake import Submission
from autograder.course import Assignment, Course
from autograder.verdict import Verdict

TAGS = set("p br hr em strong del code pre ul ol li blockquote h1 h2 h3 h4 h5 h6 a table thead tbody tr th td".split())


def path(assignment: Assignment, learner: str) -> PurePosixPath:
    """Where a learner's page lies in the graded course: where nbgrader looks for feedback."""
    return PurePosixPath("feedback", learner, assignment.id, f"{assignment.notebook}.html")


def html(
    course: Course,
    assignment: Assignment,
    submission: Submission,
    result: dict[str, Any],
    verdicts: Sequence[Verdict],
    notebook: NotebookNode,
    marks: Marks,
) -> str:
    """The page. `notebook` is the autograded one, `marks` what the gradebook holds."""
    written = [
        {
            "title": info["grade_id"],
            "answer": markdown(cell.source),
            "pictures": _pictures(submission, info["grade_id"]),
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
        cards=[(verdict, Markup(card.html(verdict, hints=False))) for verdict in verdicts],
        written=written,
        comments=comments,
        sources=[(name, cells.decode(data)[0]) for name, data in submission.files.items()],
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
    return environment.get_template(f"{name}.html.j2")


def _pictures(submission: Submission, id: str) -> list[str]:
    cell = submission.notebook.cells.get(id) if submission.notebook else None
    return [f"data:{mime};base64,{''.join(data.split())}" for bundle in (cell.pictures.values() if cell else ()) for mime, data in bundle.items()]
