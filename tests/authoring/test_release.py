"""What goes out: complete, the same bytes every time, nothing secret in it, and nbgrader agrees with its trees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.authoring import release as releasing
from autograder.authoring.build import build, generate
from autograder.authoring.leaks import leaks, solution_lines, squeeze
from autograder.authoring.release import bundle, release
from autograder.course import CourseError
from tests.toy_course import toy  # noqa: F401

# ruff: noqa: F811  (the fixture)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_learners_guide_is_the_copys_readme_and_leads_somewhere(toy):
    toy.write("docs/learners.md", "# Getting started\nBadges are in the [README](../README.md).\n")
    course = toy.course
    readme = bundle(course)["README.md"].decode()
    assert readme.startswith("# Getting started") and f"]({course.repository})" in readme and "../" not in readme


def test_the_learners_copy_is_complete(toy, out):
    toy.write("README.md", "# Toy\n")
    toy.write("Makefile", "lab:\n")
    toy.write("data/photos/cat.png", "not really")
    toy.write("notes.md", "for authors")
    made = contents(release(toy.course, out).folder)
    generated = generate(toy.course)
    assert {name: made[name] for name in generated} == generated
    assert {name: made[f".stride/{name}"] for name in generated} == generated
    assert {"course.toml", "README.md", "Makefile", "data/photos/cat.png", "cnnlib/.generated.json", "autograder/__init__.py"} <= made.keys()
    tops = {name.split("/")[0] for name in made}
    assert tops == {"cnnlib", "notebooks", ".stride", "autograder", "data", "course.toml", "README.md", "Makefile"}
    assert not [name for name in made if "__pycache__" in name or name.endswith(".pyc")]


def test_it_is_made_from_the_masters_and_not_from_what_lies_around(toy, out):
    build(toy.course)
    toy.write("cnnlib/toy.py", "def double(x): return x + x\n")
    toy.write("cnnlib/toy.py.backup-1", "older\n")
    made = contents(release(toy.course, out).folder)
    assert made["cnnlib/toy.py"] == generate(toy.course)["cnnlib/toy.py"]
    assert not [name for name in made if "backup" in name]


def test_folder_and_zip_hold_the_same_in_the_same_bytes_every_time(toy, out, monkeypatch):
    first = release(toy.course, out)
    data = first.archive.read_bytes()
    with zipfile.ZipFile(first.archive) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {name.removeprefix("stride/"): archive.read(name) for name in names} == contents(first.folder)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
    os.utime(toy.path("course.toml"), (0, 1_000_000_000))
    assert release(toy.course, out).archive.read_bytes() == data
    assert release(toy.course, out.with_name("elsewhere")).archive.read_bytes() == data


def test_nothing_secret_goes_out(toy, out, monkeypatch):
    monkeypatch.setenv("STRIDE_SECRET_SEED", "seed-in-the-environment")
    toy.write("course.secret", "5eed5eed5eed5eed\n")
    toy.write("tests/submissions/good.py", "x")
    with zipfile.ZipFile(release(toy.course, out).archive) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name in members if "solutions" in name or "secret" in name or "submissions" in name]
    everything = b"\n".join(members.values())
    assert b"5eed5eed5eed5eed" not in everything and b"seed-in-the-environment" not in everything
    lines = solution_lines(toy.course)
    assert squeeze("return twice_everything + 0 * HELPER_ONLY_OF_THE_SOLUTION") in lines and squeeze('sizes = {"small": 1, "large": 1000}') in lines
    assert leaks(toy.course, members, lines) == []


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("data/notes.md", "Seed: 5eed5eed5eed5eed", "data/notes.md holds the secret seed"),
        ("data/notes.md", "seed-in-the-environment", "data/notes.md holds the secret seed"),
        ("data/course.secret", "x", "data/course.secret is not for learners"),
        (
            "README.md",
            "Try return  twice_everything+0*HELPER_ONLY_OF_THE_SOLUTION",
            "README.md gives away a line of solutions/cnnlib/toy.py: return twice_",
        ),
        ("data/a.ipynb", '{"cells": [{"source": ["x = 1\\n", "return float(np.sum(x, dtype=np.float64)) + start"]}]}', "data/a.ipynb gives away"),
        ("data/b.ipynb", r'{"cells": [{"source": ["sizes = {\"small\": 1, \"large\": 1000}"]}]}', "data/b.ipynb gives away"),
        ("README.md", "twice_everything = np.add(x,x)  # a comment of another kind", "README.md gives away"),
    ],
)
def test_a_release_that_gives_something_away_is_refused(toy, out, monkeypatch, name, text, says):
    monkeypatch.setenv("STRIDE_SECRET_SEED", "seed-in-the-environment")
    toy.write("course.secret", "5eed5eed5eed5eed\n")
    toy.write(name, text)
    with pytest.raises(CourseError) as caught:
        release(toy.course, out)
    assert says in str(caught.value) and "\n" not in str(caught.value)
    assert not out.exists()


def test_given_code_gives_nothing_away(toy):
    """A line that a solution shares with given code is no secret; the same line in a docstring alone is."""
    line = "return (value, value) if isinstance(value, int) else tuple(value)"
    toy.edit("solutions/cnnlib/toy.py", "    twice_everything =", f"    {line}\n    twice_everything =")
    assert squeeze(line) not in solution_lines(toy.course)
    toy.edit("solutions/cnnlib/toy.py", f'    """Given: 3 -> (3, 3)."""\n    {line}', f'    """{line}"""')
    assert squeeze(line) in solution_lines(toy.course)
    assert any("cnnlib/toy.py gives away" in finding for finding in leaks(toy.course, generate(toy.course)))


@pytest.mark.parametrize(
    ("line", "telling"),
    [
        ("    for kernel_size, stride in layers_of_the_network:", False),
        ("    short = x.sum(axis=0)", False),
        ("    # a long comment about what comes next in this solution", False),
        ("    for row in range(x.shape[0] - kernel_size + 1):", True),
        ("    longer = x.sum(axis=0) / x.shape[0]", True),
    ],
)
def test_only_telling_lines_are_kept_secret(toy, line, telling):
    toy.edit(
        "solutions/cnnlib/toy.py",
        "    twice_everything =",
        f"{line}\n        pass\n    twice_everything =" if "for" in line else f"{line}\n    twice_everything =",
    )
    assert (squeeze(line) in solution_lines(toy.course)) == telling


def test_work_in_an_earlier_release_is_not_lost(toy, out):
    folder = release(toy.course, out).folder
    (folder / "cnnlib" / "toy.py").write_text("mine", encoding="utf-8")
    with pytest.raises(CourseError, match="was changed since it was released, so nothing was written"):
        release(toy.course, out)
    assert (folder / "cnnlib" / "toy.py").read_text(encoding="utf-8") == "mine"


def test_an_earlier_release_is_replaced_as_a_whole(toy, out):
    toy.write("data/old.txt", "x")
    release(toy.course, out)
    toy.path("data/old.txt").unlink()
    (out / "nbgrader" / "gradebook.db").write_text("marks", encoding="utf-8")
    (out / "nbgrader" / "nbgrader_config.py").write_text("# ours", encoding="utf-8")
    (out / "nbgrader" / "source" / "01" / "stray.py").write_text("x", encoding="utf-8")
    made = release(toy.course, out)
    assert not (made.folder / "data").exists()
    assert sorted(path.name for path in out.iterdir()) == ["nbgrader", "stride", "stride.zip"]
    assert (made.nbgrader / "gradebook.db").read_text() == "marks" and (made.nbgrader / "nbgrader_config.py").read_text() == "# ours"
    assert [path.name for path in (made.nbgrader / "source" / "01").iterdir()] == ["01_numbers.ipynb"]


def test_a_failure_on_the_way_brings_the_old_release_back(toy, out, monkeypatch):
    folder = release(toy.course, out).folder
    before = contents(folder)
    toy.write("data/new.txt", "x")
    replace = os.replace

    def failing(source, target):
        if str(source).endswith(".new"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(CourseError, match="No space left.*Make room, or name another folder: stride release DIR"):
        release(toy.course, out)
    assert contents(folder) == before
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("place", [".", "cnnlib", "solutions/out", "data"])
def test_a_release_into_the_course_itself_is_refused(toy, place):
    with pytest.raises(CourseError, match="write it elsewhere, for example: stride release out/release$"):
        release(toy.course, toy.path(place))


def test_nbgraders_folders_hold_the_notebook_and_nothing_else(toy, out):
    made = release(toy.course, out)
    assert sorted(contents(made.nbgrader)) == ["nbgrader_config.py", "release/01/01_numbers.ipynb", "source/01/01_numbers.ipynb"]
    assert contents(made.nbgrader)["release/01/01_numbers.ipynb"] == contents(made.folder)["notebooks/01_numbers.ipynb"]
    assert "### BEGIN SOLUTION" in (made.nbgrader / "source/01/01_numbers.ipynb").read_text()


def test_nbgrader_generates_the_very_notebook_that_we_release(toy, out):
    made = release(toy.course, out)
    released = made.nbgrader / "release" / "01" / "01_numbers.ipynb"
    ours = json.loads(released.read_bytes())
    released.unlink()
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "01", "--force"]
    done = subprocess.run(command, cwd=made.nbgrader, capture_output=True, text=True, timeout=120, env=os.environ | {"HOME": str(out)})
    assert done.returncode == 0, done.stderr
    theirs = json.loads(released.read_bytes())
    assert [cell["metadata"] for cell in theirs["cells"]] == [cell["metadata"] for cell in ours["cells"]]
    assert theirs == ours


def test_the_learners_copy_stands_alone(toy, out):
    """Its own autograder, started in it, finds its own course and puts an exercise back."""
    folder = release(toy.course, out).folder
    (folder / "autograder" / "checks" / "toy.py").write_text(toy.read("checks/toy.py"), encoding="utf-8")
    (folder / "cnnlib" / "toy.py").write_text("def total(x, start=0.0):\n    return float(x.sum()) + start\n", encoding="utf-8")
    script = (
        "from autograder import check; from autograder.course import load_course; from autograder.authoring.reset import reset\n"
        "print(check('toy.total').points); reset(load_course(), 'toy.total'); print(check('toy.total').status)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("STRIDE", "PYTHONPATH"))}
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout.split() == ["3", "not_written"], done.stderr


def test_a_bundle_is_sorted(toy):
    assert list(bundle(toy.course)) == sorted(bundle(toy.course))
    assert releasing.archive({"b": b"", "a": b""}) == releasing.archive({"a": b"", "b": b""})
