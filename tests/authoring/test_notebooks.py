"""Notebooks from their masters, as nbformat and nbgrader want them."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum

from autograder.authoring import notebooks
from autograder.course import CourseError
from tests.toy_course import NOTEBOOK, toy  # noqa: F401


@pytest.fixture
def assignment(toy):  # noqa: F811
    return toy.course.assignments[0]


@pytest.fixture
def cells(assignment):
    return json.loads(notebooks.make_notebook(NOTEBOOK, assignment))["cells"]


def grader(cell):
    return cell["metadata"].get("nbgrader", {})


def test_the_bytes_are_a_plain_valid_notebook(assignment):
    data = notebooks.make_notebook(NOTEBOOK, assignment)
    text = data.decode()
    assert b"\r" not in data and text.endswith("}\n") and not text.endswith("\n\n")
    plain = json.loads(text)
    nbformat.validate(plain)
    assert (plain["nbformat"], plain["nbformat_minor"]) == (4, 5)
    assert plain["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert text == json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert "“exactly”" in text, "written as it is, not as an escape"
    # Saving it with Jupyter's own library changes nothing, so that opening a notebook makes no difference in git.
    assert nbformat.writes(nbformat.reads(text, as_version=4)) + "\n" == text


def test_the_same_master_gives_the_same_bytes(assignment):
    again = notebooks.make_notebook(NOTEBOOK.replace("0.0.1", "9.9.9"), assignment)
    assert notebooks.make_notebook(NOTEBOOK, assignment) == again, "the master's jupytext version is no part of the notebook"


def test_ids_come_from_grade_ids_and_positions(cells):
    assert [cell["id"] for cell in cells] == [
        "start-1", "start-2", "start-3", "check-toy-double", "check-toy-double-1", "check-toy-total",
        "answer-toy-sizes", "check-toy-sizes", "check-toy-sizes-1", "01-written",
    ]  # fmt: skip


def test_code_cells_come_without_outputs(cells):
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) == 7
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


def test_ordinary_cells_know_nothing_of_nbgrader_and_keep_their_tags(cells):
    assert [cell["metadata"] for cell in cells if not grader(cell)] == [{}, {}, {"tags": ["exercise"]}, {}, {}]
    assert "".join(cells[1]["source"]).startswith("%load_ext autoreload\nimport numpy"), "a magic is a magic again"


def test_check_cells_are_locked_and_worth_the_exercise(cells):
    cell = cells[3]
    assert "".join(cell["source"]) == 'check("toy.double")'
    assert {k: v for k, v in grader(cell).items() if k != "checksum"} == {
        "grade": True, "solution": False, "locked": True, "task": False, "points": 3, "grade_id": "check-toy-double",
        "schema_version": 3, "cell_type": "code",
    }  # fmt: skip
    assert type(grader(cell)["points"]) is int
    assert cell["metadata"]["editable"] is False and cell["metadata"]["deletable"] is False


def test_answer_cells_keep_the_template_and_lose_the_answer(cells):
    cell = cells[6]
    assert "".join(cell["source"]) == 'sizes = {"small": None, "large": None}\n# YOUR ANSWER HERE'
    assert {k: v for k, v in grader(cell).items() if k != "checksum"} == {
        "grade": False, "solution": True, "locked": False, "task": False, "grade_id": "answer-toy-sizes", "schema_version": 3, "cell_type": "code",
    }  # fmt: skip
    assert cell["metadata"]["deletable"] is False and "editable" not in cell["metadata"]


def test_written_cells_are_marked_by_hand_and_lose_the_model_answer(cells):
    cell = cells[9]
    assert "".join(cell["source"]) == "*Write your answer here, in place of this line.*"
    assert {k: v for k, v in grader(cell).items() if k != "checksum"} == {
        "grade": True, "solution": True, "locked": False, "task": False, "points": 3, "grade_id": "01-written", "schema_version": 3,
        "cell_type": "markdown",
    }  # fmt: skip


def test_checksums_and_metadata_are_nbgraders(assignment):
    notebook = nbformat.reads(notebooks.make_notebook(NOTEBOOK, assignment).decode(), as_version=4)
    MetadataValidator().validate_nb(notebook)
    graded = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert len(graded) == 5
    assert [cell.metadata.nbgrader.checksum for cell in graded] == [compute_checksum(cell) for cell in graded]


def test_the_instructors_notebook_has_the_answers(assignment):
    text = notebooks.make_notebook(NOTEBOOK, assignment, solutions=True).decode()
    cells = json.loads(text)["cells"]
    assert '### BEGIN SOLUTION\nsizes = {"small": 1, "large": 1000}\n### END SOLUTION' in "".join(cells[6]["source"])
    assert "".join(cells[9]["source"]) == "Because 2 + 2 = 4."
    assert "checksum" not in text


def test_reading_an_answer_and_the_graded_ids(assignment):
    data = notebooks.make_notebook(NOTEBOOK, assignment, solutions=True)
    assert "1000" in notebooks.answer_source(data, "toy.sizes")
    with pytest.raises(LookupError, match="answer-toy-double"):
        notebooks.answer_source(data, "toy.double")
    assert notebooks.graded_ids(data) == ["check-toy-double", "check-toy-total", "answer-toy-sizes", "check-toy-sizes", "01-written"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('# %% check="toy.double"', '# %% check="toy.treble"', "no exercise 'toy.treble'"),
        ('check("toy.double")', "1", 'should end with check("toy.double")'),
        ('check("toy.double")', 'check("toy.total")', 'should end with check("toy.double")'),
        ('check("toy.double")', "check(", 'should end with check("toy.double")'),
        ('# %% check="toy.double"', '# %% chekc="toy.double"', "chekc"),
        ('# %% check="toy.double"', '# %% [markdown] check="toy.double"', "a markdown cell with check"),
        ('written="01-written"', 'written="02-written"', "no written question '02-written'"),
        ('### BEGIN SOLUTION\nsizes = {"small": 1, "large": 1000}\n### END SOLUTION\n', "", "has no solution region"),
        ("2 + 2\n", "### BEGIN SOLUTION\n2 + 2\n### END SOLUTION\n", "a solution region in a cell without"),
        ("2 + 2\n", "### BEGIN SOLUTION\n2 + 2\n", "never ended"),
        (
            '# %% check="toy.total"',
            '# %% check="toy.double"\ncheck("toy.double")\n\n# %% check="toy.total"',
            "two graded cells are called check-toy-double",
        ),
    ],
)
def test_a_master_that_cannot_be_graded_is_refused_in_one_sentence(assignment, old, new, says):
    assert old in NOTEBOOK
    with pytest.raises(CourseError) as caught:
        notebooks.make_notebook(
            NOTEBOOK.replace(old, new, 1) if old != 'check("toy.double")' else NOTEBOOK.replace("\n" + old, "\n" + new, 1), assignment
        )
    message = str(caught.value)
    assert says in message and message.startswith("solutions/notebooks/01_numbers.py") and message.endswith("stride build") and "\n" not in message


def test_an_exercise_without_a_check_is_named(toy):  # noqa: F811
    toy.edit("checks/toy.py", "EXERCISES = (double, total, sizes)", "EXERCISES = (double, sizes)")
    with pytest.raises(CourseError, match=r"toy\.total has no check in autograder/checks/toy\.py"):
        notebooks.make_notebook(NOTEBOOK, toy.course.assignments[0])
