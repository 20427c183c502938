"""The sandbox of another user: the attacks that bubblewrap withstands, honest work, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import probes
from autograder.course import CourseError
from autograder.exercise import Case, load
from autograder.sandboxing import attacks, doctor, other_user, sandbox
from autograder.sandboxing.attacks import ATTACKS
from autograder.sandboxing.doctor import ENFORCED, NOT_ENFORCED
from autograder.sandboxing.other_user import OtherUser
from autograder.sandboxing.sandbox import Sandbox
from tests.sandboxing.common import EVERYTHING, LIMITS, ROOT, SOLUTIONS, X, eventually, exercise

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start another user's program, and the tests do not run as root")
pytestmark = as_root
# What Docker leaves to root in a container: its documented default capabilities.
KEPT = "chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot mknod audit_write setfcap"
DOCKER = (shutil.which("setpriv") or "setpriv", "--bounding-set=-all," + ",".join(f"+{name}" for name in KEPT.split()), "--inh-caps=-all")


def run(source: str, *names: str, limits: dict[str, float] | None = None) -> list[probes.Answer]:
    with Sandbox({"cnnlib/work.py": source.encode()}, {**LIMITS, **(limits or {})}, process=OtherUser) as box:
        return [box.run(exercise(name), [X])[0] for name in names]


def test_every_attack_is_withstood() -> None:
    """All but those that end at a limit which is watched from outside, the same for every sandbox; of these, one."""
    tried = [attack for attack in ATTACKS if attack.ends != attacks.TIME] + [ATTACKS[0]]
    results = doctor.run_doctor(tried, process=OtherUser)
    assert [result for result in results if result.outcome != ENFORCED] == []


def test_without_its_parts_it_does_not_hold(monkeypatch: Any) -> None:
    def results(*tries: str) -> list[doctor.AttackResult]:
        return doctor.run_doctor([a for a in ATTACKS if a.tries in tries], process=OtherUser)

    monkeypatch.setattr(other_user, "START", other_user.START.replace("worker.confine", "(lambda threads: worker.install)"))
    [refused] = results("a thread")  # not even the worker's own filter is accepted: that needs what `confine` does first
    assert refused.outcome == NOT_ENFORCED and "SandboxFault" in refused.detail
    confines = "worker.install(worker.seccomp._Calls(None).filter()) if worker._prctl(38, 1, 0) is None else"
    monkeypatch.setattr(other_user, "START", other_user.START.replace("(lambda threads: worker.install)(", f"{confines} dict("))
    weak = results("a thread", "a socket of kind AF_INET", "a memory file")
    assert {result.outcome for result in weak} == {NOT_ENFORCED} and not any("SandboxFault" in result.detail for result in weak)


def test_the_worker_is_nobody_and_may_do_nothing() -> None:
    with Sandbox({}, {}, process=OtherUser) as box:
        box.ready()
        lines = dict(line.split(":\t", 1) for line in Path(f"/proc/{box._process._pid}/status").read_text().splitlines() if ":\t" in line)
        limits = Path(f"/proc/{box._process._pid}/limits").read_text()
    assert lines["Uid"].split() == lines["Gid"].split() == [str(other_user.USER)] * 4
    assert lines["Groups"].split() == []
    assert {int(lines[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert (lines["NoNewPrivs"], lines["Seccomp"]) == ("1", "2")
    assert "Max file size             0                    0 " in limits and "Max processes             64                   64 " in limits


def test_a_solution_gives_right_answers_and_cells_and_modules_work() -> None:
    forward = load("conv.conv2d_forward")
    cases = forward.cases(seed=5)
    with Sandbox(SOLUTIONS, LIMITS, process=OtherUser) as box:
        answers = box.run(forward, cases)
        sizing = exercise("sizing", answer="sizes", probe="answer")
        cell = box.run(sizing, [Case("a", {})], cell="import os\nsizes = {'a': float(np.ones(3).sum()), 'n': open(os.devnull, 'w').write('x')}")
    assert {answer.status for answer in answers} == {probes.OK}
    for case, answer in zip(cases, answers):
        assert np.allclose(answer.output, forward.oracle(**case.inputs), atol=1e-4)
    assert cell[0].output == {"a": 3.0, "n": 1}


def test_endings_are_named_as_in_bubblewrap() -> None:
    answers = run(f"{EVERYTHING}\ndef pretends(x): os._exit(137)", "leave", "fault", "memory", "loop", "garbage", "f", "pretends")
    assert [(answer.status, answer.message) for answer in answers] == [
        (probes.CRASHED, "exit code 0"), (probes.CRASHED, "signal SIGSEGV"), (probes.MEMORY_LIMIT, ""),
        (probes.TIME_LIMIT, "0.5 seconds of CPU time"), (probes.PROTOCOL, "an answer of more than 4 MB"), (probes.OK, ""),
        (probes.CRASHED, "exit code 137"),
    ]


def test_a_kill_from_outside_is_a_fault_of_ours() -> None:
    with Sandbox({"cnnlib/work.py": EVERYTHING.encode()}, LIMITS, process=OtherUser) as box:
        box.ready()
        threading.Timer(0.3, os.kill, (box._process._pid, signal.SIGKILL)).start()
        with pytest.raises(sandbox.SandboxFault, match="killed from outside"):
            box.run(exercise("sleep"), [X])


def test_memory_may_grow_for_an_exercise_that_is_allowed_more() -> None:
    with Sandbox({"cnnlib/work.py": b"import numpy as np\ndef f(x): return float(np.ones(5 << 23).sum())"}, LIMITS, process=OtherUser) as box:
        few = box.run(exercise("f"), [X])
        many = box.run(exercise("f", limits={"memory_mb": 1024, "cpu_seconds": 20, "wall_seconds": 60}), [X])
    assert (few[0].status, many[0].output) == (probes.MEMORY_LIMIT, float(5 << 23))


@pytest.mark.parametrize("program", ["false", "no-such-program"])
def test_a_limit_that_cannot_be_set_is_a_fault_of_ours(monkeypatch: Any, program: str) -> None:
    with Sandbox({"cnnlib/work.py": b"def f(x): return x"}, LIMITS, process=OtherUser) as box:
        box.ready()
        monkeypatch.setattr(other_user, "_program", lambda name: shutil.which(program) or program)
        with pytest.raises(sandbox.SandboxFault, match="limit of memory could not be set"):
            box.run(exercise("f"), [X])


def test_side_by_side_they_do_not_meet_and_nothing_is_left() -> None:
    look = "import os\ndef f(x): return __file__\ndef g(x): return str(os.listdir('/home'))\n"
    homes = other_user.root(()) / "home"
    with Sandbox({"cnnlib/work.py": look.encode()}, LIMITS, process=OtherUser) as one, Sandbox({}, LIMITS, process=OtherUser) as other:
        other.ready()
        assert "Permission denied" in one.run(exercise("g"), [X])[0].message
        assert one.run(exercise("f"), [X])[0].status == probes.OK and len(list(homes.iterdir())) == 2
    assert list(homes.iterdir()) == []


def test_it_dies_with_the_process_that_grades(tmp_path: Path) -> None:
    program = (
        "from tests.sandboxing.test_other_user import *\nbox = Sandbox({'cnnlib/work.py': EVERYTHING.encode()}, {}, process=OtherUser)\n"
        "box.ready()\nprint(box._process._pid, flush=True)\nbox.run(exercise('sleep'), [X])\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}  # its root folder stays behind: nobody is left to delete it
    grader = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    pid = int(grader.stdout.readline())
    time.sleep(0.3)
    assert Path(f"/proc/{pid}/stat").exists()
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    assert eventually(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split())


def test_where_the_kernel_refuses_it_is_refused_in_a_sentence() -> None:
    program = "from autograder.sandboxing import sandbox\ntry: sandbox.require_other_user()\nexcept Exception as e: print(type(e).__name__, e)\n"
    without = [word.replace(",+sys_chroot", "") for word in DOCKER]
    for prefix, said in ((DOCKER, ""), (without, "CourseError another user's program cannot be started (The sandbox did not start: ")):
        done = subprocess.run([*prefix, sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
        assert done.stdout.startswith(said) and (done.stdout == "") == (said == ""), done.stdout + done.stderr


def test_only_root_can(monkeypatch: Any) -> None:
    monkeypatch.setattr(sandbox.os, "geteuid", lambda: 1000)
    sandbox.require_other_user.cache_clear()
    with pytest.raises(CourseError, match="only root can start another user's program"):
        sandbox.require_other_user()
    sandbox.require_other_user.cache_clear()
