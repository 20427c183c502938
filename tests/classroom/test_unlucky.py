"""Bad luck while a class is graded: work that changes under the grader's hands, and a disk that fills up."""

import errno

import pytest

from autograder import files
from autograder.classroom import grading, intake
from autograder.course import CourseError
from tests import toy_class


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return toy_class.make_course(tmp_path_factory.mktemp("course"))


def grade(course, folder, out):
    """Results by learner."""
    return {result["learner"]: result for result in grading.grade(course, "07", folder, out, sandbox="none", progress=False, workers=1)}


def test_what_changes_while_it_is_graded_counts_as_it_was_read(course, tmp_path, monkeypatch):
    here = tmp_path / "submissions"
    folder = toy_class.hand_in(here / "anna", course, toy_class.without_bias())
    before, judged = intake.read("anna", [folder], course, course.assignments[0]).digest, grading.judge_all

    def later(tasks, workers):
        tasks = list(tasks)
        (folder / "cnnlib" / "conv.py").write_text(toy_class.solution())  # handed in again just now
        return judged(iter(tasks), workers)

    monkeypatch.setattr(grading, "judge_all", later)
    result = grade(course, here, tmp_path / "out")["anna"]
    assert (result["points"], result["digest"]) == (15, before)
    assert "_right = conv2d_forward" in (tmp_path / "out/submitted/anna/07/cnnlib/conv.py").read_text()
    monkeypatch.undo()
    assert grade(course, here, tmp_path / "out")["anna"]["points"] == 26


def test_a_full_disk_is_a_sentence_and_the_next_run_ends_as_if_nothing_had_been(course, tmp_path, monkeypatch):
    here, out = tmp_path / "submissions", tmp_path / "out"
    for learner, source in (("anna", toy_class.solution()), ("bert", toy_class.without_bias())):
        toy_class.hand_in(here / learner, course, source)
    write, written = files.write_all, []

    def fills_up(content, **how):
        written.extend(content)
        if len(written) > 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(content, **how)

    monkeypatch.setattr(files, "write_all", fills_up)
    with pytest.raises(CourseError, match="No space left on device.*Make room there, then run the same command again"):
        grade(course, here, out)
    monkeypatch.undo()
    assert grade(course, here, out) == grade(course, here, tmp_path / "roomy")
