"""Grading on a Dask cluster: a real scheduler, and workers in folders of their own that die, differ or fail."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed: pip install --editable '.[cluster]'")

from autograder import cli
from autograder.classroom import cluster, grading
from autograder.course import CourseError
from autograder.verdict import Verdict
from tests import toy_class

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120  # for anything that is awaited: a busy machine takes its time


class Programs:
    """A scheduler, and workers beside it: each a process in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen] = {}
        self._start("scheduler", "--scheduler-file", "address.json", "--port", "0", "--dashboard-address", "127.0.0.1:0")
        file = folder / "scheduler" / "address.json"
        self.wait(lambda: file.is_file() and file.read_text().endswith("}"))
        self.address = json.loads(file.read_text())["address"]

    def worker(self, name: str, *options: str, code: Path = ROOT) -> None:
        """Start a worker and wait until the scheduler knows it."""
        more = ("--dashboard-address", "127.0.0.1:0", "--local-directory", ".", "--name", name, "--no-nanny")
        self._start("worker", self.address, *more, *(options or ("--nthreads", "1")), name=name, code=code)
        log = self.folder / name / "log"
        self.wait(lambda: "Registered to" in log.read_text())

    def wait(self, ready) -> None:
        end = time.monotonic() + SECONDS
        while not ready():
            dead = {name: process.returncode for name, process in self.processes.items() if process.poll() not in (None, -9)}
            assert not dead, (self.folder / next(iter(dead)) / "log").read_text()
            assert time.monotonic() < end, "it took too long"
            time.sleep(0.02)

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()

    def judging(self, name: str) -> bool:
        """Whether the worker has a sandbox open just now."""
        pid = self.processes[name].pid
        return any(path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children"))

    def _start(self, program: str, *arguments: str, name: str = "", code: Path = ROOT) -> None:
        name = name or program
        (self.folder / name).mkdir(parents=True)
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *arguments, "--host", "127.0.0.1"]
        environment = {variable: value for variable, value in os.environ.items() if variable != "STRIDE_SECRET_SEED"}  # theirs come with the job
        environment |= {"PYTHONPATH": str(code), "WHO": name, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
        with open(self.folder / name / "log", "wb") as log:
            self.processes[name] = subprocess.Popen(command, cwd=self.folder / name, env=environment, stdout=log, stderr=log)


@pytest.fixture
def programs(tmp_path):
    started = Programs(tmp_path / "cluster")
    yield started
    for name in started.processes:
        started.kill(name)


@pytest.fixture
def course(tmp_path):
    return toy_class.make_course(tmp_path / "course")


def grade(course, folder, out, **more):
    return grading.grade(course, "07", folder, out, **({"workers": 2, "progress": False} | more))


def written(out: Path) -> dict[str, bytes]:
    """All that grading writes, but for the database, which knows the time."""
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    journal = sorted(files.pop("journal.jsonl").splitlines())
    return {name: content for name, content in files.items() if name not in (".lock", "gradebook.db")} | dict(enumerate(journal))


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(course, tmp_path, programs, monkeypatch):
    here = tmp_path / "submissions"
    for number in range(4):
        work = toy_class.without_bias() if number % 2 else toy_class.solution()
        toy_class.hand_in(here / f"learner{number}", course, f"{work}\nimport time  # {number}\ntime.sleep(0.2)\n")
    toy_class.hand_in(here / "dora", course, "import os\nos._exit(0)\n")
    (here / "hans.zip").write_bytes(b"PK nonsense")
    alone = grade(course, here, tmp_path / "alone")
    programs.worker("first")
    programs.worker("second")
    journal = tmp_path / "out" / "journal.jsonl"
    left: list[int] = []

    def kill() -> None:
        programs.wait(lambda: journal.exists() and journal.read_bytes().count(b"\n") >= 1 and programs.judging("first"))
        programs.kill("first")
        left.append(5 - journal.read_bytes().count(b"\n"))

    killer = threading.Thread(target=kill)
    killer.start()
    together = grade(course, here, tmp_path / "out", workers=None, scheduler=programs.address)
    killer.join()
    assert left and left[0] >= 1, "it was killed too late to prove anything"
    assert together == alone and [result["points"] for result in alone] == [0, None, 26, 15, 26, 15]
    assert written(tmp_path / "out") == written(tmp_path / "alone")

    # The same again needs no cluster, but for its address; and regrading finds nothing to change.
    judged = grading.judge_anew(course, "07", here, tmp_path / "out", progress=False, scheduler=programs.address)
    assert len(judged) == 6 and judged["hans"] is None and written(tmp_path / "out") == written(tmp_path / "alone")

    # The scheduler goes: nothing is lost, and it is said.
    def work(job):
        programs.kill("scheduler")
        return job

    with pytest.raises(CourseError, match="scheduler at .* is gone .*What has been judged is kept"):
        with cluster.Cluster(programs.address) as connected:
            list(connected.judge_all((name, lambda name=name: work(name)) for name in ("one", "two")))


# Work for the workers, which import this file and find the functions by name. A "job" is a folder and what to do.


def _who(task):
    folder, name = task
    (Path(folder) / f"{name}-{os.environ['WHO']}-{time.monotonic_ns()}").touch()
    if name == "dies":
        os._exit(9)
    if name == "raises" or name == "unlucky" and os.environ["WHO"] == "first":
        raise RuntimeError("ours")
    if name == "mend":
        raise CourseError("Mend this")
    return [Verdict(name, "passed", 1, 1, (), None, os.environ["WHO"]).to_dict()]


def test_faults_and_deaths_on_workers(tmp_path, programs):
    """A fault is tried twice, the second time on another worker; a job that kills its workers is given up, and takes no other with it."""
    for name in ("first", "second", "third"):
        programs.worker(name)
    tried = tmp_path / "tried"
    tried.mkdir()
    pulled: list[str] = []

    def tasks(*names):
        for name in names:
            pulled.append(name)
            yield name, lambda name=name: (str(tried), name)

    def workers(name: str) -> list[str]:
        return [path.name.split("-")[1] for path in tried.glob(f"{name}-*")]

    with cluster.Cluster(programs.address) as connected:
        faults = ("one", "two", "raises", "unlucky", "three", "four")
        got = connected.judge_all(tasks(*faults), 2, _who)
        outcomes = dict([next(got)])
        assert pulled == ["one", "two"], "a job is made when its turn comes"
        outcomes |= got
        assert outcomes.keys() == set(faults)
        assert "RuntimeError: ours" in str(outcomes["raises"]) and len(workers("raises")) == len(set(workers("raises"))) == 2
        assert all(outcomes[name][0].exercise == name for name in faults if name != "raises")

        deaths = ("dies", "five", "six", "seven")
        outcomes = dict(connected.judge_all(tasks(*deaths), None, _who))
        assert "died" in str(outcomes["dies"]) and len(workers("dies")) == 2  # of three workers, with no failure allowed by this scheduler
        assert outcomes.keys() == set(deaths) and all(outcomes[name][0].exercise == name for name in deaths if name != "dies")
        with pytest.raises(CourseError, match="On .*: Mend this"):
            list(connected.judge_all(tasks("mend"), 2, _who))


def _noting(task):
    folder, name = task

    def note(what: str) -> None:
        with open(Path(folder) / "notes", "a") as notes:
            notes.write(f"{what} {name}\n")

    note("takes in")
    with cluster._one_at_a_time():
        note("judges")
        time.sleep(0.5)
        note("has judged")
    return [Verdict(name, "passed", 1, 1, (), None, "").to_dict()]


def test_a_worker_takes_the_next_job_in_while_it_judges_one(tmp_path, programs):
    programs.worker("only")
    names = ("one", "two", "three", "four")
    with cluster.Cluster(programs.address) as connected:
        got = dict(connected.judge_all(((name, lambda name=name: (str(tmp_path), name)) for name in names), None, _noting))
    assert got.keys() == set(names)
    notes = (tmp_path / "notes").read_text().splitlines()
    turns = [note for note in notes if not note.startswith("takes in")]
    assert [note.replace("judges", "has judged") for note in turns[::2]] == turns[1::2] and len(turns) == 8, "one at a time"
    for turn in range(3):  # each but the first was taken in before the one before it was done
        begun = {note for note in notes[: notes.index(turns[2 * turn + 1])] if note.startswith("takes in")}
        assert len(begun) == turn + 2, notes


def test_hosts_that_must_not_judge(course, tmp_path, programs, monkeypatch):
    toy_class.hand_in(tmp_path / "submissions" / "anna", course)

    def refused(patience=SECONDS) -> str:
        with pytest.raises(CourseError) as raised:
            monkeypatch.setattr(cluster, "PATIENCE_SECONDS", patience)
            grade(course, tmp_path / "submissions", tmp_path / "out", scheduler=programs.address)
        assert not (tmp_path / "out").exists() and "\n" not in str(raised.value)
        return str(raised.value)

    said: list[str] = []
    monkeypatch.setattr(cluster, "_say", said.append)
    assert f"Start some (dask worker {programs.address} --nthreads 1)" in refused(patience=0.01)
    assert len(said) == 1 and "no worker: waiting for one" in said[0]

    code = tmp_path / "code"
    shutil.copytree(ROOT / "autograder", code / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    with open(code / "autograder" / "judge.py", "a") as file:
        file.write("# another version\n")
    programs.worker("other", code=code)
    sentence = refused()
    assert f"The worker on {socket.gethostname()}" in sentence and sentence.count("code ") == 2 and "pip install" in sentence
    assert "data " in sentence and "torch" not in sentence, "it says what differs, and nothing else"
    with monkeypatch.context() as late:  # a worker that comes later is found out by its first job
        late.setattr(cluster.Cluster, "_hold_against_ours", lambda self: None)
        with pytest.raises(CourseError, match="would judge with code"):
            grade(course, tmp_path / "submissions", tmp_path / "late", scheduler=programs.address)
    assert not (tmp_path / "late" / "journal.jsonl").exists()
    programs.kill("other")

    programs.worker("wide", "--nthreads", "2")
    assert "would judge 2 submissions in one process. Start it with --nthreads 1" in refused()
    programs.kill("wide")
    monkeypatch.setenv("PATH", str(tmp_path))
    programs.worker("bare")
    assert "cannot judge" in (sentence := refused()) and "bubblewrap is not installed" in sentence and "--sandbox none" not in sentence


def test_addresses_where_no_scheduler_answers(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    toy_class.hand_in(tmp_path / "submissions" / "anna", course)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for address in ("", "nonsense", "what://127.0.0.1:1", "127.0.0.1:1", f"127.0.0.1:{port}", f"tls://127.0.0.1:{port}"):
            with pytest.raises(CourseError, match=f"No Dask scheduler answers at '{address}' .*--scheduler tcp://HOST:8786") as raised:
                grade(course, tmp_path / "submissions", tmp_path / "out", scheduler=address)
            assert "\n" not in str(raised.value)
    monkeypatch.chdir(course.root)
    for command in (["grade", "07"], ["regrade", "07", "--apply"]):
        where = ["--submissions", str(tmp_path / "submissions"), "--out", str(tmp_path / "out"), "--scheduler", "nonsense"]
        assert cli.main([*command, *where]) == cli.USER_ERROR
        assert "No Dask scheduler answers at 'nonsense'" in capsys.readouterr().err
    with pytest.raises(CourseError, match="Leave out --sandbox none, or --scheduler"):
        grade(course, tmp_path / "submissions", tmp_path / "out", scheduler="127.0.0.1:1", sandbox="none")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CourseError, match="distributed is not installed. Install it: pip install .*cluster"):
        grade(course, tmp_path / "submissions", tmp_path / "out", scheduler="127.0.0.1:1")
    assert not (tmp_path / "out").exists()
