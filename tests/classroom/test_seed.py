"""One folder of marks, one secret: with a lost or another one nothing is graded there, and nothing changes."""

from __future__ import annotations

import pytest

from autograder.classroom import grading, regrade, seed
from autograder.course import SECRET_VARIABLE, CourseError
from tests import toy_class

HOW = {"sandbox": "none", "progress": False, "workers": 1}


@pytest.fixture
def graded(tmp_path, monkeypatch):
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    course = toy_class.make_course(tmp_path / "course")
    toy_class.hand_in(tmp_path / "class" / "anna", course)
    grading.grade(course, "07", tmp_path / "class", tmp_path / "out", **HOW)
    return course, tmp_path / "class", tmp_path / "out"


@pytest.mark.parametrize("again", [grading.grade, regrade.compare])
def test_a_lost_secret_is_told_and_no_new_one_is_made(graded, again) -> None:
    course, submissions, out = graded
    secret = course.root / "course.secret"
    kept, before = secret.read_text(), (out / "results.json").read_bytes()
    secret.unlink()
    with pytest.raises(CourseError, match=r"course\.secret is missing, and the hidden cases in .* were drawn with it\. Put the one back") as raised:
        again(course, "07", submissions, out, **HOW)
    assert "\n" not in str(raised.value) and not secret.exists() and (out / "results.json").read_bytes() == before
    secret.write_text(kept)
    again(course, "07", submissions, out, **HOW)


def test_another_secret_is_told_until_that_is_wanted(graded, monkeypatch) -> None:
    course, submissions, out = graded
    monkeypatch.setenv(SECRET_VARIABLE, "a colleague's")
    with pytest.raises(CourseError, match="were drawn with another secret than there is now.*To draw the cases anew for everybody: rm "):
        grading.grade(course, "07", submissions, out, **HOW)
    (out / seed.NAME).unlink()
    grading.grade(course, "07", submissions, out, **HOW)
    monkeypatch.delenv(SECRET_VARIABLE)
    with pytest.raises(CourseError, match="another secret"):
        grading.grade(course, "07", submissions, out, **HOW)


def test_the_secret_cannot_be_read_from_what_is_noted(graded) -> None:
    course, _, out = graded
    assert course.secret_seed() not in (out / seed.NAME).read_text()
