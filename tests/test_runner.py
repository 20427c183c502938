"""Running a learner's saved file in this process."""

from __future__ import annotations

import os
import sys
import threading
import time
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

from autograder import check, probes, runner
from autograder.cards.card import html, text
from autograder.exercise import Aspect, Case, Exercise
from autograder.runner import Missing, load_subject, run


def exercise(id: str = "toy.double", **more) -> Exercise:
    fields = {"title": "t", "difficulty": 1, "minutes": 1, "aspects": (Aspect("a", 1, "a"),), "draw": lambda rng: [Case("a", {"x": 3})]}
    return Exercise(**{"id": id, "oracle": lambda x: 2 * x, "misconceptions": (), "hints": ("a", "b", "c")} | fields | more)


@pytest.fixture
def cnnlib(tmp_path: Path) -> Path:
    folder = tmp_path / "cnnlib"
    folder.mkdir()
    return folder


def write(cnnlib: Path, source: str, module: str = "toy") -> None:
    (cnnlib / f"{module}.py").write_text(source)


def answer(cnnlib: Path, id: str = "toy.double", x: int = 3):
    return load_subject(exercise(id), cnnlib)(x)


def missing(cnnlib: Path, id: str = "toy.double") -> probes.Answer:
    with pytest.raises(Missing) as caught:
        load_subject(exercise(id), cnnlib)
    return caught.value.answer


# --- loading ----------------------------------------------------------------------------------------------------------


def test_an_edit_within_the_same_second_counts(cnnlib: Path) -> None:
    write(cnnlib, "from cnnlib.other import k\ndef double(x): return k * x\n")
    for k in (2, 3, 4):  # same size, same time: a bytecode cache could not tell them apart
        write(cnnlib, f"k = {k}\n", "other")
        os.utime(cnnlib / "other.py", (1, 1))
        assert answer(cnnlib) == 3 * k
    for k in (5, 6):
        write(cnnlib, f"def double(x): return {k} * x\n")
        os.utime(cnnlib / "toy.py", (1, 1))
        assert answer(cnnlib) == 3 * k
    assert not (cnnlib / "__pycache__").exists()


def test_siblings_come_from_the_same_folder_even_when_they_are_imported_late(cnnlib: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere" / "cnnlib"
    elsewhere.mkdir(parents=True)
    (elsewhere / "__init__.py").touch()
    write(elsewhere, "k = 100\n", "other")
    monkeypatch.syspath_prepend(elsewhere.parent)
    write(cnnlib, "k = 2\n", "other")
    write(cnnlib, "def double(x):\n    from cnnlib.other import k\n    from . import other\n    assert other.k == k\n    return k * x\n")
    assert answer(cnnlib) == 6


def test_the_sessions_modules_stay_as_they_were(cnnlib: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, other = types.ModuleType("cnnlib"), types.ModuleType("cnnlib.other")
    monkeypatch.setitem(sys.modules, "cnnlib", package)
    monkeypatch.setitem(sys.modules, "cnnlib.other", other)
    write(cnnlib, "k = 2\n", "other")
    write(cnnlib, "import cnnlib.other\nimport cnnlib.third\ndef double(x): return cnnlib.other.k * x\n")
    write(cnnlib, "", "third")
    finders = list(sys.meta_path)
    assert answer(cnnlib) == 6
    assert sys.modules["cnnlib"] is package and sys.modules["cnnlib.other"] is other
    assert "cnnlib.toy" not in sys.modules and "cnnlib.third" not in sys.modules
    write(cnnlib, "import cnnlib.third\n1 / 0\n")
    missing(cnnlib)
    assert sys.modules["cnnlib.other"] is other and "cnnlib.third" not in sys.modules and sys.meta_path == finders


@pytest.mark.parametrize(
    "source, status, error, place",
    [
        ("def double(x:\n    return x\n", "error", "SyntaxError", "toy.py, line 1: "),
        ("import numpy_that_is_not_there\n", "error", "ModuleNotFoundError", "toy.py, line 1: import numpy_that_is_not_there"),
        ("from cnnlib.broken import f\n", "error", "SyntaxError", "broken.py, line 2: "),
        ("x = 1\n1 / 0\n", "error", "ZeroDivisionError", "toy.py, line 2: 1 / 0"),
        ("import sys\nsys.exit(0)\n", "error", "SystemExit", "toy.py, line 2: sys.exit(0)"),
        ("class E(BaseException): pass\nraise E\n", "error", "E", "toy.py, line 2: raise E"),
        ("def __getattr__(name): raise ValueError\n", "error", "ValueError", "toy.py, line 1: "),
        ("raise MemoryError\n", "memory_limit", "MemoryError", ""),
        ("raise NotImplementedError('toy.double: not written yet')\n", "not_written", "NotImplementedError", ""),
        ("x = '\x00'\n", "error", None, ""),
        ("def doubel(x): return 2 * x\n", "missing", "", ""),
        ("double = 2\n", "missing", "", ""),
        ("", "missing", "", ""),
    ],
)
def test_a_file_that_gives_no_function_says_why(cnnlib: Path, source: str, status: str, error: str | None, place: str) -> None:
    write(cnnlib, source)
    write(cnnlib, "x = 1\ndef f(:\n", "broken")
    found = missing(cnnlib)
    assert found.status == status and error in (None, found.error) and found.where.startswith(place)
    if status == "missing":
        assert found.message == "there is no function double in cnnlib/toy.py"


def test_no_file_and_no_text(cnnlib: Path) -> None:
    assert missing(cnnlib).message == "there is no file cnnlib/toy.py"
    (cnnlib / "toy.py").write_bytes(b"x = '\xff\xfe'\n")
    assert missing(cnnlib).error == "SyntaxError"
    (cnnlib / "toy.py").unlink()
    (cnnlib / "toy.py").mkdir()
    assert missing(cnnlib).status == "missing"


def test_an_endless_import_ends(cnnlib: Path) -> None:
    write(cnnlib, "while True: pass\n")
    with pytest.raises(Missing) as caught:
        load_subject(exercise(limits={"wall_seconds": 0.2}), cnnlib)
    assert caught.value.answer.status == "time_limit"


def test_a_broken_file_is_a_verdict_through_the_door(tmp_path: Path) -> None:
    (tmp_path / "conv.py").write_text("def conv2d_forward(x, w, b, stride=1, padding=0)\n    return 1\n")
    verdict = check("conv.conv2d_forward", seed=1, cnnlib=tmp_path)
    assert (verdict.status, verdict.points) == ("error", 0) and "conv.py, line 1" in verdict.feedback
    assert check("conv.conv2d_forward", seed=1, cnnlib=tmp_path / "nowhere").status == "missing"


# --- running ----------------------------------------------------------------------------------------------------------


def swallow(*kinds):
    def subject(x):
        while True:
            try:
                time.sleep(5)
            except kinds:
                pass

    return subject


def spin(x):
    while True:
        pass


def busy(x):
    while True:
        try:
            sum(range(1000))
        except:  # noqa: E722 - as learners write it
            continue


@pytest.mark.parametrize("subject", [spin, busy, swallow(Exception), swallow(BaseException)])
def test_an_endless_loop_ends_and_the_next_cases_do_not_wait(subject) -> None:
    slow = exercise(draw=lambda rng: [Case("a", {"x": 1})] * 5, limits={"wall_seconds": 0.3})
    handler, trace, started = runner.signal.getsignal(runner.signal.SIGALRM), sys.gettrace(), time.monotonic()
    answers = run(slow, slow.cases(1), subject)
    assert [a.status for a in answers] == ["time_limit"] * 5
    assert time.monotonic() - started < 3
    assert runner.signal.getsignal(runner.signal.SIGALRM) is handler and sys.gettrace() is trace
    assert runner.signal.getitimer(runner.signal.ITIMER_REAL) == (0, 0)


def test_a_debugger_goes_on_after_a_loop_was_stopped() -> None:
    slow, before = exercise(limits={"wall_seconds": 0.2}), sys.gettrace()

    def debugger(*_):
        return None

    sys.settrace(debugger)
    try:
        run(slow, slow.cases(1), swallow(BaseException))
        assert sys.gettrace() is debugger
    finally:
        sys.settrace(before)


def test_answers_before_the_limit_stand() -> None:
    slow = exercise(draw=lambda rng: [Case("a", {"x": x}) for x in (1, 2, 0, 3)], limits={"wall_seconds": 0.3})
    answers = run(slow, slow.cases(1), lambda x: 2 * x if x else spin(x))
    assert [a.status for a in answers] == ["ok", "ok", "time_limit", "time_limit"]


def test_without_an_alarm_it_runs_all_the_same() -> None:
    found = []
    thread = threading.Thread(target=lambda: found.extend(run(exercise(), exercise().cases(1), lambda x: 2 * x)))
    thread.start()
    thread.join()
    assert found[0].output == 6


def test_prints_and_settings_end_with_the_call(capfd: pytest.CaptureFixture) -> None:
    def subject(x):
        print("out" * 1000, "\ud800")
        print("err", file=sys.stderr)
        sys.stdout.buffer.write(b"bytes")
        warnings.simplefilter("error")
        warnings.warn("careful", stacklevel=1) if x is None else None
        np.seterr(all="raise")
        return 2 * x

    filters, settings = list(warnings.filters), np.geterr()
    assert run(exercise(), exercise().cases(1), subject)[0].output == 6
    assert (list(warnings.filters), np.geterr()) == (filters, settings)
    assert capfd.readouterr() == ("", "")


def test_warnings_at_import_stay_off_stderr(cnnlib: Path, capfd: pytest.CaptureFixture) -> None:
    write(cnnlib, "import sys, warnings\nprint('hello')\nprint('oh', file=sys.stderr)\nx = 1 is 1\ndef double(x): return 2 * x\n")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert answer(cnnlib) == 6
    assert capfd.readouterr() == ("", "")


# --- timed cases ------------------------------------------------------------------------------------------------------


def work(milliseconds: float) -> None:
    end = time.process_time() + milliseconds / 1000
    while time.process_time() < end:
        pass


def timed(subject) -> tuple[probes.Answer, int]:
    calls = []
    fast = exercise(draw=lambda rng: [Case("a", {"x": 1}, max_slowdown=4)], baseline=lambda x: work(5))

    def counted(x):
        calls.append(x)
        return subject(len(calls))

    return run(fast, fast.cases(1), counted)[0], len(calls)


def test_one_call_within_the_limit_is_enough() -> None:
    found, calls = timed(lambda n: work(5))
    assert found.status == "ok" and 0.3 < found.slowdown < 4 and calls == 1


def test_a_slow_first_call_gets_another_chance() -> None:
    found, calls = timed(lambda n: work(40 if n == 1 else 5))
    assert found.slowdown < 4 and calls == 2


def test_hopelessly_slow_code_is_called_once() -> None:
    found, calls = timed(lambda n: work(200))
    assert found.slowdown > 4 and calls == 1


def test_the_baseline_is_measured_again_only_for_who_is_slow_beside_its_shortest_time() -> None:
    measured = []
    exercise_ = exercise(baseline=lambda x: (measured.append(x), work(5)))
    case, other = (Case("a", {"x": 1}, max_slowdown=4) for _ in range(2))
    assert runner.slowdown(exercise_, case, 0.005) < 4 and len(measured) == 3
    for _ in range(5):
        assert runner.slowdown(exercise_, case, 0.005) < 4 and len(measured) == 3
    assert runner.slowdown(exercise_, case, 0.5) > 4 and len(measured) == 6
    assert runner.slowdown(exercise_, other, 0.005) < 4 and len(measured) == 9  # another case, another time


def test_an_error_in_a_timed_case_is_an_error() -> None:
    found, calls = timed(lambda n: 1 / 0)
    assert (found.status, found.slowdown, calls) == ("error", None, 1)


def test_what_the_subject_prints_is_kept_with_the_case_that_fails() -> None:
    def wrong(**inputs):
        print("shape of image:", inputs["image"].shape, "\x1b[31m")
        return np.zeros(3)

    verdict = check("conv.correlate2d", wrong)
    first = next(aspect for aspect in verdict.aspects if aspect.difference)
    assert first.difference.printed.startswith("shape of image: (")
    for shown in (html(verdict), text(verdict)):
        assert "printed there:" in shown and "shape of image: (" in shown and "\x1b[31m" not in shown
    assert "printed" not in str(verdict.to_dict())


def test_of_much_print_the_beginning_is_kept() -> None:
    def endless(**_):
        for number in range(5_000):
            print("line", number)
        return np.zeros(3)

    printed = check("conv.correlate2d", endless).aspects[0].difference.printed
    assert printed.startswith("line 0\nline 1\n") and printed.endswith("…") and len(printed) < 2000
    assert "more lines" in text(check("conv.correlate2d", endless))


@pytest.mark.parametrize(
    "source",
    [
        "import torch\n\ndef double(x):\n    return 2 * x\n",
        "def double(x):\n    import torch.nn.functional as F\n    return 2 * x\n",
        "def twice(x):\n    from scipy import signal\n    return 2 * x\n\ndef double(x):\n    return twice(x)\n",
    ],
)
def test_a_package_that_grading_does_not_have_is_refused_before(cnnlib: Path, source: str) -> None:
    (cnnlib / "toy.py").write_text(source)
    with pytest.raises(Missing) as refused:
        load_subject(exercise(), cnnlib)
    answer = refused.value.answer
    assert answer.status == probes.ERROR and "is not there when this is graded" in answer.message and "toy.py, line " in answer.where


def test_what_other_functions_import_and_what_grading_has_is_no_concern(cnnlib: Path) -> None:
    other, own = "def other():\n    import torch\n\n", "def double(x):\n    import re\n    return 2 * x\n"
    (cnnlib / "toy.py").write_text(f"import math\nimport numpy as np\n\n{other}{own}")
    assert load_subject(exercise(), cnnlib)(4) == 8
    (cnnlib / "toy.py").write_text("import json_of_another\n\ndef double(x):\n    return 2 * x\n")
    with pytest.raises(Missing):
        load_subject(exercise(), cnnlib)
    with pytest.raises(Missing, match="No module named"):
        load_subject(exercise(imports=("json_of_another",)), cnnlib)
