"""The class report: right numbers, working links, and nothing in it that a learner's name could break."""

import re
import tomllib
from html import unescape
from pathlib import Path

import pytest

from autograder.classroom import feedback, master, report
from tests import toy_class

FORWARD, CORRELATE = "conv.conv2d_forward", "conv.correlate2d"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return toy_class.make_course(tmp_path_factory.mktemp("course"))


def result(learner, forward, correlate=8, misconception=None, problems=(), written=None):
    points = None if forward is None else forward + correlate + (written or 0)

    def exercise(points, most):
        status = "not_judged" if points is None else "passed" if points == most else "failed" if points else "not_written"
        return {"status": status, "points": points, "max_points": most, "misconception": None}

    exercises = {
        FORWARD: exercise(forward, 18) | {"misconception": misconception},
        CORRELATE: exercise(None if forward is None else correlate, 8),
    }
    return {
        "learner": learner, "assignment": "07", "status": "needs_attention" if problems else "graded", "points": points, "max_points": 30,
        "exercises": exercises, "written": {toy_class.WRITTEN: {"points": written, "max_points": 4}}, "problems": list(problems), "notes": [],
        "sandbox": "bubblewrap",
    }


CLASS = [
    result("anna", 18, written=4),
    result("bert", 7, misconception="bias_forgotten"),
    result("carl", 7, misconception="bias_forgotten"),
    result("dora", 10, misconception="flipped_filter"),
    result("eve", 0, 0),
    result("<img src=x onerror=alert(1)>", None, problems=["the zip <b>cannot</b> be read"]),
]


def test_what_a_person_has_marked_is_not_called_unmarked(course):
    lost = result("zoe", None, problems=["the zip cannot be read"])
    by_hand = lost | {"by_hand": 25.5}
    for found, says in ((lost, "(not marked)"), (lost | {"by_hand": None}, "(not marked)"), (by_hand, "(marked by hand: 25.5 of 30)")):
        both = (page(course, [found]), report.pages(course, [found])[report.NAME])
        assert all(says in html and (says == "(not marked)" or "not marked)" not in html) for html in both)


def page(course, results=CLASS):
    assignment = course.assignments[0]
    return report.html(course, assignment, master.load(course, assignment).notebook, results)


def test_the_numbers(course):
    judged = CLASS[:5]
    bars = report.distribution(judged)
    assert [bar["count"] for bar in bars] == [1, 0, 0, 0, 0, 2, 1, 0, 0, 1]
    assert [bars[0]["low"], bars[-1]["high"]] == [0, 30] and bars[5]["height"] == 100
    forward, correlate = report.by_exercise(course.assignments[0], judged)
    assert (forward["passed"], forward["failed"], forward["unwritten"]) == (1, 3, 1) and forward["share"] == pytest.approx(100 * 42 / 90)
    assert (correlate["passed"], correlate["failed"], correlate["unwritten"]) == (4, 0, 1) and correlate["share"] == pytest.approx(80)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page(course)))
    assert "6 submissions" in text and "15.6 / 30 mean" in text and "15 / 30 median" in text and "1 solved every exercise" in text
    assert "4 written answers to mark" in text and "1 to look at" in text


def test_misconceptions_by_frequency_with_links(course):
    assignment = course.assignments[0]
    found = report.misconceptions(course, assignment, master.load(course, assignment).notebook, CLASS[:5])
    assert [(entry["known"].id, entry["learners"]) for entry in found] == [("bias_forgotten", ["bert", "carl"]), ("flipped_filter", ["dora"])]
    assert found[0]["section"] == "https://example.org/course/blob/main/notebooks/07_filters.ipynb#Filters"
    assert found[0]["title"] == "07, “Filters”", "the section is named, not only linked"
    html = page(course)
    assert ">07, “Filters”</a>" in html and ">07, “Filters”</a>" in report.pages(course, CLASS[:5])[report.NAME]
    assert html.index("The bias is missing.") < html.index("The filter was flipped")
    assert 'href="feedback/bert/07/07_filters.html#conv.conv2d_forward"' in html


def test_what_is_not_listed_is_counted(course, monkeypatch):
    assert "rarer" not in report.pages(course, CLASS)[report.NAME]
    monkeypatch.setattr(report, "MOST", 1)
    assert "1 rarer ones are on the pages of their assignments" in report.pages(course, CLASS)[report.NAME]


def test_code_in_a_misconceptions_words_is_code():
    template = feedback.template("overview").environment.from_string("{{ text|code }}")
    assert template.render(text="that is `f(x)`, <b>") == "that is <code>f(x)</code>, &lt;b&gt;"


def test_it_is_self_contained_and_escaped(course):
    html = page(course)
    assert not re.search(r"<(script|img|iframe|link)\b", html) and "<b>cannot</b>" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html and "the zip &lt;b&gt;cannot&lt;/b&gt; be read" in html
    assert re.findall(r'(?:src|url)\s*[=(]\s*"?(?!data:)(http[^"]*)', html) == []
    links = [unescape(link) for link in re.findall(r'href="([^"]*)"', html)]
    assert all(link.startswith(("feedback/", "https://example.org/course/")) for link in links)
    assert not any(set(link) & set("<> ") for link in links)


def test_the_heat_map_has_a_tile_for_everything(course):
    html = page(course)
    assert html.count('class="tile0"') == 5 * 2
    assert "conv.conv2d_forward: 7 of 18, failed (bias forgotten)" in html
    shades = re.findall(r'class="tile0" style="background:(#\w{6});', html)
    assert len(set(shades)) == 4 and shades[:2] == ["#1854a6"] * 2 and shades[-2:] == ["#e8f0fa"] * 2  # all points, the first row; none, the last


@pytest.mark.parametrize("results", [[], [CLASS[5]], [CLASS[0]], CLASS * 50])
def test_any_class(course, results):
    html = page(course, [result | {"sandbox": "none"} for result in results])
    assert ("Graded without a sandbox" in html) is bool(results) and html.count("</html>") == 1
    assert ("Nothing could be judged yet." in html) is (not [r for r in results if r["points"] is not None])


def test_what_the_machine_could_not_limit_is_said_once_in_a_line(course):
    assert "could set no limit" not in page(course)
    told = [result | {"unlimited": ["page <tables>"]} for result in CLASS]
    for html in report.pages(course, told).values():
        assert html.count("could set no limit on page &lt;tables&gt;. Every other limit held.") == 1


def test_templates_are_part_of_the_package():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    package = Path(report.__file__).parent
    patterns = project["tool"]["setuptools"]["package-data"]["autograder.classroom"]
    packed = {path.name for pattern in patterns for path in package.glob(pattern)}
    assert {"page.html.j2", "report.html.j2", "overview.html.j2", "feedback.html.j2"} <= packed


def test_the_overview_names_every_assignment_and_what_was_misunderstood_most(course):
    pages = report.pages(course, CLASS)
    assert list(pages) == ["report-07.html", "report.html"]
    html = pages["report.html"]
    assert 'href="report-07.html"' in html and html.index("The bias is missing.") < html.index("The filter was flipped")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))
    assert "07 Filters 6 15.6 15 30 1 4 1" in text
    assert text.index(" anna ") < text.index(" dora ") < text.index(" eve ")
    assert not re.search(r"<(script|img|iframe|link)\b", html) and "&lt;img src=x" in html


def test_results_that_are_older_than_the_course_are_shown_as_far_as_they_go(course):
    older = result("anna", 40, misconception="renamed_since")
    del older["exercises"][CORRELATE]
    older["exercises"]["conv.gone"] = older["exercises"][FORWARD] | {"misconception": "gone"}
    html = page(course, [older, *CLASS])
    assert f'title="{CORRELATE}: not graded yet"' in html and "conv.gone" not in html
    assert set(report.pages(course, [older, *CLASS])) == {"report.html", "report-07.html"}
