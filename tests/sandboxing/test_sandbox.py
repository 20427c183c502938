"""The sandbox through its public door: honest code gives what the runner gives, anything else ends where it should."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import probes, runner
from autograder.exercise import Case, load
from autograder.probes import Answer
from autograder.sandboxing.process import Process
from autograder.sandboxing.sandbox import Sandbox, SandboxFault
from tests.sandboxing.common import EVERYTHING, LIMITS, ROOT, SOLUTIONS, X, eventually, exercise, run, same

# --- honest work ------------------------------------------------------------------------------------------------------


def test_a_solution_gives_the_same_answers_as_in_this_process() -> None:
    forward = load("conv.conv2d_forward")
    cases = forward.cases(seed=5)
    with Sandbox(SOLUTIONS, LIMITS) as box:
        answers = box.run(forward, cases)
    assert {answer.status for answer in answers} == {probes.OK}
    assert same(answers, runner.run(forward, cases, runner.load_subject(forward, ROOT / "solutions/cnnlib")))
    assert all(0 < answer.seconds < 1 for answer in answers)


WAYS = """
import warnings, sys
def prints(x): print("hello"); print("oh", file=sys.stderr); warnings.warn("careful"); return x + 1
def changes(x): x += 1; return x
def view(x): return x[::2]
def raises(x): return x[99]
def stub(x): raise NotImplementedError("work.stub: not written yet")
def nothing(x): pass
def text(x): return {"a": (1, 2.5, "b"), "c": [None, True]}
def wrong_signature(): return 1
def nan(x): return x * float("nan")
variable = 3
"""


def test_everything_that_can_happen_is_told_as_the_runner_tells_it(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WAYS)
    names = ["prints", "changes", "view", "raises", "stub", "nothing", "text", "wrong_signature", "nan", "variable", "absent"]
    cases = [X, Case("a", {"x": np.arange(4, dtype=np.float32)}, layout="strided"), Case("a", {"x": np.ones(3)}, layout="read-only")]
    with Sandbox({"cnnlib/work.py": WAYS.encode()}, LIMITS) as box:
        for name in names:
            try:
                expected = runner.run(exercise(name), cases, runner.load_subject(exercise(name), tmp_path))
            except runner.Missing as missing:
                expected = [missing.answer] * len(cases)
            assert same(box.run(exercise(name), cases), expected), name
        assert "hello" in box.log and "oh" in box.log and "careful" in box.log


def test_files_import_one_another_and_the_given_kit() -> None:
    files = {
        "cnnlib/__init__.py": b"",
        "cnnlib/one.py": b"from cnnlib.kit.parts import THREE\nfrom cnnlib import two\ndef f(x):\n    return two.add(x) + THREE\n",
        "cnnlib/two.py": b"def add(x):\n    from cnnlib.kit import parts\n    return x + parts.THREE\n",
        "cnnlib/kit/__init__.py": b"",
        "cnnlib/kit/parts.py": b"THREE = 3\n",
    }
    with Sandbox(files, LIMITS) as box:
        [answer] = box.run(exercise("f", module="one"), [X])
    assert answer.status == probes.OK and answer.output.tolist() == [6, 7, 8, 9, 10, 11]


def test_an_answer_cell_is_run_inside_and_its_variable_read() -> None:
    sizing = exercise("sizing", answer="sizes", probe="answer")
    case = Case("a", {})
    with Sandbox({"cnnlib/work.py": b"def f(n): return n + 1"}, LIMITS) as box:
        assert box.run(sizing, [case], cell="sizes = {'a': work.f(2), 'b': None}")[0].output == {"a": 3, "b": None}
        assert box.run(sizing, [case], cell="sizes = {'a': None}")[0].status == probes.NOT_WRITTEN
        assert box.run(sizing, [case], cell="import os; os._exit(0)")[0].status == probes.CRASHED
        assert box.run(sizing, [case])[0] == Answer(probes.MISSING, message="there is no answer cell for work.sizing")


def test_packages_are_there_only_when_the_exercise_names_them() -> None:
    source = b"def f(x):\n    import jinja2\n    return jinja2.Template('{{ 2 * 3 }}').render()\n"
    files = {"cnnlib/work.py": source}
    with Sandbox(files, LIMITS) as without, Sandbox(files, LIMITS, imports=("jinja2",)) as with_it:
        assert without.run(exercise("f"), [X])[0].error == "ModuleNotFoundError"
        assert with_it.run(exercise("f"), [X])[0].output == "6"


def test_packages_are_loaded_ahead_and_cost_the_exercise_nothing() -> None:
    files = {"cnnlib/work.py": b"import sys\nthere = 'jinja2' in sys.modules\ndef f(x): return there"}
    for imports in ((), ("jinja2",), ("jinja2", "a_package_that_is_not_there")):
        with Sandbox(files, LIMITS, imports=imports) as box:
            assert box.run(exercise("f"), [X])[0].output is ("jinja2" in imports)


# --- endings ----------------------------------------------------------------------------------------------------------



@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("loop", probes.TIME_LIMIT, "0.5 seconds of CPU time"),
        ("sleep", probes.TIME_LIMIT, "1 seconds"),
        ("memory", probes.MEMORY_LIMIT, ""),
        ("leave", probes.CRASHED, "exit code 0"),
        ("fault", probes.CRASHED, "signal SIGSEGV"),
        ("garbage", probes.PROTOCOL, "an answer of more than 4 MB"),
        ("deaf", probes.PROTOCOL, "it closed the pipe of its answers"),
        ("long", probes.PROTOCOL, "an answer of more than 4 MB"),
        ("prints", probes.TIME_LIMIT, "it printed more than 4 MB"),
        ("leaks", probes.ERROR, "[Errno 24] Too many open files: '/dev/null'"),
    ],
)
def test_an_ending_is_named_and_the_next_exercise_goes_on(name: str, status: str, message: str) -> None:
    with Sandbox({"cnnlib/work.py": EVERYTHING.encode()}, LIMITS) as box:
        limits = {"wall_seconds": 1.0} if name == "sleep" else {}
        [answer, second] = box.run(exercise(name, limits=limits), [X, X])
        assert (answer.status, answer.message) == (status, message)
        assert second.status == status
        [answer] = box.run(exercise("f"), [X])
        assert answer.status == probes.OK and answer.output.tolist() == [1, 2, 3, 4, 5, 6]


def test_cases_before_the_ending_keep_their_answers() -> None:
    cases = [Case("a", {"x": np.ones(n)}) for n in (1, 2, 3, 4)]
    answers = run(EVERYTHING, *cases, name="third")
    assert [answer.status for answer in answers] == [probes.OK, probes.OK, probes.TIME_LIMIT, probes.TIME_LIMIT]


def test_work_while_a_file_is_loaded_counts() -> None:
    assert [answer.status for answer in run("while True: pass", X, X)] == [probes.TIME_LIMIT] * 2


# --- tampering --------------------------------------------------------------------------------------------------------

FORGE = """
import os, sys
from autograder import probes, values
from autograder.sandboxing import frames
def pipes():
    found = []
    for n in range(3, 999):
        try: found += [n] if os.fstat(n).st_mode & 0o170000 == 0o010000 else []
        except OSError: pass
    return found
def send(value):
    for n in pipes():
        try: frames.write(n, value)
        except OSError: pass
def number():
    frame = sys._getframe()
    while "request" not in frame.f_locals: frame = frame.f_back
    return frame.f_locals["request"]["number"]
def answer(**fields): return {**probes.to_plain(probes.Answer(probes.OK, 7)), **fields}
"""


@pytest.mark.parametrize(
    "value",
    [
        "values.encode('passed')",
        "values.encode({'number': number() + 1, 'answer': answer()})",
        "values.encode({'number': True, 'answer': answer()})",
        "values.encode({'number': number(), 'answer': answer(), 'slowdown': 0.1})",
        "values.encode({'number': number(), 'answer': answer(status='passed')})",
        "values.encode({'number': number(), 'answer': answer(seconds='0')})",
        "values.encode({'number': number()})",
        "b''",
        "b'\\x80\\x04N.'",  # a pickle
        "b'[' * 100000 + b'\\n'",
        "b'1' * 3000000",
    ],
)
def test_an_answer_of_another_form_is_refused(value: str) -> None:
    [answer] = run(f"{FORGE}\ndef f(x): send({value}); return x")
    assert answer.status == probes.PROTOCOL


def test_a_forged_answer_is_no_more_than_an_answer_and_the_next_one_is_out_of_step() -> None:
    source = f"{FORGE}\ndef f(x): send(values.encode({{'number': number(), 'answer': answer(seconds=0.0)}})); sum(range(10**6)); return x"
    first, second = run(source, X, X)
    assert first.output == 7 and second.status == probes.PROTOCOL


def test_time_is_taken_outside_whatever_the_process_says() -> None:
    source = "import time\ntime.process_time = lambda: 0.0\ndef f(x):\n    for _ in range(3 * 10**6): pass\n    return x"
    [answer] = run(source)
    assert answer.status == probes.OK and answer.seconds > 0.01


def dead_after(monkeypatch: Any, request: bytes, kill: Any = lambda process: None) -> None:
    """From here on, once this kind of request is answered, the process is (made and) found dead."""
    exchange = Process._exchange

    def dies(self: Process, frame: bytes, allowance: Any) -> bytes:
        reply = exchange(self, frame, allowance)
        if request in frame:
            kill(self)
            assert eventually(lambda: not self.alive())
        return reply

    monkeypatch.setattr(Process, "_exchange", dies)


def test_a_process_that_ends_after_its_answer_has_no_time_and_no_answer(monkeypatch: Any) -> None:
    dead_after(monkeypatch, b'"case"')
    bomb = "    signal.signal(signal.SIGALRM, lambda *_: os._exit(3))\n    signal.setitimer(signal.ITIMER_REAL, 0.05)\n"
    [answer] = run(f"import os, signal\ndef f(x):\n{bomb}    return x")
    assert (answer.status, answer.message) == (probes.CRASHED, "exit code 3")


@pytest.mark.parametrize("answered", [b'"load"', b'"case"'])
def test_a_sandbox_that_is_killed_between_two_requests_is_no_learners_fault(monkeypatch: Any, answered: bytes) -> None:
    dead_after(monkeypatch, answered, lambda process: os.kill(process._pid, signal.SIGKILL))
    with pytest.raises(SandboxFault, match="killed from outside"):
        run("def f(x): return x")


@pytest.mark.parametrize("victim", ["the worker", "bubblewrap"])
def test_a_sandbox_that_is_killed_while_it_works_is_no_learners_fault(victim: str) -> None:
    with Sandbox({"cnnlib/work.py": b"import time\ndef f(x): time.sleep(30)"}, LIMITS) as box:
        box.ready()
        process = box._process
        number = process._pid if victim == "the worker" else process._template.pid
        threading.Timer(0.3, os.kill, (number, signal.SIGKILL)).start()
        with pytest.raises(SandboxFault, match="killed from outside"):
            box.run(exercise("f"), [X])


def test_half_a_frame_is_waited_for_until_the_limit() -> None:
    half = "    for n in pipes():\n        try: os.write(n, bytes(4))\n        except OSError: pass\n    time.sleep(99)"
    source = f"{FORGE}\nimport time\ndef f(x):\n{half}"
    [answer] = run(source, limits={"wall_seconds": 0.5})
    assert answer.status == probes.TIME_LIMIT


def test_a_worker_that_does_not_listen_blocks_nobody() -> None:
    source = f"{FORGE}\nimport time\ndef f(x): send(values.encode({{'number': number(), 'answer': answer()}})); time.sleep(99)"
    first, second = run(source, X, Case("a", {"x": np.ones(1 << 20)}), limits={"wall_seconds": 1})
    assert first.status == probes.OK and second.status == probes.TIME_LIMIT


def test_a_flood_of_output_beside_a_right_answer_is_cut_in_the_log() -> None:
    source = b"def f(x):\n    for _ in range(300): print('x' * 9999)\n    return x\n"
    with Sandbox({"cnnlib/work.py": source}, LIMITS) as box:
        [answer] = box.run(exercise("f"), [X])
        assert answer.status == probes.OK
        assert 9999 < len(box.log) <= 64 << 10


# --- speed ------------------------------------------------------------------------------------------------------------


def spend(x: np.ndarray) -> np.ndarray:
    """The baseline: a few milliseconds of work."""
    for _ in range(200_000):
        pass
    return x


TIMED = [Case("a", {"x": np.ones(3)}), Case("speed", {"x": np.ones(4)}, max_slowdown=5.0)]
QUICK = "def f(x):\n    for _ in range(200_000): pass\n    return x"
SLOW = "def f(x):\n    for _ in range(4_000_000): pass\n    return x"
WORK = "import functools\ndef work(n):\n    for _ in range(4_000_000): pass\n    return n\n"
# Both keep what they know where loading the file anew does not forget it.
REMEMBERS = WORK + "work = functools.work = getattr(functools, 'work', functools.cache(work))\ndef f(x): return x[: work(len(x))]"
HASTY = WORK + "calls = functools.calls = getattr(functools, 'calls', [])\ndef f(x):\n    calls.append(len(x))\n" + (
    "    return x[: work(len(x))] if calls.count(len(x)) == 1 else x"
)


@pytest.mark.parametrize(("source", "fast"), [(QUICK, True), (SLOW, False), (REMEMBERS, False), (HASTY, False)])
def test_slowdown_is_that_of_a_call_that_is_judged(source: str, fast: bool) -> None:
    plain, timed = run(source, *TIMED, limits={"cpu_seconds": 5}, baseline=spend)
    assert plain.slowdown is None
    assert timed.status == probes.OK and (timed.slowdown <= 5) is fast
