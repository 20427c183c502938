"""The course's notebooks: they run to the end, solved and unsolved, and what they say of exercises is what the checks say."""

from __future__ import annotations

import ast
import os
import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.authoring.build import generate_library, generate_notebooks
from autograder.course import Course, load_course
from autograder.exercise import load

COURSE = load_course(Path(__file__).resolve().parent.parent)
WAITING = "This experiment waits for"
MOST_SECONDS = 300  # for one cell, on a busy machine; all of a notebook takes less than two minutes on a free core
MOST_CHARACTERS = 5_000_000  # of a notebook with all its pictures

notebooks = pytest.mark.parametrize("assignment", COURSE.assignments, ids=lambda a: a.id)


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The learner's files as they are handed out, whatever stands in this checkout's cnnlib/."""
    folder = tmp_path_factory.mktemp("stubs")
    for name, content in generate_library(COURSE).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def run(monkeypatch: pytest.MonkeyPatch, assignment, library: Path, *, solutions: bool) -> nbformat.NotebookNode:
    """Execute the assignment's notebook with the files in `library` as the learner's."""
    name = f"notebooks/{assignment.notebook}.ipynb"
    notebook = nbformat.reads(generate_notebooks(COURSE, solutions=solutions)[name].decode(), as_version=4)
    monkeypatch.setenv("STRIDE_CNNLIB", str(library / "cnnlib"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(library), str(COURSE.root)]))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    place = {"metadata": {"path": str(COURSE.root / "notebooks")}}
    NotebookClient(notebook, timeout=MOST_SECONDS, kernel_name="python3", resources=place, allow_errors=True).execute()
    return notebook


def points(notebook: nbformat.NotebookNode) -> dict[str, float]:
    """What every check cell shows as its points; a check cell may write nothing to stderr."""
    found = {}
    for cell in notebook.cells:
        info = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and info.get("grade"):
            assert [output.output_type for output in cell.outputs] == ["execute_result"], cell.source
            found[ast.literal_eval(cell.source[len("check(") :].rstrip(")").split(",")[0])] = float(cell.outputs[0].data["text/plain"])
    return found


def faults(notebook: nbformat.NotebookNode) -> list[str]:
    outputs = [(cell, output) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    errors = [f"{output.ename}: {output.evalue}\n{cell.source}" for cell, output in outputs if output.output_type == "error"]
    return errors + [f"{output.text}\n{cell.source}" for cell, output in outputs if output.get("name") == "stderr"]


@notebooks
def test_the_solved_notebook_runs_and_every_check_is_full(assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = run(monkeypatch, assignment, COURSE.root / "solutions", solutions=True)
    assert faults(notebook) == []
    assert points(notebook) == {exercise.id: exercise.points for exercise in assignment.exercises}
    assert WAITING not in str(notebook)
    assert len(nbformat.writes(notebook)) < MOST_CHARACTERS


@notebooks
def test_the_untouched_notebook_runs_and_its_experiments_say_what_they_wait_for(assignment, stubs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = run(monkeypatch, assignment, stubs, solutions=False)
    assert faults(notebook) == []
    assert points(notebook) == {exercise.id: 0 for exercise in assignment.exercises}
    experiments = [cell for cell in notebook.cells if cell.cell_type == "code" and "waits_for(" in cell.source]
    assert experiments
    for cell in experiments:
        assert sum(WAITING in output.get("text", "") for output in cell.outputs) == 1, cell.source


@cache
def handed_out() -> dict[str, bytes]:
    return generate_notebooks(COURSE)


def cells(assignment, kind: str) -> list[str]:
    notebook = nbformat.reads(handed_out()[f"notebooks/{assignment.notebook}.ipynb"].decode(), as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


@notebooks
def test_exercises_stand_in_the_courses_order_each_with_its_own_numbers(assignment) -> None:
    told = re.findall(r"^\*\*Exercise `([\w.]+)`\*\* · (.+)$", "\n".join(cells(assignment, "markdown")), re.MULTILINE)
    assert [id for id, _ in told] == list(assignment.exercise_ids)
    for id, words in told:
        exercise = load(id)
        place = "the cell below" if exercise.answer else f"`{exercise.file}`"
        stars = "●" * exercise.difficulty + "○" * (5 - exercise.difficulty)
        assert words == f"{exercise.points:g} points · difficulty {stars} · {exercise.minutes} minutes · in {place}"


@notebooks
def test_what_is_to_be_predicted_has_its_answer_folded(assignment) -> None:
    questions = [question for cell in cells(assignment, "markdown") for question in cell.split("**Predict")[1:]]
    assert questions
    for question in questions:
        assert "<details><summary>Answer</summary>" in question and question.count("<details>") == question.count("</details>"), question


@notebooks
def test_the_top_of_a_notebook_says_what_awaits(assignment) -> None:
    top = cells(assignment, "markdown")[0]
    assert top.startswith(f"# {assignment.id} · {assignment.title}\n")
    place = COURSE.repository.removeprefix("https://github.com/")
    assert f"https://colab.research.google.com/github/{place}/blob/main/notebooks/{assignment.notebook}.ipynb)" in top
    assert f"about {assignment.minutes} minutes" in top and f"**Points** {assignment.points:g}" in top
    assert "**You will be able to**" in top and "**Not here:**" in top and "**Before this**" in top


@notebooks
def test_an_assignments_minutes_count_all_that_it_asks_for(assignment) -> None:
    """The rule of CONTRIBUTING.md. The slack is so that a sentence more does not need another number."""
    prose = "\n".join(cells(assignment, "markdown"))
    reading, trying = len(prose.split()) / 150, 2 * prose.count("### Experiment") + 2 * prose.count("**Predict.**")
    asked = sum(exercise.minutes for exercise in assignment.exercises) + reading + trying + 15 * len(assignment.written)
    assert assignment.minutes % 10 == 0 and abs(assignment.minutes - asked) <= 15, f"{asked:.0f} minutes"


@notebooks
def test_written_questions_state_a_rubric_that_adds_up(assignment) -> None:
    text = "\n".join(cells(assignment, "markdown"))
    rubrics = [part.split("\n\n")[0] for part in text.split("| marked | points |")[1:]]
    marks = [sum(map(int, re.findall(r"\| (\d+) \|$", rubric, re.MULTILINE))) for rubric in rubrics]
    assert marks == [written.points for written in assignment.written]


@notebooks
def test_the_setup_fetches_the_courses_own_repository(assignment) -> None:
    assert f'"{COURSE.repository}"' in next(source for source in cells(assignment, "code") if "google.colab" in source)


@notebooks
def test_answers_to_predictions_are_folded_and_close(assignment) -> None:
    for source in cells(assignment, "markdown"):
        assert source.count("<details>") == source.count("<summary>") == source.count("</summary>") == source.count("</details>"), source


def revisited(course: Course) -> list[tuple[str, str, str]]:
    """Notebook, section and exercise of every place that a misconception sends back to: '02, “Correlation or convolution”'."""
    found = []
    for id in course.exercise_ids:
        for misconception in load(id).misconceptions:
            if misconception.revisit:
                assignment, section = re.fullmatch(r"(\d\d), “(.+)”", misconception.revisit).groups()
                found.append((assignment, section, id))
    return found


def test_misconceptions_send_to_sections_that_exist() -> None:
    places = revisited(COURSE)
    assert places
    for assignment, section, id in places:
        headings = re.findall(r"^#+ (?:\d+ · )?(.+)$", "\n".join(cells(COURSE.assignment(assignment), "markdown")), re.MULTILINE)
        assert section in headings, f"{id} sends to {section!r}; {assignment} has {headings}"
