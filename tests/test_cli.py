"""`stride` through its own door: exit codes, one sentence for every mistake, and nothing heavy where nothing is judged."""

import json
import re
import signal
import subprocess
import sys
import time

import pytest

from autograder import __version__
from autograder.cli import main
from tests.learner import ENVIRONMENT, EXERCISES, ROTATE, STRIDE, UPSIDE_DOWN, make_course, write


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A learner's course as the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STRIDE_CNNLIB", raising=False)
    return make_course(tmp_path)


def stride(*arguments, cwd, **environment):
    """The command in a process of its own."""
    return subprocess.run([*STRIDE, *arguments], cwd=cwd, env=ENVIRONMENT | environment, capture_output=True, timeout=60)


def test_list_shows_every_exercise_with_its_points_and_the_stubs_as_not_written(course, capsys):
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert all(re.search(rf"○ {re.escape(id)} ", out) for id in EXERCISES)
    assert "0 of 27 points" in out and "18 points" in out


def test_list_remembers_what_was_checked_and_forgets_what_was_changed_since(course, capsys):
    write(course, ROTATE)
    main(["list"])
    assert "? conv.rotate180" in capsys.readouterr().out
    main(["check"])
    main(["list"])
    out = capsys.readouterr().out
    assert "✓ conv.rotate180" in out and "4 of 27 points" in out
    (course / "cnnlib" / "conv.py").write_text("import numpy\n" + (course / "cnnlib" / "conv.py").read_text())
    main(["list"])
    assert "✓ conv.rotate180" in capsys.readouterr().out  # another part of the file was changed
    write(course, UPSIDE_DOWN)
    main(["list"])
    assert "? conv.rotate180" in capsys.readouterr().out


def test_list_forgets_what_uses_another_function_that_was_changed(course, capsys):
    write(course, "def rotate180(w):\n    return turned(w)\n")
    file = course / "cnnlib" / "conv.py"
    file.write_text(file.read_text() + "\n\ndef turned(w):\n    return w[..., ::-1, ::-1]\n")
    main(["check", "conv.rotate180"])
    main(["list"])
    assert "✓ conv.rotate180" in capsys.readouterr().out
    file.write_text(file.read_text().replace("::-1, ::-1", "::-1, :"))
    main(["list"])
    assert "? conv.rotate180" in capsys.readouterr().out


@pytest.mark.parametrize("names", [["conv.rotate180"], ["conv.rot"]])
def test_check_passes_with_code_0_and_fails_with_code_1(course, capsys, names):
    assert main(["check", *names]) == 1
    assert "not written yet" in capsys.readouterr().out
    write(course, UPSIDE_DOWN)
    assert main(["check", *names]) == 1
    assert "✗ conv.rotate180" in capsys.readouterr().out
    write(course, ROTATE)
    assert main(["check", *names]) == 0
    assert capsys.readouterr().out == "✓ conv.rotate180: 4 of 4 points. Everything holds.\n"


@pytest.mark.parametrize("name", ["02", "2", "02_convolution", "conv"])
def test_check_takes_an_assignment_or_a_module(course, capsys, name):
    write(course, ROTATE)
    assert main(["check", name]) == 1
    out = capsys.readouterr().out
    assert all(id in out for id in EXERCISES) and "1 of 3 exercises pass, 4 of 27 points." in out


def test_check_of_code_that_cannot_be_read_is_a_verdict_and_no_traceback(course, capsys):
    (course / "cnnlib" / "conv.py").write_text("def rotate180(w:\n")
    assert main(["check", "conv.rotate180"]) == 1
    out, err = capsys.readouterr()
    assert "SyntaxError" in out and "conv.py, line 1" in out and "Traceback" not in out + err


def test_next_names_the_first_that_does_not_pass_and_where_to_write_it(course, capsys):
    write(course, ROTATE)
    assert main(["next"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("○ conv.dilate") and "cnnlib/conv.py" in out and "notebooks/02_convolution.ipynb" in out
    assert main(["next", "conv.rotate180"]) == 0
    assert capsys.readouterr().out == "★ It passes.\n"


def test_hints_come_one_by_one_and_never_the_code(course, capsys):
    from autograder.exercise import load

    hints = load("conv.dilate").hints
    for asked in (1, 2, 3, 3):
        assert main(["hint", "conv.dilate"]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert [hint in out for hint in hints] == [n < asked for n in range(3)]
    assert "That is all" in out


def test_hints_can_be_asked_for_by_level_and_all_at_once(course, capsys):
    main(["hint", "conv.dilate", "--level", "2"])
    assert "The method." in capsys.readouterr().out
    main(["hint", "conv.rotate180", "--all"])
    assert "The outline." in capsys.readouterr().out
    main(["hint", "conv.dilate", "--level", "1"])
    assert "The method." not in capsys.readouterr().out
    main(["hint", "conv.dilate"])  # one more than the most that was shown
    assert "The outline." in capsys.readouterr().out


@pytest.mark.parametrize("broken", ["", "[]", '{"conv.dilate": "x"}', '{"conv.dilate": -7}', "\x00"])
def test_hints_survive_broken_notes(course, capsys, broken):
    (course / ".stride").mkdir()
    (course / ".stride" / "hints.json").write_text(broken)
    assert main(["hint", "conv.dilate"]) == 0
    assert "The method." not in capsys.readouterr().out


def test_hints_do_without_a_place_for_notes(course, capsys):
    (course / ".stride").write_text("not a folder")
    assert main(["hint", "conv.dilate"]) == main(["hint", "conv.dilate"]) == 0
    assert main(["check", "conv.dilate"]) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "conv.dilat3"], r"no exercise, module or assignment 'conv.dilat3'; did you mean conv.dilate\? See them all: stride list"),
        (["hint", "dilate"], r"did you mean conv.dilate\?"),
        (["hint", "conv"], r"'conv' stands for 3 exercises. Name one of them: conv.rotate180, "),
        (["check", "zzz"], r"'zzz'. See them all: stride list"),
        (["list", "99"], r"'99'"),
        (["watch", ""], r"''"),
        (["reset", "conv.nothing"], r"conv.nothing"),
        (["submit", "7"], r"no assignment '7' \(there are 02\)"),
        (["grade", "07", "--submissions", ".", "--out", "x"], r"no assignment '07'"),
        (["queue", "--out", "nowhere"], r"nowhere/results.json cannot be read .* stride grade ASSIGNMENT --submissions DIR --out nowhere"),
        (["build"], r"no solutions/"),
        (["release"], r"no solutions/"),
    ],
)
def test_a_users_mistake_is_one_sentence_with_code_2(course, capsys, arguments, says):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert re.search(says, err) and err.startswith("stride: ") and err.count("\n") == 1 and not out


def test_a_broken_course_is_one_sentence(course, capsys):
    (course / "course.toml").write_text("[course\n")
    assert main(["list"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_queue_names_who_waits_and_why(course, capsys):
    problems = {"ada": ["two notebooks", "\x1b[31mred"], "bo": []}
    results = [{"learner": learner, "assignment": "02", "problems": found} for learner, found in problems.items()]
    (course / "results.json").write_text(json.dumps(results))
    assert main(["queue", "--out", "."]) == 0
    assert capsys.readouterr().out == "ada, 02: two notebooks; red\n"
    (course / "results.json").write_text("[]")
    main(["queue", "--out", "."])
    assert capsys.readouterr().out == "Nothing waits for you.\n"
    (course / "results.json").write_text("{")
    assert main(["queue", "--out", "."]) == 2


def test_submit_packs_and_says_what_does_not_pass_yet(course, capsys):
    assert main(["submit", "02", "--out", "work.zip"]) == 0
    assert (course / "work.zip").is_file()
    assert "0 of 27 points" in capsys.readouterr().out


def test_without_a_command_it_says_what_there_is(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    assert all(f"\n    {name} " in out for name in "list check next watch hint reset submit grade queue doctor build release".split())


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out == f"stride {__version__}\n"


@pytest.mark.parametrize("arguments", [["list"], ["hint", "conv.dilate"]])
def test_list_and_hint_never_load_torch(course, arguments):
    code = f"import sys\nfrom autograder.cli import main\nmain({arguments!r})\nassert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], cwd=course, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_terminal_that_knows_only_ascii_is_no_reason_to_stop(course):
    done = stride("list", cwd=course, PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and b"? conv.dilate" in done.stdout and not done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(course):
    command = f"{sys.executable} -m autograder list | true"
    done = subprocess.run(command, shell=True, cwd=course, env=ENVIRONMENT, capture_output=True)
    assert done.stderr == b""


def test_ctrl_c_stops_with_a_sentence(course):
    write(course, "def rotate180(w):\n    open('started', 'w').close()\n    while True:\n        pass\n")
    command = [*STRIDE, "check", "conv.rotate180"]
    process = subprocess.Popen(command, cwd=course, env=ENVIRONMENT, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not (course / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.decode().strip() == "Stopped. Nothing is lost: run the same command again to go on."
