"""Regrading as a set: what would change is shown and nothing is touched; taken over, manual marks survive."""

from __future__ import annotations

import json

import pytest

from autograder.classroom import gradebook, grading, regrade
from autograder.course import CourseError
from tests import toy_class

FORWARD = "conv.conv2d_forward"
HOW = {"sandbox": "none", "progress": False, "workers": 1}


@pytest.fixture
def graded(tmp_path):
    """Two learners: one who is right, one whose verdict was, until now, too mild or too strict."""
    course = toy_class.make_course(tmp_path / "course")
    for learner, source in (("anna", toy_class.solution()), ("bert", toy_class.without_bias())):
        toy_class.hand_in(tmp_path / "submissions" / learner, course, source, {toy_class.WRITTEN: "It shifts."})
    grading.grade(course, "07", tmp_path / "submissions", tmp_path / "out", **HOW)
    return course, tmp_path / "submissions", tmp_path / "out"


def content(out):
    return {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name not in (".lock", "journal.jsonl")}


def pretend(out, learner: str, points: float) -> None:
    """As if an earlier check had given these points."""
    results = json.loads((out / "results.json").read_text())
    next(r for r in results if r["learner"] == learner)["exercises"][FORWARD]["points"] = points
    (out / "results.json").write_text(json.dumps(results))


def test_nothing_changes_when_nothing_has_changed(graded):
    course, submissions, out = graded
    found = regrade.compare(course, "07", submissions, out, **HOW)
    assert found == regrade.Comparison([], 2, {})
    assert regrade.text("07", found, "again") == "07: nothing would change for any of 2 submissions."


def test_gains_and_losses_are_shown_with_their_reason_and_nothing_is_touched(graded):
    course, submissions, out = graded
    pretend(out, "anna", 10)
    pretend(out, "bert", 18)
    before = content(out)
    found = regrade.compare(course, "07", submissions, out, **HOW)
    assert [(c.learner, c.exercise, c.before, c.after) for c in found.changes] == [("anna", FORWARD, 10, 18), ("bert", FORWARD, 18, 7)]
    said = regrade.text("07", found, "stride regrade 07 --apply")
    assert f"2 of 2 submissions would change: 1 gain, 1 lose.\n  {FORWARD}: 1 gain, 1 lose\n" in said
    assert "10 → 18  passes" in said and "18 → 7  The bias is missing." in said
    assert said.index("bert  -11") < said.index("anna  +8") and said.endswith("take all of it over: stride regrade 07 --apply")
    assert content(out) == before


def test_a_changed_exercise_is_judged_anew_and_manual_marks_survive(graded):
    from nbgrader.api import Gradebook

    course, submissions, out = graded
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        mark = gradebook.find_grade(toy_class.WRITTEN, "07_filters", "07", "bert")
        mark.manual_score, mark.needs_manual_grade, mark.extra_credit = 3, False, 1
        gradebook.db.commit()
    new = submissions / "bert" / "cnnlib" / "conv.py"
    new.write_text(toy_class.solution())
    found = regrade.compare(course, "07", submissions, out, **HOW)
    assert [(c.learner, c.gain) for c in found.changes] == [("bert", 11)]
    (_, bert) = regrade.apply(course, "07", submissions, out, **HOW)
    assert bert["points"] == 26 + 3 + 1
    assert regrade.compare(course, "07", submissions, out, **HOW).changes == []


@pytest.fixture
def broken(monkeypatch, graded):
    """bert's work is handed in anew, and judging it fails, as with a check that somebody edited and broke."""
    course, submissions, _ = graded
    (submissions / "bert" / "cnnlib" / "conv.py").write_text(toy_class.solution() + "# mended\n")
    monkeypatch.setattr(grading, "judge_all", lambda tasks, workers: ((key, ValueError("no draw tells\nthese apart")) for key, _ in list(tasks)))


def test_a_broken_check_is_no_loss_and_nothing_of_it_is_taken_over(graded, broken):
    course, submissions, out = graded
    before = content(out)
    found = regrade.compare(course, "07", submissions, out, **HOW)
    assert found == regrade.Comparison([], 2, {"bert": "ValueError: no draw tells"})
    fault = "1 of 2 submissions cannot be judged, by no fault of theirs: ValueError: no draw tells (1×). Their marks stay."
    assert fault in regrade.text("07", found, "REGRADE --apply") and "--apply" not in regrade.text("07", found, "REGRADE --apply")
    with pytest.raises(CourseError, match="Nothing was changed: 1 of 2 submissions cannot be judged.*stride build --prove"):
        regrade.apply(course, "07", submissions, out, **HOW)
    assert content(out) == before


def test_a_fault_of_ours_takes_no_marks_away_that_are_there(graded, broken, monkeypatch):
    course, submissions, out = graded
    marks = gradebook.current(out, course.assignments[0])
    for _ in range(2):
        (anna, bert) = grading.grade(course, "07", submissions, out, **HOW)
        assert (anna["status"], bert["status"], bert["points"]) == ("graded", "needs_attention", 15)
        assert bert["problems"][-2].startswith("grader error, twice (ValueError: no draw tells)")
        assert bert["problems"][-1] == "until then its earlier marks stand"
        assert gradebook.current(out, course.assignments[0]) == marks
    (out / "gradebook.db").unlink()
    assert grading.grade(course, "07", submissions, out, **HOW)[1]["points"] is None, "where there are none, none stand"
    monkeypatch.undo()
    assert [(result["points"], result["problems"]) for result in grading.grade(course, "07", submissions, out, **HOW)] == [(26, []), (26, [])]


def test_where_nothing_was_graded_it_says_so(graded, tmp_path):
    course, submissions, _ = graded
    with pytest.raises(CourseError, match="Grade first"):
        regrade.compare(course, "07", submissions, tmp_path, **HOW)
