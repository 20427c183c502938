"""What is left of a sandbox when it ends, and what is said when it ends, or cannot begin, by no learner's doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograder import probes
from autograder.course import CourseError
from autograder.sandboxing import confinement, forked, sandbox
from autograder.sandboxing.sandbox import Sandbox, SandboxFault
from tests.sandboxing.common import EVERYTHING, LIMITS, ROOT, X, eventually, exercise, run

# --- no traces --------------------------------------------------------------------------------------------------------


def children() -> set[str]:
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()) | {
        pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()
    }


def test_a_hundred_exercises_leave_no_process_and_no_descriptor() -> None:
    run("def f(x): return x")  # the thread that starts sandboxes and its like are made once
    descriptors, processes = set(os.listdir("/proc/self/fd")), children()
    for round in range(10):
        with Sandbox({"cnnlib/work.py": EVERYTHING.encode()}, LIMITS) as box:
            for name in ("f",) * 8 + (("leave", "garbage") if round % 2 else ("leaks", "f")):
                box.run(exercise(name), [X])
    assert len(os.listdir("/proc/self/fd")) == len(descriptors)
    assert children() == processes


def test_sandboxes_side_by_side_do_not_meet() -> None:
    def one(number: int) -> list:
        source = f"def f(x): return x + {number}\ndef leave(x): import os; os._exit({number})"
        with Sandbox({"cnnlib/work.py": source.encode()}, LIMITS) as box:
            outputs = [box.run(exercise("f"), [X])[0].output[0] for _ in range(3)]
            return [*outputs, box.run(exercise("leave"), [X])[0].message]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(8))) == [[n, n, n, f"exit code {n}"] for n in range(8)]


def test_a_sandbox_outlives_the_thread_that_started_it() -> None:
    box = Sandbox({"cnnlib/work.py": b"def f(x): return x"}, LIMITS)
    try:
        thread = threading.Thread(target=box.ready)
        thread.start()
        thread.join()
        time.sleep(0.2)
        process = box._process
        assert process.alive() and box.run(exercise("f"), [X])[0].status == probes.OK
        assert box._process is process
    finally:
        box.close()


def test_a_sandbox_dies_with_the_process_that_grades() -> None:
    program = (
        "from tests.sandboxing.common import *\nbox = Sandbox({'cnnlib/work.py': EVERYTHING.encode()}, {})\nbox.ready()\n"
        "print(box._process._pid, flush=True)\nbox.run(exercise('sleep'), [X])\n"
    )
    grader = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pid = int(grader.stdout.readline())
    time.sleep(0.5)  # it is busy now, and does not look at its pipes
    assert Path(f"/proc/{pid}/stat").exists()
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    assert eventually(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split())


# --- faults of ours ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["the worker", "bubblewrap"])
def test_a_kill_from_outside_is_a_fault_of_ours_not_an_answer(who: str) -> None:
    with Sandbox({"cnnlib/work.py": EVERYTHING.encode()}, LIMITS) as box:
        box.ready()
        pid = box._process._pid if who == "the worker" else box._process._template.pid
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
        with pytest.raises(SandboxFault, match="killed from outside"):
            box.run(exercise("sleep"), [X])
        assert box.run(exercise("f"), [X])[0].status == probes.OK


@pytest.mark.parametrize("path", ["/etc/passwd", "../up.py", "a/../../b", "a//b", "", "./a"])
def test_files_lie_within_the_learners_folder(path: str) -> None:
    with pytest.raises(ValueError, match="not a path within"):
        Sandbox({path: b""}, LIMITS)


def fake(folder: Path, script: str) -> None:
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (None, "bubblewrap is not installed. Install it: sudo apt-get install bubblewrap (or grade your own trusted files with --sandbox none)"),
        ("echo bubblewrap 0.6.1", "Grading needs bubblewrap 0.8 or newer, and "),
        (
            '[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit; echo "bwrap: No permissions to create new namespace" >&2; exit 1',
            "The sandbox did not start: bwrap: No permissions to create new namespace. See what this machine lacks: stride doctor",
        ),
        ('[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit; exit 0', "The sandbox did not start: exit code 0."),
    ],
)
def test_without_a_working_sandbox_grading_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: Any, script: str | None, sentence: str) -> None:
    if script:
        fake(tmp_path, script)
    monkeypatch.setattr(confinement.shutil, "which", lambda name: str(tmp_path / name) if (tmp_path / name).exists() else None)
    forked.close_templates()
    sandbox.require.cache_clear()
    with pytest.raises(CourseError) as error:
        sandbox.require()
    assert sentence in str(error.value) and "--sandbox none" in str(error.value)


def test_require_is_content_here_and_asks_once(monkeypatch: Any) -> None:
    sandbox.require.cache_clear()
    sandbox.require()
    monkeypatch.setattr(confinement.shutil, "which", lambda name: None)
    sandbox.require()
