"""A grader for tests to disturb: `stride` with the toy course's checks, in a process of its own.

    python -m tests.toy_grader ARGUMENTS…    as a user starts `stride ARGUMENTS…`
    python -m tests.toy_grader               a server that has loaded everything, and forks a grader for each order on stdin

TOY_CHECKS names the folder of the checks. A served grader is the same program from its first line on, and shares with the others only what
takes seconds to load. An order is a line of JSON:

    arguments   of `stride`
    log         the file that what it says goes to
    disturb     [what, when], see `Doors`; or null
    fresh       true: a new interpreter all the same

For each, the server answers with the process id, and then, when it has ended, with its exit code (-9: killed).
"""

from __future__ import annotations

import builtins
import ctypes
import errno
import io
import json
import multiprocessing
import os
import signal
import sys
from multiprocessing import forkserver, resource_tracker

import autograder.checks
from autograder import cli

autograder.checks.__path__ = [os.environ["TOY_CHECKS"]]  # here, and so in every worker: they load this module first
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
NOT_ON_DISK = ("/dev/", "/sys/", "/proc/")  # devices, control groups
PR_SET_CHILD_SUBREAPER = 36


class Doors:
    """Counts what a grader does that leaves a trace: files opened to write (before and after), moved, removed or flushed, programs started, and SQL.

    what    kill, interrupt or terminate: that signal at door number `when`; full: from there on no file can be written
    """

    def __init__(self, what: str, when: int) -> None:
        self._what, self._when, self.number = what, when, 0

    def watch(self) -> None:
        from sqlalchemy import Engine, event

        fsync, open_ = os.fsync, open

        def open_and_pass(file, mode="r", *more, **named):
            opened = open_(file, mode, *more, **named)
            if mode in ("w", "wb", "ab"):
                self.at(True)  # now it is there, or empty, and nothing is written yet
            return opened

        os.fsync = lambda descriptor: (self.at(True), fsync(descriptor))[1]
        builtins.open = io.open = open_and_pass
        event.listen(Engine, "before_cursor_execute", lambda *_: self.at(False))
        event.listen(Engine, "commit", lambda *_: self.at(False))
        sys.addaudithook(self._hear)

    def at(self, writes: bool) -> None:
        self.number += 1
        if self._what == "full":
            if writes and self.number >= self._when:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        elif self.number == self._when:
            os.kill(os.getpid(), {"kill": signal.SIGKILL, "interrupt": signal.SIGINT, "terminate": signal.SIGTERM}[self._what])

    def _hear(self, name: str, arguments: tuple) -> None:
        if name == "open":
            path, _, flags = arguments
            if flags & WRITING and str(path).startswith("/") and not str(path).startswith(NOT_ON_DISK):
                self.at(True)
        elif name in ("os.mkdir", "os.rename"):
            if not str(arguments[0]).startswith(NOT_ON_DISK):
                self.at(True)
        elif name in ("os.remove", "os.chmod", "sqlite3.connect", "subprocess.Popen", "socket.connect"):
            self.at(False)


def serve() -> None:
    """Take orders until stdin ends."""
    load()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # whatever outlives a grader becomes ours, where a test finds it
    print(json.dumps({"forkserver": forkserver._forkserver._forkserver_pid, "tracker": resource_tracker._resource_tracker._pid}), flush=True)
    while line := sys.stdin.readline():
        order = json.loads(line)
        grader = os.fork()
        if not grader:
            begin(order)
            return
        print(json.dumps(grader), flush=True)
        while True:
            ended, status = os.waitpid(-1, 0)
            if ended == grader:
                break
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


def begin(order: dict) -> None:
    """Become the grader: its own session, its own output, and its end is that of `stride`."""
    os.setsid()
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor, place in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, place)
    if order["fresh"]:
        os.execv(sys.executable, [sys.executable, "-m", "tests.toy_grader", *order["arguments"]])
    forkserver.ensure_running = forkserver._forkserver.ensure_running = lambda: None  # it runs, as somebody else's child
    doors = Doors(*(order["disturb"] or ("count", 0)))
    doors.watch()
    code = cli.main(order["arguments"])
    print(f"doors: {doors.number}")
    sys.exit(code)


def load() -> None:
    """What costs every grader its first seconds: modules, the server that its workers come from, and alembic."""
    import nbgrader.api
    import nbgrader.preprocessors  # noqa: F401

    from autograder.classroom import gradebook, grading, master  # noqa: F401

    gradebook.newest_version()
    warm()
    multiprocessing.set_forkserver_preload(["torch", "autograder.judge", "tests.toy_grader"])
    forkserver.ensure_running()


def warm() -> None:
    from autograder.classroom import master
    from autograder.sandboxing import confinement

    confinement._fixed(())
    master.grader()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(cli.main(sys.argv[1:]))
    serve()
elif __name__ == "tests.toy_grader":  # loaded ahead by the server that workers come from
    warm()
