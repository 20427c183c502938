"""Feedback pages: they show what a learner needs, and nothing on them runs, fetches or gives a hidden case away."""

import re

import pytest

from autograder import judge
from autograder.authoring.notebooks import slug
from autograder.classroom import cells, feedback, gradebook, intake, job, master
from autograder.sandboxing import unsandboxed
from tests import toy_class

EVIL = (
    "Because <script>alert(1)</script><img src=x onerror=alert(2)> ![p](http://evil.example/p.png) [click](javascript:alert(3)) "
    "<iframe src='//evil.example'></iframe><style>*{display:none}</style>\n\n**It shifts**, `a < b`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Make the page of a learner with this source and this written answer."""
    course = toy_class.make_course(tmp_path_factory.mktemp("course"))
    assignment = course.assignments[0]
    origin = master.load(course, assignment)

    def page(source, answer=EVIL, comments=(), problems=(), sandbox="bubblewrap", by_hand=(), late=0.0, waiting=True):
        mine = cells.from_tree(toy_class.notebook(course, {toy_class.WRITTEN: answer}))
        submission = intake.Submission("anna", "07", {"cnnlib/conv.py": source.encode()}, mine, problems=list(problems))
        prepared = job.prepare(course, submission, origin.folder(submission), "", "none")
        verdicts = []
        with unsandboxed.Child(prepared.files, prepared.limits) as child:
            for exercise in assignment.exercises:
                cases = exercise.cases(course.visible_seed)
                verdicts.append(judge.judge(exercise, cases, child.run(exercise, cases)))
        exercises = {verdict.exercise: {"points": verdict.points} for verdict in verdicts}
        result = {"learner": "anna", "points": 15.0, "max_points": 30.0, "sandbox": sandbox, "notes": [], "exercises": exercises}
        result["problems"] = list(problems)
        notebook = gradebook.show(cells.rebuild(origin.notebook, mine.cells), verdicts)
        points = {f"check-{slug(verdict.exercise)}": verdict.points for verdict in verdicts} | {toy_class.WRITTEN: None} | dict(by_hand)
        marks = gradebook.Marks(15.0, 30.0, points, dict(comments), late, waiting)
        return feedback.html(course, assignment, result, notebook, submission.files, marks)

    return page


def test_what_it_shows(page):
    html = page(toy_class.without_bias(), comments=[(toy_class.WRITTEN, "Well **said**.")], problems=["two notebooks: a & b"])
    assert "15 / 30" in html and "The bias is missing." in html and "7 of 18" in html
    assert "<strong>It shifts</strong>" in html and "<code>a &lt; b</code>" in html and "<td>1</td>" in html
    assert "Well <strong>said</strong>." in html and "two notebooks: a &amp; b." in html
    assert "not marked yet" in html and "def conv2d_forward(x, w, b" in html
    assert "without a sandbox" not in html and "without a sandbox" in page(toy_class.solution(), sandbox="none")


def test_what_a_person_gave_and_what_lateness_took(page):
    plain = page(toy_class.without_bias())
    assert "points so far" in plain and "Marked by a person" not in plain and "handed in late" not in plain
    html = page(toy_class.without_bias(), by_hand=[("check-conv-conv2d_forward", 12.0), (toy_class.WRITTEN, 3.5)], late=2.6, waiting=False)
    assert html.count("Marked by a person: 12 of 18 points.") == 1 and html.count("Marked by a person") == 1
    assert html.index("The bias is missing.") < html.index("Marked by a person") < html.index('id="conv.correlate2d"')
    assert "<b>−2.6</b>" in html and "handed in late" in html and "points so far" not in html and "<b>3.5 / 4</b>" in html


def test_nothing_runs_and_nothing_is_fetched(page):
    source = toy_class.solution() + '\n# </pre></details><script>alert(4)</script>\nraise ValueError("<script>alert(5)</script>")\n'
    html = page(source, comments=[(toy_class.WRITTEN, EVIL)], problems=["<script>alert(6)</script>"])
    assert not re.search(r"<\s*(script|img|iframe|link|object|embed|form|base|svg:script)", html, re.IGNORECASE)
    assert not re.search(r"<[^>]+\son\w+\s*=", html) and not re.search(r"(href|src)\s*=\s*['\"]?\s*javascript", html, re.IGNORECASE)
    assert not re.search(r"<[^>]*(src|url\()[^>]*evil\.example", html)
    assert html.count("<style>") == 1 and html.count("</html>") == 1
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html  # the learner's own words are shown, as words
    assert "&lt;script&gt;alert(5)&lt;/script&gt;" in html  # what the code said is told, as text


def test_a_pasted_picture_is_shown_from_the_page_itself(page, monkeypatch):
    evil = {"evil.svg": {"image/svg+xml": "PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+"}, "x.png": {"image/png": '"><script>'}}
    picture = {"p.png": {"image/png": "iVBORw0KGgo="}, **evil}
    make = toy_class.notebook

    def with_pictures(*arguments):
        tree = make(*arguments)
        tree["cells"][-1]["attachments"] = picture
        return tree

    monkeypatch.setattr(toy_class, "notebook", with_pictures)
    html = page(toy_class.solution())
    assert re.findall(r"<img src=\"([^\"]*)\"", html) == ["data:image/png;base64,iVBORw0KGgo="]


@pytest.mark.parametrize(("text", "shown"), [
    ("[a](http://x.example)", '<a href="http://x.example">a</a>'),
    ("[a](JavaScript:x)", None),
    ("[a](data:text/html,x)", None),
    ("[a](ftp://x.example)", None),
    ("<a href=x onclick=y>", None),
])
def test_markdown(text, shown):
    html = str(feedback.markdown(text))
    assert (shown in html) if shown else not re.search(r"<a[^>]*(onclick|script:|data:|ftp:)", html, re.IGNORECASE)
