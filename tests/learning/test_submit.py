"""Handing in: exactly the files that are graded, the same zip for the same work, and plain words about what does not pass yet."""

import json
import zipfile

import pytest

from autograder.classroom import grading
from autograder.course import CourseError
from autograder.learning import submit
from tests import toy_class


@pytest.fixture
def course(tmp_path):
    return toy_class.make_course(tmp_path / "course")


def write(course, source):
    (course.root / "cnnlib" / "conv.py").write_text(source)


def test_what_is_packed_is_what_is_graded(course, tmp_path):
    write(course, toy_class.without_bias())
    (course.root / "cnnlib" / "private.py").write_text("diary = 1\n")
    path, verdicts = submit.submit(course, "7")
    assert path == course.root / "07_submission.zip"
    with zipfile.ZipFile(path) as packed:
        assert packed.namelist() == sorted(course.assignments[0].files) == ["07_filters.ipynb", "cnnlib/conv.py"]
        assert packed.read("cnnlib/conv.py").decode() == toy_class.without_bias()
    assert [verdict.status for verdict in verdicts] == ["failed", "passed"]

    here = tmp_path / "submissions"
    here.mkdir()
    path.rename(here / "anna.zip")
    (result,) = grading.grade(course, "07", here, tmp_path / "out", sandbox="none", progress=False)
    assert (result["status"], result["points"]) == ("graded", sum(verdict.points for verdict in verdicts))


def test_the_same_work_makes_the_same_zip(course, tmp_path):
    first = submit.submit(course, "07")[0].read_bytes()
    (course.root / "cnnlib" / "conv.py").touch()
    assert submit.submit(course, "07", tmp_path)[0] == tmp_path / "07_submission.zip"
    assert (tmp_path / "07_submission.zip").read_bytes() == first
    write(course, toy_class.solution())
    assert submit.submit(course, "07")[0].read_bytes() != first


def test_unfinished_work_may_be_handed_in_and_is_told(course):
    path, verdicts = submit.submit(course, "07")
    said = submit.summary(course, "07", path, verdicts)
    assert "0 of 26 points" in said and "conv.conv2d_forward: not written, 0 of 18" in said and "You can hand this in as it is" in said
    write(course, toy_class.solution())
    said = submit.summary(course, "07", *submit.submit(course, "07"))
    assert "26 of 26 points" in said and said.endswith("Everything passes.")


def test_an_untouched_written_answer_is_told(course):
    write(course, toy_class.solution())
    notebook = course.root / "notebooks" / "07_filters.ipynb"
    handed_out = course.root / ".stride" / "notebooks" / notebook.name
    handed_out.parent.mkdir(parents=True)
    handed_out.write_bytes(notebook.read_bytes())
    said = submit.summary(course, "07", *submit.submit(course, "07"))
    assert "07-written (4 points) in the notebook still holds nothing of yours" in said and said.endswith("All checks pass.")
    notebook.write_text(json.dumps(toy_class.notebook(course, {toy_class.WRITTEN: "Because filters slide."})))
    said = submit.summary(course, "07", *submit.submit(course, "07"))
    assert "07-written (4 points) in the notebook is read by a person" in said and said.endswith("Everything passes.")


def test_a_missing_file_is_told(course):
    (course.root / "notebooks" / "07_filters.ipynb").unlink()
    write(course, toy_class.solution())
    path, verdicts = submit.submit(course, "07")
    assert zipfile.ZipFile(path).namelist() == ["cnnlib/conv.py"]
    assert "NOT in it, because there is no such file: 07_filters.ipynb" in submit.summary(course, "07", path, verdicts)


def test_what_a_user_can_mend(course, tmp_path):
    with pytest.raises(CourseError, match="There is no assignment '99'"):
        submit.submit(course, "99")
    (tmp_path / "file").touch()
    with pytest.raises(CourseError, match="cannot be written.*stride submit 07 --out"):
        submit.submit(course, "07", tmp_path / "file" / "x.zip")
    for name in course.assignments[0].files:
        (course.root / ("notebooks/" + name if name.endswith("ipynb") else name)).unlink()
    with pytest.raises(CourseError, match="None of the files of assignment 07 is here.*stride reset"):
        submit.submit(course, "07")
