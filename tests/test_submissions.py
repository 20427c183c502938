"""The sample class is graded as a TA would grade it, and every submission gets the verdict that its file names."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from autograder.classroom.grading import grade
from autograder.course import load_course

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "submissions"))

from make_class import make_class  # noqa: E402

ACTIVE = re.compile(r"<(script|iframe|object|embed|link|form)\b|<img (?!src=\"data:)|\x1b", re.IGNORECASE)  # nothing on a page of ours may be

COURSE = load_course(HERE.parent)


def disagreements(result: dict, member: dict) -> list[str]:
    """What in a submission's result is not as its file says."""
    found = []
    for id, got in result["exercises"].items():
        expected = member["expect"].get(id, {"status": "passed"})
        if expected["status"] not in ("any", got["status"]):
            found.append(f"{id} is {got['status']}, expected {expected['status']}")
        if "misconception" in expected and got["misconception"] != expected["misconception"]:
            found.append(f"{id} is taken for {got['misconception']}, expected {expected['misconception']}")
        if expected["status"] == "passed" and got["points"] != got["max_points"]:
            found.append(f"{id} gets {got['points']} of {got['max_points']}")
        if expected["status"] not in ("any", "passed") and (got["points"] or 0) >= got["max_points"]:
            found.append(f"{id} gets full points for a fault")
    if (result["status"] == "needs_attention") != member["queued"]:
        found.append(f"is {result['status']}, but queued should be {member['queued']}: {result['problems']}")
    return found


@pytest.mark.parametrize("assignment", [a.id for a in COURSE.assignments])
def test_every_submission_gets_the_verdict_its_file_names(assignment, tmp_path):
    # A third of the mistaken ones: their misconceptions are proved without a sandbox as well. All of them: STRIDE_WHOLE_CLASS=1 make test
    mistakes = slice(None) if os.environ.get("STRIDE_WHOLE_CLASS") else slice(int(assignment) % 3, None, 3)
    members = make_class(COURSE, tmp_path / "class", only=[assignment], mistakes=mistakes)
    expected = json.loads((tmp_path / "class" / "expected.json").read_text(encoding="utf-8"))
    results = grade(COURSE, assignment, tmp_path / "class" / assignment, tmp_path / "out", progress=False)
    assert {r["learner"] for r in results} == {m.learner for m in members}
    found = {r["learner"]: disagreements(r, expected[f"{assignment}/{r['learner']}"]) for r in results}
    assert {learner: said for learner, said in found.items() if said} == {}
    pages = {path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.html")}
    assert len(pages) > len(members) and [path for path, page in pages.items() if ACTIVE.search(page)] == []


def test_every_misconception_has_its_submission():
    for assignment in COURSE.assignments:
        for exercise in assignment.exercises:
            assert (HERE / "submissions" / "mistakes" / f"{exercise.id}.toml").is_file(), exercise.id


def test_a_wrong_expectation_is_noticed():
    """The comparison itself: a passed exercise where a fault was expected, a wrong name, a missing queue entry."""
    result = {"status": "graded", "problems": [], "exercises": {"a.b": {"status": "passed", "points": 2, "max_points": 2, "misconception": None}}}
    assert disagreements(result, {"queued": False, "expect": {}}) == []
    assert disagreements(result, {"queued": True, "expect": {}})
    assert disagreements(result, {"queued": False, "expect": {"a.b": {"status": "failed"}}})
    assert disagreements(result, {"queued": False, "expect": {"a.b": {"status": "any", "misconception": "flipped"}}})
