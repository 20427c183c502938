"""Late work, extensions and dropped aspects, as course.toml says, through both doors to nbgrader's gradebook."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook

from autograder.classroom import grading, regrade
from autograder.classroom.late import DAY, penalty
from autograder.course import CourseError, Late
from tests import programs, toy_class

FORWARD = "conv.conv2d_forward"
DUE = "due = 2026-03-04T18:00:00+01:00\nextensions = { bert = 24 }\n"
TOML = toy_class.TOML.replace('title = "Filters"\n', f'title = "Filters"\n{DUE}') + "[late]\ngrace_minutes = 10\npercent_per_day = 10\ndays = 3\n"
IN_TIME = 1772643600  # the 4th of March 2026, 17:00 UTC
HOUR = 3600
HOW = {"sandbox": "none", "progress": False, "workers": 1}


def hand_in(folder, course, learner: str, hours: float, source: str | None = None) -> None:
    work = toy_class.hand_in(folder / learner, course, source)
    for path in (*work.rglob("*"), work):
        os.utime(path, (IN_TIME + hours * HOUR,) * 2)


def test_each_day_that_has_begun_costs_and_extensions_count(tmp_path) -> None:
    course = toy_class.make_course(tmp_path / "course", TOML)
    unknown = -IN_TIME / HOUR  # what `stride collect` gives to work that the system does not date
    late = {"anna": 0.1, "bert": 24.1, "carl": 5, "dora": 47, "eve": 80, "fred": -2, "gina": 0.5, "hugo": unknown}
    for learner, hours in late.items():
        hand_in(tmp_path / "class", course, learner, hours)
    results = grading.grade(course, "07", tmp_path / "class", tmp_path / "out", **HOW)
    points = {result["learner"]: result["points"] for result in results}
    assert points == pytest.approx({"anna": 26, "bert": 26, "carl": 23.4, "dora": 20.8, "eve": 0, "fred": 26, "gina": 23.4, "hugo": 26})
    programs.run(tmp_path / "out", "nbgrader", "autograde", "07", "--force", "--student", "dora")  # the other door
    with Gradebook(f"sqlite:///{tmp_path / 'out' / 'gradebook.db'}") as book:
        assert book.find_submission("07", "dora").late_submission_penalty == pytest.approx(5.2)


def test_an_extension_for_somebody_who_is_called_otherwise_is_told(tmp_path) -> None:
    course = toy_class.make_course(tmp_path / "course", TOML)
    hand_in(tmp_path / "class", course, "U-2", 1)
    results = grading.grade(course, "07", tmp_path / "class", tmp_path / "out", **HOW)
    said = "course.toml gives an extension to bert, and nothing is handed in under that name"
    assert said in grading.summary(course.assignments[0], results, tmp_path / "out")
    assert said not in grading.summary(course.assignments[0], [{**results[0], "learner": "bert"}], tmp_path / "out")


RULES = st.builds(Late, st.floats(0, 99), st.floats(0, 100), st.integers(0, 9))


@given(seconds=st.floats(0, 20 * DAY), more=st.floats(0, DAY), score=st.floats(0, 100), rule=RULES)
def test_later_is_never_better_and_nobody_falls_below_nothing(seconds, more, score, rule) -> None:
    assignment = type("Assignment", (), {"extensions": {"bert": 12}})
    lost = penalty(rule, assignment, "anna", score, seconds)
    assert 0 <= lost <= score
    assert penalty(rule, assignment, "anna", score, seconds + more) >= lost
    assert penalty(rule, assignment, "bert", score, seconds) <= lost


def test_a_dropped_aspect_counts_as_passed_for_everybody_who_wrote_it(tmp_path) -> None:
    plain = toy_class.make_course(tmp_path / "plain")
    stub = (plain.root / "cnnlib" / "conv.py").read_text()
    for learner, source in (("anna", toy_class.solution()), ("bert", toy_class.without_bias()), ("carl", stub)):
        toy_class.hand_in(tmp_path / "class" / learner, plain, source)
    before = {r["learner"]: r["exercises"][FORWARD] for r in grading.grade(plain, "07", tmp_path / "class", tmp_path / "out", **HOW)}
    assert before["bert"]["points"] == 7
    dropped = toy_class.TOML.replace('title = "Filters"\n', f'title = "Filters"\ndropped = ["{FORWARD}: bias"]\n')
    course = toy_class.make_course(tmp_path / "dropped", dropped)
    (change,) = regrade.compare(course, "07", tmp_path / "class", tmp_path / "out", **HOW).changes
    assert change.learner == "bert"
    assert change.why == "dropped for everybody: bias; The bias is missing. Add b[f] to every pixel of the output of filter f."
    after = {r["learner"]: r["exercises"][FORWARD] for r in grading.grade(course, "07", tmp_path / "class", tmp_path / "out", **HOW)}
    bias = next(aspect.points for aspect in course.assignments[0].exercises[0].aspects if aspect.name == "bias")
    assert after["bert"]["points"] == 7 + bias and after["anna"] == before["anna"] and after["carl"]["points"] == 0


@pytest.mark.parametrize(
    "old, new, says",
    [
        (DUE, "due = 2026-03-04\n", "due should be a date and time with its zone"),
        (DUE, 'extensions = { bert = "a day" }\n', "extensions should be a number from 0 on"),
        (DUE, 'dropped = ["conv.conv2d_forward: colour"]\n', "the aspects of conv.conv2d_forward are plain"),
        (DUE, 'dropped = ["bias"]\n', "dropped should name an aspect of this assignment"),
        ("days = 3", "weeks = 3", "knows no weeks"),
    ],
)
def test_what_course_toml_cannot_mean_is_one_sentence(tmp_path, old, new, says) -> None:
    with pytest.raises(CourseError, match=says):
        toy_class.make_course(tmp_path / "course", TOML.replace(old, new))
