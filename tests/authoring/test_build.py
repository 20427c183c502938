"""From solutions/ to cnnlib/ and notebooks/: the same bytes every time, and nobody's work overwritten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import files
from autograder.authoring.build import BuildResult, build, generate
from autograder.course import CourseError
from tests.toy_course import toy  # noqa: F401

# ruff: noqa: F811  (the fixture)
GENERATED = ["cnnlib/__init__.py", "cnnlib/kit/__init__.py", "cnnlib/toy.py", "notebooks/01_numbers.ipynb"]


def learner_files(toy):
    return {name: data for name, data in toy.snapshot().items() if name.startswith(("cnnlib/", "notebooks/"))}


def test_a_first_build_writes_everything_and_a_second_one_nothing(toy):
    result = build(toy.course)
    assert result == BuildResult(GENERATED, [], [])
    assert result.message.startswith("Built 4 files: cnnlib/__init__.py")
    first = toy.snapshot()
    assert sorted(learner_files(toy)) == sorted([*GENERATED, "cnnlib/.generated.json"])
    assert toy.read("cnnlib/kit/__init__.py") == toy.read("solutions/cnnlib/kit/__init__.py")
    assert json.loads(toy.read("cnnlib/.generated.json")) == {name: files.sha256(first[name]) for name in GENERATED}

    assert build(toy.course) == BuildResult([], [], [])
    assert build(toy.course).message == "Everything is up to date."
    assert toy.snapshot() == first


def test_the_bytes_do_not_depend_on_the_process(toy):
    """Another hash seed, another time zone, another locale."""
    build(toy.course)
    script = (
        "import sys, autograder.checks\n"
        f"autograder.checks.__path__ = [{str(toy.path('checks'))!r}]\n"
        "from pathlib import Path\nfrom autograder.authoring.build import build\nfrom autograder.course import load_course\n"
        f"sys.exit(bool(build(load_course(Path({str(toy.root)!r})), check=True).stale) or 'torch' in sys.modules or 'nbgrader' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONHASHSEED": "4", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    assert subprocess.run([sys.executable, "-c", script], env=environment, timeout=60).returncode == 0


def test_check_names_what_is_stale_and_writes_nothing(toy):
    result = build(toy.course, check=True)
    assert result == BuildResult([], GENERATED, [])
    assert not toy.path("cnnlib").exists()
    build(toy.course)
    assert build(toy.course, check=True) == BuildResult([], [], [])
    toy.edit("solutions/cnnlib/toy.py", "Think of one number first.", "Think of two.")
    before = toy.snapshot()
    result = build(toy.course, check=True)
    assert result.stale == ["cnnlib/toy.py"]
    assert result.message == "Not what the masters in solutions/ give: cnnlib/toy.py. Bring them up to date with: stride build"
    assert toy.snapshot() == before
    assert build(toy.course).changed == ["cnnlib/toy.py"]
    assert "Think of two." in toy.read("cnnlib/toy.py")


def test_check_sees_a_learners_change_and_a_missing_manifest(toy):
    build(toy.course)
    toy.path("cnnlib/.generated.json").unlink()
    assert build(toy.course, check=True).stale == ["cnnlib/.generated.json"]
    build(toy.course)
    toy.edit("cnnlib/toy.py", "    # Think", "    ## Think")
    assert build(toy.course, check=True).stale == ["cnnlib/toy.py"]


def test_a_change_in_a_solution_alone_changes_no_stub(toy):
    build(toy.course)
    toy.edit("solutions/cnnlib/toy.py", "return float(np.sum(x, dtype=np.float64)) + start", "return sum(x, start)")
    assert build(toy.course, check=True).stale == []


@pytest.mark.parametrize("name", ["cnnlib/toy.py", "cnnlib/kit/__init__.py", "notebooks/01_numbers.ipynb"])
def test_a_file_changed_by_hand_stops_the_whole_build(toy, name):
    build(toy.course)
    toy.write(name, toy.read(name) + "\n")
    toy.edit("solutions/cnnlib/__init__.py", "A library.", "Another.")
    before = toy.snapshot()
    with pytest.raises(CourseError) as caught:
        build(toy.course)
    assert str(caught.value) == f"{name} was changed by hand, so nothing was written; to overwrite and keep a backup: stride build --force"
    assert toy.snapshot() == before, "all or nothing"


def test_several_changed_files_are_all_named(toy):
    build(toy.course)
    toy.write("cnnlib/toy.py", "mine")
    toy.write("cnnlib/__init__.py", "mine too")
    with pytest.raises(CourseError, match=r"^cnnlib/__init__.py, cnnlib/toy.py were changed by hand"):
        build(toy.course)


def test_an_unknown_file_in_a_stubs_place_is_somebodys_work(toy):
    toy.write("cnnlib/toy.py", "def double(x): return x + x\n")
    with pytest.raises(CourseError, match=r"cnnlib/toy\.py was changed by hand"):
        build(toy.course)


def test_force_overwrites_and_keeps_every_version(toy):
    build(toy.course)
    stub = toy.read("cnnlib/toy.py")
    for number, mine in enumerate(["first", "second"], 1):
        toy.write("cnnlib/toy.py", mine)
        result = build(toy.course, force=True)
        assert result.changed == ["cnnlib/toy.py"] and result.backups == [f"cnnlib/toy.py.backup-{number}"]
        assert f"kept as: cnnlib/toy.py.backup-{number}." in result.message
    assert toy.read("cnnlib/toy.py") == stub
    assert [toy.read(f"cnnlib/toy.py.backup-{n}") for n in (1, 2)] == ["first", "second"]
    assert build(toy.course, check=True).stale == [], "backups are not generated files"


def test_a_file_that_went_from_the_masters_goes_from_the_course(toy):
    toy.write("solutions/cnnlib/kit/old.py", "x = 1\n")
    build(toy.course)
    toy.path("solutions/cnnlib/kit/old.py").unlink()
    toy.write("cnnlib/my_notes.py", "# mine\n")
    assert build(toy.course).changed == ["cnnlib/kit/old.py"]
    assert not toy.path("cnnlib/kit/old.py").exists()
    assert toy.read("cnnlib/my_notes.py") == "# mine\n", "what we never wrote is not ours to remove"


def test_a_stale_file_that_was_changed_by_hand_is_not_removed_unasked(toy):
    toy.write("solutions/cnnlib/kit/old.py", "x = 1\n")
    build(toy.course)
    toy.path("solutions/cnnlib/kit/old.py").unlink()
    toy.write("cnnlib/kit/old.py", "x = 2\n")
    with pytest.raises(CourseError, match=r"cnnlib/kit/old\.py was changed by hand"):
        build(toy.course)
    assert build(toy.course, force=True).backups == ["cnnlib/kit/old.py.backup-1"]
    assert not toy.path("cnnlib/kit/old.py").exists()


@pytest.mark.parametrize("text", ["", "no json", "[1, 2]", '"text"', '{"../solutions/cnnlib/toy.py": "x", "course.toml": "x", "/etc/hosts": "x"}'])
def test_a_damaged_manifest_removes_nothing(toy, text):
    build(toy.course)
    toy.write("cnnlib/.generated.json", text)
    before = toy.snapshot()
    assert build(toy.course).changed == ["cnnlib/.generated.json"]
    assert toy.snapshot().keys() == before.keys()


def test_nothing_is_written_when_one_master_is_broken(toy):
    build(toy.course)
    toy.edit("solutions/cnnlib/__init__.py", "A library.", "Another.")
    toy.edit("solutions/notebooks/01_numbers.py", '# %% check="toy.total"', '# %% check="toy.unknown"')
    before = toy.snapshot()
    with pytest.raises(CourseError, match="no exercise 'toy.unknown'"):
        build(toy.course)
    assert toy.snapshot() == before


def test_a_full_disk_leaves_everything_as_it_was(toy, monkeypatch):
    build(toy.course)
    toy.edit("solutions/cnnlib/__init__.py", "A library.", "Another.")
    toy.edit("solutions/cnnlib/toy.py", "Think of one number first.", "Think of two.")
    before = toy.snapshot()
    fsync, on_disk = os.fsync, []

    def full(descriptor):
        if on_disk:
            raise OSError(28, "No space left on device")
        on_disk.append(descriptor)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        build(toy.course)
    assert toy.snapshot() == before


def test_a_windows_checkout_of_the_masters_gives_the_same_bytes(toy):
    expected = generate(toy.course)
    for name in ("solutions/cnnlib/toy.py", "solutions/cnnlib/kit/__init__.py", "solutions/notebooks/01_numbers.py"):
        toy.write(name, toy.read(name).replace("\n", "\r\n"))
    assert generate(toy.course) == expected


def test_what_programs_leave_behind_is_not_built(toy):
    toy.write("solutions/cnnlib/__pycache__/toy.cpython-311.pyc", "x")
    toy.write("solutions/cnnlib/kit/.DS_Store", "x")
    toy.write("solutions/notebooks/.ipynb_checkpoints/01_numbers.py", "x")
    assert sorted(generate(toy.course)) == GENERATED


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("solutions/notebooks/99_other.py", "# %%\n1\n", "course.toml names no assignment with the notebook solutions/notebooks/99_other.py"),
        ("solutions/cnnlib/notes.txt", "x", "solutions/cnnlib/notes.txt is not Python"),
    ],
)
def test_strays_among_the_masters_are_named(toy, name, text, says):
    toy.write(name, text)
    with pytest.raises(CourseError, match=says):
        build(toy.course)


def test_a_master_that_is_not_utf8_is_named(toy):
    toy.path("solutions/cnnlib/toy.py").write_bytes(b"# caf\xe9\n")
    with pytest.raises(CourseError, match=r"toy\.py is not UTF-8"):
        build(toy.course)


def test_a_learners_copy_has_nothing_to_build_from(toy):
    build(toy.course)
    toy.path("solutions").rename(toy.path("elsewhere"))
    with pytest.raises(CourseError, match="no solutions/.*stride reset EXERCISE"):
        build(toy.course)


def test_a_file_keeps_its_permissions(toy):
    build(toy.course)
    toy.path("cnnlib/toy.py").chmod(0o664)
    toy.edit("solutions/cnnlib/toy.py", "Think of one number first.", "Think of two.")
    build(toy.course)
    assert toy.path("cnnlib/toy.py").stat().st_mode & 0o777 == 0o664
