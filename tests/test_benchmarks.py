"""The benchmarks' own parts: which run by default, and what the classes that they grade are made of."""

from autograder.classroom import intake
from autograder.course import load_course
from benchmarks import __main__ as benchmarks
from benchmarks import _classes, grading

COURSE = load_course()


def test_what_takes_long_runs_only_when_it_is_named(monkeypatch, capsys):
    ran = []
    for name in ("checks", "convolutions", "grading", "training"):
        module = benchmarks.importlib.import_module(f"benchmarks.{name}")
        monkeypatch.setattr(module, "measure", lambda *arguments, name=name: [ran.append((name, *arguments)) or f"{name} says"])
    assert benchmarks.main([]) == 0 and [name for name, *_ in ran] == ["checks", "convolutions"]
    assert benchmarks.main(["grading", "--nbgrader-submissions", "6", "--class-sizes", "10", "20"]) == 0
    assert (ran[-1][1].nbgrader_submissions, ran[-1][1].class_sizes) == (6, [10, 20])
    assert capsys.readouterr().out.endswith("\ngrading says\n")
    assert benchmarks.main(["speed"]) == 2 and "Choose from: checks, convolutions, grading, training" in capsys.readouterr().err


def test_sixty_different_submissions_that_can_be_read(tmp_path):
    assignment = COURSE.assignment(grading.ASSIGNMENT)
    learners = _classes.mixed(COURSE, assignment, tmp_path, 60)
    found = intake.find(tmp_path, assignment)
    taken = [intake.read(learner, found[learner], COURSE, assignment) for learner in learners]
    assert len({submission.digest for submission in taken}) == 60 and not any(submission.problems for submission in taken)
    kinds = [learner.partition("-")[2] for learner in learners]
    assert [sum(kind.startswith(part) for kind in kinds) for part in ("correct-", "mistaken-", "untouched")] == [24, 30, 6]
    assert len(set(kinds)) == 8 + 30 + 1


def test_a_small_class_is_different_submissions_too(tmp_path):
    course = _classes.small_course(tmp_path / "course", COURSE.root / "solutions" / "cnnlib")
    _classes.thousands(course, tmp_path / "class", 5)
    assignment = course.assignments[0]
    found = intake.find(tmp_path / "class", assignment)
    taken = [intake.read(learner, entries, course, assignment) for learner, entries in found.items()]
    assert len({submission.digest for submission in taken}) == 5 and not any(submission.problems for submission in taken)
    assert assignment.points == sum(exercise.points for exercise in assignment.exercises) + 4
