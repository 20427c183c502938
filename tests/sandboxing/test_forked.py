"""Workers that come from one template: each alone, with no privileges, and no trace of another; and the template outlives them."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import threading
from pathlib import Path

from autograder import probes
from autograder.sandboxing import forked
from autograder.sandboxing.sandbox import Sandbox
from tests.sandboxing.common import EVERYTHING, LIMITS, X, eventually, exercise

NAMESPACES = ("mnt", "pid", "net", "ipc", "uts")


def box(source: str = EVERYTHING, imports: tuple[str, ...] = ()) -> Sandbox:
    return Sandbox({"cnnlib/work.py": source.encode()}, LIMITS, imports)


def status(pid: int) -> dict[str, str]:
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def spawner(sandbox: Sandbox) -> int:
    """The process that forks: bubblewrap's only child."""
    bubblewrap = sandbox._process._template.pid
    (pid,) = (found for thread in Path(f"/proc/{bubblewrap}/task").iterdir() for found in (thread / "children").read_text().split())
    return int(pid)


def test_a_worker_may_do_nothing_and_is_in_namespaces_of_its_own() -> None:
    with box() as one, box() as other:
        one.ready(), other.ready()
        places = [one._process._pid, other._process._pid, spawner(one)]
        facts = status(places[0])
        assert {int(facts[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
        assert (facts["NoNewPrivs"], facts["Seccomp"]) == ("1", "2")
        assert facts["NSpid"].split()[-1] == "1"
        for kind in NAMESPACES:
            assert len({os.readlink(f"/proc/{pid}/ns/{kind}") for pid in (*places, os.getpid())}) == 4, kind


def test_workers_of_one_template_share_its_packages_and_no_random_numbers() -> None:
    source = "import random\nimport numpy as np\ndef f(x): return np.array([np.random.random(), random.random()])"
    drawn = []
    for _ in range(3):
        with box(source) as sandbox:
            drawn.append(sandbox.run(exercise("f"), [X])[0].output)
            template = sandbox._process._template
    assert len({number for pair in drawn for number in pair.tolist()}) == 6
    with box(source) as sandbox:
        sandbox.ready()
        assert sandbox._process._template is template
    with box(source, ("jinja2",)) as sandbox:
        sandbox.ready()
        assert sandbox._process._template is not template


def test_nothing_of_a_submission_stays_in_the_template() -> None:
    secret = "".join(chr(ord("a") + i % 26) for i in range(7, 107, 3))  # written nowhere as a whole
    with box(f"def f(x): return {secret!r}") as sandbox:
        answer = sandbox.run(exercise("f"), [X])[0]
        inside, template = memory(sandbox._process._pid), memory(spawner(sandbox))
    assert answer.output == secret
    assert secret.encode() in inside, "the search finds what is there"
    assert secret.encode() not in template


def memory(pid: int) -> bytes:
    """All that a process can write to."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for start, end in re.findall(r"^(\w+)-(\w+) rw", Path(f"/proc/{pid}/maps").read_text(), flags=re.MULTILINE):
            file.seek(int(start, 16))
            found.append(file.read(int(end, 16) - int(start, 16)))
    return b"".join(found)


def test_pytorch_is_there_at_once_and_the_template_is_one_thread() -> None:
    """Only a process of one thread can be forked without harm: locks that another held would stay locked for ever."""
    source = """\
import torch
w = torch.ones(2, requires_grad=True)
def f(x):
    (w * w).sum().backward()
    torch.optim.SGD([w], 0.1).step()
    return w.detach().numpy()"""
    with box(source, ("torch",)) as sandbox:
        sandbox.ready()
        assert len(os.listdir(f"/proc/{spawner(sandbox)}/task")) == 1
        [answer] = sandbox.run(exercise("f"), [X])
        assert answer.status == probes.OK
        assert sandbox._process.cpu_seconds() < 0.5, "loading PyTorch alone takes longer"


def test_a_template_that_was_killed_is_replaced() -> None:
    with box() as sandbox:
        sandbox.ready()
        os.kill(spawner(sandbox), signal.SIGKILL)
        assert eventually(lambda: not sandbox._process._template.alive())
        assert sandbox.run(exercise("f"), [X])[0].status == probes.OK


def test_one_that_is_closed_before_it_was_ready_takes_no_other_with_it() -> None:
    with box() as busy:
        busy.ready()
        for _ in range(5):
            early = box()
            early.start()
            early.close()
        assert busy.run(exercise("f"), [X])[0].status == probes.OK
        template = busy._process._template
        assert template.alive() and forked.template(()) is template


def test_what_a_worker_leaves_behind_is_gone_with_it() -> None:
    """Threads and endless loops included: the worker is the first process of its namespace, and there is no second."""
    source = "import threading, time\ndef f(x): threading.Thread(target=time.sleep, args=(99,), daemon=True).start(); return x"
    with box(source, ("jinja2",)) as sandbox:
        assert sandbox.run(exercise("f"), [X])[0].status == probes.OK
        pid = sandbox._process._pid
        assert len(os.listdir(f"/proc/{pid}/task")) == 2
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())


def test_templates_are_asked_for_in_one_thread_whoever_starts_sandboxes() -> None:
    forked.close_templates()
    found, failed = [], []

    def one() -> None:
        try:
            with box() as sandbox:
                sandbox.run(exercise("f"), [X])
                found.append(sandbox._process._template)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and len(found) == 6 and len(set(found)) == 1


def test_many_and_large_files_arrive_whole() -> None:
    files = {f"cnnlib/deep/er/part{i}.py": os.urandom(i * 997) for i in range(300)} | {"empty": b"", "größe.txt": b"x" * (5 << 20)}
    source = "import hashlib, os\ndef f(x):\n    return {p: hashlib.sha256(open(p, 'rb').read()).hexdigest() for p in NAMES}"
    names = f"NAMES = {list(files)!r}\n"
    with Sandbox({**files, "cnnlib/work.py": (names + source).encode()}, {**LIMITS, "cpu_seconds": 5}) as sandbox:
        [answer] = sandbox.run(exercise("f"), [X])
    assert answer.output == {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
