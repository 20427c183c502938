"""Nothing is lost: whatever stops a grader, the next run finishes, and all that it leaves is that of a run which nothing stopped.

More than fifty disturbances, drawn with a fixed seed: of the grader, of its workers and sandboxes, of the disk and of the gradebook; some on top
of each other in one folder, some where a class was graded and marked before.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests import survival
from tests.survival import wait_for


class Rounds:
    """The class, graded without disturbance from two starts: an empty folder ("first"), and one with marks of before ("again")."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.toy = survival.Class(root)
        self.server = survival.Server(self.toy.course, root / "log")
        self.starts, self.reference = {"first": None, "again": root / "marked"}, {}
        self.doors, self.seconds, self.size = {}, {}, {}
        self.finish(self.starts["again"], self.toy.before)
        survival.mark(self.starts["again"])
        for start in self.starts:
            begin = time.monotonic()
            said = self.finish(self.begin(start))
            self.seconds[start] = time.monotonic() - begin
            self.doors[start] = int(said.rpartition("doors: ")[2])
            self.reference[start] = survival.left(self.out)
            self.size[start] = survival.size(self.out) - survival.size(self.starts[start])

    @property
    def out(self) -> Path:
        return self.root / "out"

    def begin(self, start: str) -> Path:
        return survival.copy(self.starts[start], self.out)

    def start(self, **how) -> survival.Grader:
        return self.server.start(self.toy.submissions, self.out, **how)

    def finish(self, out: Path, submissions: Path | None = None) -> str:
        """Grade without disturbance. Gives what was said."""
        code, said = self.server.run(submissions or self.toy.submissions, out)
        assert code == 0, said
        return said

    def nothing_is_left_running(self) -> None:
        try:
            wait_for(lambda: not self.server.processes(), 30)
        except AssertionError:
            raise AssertionError(f"still there: {self.server.processes()}") from None

    def what_was_told_is_kept(self) -> None:
        """Whoever has a feedback page has a verdict in the journal: it is judged never again, and comes out the same."""
        told = [path for path in self.out.glob("feedback/*/*/*.html") if "fred" not in path.parts]
        assert len(survival.left(self.out).get("journal.jsonl", ())) >= len(told)

    def is_whole(self, start: str) -> None:
        """The folder is what the undisturbed run left, and nobody works there any more."""
        found, expected = survival.left(self.out), self.reference[start]
        assert found.keys() == expected.keys()
        assert [name for name in expected if found[name] != expected[name]] == []
        self.nothing_is_left_running()

    def strike(self, start: str, kind: str, random_: random.Random) -> survival.Grader:
        """A grader of which a worker or a sandbox was killed at a random moment, as long as there was one."""
        longest = 0.6
        while True:
            self.begin(start)
            grader = self.start()
            grader.until(lambda: kind in self.server.processes().values())
            time.sleep(random_.uniform(0, longest))
            victims = [pid for pid, known in self.server.processes().items() if known == kind]
            with contextlib.suppress(ProcessLookupError, IndexError):
                os.kill(random_.choice(victims), signal.SIGKILL)
                return grader
            grader.wait()
            longest /= 2


@pytest.fixture(scope="module")
def rounds(tmp_path_factory):
    made = Rounds(tmp_path_factory.mktemp("survival"))
    yield made
    made.server.close()


def draw(seed: int, count: int) -> tuple[random.Random, list[str]]:
    """A generator, and so many starts."""
    random_ = random.Random(seed)
    return random_, [random_.choice(("first", "again")) for _ in range(count)]


def is_one_sentence(said: str) -> bool:
    """Said in one line that names what to do next, and nothing of Python's."""
    lines = [line for line in said.splitlines() if not line.startswith("doors: ")]
    return len(lines) == 1 and lines[0].startswith("stride: ") and ("run the same command again" in lines[0] or "Choose another folder" in lines[0])


def test_a_grader_killed_between_two_things_that_leave_a_trace(rounds):
    """Three times in one folder; the fourth run goes through."""
    random_, chosen = draw(1, 5)
    for start in chosen:
        rounds.begin(start)
        for _ in range(3):
            assert rounds.start(disturb=("kill", random_.randint(1, rounds.doors[start]))).wait() in (-signal.SIGKILL, 0)  # 0: less was left to do
            rounds.nothing_is_left_running()
            rounds.what_was_told_is_kept()
        rounds.finish(rounds.out)
        rounds.is_whole(start)


def test_a_grader_killed_at_any_time(rounds):
    """From outside, twice in one folder; the second time as a user starts it, with all that this takes."""
    random_, chosen = draw(2, 3)
    for start in chosen:
        rounds.begin(start)
        for fresh in (False, True):
            grader = rounds.start(fresh=fresh)
            if fresh:
                grader.until(lambda: len(rounds.server.processes()) > 1)
            grader.ended(random_.uniform(0, rounds.seconds[start]))
            grader.send(signal.SIGKILL)
            assert grader.wait() in (-signal.SIGKILL, 0)
            rounds.nothing_is_left_running()
        rounds.finish(rounds.out)
        rounds.is_whole(start)


def test_a_grader_killed_while_the_gradebook_is_made(rounds):
    """nbgrader makes its tables, then notes their version."""
    rounds.begin("first")
    grader = rounds.start(fresh=True)
    grader.until(lambda: any(rounds.out.glob(".gradebook.db.*")))
    grader.send(signal.SIGKILL)
    assert grader.wait() == -signal.SIGKILL
    rounds.finish(rounds.out)
    rounds.is_whole("first")


@pytest.mark.parametrize(("kind", "seed", "count"), [("worker", 3, 6), ("sandbox", 4, 5), ("sandbox", 5, 5)])
def test_workers_and_sandboxes_that_are_killed(rounds, kind, seed, count):
    """One of them costs nobody anything: the same run ends as if nothing had happened."""
    random_, chosen = draw(seed, count)
    for start in chosen:
        grader = rounds.strike(start, kind, random_)
        code = grader.wait()
        if code:  # the sandbox that is tried before any work
            assert code == 2 and re.match(r"stride: .*sandbox.*stride doctor", grader.said), grader.said
            rounds.finish(rounds.out)
        rounds.is_whole(start)


def test_a_full_disk(rounds):
    """From one write on, all fail; again when there is a little more room; then there is enough."""
    random_, chosen = draw(6, 3)
    for start in chosen:
        rounds.begin(start)
        for _ in range(2):
            grader = rounds.start(disturb=("full", random_.randint(1, rounds.doors[start] - 20)))
            assert grader.wait() == 2 and is_one_sentence(grader.said), grader.said
            assert "No space left on device" in grader.said
            rounds.nothing_is_left_running()
        rounds.finish(rounds.out)
        rounds.is_whole(start)


def test_a_disk_that_is_truly_full(rounds, tmp_path):
    """A small file system of its own, filled up but for some pages: SQLite and the journal meet it too."""
    place = tmp_path / "disk"
    place.mkdir()
    within = ("unshare", "-Urm", "sh", "-c", f'mount -t tmpfs -o size=8m none "{place}" && exec "$@"', "sh")
    if not shutil.which("unshare") or subprocess.run([*within, "true"], capture_output=True).returncode:
        pytest.skip("a file system can only be mounted where user namespaces are allowed")
    server = survival.Server(rounds.toy.course, tmp_path / "log", within)
    try:
        seen = Path(f"/proc/{server.process.pid}/root") / place.relative_to("/")  # the disk as we see it
        out, seen_out, filler = place / "out", seen / "out", seen / "filler"
        random_, chosen = draw(7, 3)
        for start in chosen:
            survival.copy(rounds.starts[start], seen_out)
            for _ in range(2):
                filler.write_bytes(b"")
                free = os.statvfs(seen).f_bavail * os.statvfs(seen).f_frsize
                filler.write_bytes(bytes(max(0, free - random_.randint(0, max(rounds.size[start], 64 << 10)))))
                code, said = server.run(rounds.toy.submissions, out)
                assert code == 0 or code == 2 and is_one_sentence(said), said
                assert code == 0 or "Make room there" in said or "Choose another folder" in said, said
            filler.unlink()
            code, said = server.run(rounds.toy.submissions, out)
            assert code == 0, said
            survival.copy(seen_out, rounds.out)  # SQLite would look for it in our own file system
            rounds.is_whole(start)
            assert not server.processes()
    finally:
        server.close()


def test_a_locked_gradebook(rounds):
    """For a moment: grading waits. For longer: it says so, and what has been judged is kept."""

    @contextlib.contextmanager
    def locked():
        with contextlib.closing(sqlite3.connect(rounds.out / "gradebook.db", timeout=survival.SECONDS)) as database:
            database.execute("BEGIN EXCLUSIVE")
            yield
            database.rollback()

    def lines():
        path = rounds.out / "journal.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    random_, chosen = draw(8, 2)
    for start in chosen:
        rounds.begin(start)
        grader = rounds.start()
        wait_for((rounds.out / "gradebook.db").exists)
        time.sleep(random_.uniform(0, rounds.seconds[start]))
        with locked():
            time.sleep(0.2)
        assert grader.wait() == 0, grader.said
        rounds.is_whole(start)

    rounds.begin("again")
    before = survival.left(rounds.out)
    with locked():
        code, said = rounds.server.run(rounds.toy.submissions, rounds.out)
    assert code == 2 and is_one_sentence(said) and "in use by another program" in said, said
    assert survival.left(rounds.out) == before

    rounds.begin("first")
    grader = rounds.start()
    grader.until(lambda: lines() > 0)
    with locked():
        known = lines()
        assert grader.wait() == 2 and is_one_sentence(grader.said), grader.said
    assert 0 < known <= lines()
    rounds.finish(rounds.out)
    rounds.is_whole("first")


ENDS = {"interrupt": (130, "Stopped. Nothing is lost"), "terminate": (-signal.SIGTERM, "Stopped by SIGTERM. What has been judged is kept")}


@pytest.mark.parametrize("what", ENDS)
def test_a_grader_that_is_stopped(rounds, what):
    code, said = ENDS[what]
    random_, chosen = draw(9, 2)
    for start in chosen:
        rounds.begin(start)
        for _ in range(2):
            grader = rounds.start(disturb=(what, random_.randint(1, rounds.doors[start])))
            assert grader.wait() in (code, 0)
            assert "Traceback" not in grader.said and "Exception" not in grader.said, grader.said
            rounds.nothing_is_left_running()
        rounds.finish(rounds.out)
        rounds.is_whole(start)


def test_ctrl_c_as_a_terminal_sends_it(rounds):
    """To the grader and all that it has started: only the grader says something."""
    random_ = random.Random(10)
    rounds.begin("first")
    for _ in range(2):
        grader = rounds.start(fresh=True)
        grader.until(lambda: len(rounds.server.processes()) > 1)
        grader.ended(random_.uniform(0, 2 * rounds.seconds["first"]))
        if not grader.ended():
            os.killpg(grader.pid, signal.SIGINT)
            assert grader.wait() == 130, grader.said
            assert grader.said.strip().startswith("Stopped. Nothing is lost") and "Traceback" not in grader.said, grader.said
        else:
            assert grader.wait() == 0, grader.said
        rounds.nothing_is_left_running()
    rounds.finish(rounds.out)
    rounds.is_whole("first")


def test_two_graders_at_once(rounds):
    """The second refuses, and harms nothing."""
    rounds.begin("first")
    grader = rounds.start()
    wait_for((rounds.out / "gradebook.db").exists)
    os.kill(grader.pid, signal.SIGSTOP)  # so that it is at work for as long as the other one takes to start
    code, said = rounds.server.alone(rounds.toy.submissions, rounds.out)
    os.kill(grader.pid, signal.SIGCONT)
    assert code == 2 and is_one_sentence(said) and "Another stride grade is at work" in said, said
    assert grader.wait() == 0, grader.said
    rounds.is_whole("first")
