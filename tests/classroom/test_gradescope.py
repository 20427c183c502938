"""Gradescope's autograder: its zip, and what it does with submissions in a simulated container. (setup.sh is run with stand-ins.)"""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.authoring import gradescope_zip
from autograder.classroom import gradescope, grading, job
from autograder.cli import main
from autograder.course import CourseError, load_course
from autograder.sandboxing import sandbox
from tests import toy_class
from tests.gradescope_container import SCHEMA, image, read, run, unpack, without_bubblewrap
from tests.sandboxing.test_other_user import DOCKER, as_root

SEED = "a secret of sixteen characters and more"
# Right work, unless it can lay its hands on anything: then it says so, and loses its points.
HOSTILE = """

import os, sys
_right, _root, _loot = conv2d_forward, {root!r}, []

def _try(what, deed):
    try: deed()
    except Exception: return
    _loot.append(what)

for _name in ("source/course.secret", "source/autograder/judge.py", "submission_metadata.json", "run_autograder", "results/results.json"):
    _try(_name, lambda: open(os.path.join(_root, _name)).read())
_try("results.json", lambda: open(os.path.join(_root, "results/results.json"), "w").write("{{}}"))
_try("listing", lambda: os.listdir(os.path.join(_root, "source")))
_try("seed", lambda: os.environ["STRIDE_SECRET_SEED"])
for _folder, _, _names in os.walk("/"):
    if "course.secret" in _names: _loot.append(_folder)
print('{{"score": 1000, "tests": [{{"score": 1000}}]}}', flush=True)
os.write(2, b'{{"score": 1000}}')

def conv2d_forward(x, w, b, stride=1, padding=0):
    print('{{"score": 1000}}')
    if _loot: raise RuntimeError(repr(_loot))
    return _right(x, w, b, stride, padding)
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    made = toy_class.make_course(root)
    for name in ("constraints.txt", "LICENSE"):
        shutil.copy(Path(__file__).parents[2] / name, root)
    return made


@pytest.fixture(scope="module")
def zipped(course, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRIDE_SECRET_SEED", SEED)
        return gradescope_zip.write(course, "07", tmp_path_factory.mktemp("out"), "after_due_date")[0]


@pytest.fixture(scope="module")
def installed(zipped, tmp_path_factory):
    """The image: the zip in source/, and what setup.sh would have installed."""
    return image(zipped, tmp_path_factory.mktemp("container") / "autograder")


@pytest.fixture
def container(installed):
    """The container of one submission: no results yet, and nothing handed in."""
    for name in ("submission", "results"):
        shutil.rmtree(installed / name, ignore_errors=True)
        (installed / name).mkdir()
    (installed / "submission_metadata.json").write_text('{"id": 1, "users": [{"email": "jane@example.org"}], "previous_submissions": []}')
    return installed


def hand_in(container: Path, course, source: str | bytes | None = None) -> Path:
    shutil.rmtree(container / "submission")
    return toy_class.hand_in(container / "submission", course, source)


def judged(container: Path) -> dict[str, Any]:
    """What the program comes to, in this process, in the sandbox of this machine."""
    assert gradescope.main([str(container), "07", "visible"]) == 0
    results = read(container)
    assert results["visibility"] == "visible"
    return results


def points(results: dict[str, Any]) -> dict[str, float]:
    return {test["extra_data"]["exercise"]: test["score"] for test in results["tests"]}


# --- the zip ----------------------------------------------------------------------------------------------------------


def test_the_zip_has_what_gradescope_asks_for_and_is_for_graders_alone(zipped):
    with zipfile.ZipFile(zipped) as archive:
        names = archive.namelist()
        programs = {entry.filename for entry in archive.infolist() if entry.external_attr >> 16 & 0o111}
    assert programs == {"setup.sh", "run_autograder"}
    for name in ("course.toml", "course.secret", "constraints.txt", "autograder/judge.py", "cnnlib/conv.py", "notebooks/07_filters.ipynb"):
        assert name in names
    assert not [name for name in names if name.startswith(("solutions", "tests", "/")) or "__pycache__" in name]
    assert stat.S_IMODE(zipped.stat().st_mode) == 0o600


def test_it_is_the_same_bytes_every_time(course, zipped, tmp_path, monkeypatch):
    monkeypatch.setenv("STRIDE_SECRET_SEED", SEED)
    again, _ = gradescope_zip.write(course, "7", tmp_path, "after_due_date")
    assert again.read_bytes() == zipped.read_bytes()
    other, _ = gradescope_zip.write(course, "7", tmp_path, "visible")
    assert other.read_bytes() != zipped.read_bytes()


def test_the_command_says_what_to_do_with_it(course, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(course.root)
    monkeypatch.setenv("STRIDE_SECRET_SEED", SEED)
    assert main(["release", "--gradescope", "07", str(tmp_path / "new"), "--visibility", "visible"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == str(tmp_path / "new" / "gradescope-07.zip")
    assert "secret seed" in out and "autograder points 26, memory at least 3 GB, timeout at least 3 minutes" in out
    assert "07-written (4 points)" in out
    with zipfile.ZipFile(tmp_path / "new" / "gradescope-07.zip") as archive:
        assert archive.read("run_autograder").decode().rstrip().endswith(" 07 visible")
    assert main(["release", "--gradescope", "08", str(tmp_path)]) == 2
    assert main(["release", "--gradescope", "07", str(course.root / "cnnlib")]) == 2
    monkeypatch.setenv("STRIDE_SECRET_SEED", "7")
    assert main(["release", "--gradescope", "07", str(tmp_path)]) == 2
    assert "too short" in capsys.readouterr().err
    assert main(["release", "--visibility", "visible", str(tmp_path)]) == 2
    assert "Name the assignment: stride release --gradescope" in capsys.readouterr().err


@pytest.mark.parametrize(("old", "asked"), [(False, ["python3"]), (True, ["python3", "python3.11"])])
def test_setup_installs_python_bubblewrap_and_the_pinned_packages(zipped, tmp_path, old, asked):
    """With stand-ins for apt-get and python that write down what they are asked for."""
    unpack(zipped, tmp_path / "source")
    script = tmp_path / "source" / "setup.sh"
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    log, programs = tmp_path / "log", tmp_path / "programs"
    programs.mkdir()
    stands = f'#!/bin/sh\necho "$(basename "$0") $*" >> {log}\n'
    python = stands + f'case "$1 $2" in "-m venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python;; "-c import sys;"*) exit {int(old)};; esac\n'
    for name, text in (("apt-get", stands), ("python3", python), ("python3.11", python)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "STRIDE_AUTOGRADER": str(tmp_path)}
    done = subprocess.run(["bash", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = log.read_text().splitlines()
    packages = [word for line in lines if line.startswith("apt-get install") for word in line.split()[2:] if not word.startswith("-")]
    assert packages == [word for python in asked for word in (*(["bubblewrap"] if python == "python3" else []), python, f"{python}-venv")]
    assert f"{asked[-1]} -m venv --clear .venv" in lines
    (pip,) = (line for line in lines if " -m pip install " in line)
    assert "--constraint constraints.txt" in pip and pip.endswith(" ".join(gradescope_zip.PACKAGES))
    assert stat.S_IMODE((tmp_path / "source").stat().st_mode) == 0o700


# --- submissions ------------------------------------------------------------------------------------------------------


def test_run_autograder_judges_a_right_submission(container, course):
    hand_in(container, course)
    done = run(container)
    assert done.returncode == 0, done.stderr
    results = read(container)
    assert points(results) == {"conv.conv2d_forward": 18, "conv.correlate2d": 8}
    assert [test["status"] for test in results["tests"]] == ["passed", "passed"] and results["tests"][0]["max_score"] == 18
    assert results["visibility"] == "after_due_date" and "score" not in results
    assert results["extra_data"]["isolation"] == job.BUBBLEWRAP and results["extra_data"]["problems"] == []
    assert results["output"].splitlines() == [
        "Taken: 07_filters.ipynb, cnnlib/conv.py.", "Marked by a person: 07-written (4 points).", "Judged in a sandbox of bubblewrap."
    ]
    assert stat.S_IMODE((container / "source").stat().st_mode) == stat.S_IMODE((container / "results").stat().st_mode) == 0o700


def test_marks_are_those_of_stride_grade(container, course, tmp_path, monkeypatch):
    monkeypatch.setenv("STRIDE_SECRET_SEED", SEED)
    work = {
        "right": None,
        "mistaken": toy_class.without_bias(),
        "untouched": (course.root / "cnnlib" / "conv.py").read_text(),
        "garbage": b"\x00\xff\xfe def conv2d_forward(:",
        "hostile": toy_class.solution() + HOSTILE.format(root=str(container)),
    }
    for name, source in work.items():
        toy_class.hand_in(tmp_path / "class" / name, course, source)
    graded = {result["learner"]: result for result in grading.grade(course, "07", tmp_path / "class", tmp_path / "graded", 1, progress=False)}
    for name, source in work.items():
        hand_in(container, course, source)
        results = judged(container)
        assert points(results) == {id: exercise["points"] for id, exercise in graded[name]["exercises"].items()}, name
        told = {test["extra_data"]["exercise"]: test["extra_data"] for test in results["tests"]}
        assert [told[id]["status"] for id in told] == [exercise["status"] for exercise in graded[name]["exercises"].values()], name
        assert results["extra_data"]["digest"] == graded[name]["digest"]
        assert results["extra_data"]["problems"] == graded[name]["problems"]
    assert {name: result["points"] for name, result in graded.items()} == {
        "right": 26, "mistaken": 15, "untouched": 0, "garbage": 0, "hostile": 26
    }


def test_a_card_names_the_mistake_and_shows_nothing_of_hidden_cases(container, course, monkeypatch):
    monkeypatch.setenv("STRIDE_SECRET_SEED", SEED)
    hand_in(container, course, toy_class.without_bias())
    forward, correlate = judged(container)["tests"]
    says = course.assignments[0].exercises[0].misconception("bias_forgotten").says
    assert forward["output_format"] == "text" and says in " ".join(forward["output"].split())
    assert forward["extra_data"]["misconception"] == "bias_forgotten" and forward["status"] == "failed"
    assert "\x1b" not in forward["output"] and correlate["output"].startswith("✓")
    # Work that is right in the visible cases alone, and carries what it sees of the others out in an exception.
    seen = "\n\n_right = conv2d_forward\n_known = {known}\n\ndef conv2d_forward(x, w, b, stride=1, padding=0):\n" \
        "    if x.tobytes() not in _known: raise RuntimeError('INPUT ' + repr(x))\n    return _right(x, w, b, stride, padding)\n"
    visible = [case.inputs["x"].tobytes() for case in course.assignments[0].exercises[0].cases(course.visible_seed)]
    hand_in(container, course, toy_class.solution() + seen.replace("{known}", repr(visible)))
    results = judged(container)
    assert points(results)["conv.conv2d_forward"] < 18 and "array(" not in json.dumps(results)


@pytest.mark.parametrize("layout", ["flat", "folder", "zip"])
def test_files_may_lie_flat_in_a_folder_or_in_a_zip(container, course, tmp_path, monkeypatch, layout):
    monkeypatch.setenv("STRIDE_SECRET_SEED", SEED)
    folder = toy_class.hand_in(tmp_path / "Downloads" / "stride", course)
    target = container / "submission"
    if layout == "flat":
        for path in folder.rglob("*.*"):
            shutil.copy(path, target)
    elif layout == "folder":
        shutil.copytree(folder.parent, target, dirs_exist_ok=True)
    else:
        shutil.make_archive(str(target / "07"), "zip", folder.parent)
    results = judged(container)
    assert sum(points(results).values()) == 26 and results["extra_data"]["problems"] == []


def test_an_empty_one_and_garbage_are_told_what_is_missing(container, course, monkeypatch):
    monkeypatch.setenv("STRIDE_SECRET_SEED", SEED)
    results = judged(container)
    assert points(results) == {"conv.conv2d_forward": 0, "conv.correlate2d": 0}
    assert results["output"].startswith("Nothing in it can be graded.\n") and "Judged" not in results["output"]
    assert "07_filters.ipynb is missing." in results["output"] and "cnnlib/conv.py is missing." in results["output"]
    assert "Hand in again: what stride submit 07 packs is complete." in results["output"]
    (container / "submission" / "07_filters.ipynb").write_bytes(b"\x00{ no notebook")
    (container / "submission" / "work.zip").write_bytes(b"PK nonsense")
    (container / "submission" / "conv.py").symlink_to("/etc/passwd")
    results = judged(container)
    assert set(points(results).values()) == {0} and {test["status"] for test in results["tests"]} == {"failed"}
    assert "conv.py is a link, which is not read" in results["output"] and "root:" not in json.dumps(results)


@as_root
def test_a_hostile_one_in_a_container_without_namespaces(container, course, tmp_path):
    """As in Docker: root, with the capabilities that Docker leaves to it, and a bubblewrap that cannot work."""
    hand_in(container, course, toy_class.solution() + HOSTILE.format(root=str(container)))
    done = run(container, *DOCKER, PATH=without_bubblewrap(tmp_path), TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    results = read(container)
    assert results["extra_data"]["isolation"] == job.OTHER_USER and "Judged as another user" in results["output"]
    assert sum(points(results).values()) == 26, results["tests"]
    everything = json.dumps(results) + done.stdout + done.stderr
    assert SEED not in everything and "1000" not in everything
    assert [path.name for path in tmp_path.iterdir()] == ["bwrap"]  # the other user's folder is gone


# --- faults of ours ---------------------------------------------------------------------------------------------------


def no_points(container: Path) -> str:
    """What results.json says of a fault of ours: no score anywhere, so that Gradescope takes it for a failure."""
    results = json.loads((container / "results" / "results.json").read_text())
    assert "score" not in results and "tests" not in results
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(results, SCHEMA)
    return results["output"]


def test_a_fault_of_ours_is_tried_again_and_then_no_zero(container, course, monkeypatch):
    monkeypatch.setenv("STRIDE_SECRET_SEED", SEED)
    hand_in(container, course)
    right, tries = job.run, []

    def falls(prepared, often):
        tries.append(1)
        if len(tries) <= often:
            raise RuntimeError("the judge fell\nover \x1b[31m")
        return right(prepared)

    monkeypatch.setattr(job, "run", lambda prepared: falls(prepared, 1))
    assert sum(points(judged(container)).values()) == 26 and len(tries) == 2
    tries.clear()
    monkeypatch.setattr(job, "run", lambda prepared: falls(prepared, 9))
    assert gradescope.main([str(container), "07", "visible"]) == 1
    said = no_points(container)
    assert said.startswith("This was not graded, and that is not your fault: RuntimeError: the judge fell. ") and "\x1b" not in said


@pytest.mark.parametrize("break_it", [
    lambda root: shutil.rmtree(root / "submission"),
    lambda root: (root / "source" / "course.toml").write_text("[course"),
    lambda root: (root / "source" / "notebooks" / "07_filters.ipynb").unlink(),
])
def test_a_container_that_is_not_whole_is_no_zero_either(container, course, tmp_path, break_it):
    root = tmp_path / "autograder"
    shutil.copytree(container, root, symlinks=True, ignore=shutil.ignore_patterns(".venv"))
    break_it(root)
    assert gradescope.main([str(root), "07", "visible"]) == 1
    assert "was not graded" in no_points(root)


def test_where_nothing_can_hold_a_submission_none_is_run(container, course, monkeypatch):
    hand_in(container, course)
    monkeypatch.setattr(gradescope, "require", refuses("no bubblewrap"))
    monkeypatch.setattr(sandbox.os, "geteuid", lambda: 1000)
    sandbox.require_other_user.cache_clear()
    monkeypatch.setattr(job, "run", lambda prepared: pytest.fail("it was run"))
    assert gradescope.main([str(container), "07", "visible"]) == 1
    assert "bubblewrap does not run, and only root can start another user's program, and this is not root" in no_points(container)


def refuses(sentence: str):
    def refuse() -> None:
        raise CourseError(sentence)

    return refuse


def test_the_zip_of_the_course_itself_loads_where_it_is_unpacked(tmp_path):
    """All that an assignment's judging needs is in it, the master's fingerprint included."""
    from autograder.classroom import master

    here = load_course(Path(__file__).parents[2])
    path, _ = gradescope_zip.write(here, "00", tmp_path, "visible")
    unpack(path, tmp_path / "source")
    there = load_course(tmp_path / "source")
    assert master.load(there, there.assignment("00")).digest == master.load(here, here.assignment("00")).digest
    assert (tmp_path / "source" / "course.secret").read_text().strip() == here.secret_seed()
