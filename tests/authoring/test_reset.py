"""Putting work back to how it was handed out, and never losing it."""

from __future__ import annotations

import json

import pytest

from autograder.authoring.build import build
from autograder.authoring.release import release
from autograder.authoring.reset import reset
from autograder.course import CourseError
from tests.toy_course import Toy, toy  # noqa: F401

# ruff: noqa: F811  (the fixture)
MINE = '''"""Numbers."""

import numpy as np
import math


def helper(x):
    return x  # mine


def double(x):
    return helper(x) * 2


def total(x, start=0.0):
    return math.fsum(x) + start
'''


@pytest.fixture(params=["author", "learner"])
def copy(request, toy, tmp_path):
    """The course as an author has it, and as a learner has it: without solutions/, with .stride/."""
    if request.param == "author":
        build(toy.course)
        return toy
    learner = object.__new__(Toy)
    learner.root = release(toy.course, tmp_path / "out").folder
    assert not learner.path("solutions").exists()
    return learner


def test_one_function_is_put_back_and_the_rest_stays(copy):
    stub = copy.read("cnnlib/toy.py")
    copy.write("cnnlib/toy.py", MINE)
    backup = reset(copy.course, "toy.double")
    assert backup == copy.path("cnnlib/toy.py.backup-1") and copy.read("cnnlib/toy.py.backup-1") == MINE
    text = copy.read("cnnlib/toy.py")
    put_back = stub[stub.index("def double") : stub.index("\n\n\ndef total")]
    assert text == MINE.replace("def double(x):\n    return helper(x) * 2", put_back)


def test_every_reset_keeps_its_own_backup(copy):
    copy.write("cnnlib/toy.py", MINE)
    assert reset(copy.course, "toy.double").name == "toy.py.backup-1"
    between = copy.read("cnnlib/toy.py")
    assert reset(copy.course, "toy.total").name == "toy.py.backup-2"
    assert copy.read("cnnlib/toy.py.backup-1") == MINE and copy.read("cnnlib/toy.py.backup-2") == between


def test_windows_line_ends_stay(copy):
    copy.write("cnnlib/toy.py", MINE.replace("\n", "\r\n"))
    reset(copy.course, "toy.double")
    text = copy.read("cnnlib/toy.py")
    assert text.count("\n") == text.count("\r\n") and "not written yet" in text and "return helper" not in text


@pytest.mark.parametrize("broken", [MINE.replace("def double(x):", "def double(x:"), "<<<<<<< HEAD\n" + MINE, MINE + "\x00", "\x00"])
def test_a_file_that_python_cannot_read_is_offered_whole(copy, broken):
    stub = copy.read("cnnlib/toy.py")
    copy.write("cnnlib/toy.py", broken)
    with pytest.raises(CourseError) as caught:
        reset(copy.course, "toy.double")
    message = str(caught.value)
    assert message.startswith("cnnlib/toy.py") and message.endswith("stride reset toy --all") and "\n" not in message
    assert copy.read("cnnlib/toy.py") == broken and not copy.path("cnnlib/toy.py.backup-1").exists()

    backup = reset(copy.course, "toy", whole_file=True)
    assert backup.read_bytes().decode() == broken and copy.read("cnnlib/toy.py") == stub


def test_a_file_that_is_not_text_is_offered_whole(copy):
    copy.path("cnnlib/toy.py").write_bytes("# café\n".encode("utf-16"))
    with pytest.raises(CourseError, match="cnnlib/toy.py is not text.*stride reset toy --all$"):
        reset(copy.course, "toy.double")


def test_the_syntax_error_is_placed(copy):
    copy.write("cnnlib/toy.py", "x = 1\ny = (\n")
    with pytest.raises(CourseError, match=r"^cnnlib/toy\.py, line 2: Python cannot read this file \('\(' was never closed\)"):
        reset(copy.course, "toy.double")


def test_a_whole_file_can_be_named_by_its_exercise(copy):
    stub = copy.read("cnnlib/toy.py")
    copy.write("cnnlib/toy.py", MINE)
    assert reset(copy.course, "toy.total", whole_file=True).read_bytes().decode() == MINE
    assert copy.read("cnnlib/toy.py") == stub


def test_a_deleted_file_comes_back(copy):
    stub = copy.read("cnnlib/toy.py")
    copy.path("cnnlib/toy.py").unlink()
    assert reset(copy.course, "toy.double") is None
    assert copy.read("cnnlib/toy.py") == stub


def test_what_is_as_it_was_handed_out_needs_no_backup(copy):
    before = copy.snapshot()
    for id, whole_file in (("toy.double", False), ("toy.double", True), ("toy.sizes", False), ("01", True)):
        assert reset(copy.course, id, whole_file=whole_file) is None
    assert copy.snapshot() == before


def test_an_answer_cell_is_put_back_and_the_rest_of_the_notebook_stays(copy):
    name = "notebooks/01_numbers.ipynb"
    notebook = json.loads(copy.read(name))
    template = notebook["cells"][6]["source"]
    notebook["cells"][6] |= {"source": ["sizes = 5"], "outputs": [{"name": "stdout", "output_type": "stream", "text": ["5"]}], "execution_count": 3}
    notebook["cells"][4]["source"] = ["my = 'experiment'"]
    copy.write(name, json.dumps(notebook))
    backup = reset(copy.course, "toy.sizes")
    assert backup.name == "01_numbers.ipynb.backup-1" and json.loads(backup.read_text()) == notebook
    after = json.loads(copy.read(name))
    assert after["cells"][6]["source"] == template
    assert after["cells"][6]["outputs"] == [] and after["cells"][6]["execution_count"] is None, "what the old answer printed goes with it"
    assert after["cells"][4]["source"] == ["my = 'experiment'"]


@pytest.mark.parametrize("broken", ["", "{}", "[]", '{"cells": []}', '{"cells": [{"metadata": {}}]}'])
def test_a_notebook_without_the_cell_is_offered_whole(copy, broken):
    name = "notebooks/01_numbers.ipynb"
    pristine = copy.read(name)
    copy.write(name, broken)
    with pytest.raises(CourseError, match="stride reset 01 --all$"):
        reset(copy.course, "toy.sizes")
    for id in ("01", "toy.sizes", "01_numbers"):
        copy.write(name, broken)
        assert reset(copy.course, id, whole_file=True).read_text() == broken
        assert copy.read(name) == pristine


def test_unknown_names_are_one_sentence(copy):
    with pytest.raises(CourseError, match=r"There is no exercise 'toy\.treble'\. See them all: stride list"):
        reset(copy.course, "toy.treble")
    with pytest.raises(CourseError, match=r"There is no exercise 'toy' \(the whole file: stride reset toy --all\)"):
        reset(copy.course, "toy")
    with pytest.raises(CourseError, match="There is no assignment 'nothing'"):
        reset(copy.course, "nothing", whole_file=True)


def test_the_solutions_are_never_reset(toy, monkeypatch):
    build(toy.course)
    monkeypatch.setenv("STRIDE_CNNLIB", str(toy.path("solutions/cnnlib")))
    before = toy.snapshot()
    for whole_file in (True, False):
        with pytest.raises(CourseError, match="STRIDE_CNNLIB names the solutions"):
            reset(toy.course, "toy.double", whole_file=whole_file)
    assert toy.snapshot() == before


def test_a_copy_without_anything_to_put_back_says_where_to_get_it(toy):
    build(toy.course)
    toy.path("solutions").rename(toy.path("elsewhere"))
    with pytest.raises(CourseError, match=r"There is no \.stride/cnnlib/toy\.py to put back; .*https://example\.org/toy"):
        reset(toy.course, "toy.double")
