"""The proof: silent on a sound course, and one finding for everything that can be unsound."""

from __future__ import annotations

import pytest

from autograder.authoring.build import build
from autograder.authoring.prove import prove
from autograder.course import CourseError
from autograder.exercise import load
from tests.toy_course import COURSE, toy  # noqa: F401

# ruff: noqa: F811  (the fixture)
CHECKS, MASTER, NOTEBOOK = "checks/toy.py", "solutions/cnnlib/toy.py", "solutions/notebooks/01_numbers.py"


def findings(toy):
    build(toy.course)
    return prove(toy.course).findings


def test_a_sound_course_has_no_findings_and_progress_is_told(toy):
    build(toy.course)
    told = []
    proof = prove(toy.course, told.append)
    assert proof.findings == [] and proof.sound
    assert proof.message == "The course is sound: 3 exercises proved."
    assert told == ["1 of 3: toy.double", "2 of 3: toy.total", "3 of 3: toy.sizes", "notebooks and files"]


def test_proving_changes_nothing(toy):
    build(toy.course)
    before = toy.snapshot()
    prove(toy.course)
    assert toy.snapshot() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        # the solution, the stub
        (MASTER, "np.add(x, x)", "np.add(x, abs(x))", "toy.double: the solution is failed with 2 of 3 points on seed 7: signs: "),
        (MASTER, "np.add(x, x)", "np.add(x, y)", "toy.double: the solution is error with 0 of 3 points on seed prove-3: plain: raised NameError"),
        (MASTER, "def double(x):", "def double(x, y):", "toy.double: the solution is error"),
        (MASTER, '    """The sum of x (N,), from start on."""\n', "", "toy.total: the function has no docstring"),
        (
            MASTER,
            '    """The sum of x (N,), from start on."""\n    ### BEGIN SOLUTION\n',
            '    ### BEGIN SOLUTION\n    """The sum of x (N,), from start on."""\n',
            "toy.total: signature or docstring of the stub differ",
        ),
        (MASTER, "def double(x):", "def treble(x):", "toy.double: there is no double in solutions/cnnlib/toy.py"),
        (MASTER, "def double(x):", "def treble(x):", "cnnlib/toy.py: the stub of toy.treble asks for something that is no exercise in course.toml"),
        (
            MASTER,
            "    # Think of one number first.\n    ### BEGIN",
            "    return x + x\n    ### BEGIN",
            "toy.double: the untouched stub is passed with 3 points, not not_written with 0",
        ),
        (NOTEBOOK, '{"small": None, "large": None}', '{"small": 1, "large": None}', "toy.sizes: the untouched stub is failed with 0.5 points"),
        (NOTEBOOK, '"large": 1000}', '"large": 999}', "toy.sizes: the solution is failed with 0.5 of 1 points on seed 7"),
        # misconceptions
        (CHECKS, "lambda x: x * x", "lambda x: x + x", "toy.double: the misconception squared earns full points on seed prove-1"),
        (
            CHECKS,
            '"Twice, not once.", lambda x: x.copy()',
            '"Twice, not once.", lambda x: x * x',
            "toy.double: the misconception unchanged is taken for squared on seed 7",
        ),
        (CHECKS, '"unchanged"', '"squared"', "toy.double: 2 misconceptions are called squared"),
        (
            CHECKS,
            'misconceptions=(Misconception("si", "1024 is binary.", "kilo is 1000.", lambda: {"small": 1, "large": 1024}),)',
            "misconceptions=()",
            "toy.sizes: there is no misconception",
        ),
        (
            CHECKS,
            '"start is ignored.", "Begin at start."',
            '"start is ignored.", " "',
            "toy.total: the misconception no_start lacks its sentence or its hint",
        ),
        (CHECKS, 'lambda: {"small": 1, "large": 1000}', "lambda: 1 / 0", "toy.sizes: the proof itself failed with ZeroDivisionError"),
        # words
        (CHECKS, '"Then at all of them."', '" "', "toy.double: there should be three hints"),
        (
            CHECKS,
            '"Then at all of them."',
            '"Say twice_everything = np.add(x, x) first."',
            "toy.total: hint 2 gives away a line of solutions/cnnlib/toy.py: twice_everything",
        ),
        (CHECKS, '"also below zero"', '""', "toy.double: the aspect signs lacks its sentence or its points"),
        # points
        (CHECKS, 'Aspect("signs", 1,', 'Aspect("signs", 2,', "assignment 01: its parts are worth 11 points together, course.toml says 10"),
        # notebooks
        (NOTEBOOK, '\n# %% check="toy.total"\ncheck("toy.total")\n', "", "notebooks/01_numbers.ipynb: toy.total has 0 check cells, not one"),
        (NOTEBOOK, "Objectives", "Aims", "notebooks/01_numbers.ipynb: it does not state its objectives"),
        (
            NOTEBOOK,
            "blob/main/notebooks/01_numbers.ipynb",
            "blob/main/notebooks/02.ipynb",
            "notebooks/01_numbers.ipynb: there is no Colab badge that opens this notebook",
        ),
        (NOTEBOOK, "| 2.5 |", "| 1.5 |", "notebooks/01_numbers.ipynb: the rubric before 01-written gives 2 points, course.toml 3"),
        (NOTEBOOK, "# | a reason | 2.5 |\n# | an example with 7 | 0.5 |\n", "", "notebooks/01_numbers.ipynb: there is no rubric before 01-written"),
        (
            NOTEBOOK,
            '# %% [markdown] written="01-written"',
            "# %% [markdown]",
            "notebooks/01_numbers.ipynb: the written question 01-written has no cell",
        ),
        (
            NOTEBOOK,
            "print(2 * np.ones(3))",
            "return float(np.sum(x, dtype=np.float64)) + start",
            "notebooks/01_numbers.ipynb gives away a line of solutions/cnnlib/toy.py",
        ),
        (
            MASTER,
            "x  (N,)  numbers",
            "twice_everything = np.add(x, x)",
            "cnnlib/toy.py gives away a line of solutions/cnnlib/toy.py: twice_everything",
        ),
        # course.toml and checks
        ("course.toml", '"toy.sizes"]', '"toy.sizes", "toy.more"]', "toy.more: course.toml names it, but autograder/checks/toy.py does not"),
        (
            CHECKS,
            "EXERCISES = (double, total, sizes)",
            'import dataclasses\nEXERCISES = (double, total, sizes, dataclasses.replace(double, id="toy.extra"))',
            "toy.extra: autograder/checks/toy.py has it, but course.toml names it nowhere",
        ),
    ],
)
def test_what_is_unsound_is_found(toy, file, old, new, says):
    toy.edit(file, old, new)
    found = findings(toy)
    assert any(finding.startswith(says) for finding in found), found
    assert prove(toy.course).message.endswith("then: stride build --prove")


def test_a_solution_that_is_right_on_the_visible_seed_alone_is_found(toy):
    seen = max(case.inputs["x"].max() for case in load("toy.double").cases(7))
    toy.edit(MASTER, "return twice_everything", f"return twice_everything + (x.max() > {float(seen)!r})")
    found = findings(toy)
    assert found and all(finding.startswith("toy.double: the solution is failed") and "seed prove-" in finding for finding in found)


def test_strays_and_stale_files_are_found(toy):
    build(toy.course)
    toy.write("cnnlib/conv2.py", "x = 1\n")
    toy.write("notebooks/Untitled.ipynb", "{}")
    toy.write("cnnlib/toy.py.backup-1", "a learner's")
    toy.write("cnnlib/__pycache__/toy.pyc", "x")
    toy.edit("cnnlib/toy.py", "# Think of one number first.", "# Think.")
    assert prove(toy.course).findings == [
        "cnnlib/conv2.py is generated by nothing; remove it, or write its master in solutions/",
        "notebooks/Untitled.ipynb is generated by nothing; remove it, or write its master in solutions/",
        "cnnlib/toy.py is not what the masters give; bring it up to date with: stride build",
    ]


def test_the_same_path_everywhere(toy):
    toy.write("solutions/cnnlib/lonely.py", '"""No exercise."""\n')
    toy.write("checks/other.py", "EXERCISES = ()\n")
    toy.edit("course.toml", '"toy.sizes"]', '"toy.sizes", "other.thing"]')
    found = findings(toy)
    assert "solutions/cnnlib/lonely.py has no exercise in course.toml" in found
    assert "autograder/checks/other.py has no solutions/cnnlib/other.py beside it" in found


def test_an_exercise_of_two_assignments_is_found(toy):
    toy.write("course.toml", toy.read("course.toml") + COURSE[COURSE.index("[[assignment]]") :].replace("01", "02").replace('"toy.total", ', ""))
    toy.write("solutions/notebooks/02_numbers.py", toy.read(NOTEBOOK).replace("01", "02").replace('# %% check="toy.total"\n', "# %%\n"))
    found = findings(toy)
    assert [finding for finding in found if " 2 times" in finding or finding.startswith("2 cells")] == [
        "toy.double: course.toml names it 2 times",
        "toy.sizes: course.toml names it 2 times",
        "2 cells have the grade_id check-toy-double",
        "2 cells have the grade_id answer-toy-sizes",
        "2 cells have the grade_id check-toy-sizes",
    ]


def test_an_assignment_without_its_notebook_is_found(toy):
    toy.path(NOTEBOOK).unlink()
    found = findings(toy)
    assert "assignment 01: there is no solutions/notebooks/01_numbers.py" in found
    assert any(finding.startswith("toy.sizes: the solution is missing with 0 of 1 points") for finding in found)


def test_a_course_that_cannot_be_built_is_one_sentence(toy):
    toy.edit(MASTER, "def total(x", "def total(x(")
    with pytest.raises(CourseError, match="solutions/cnnlib/toy.py, line "):
        prove(toy.course)
