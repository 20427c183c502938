"""The first kind of sandbox: a fork, in namespaces of its own, of a process that waits in bubblewrap's with everything loaded.

Starting Python, NumPy and PyTorch takes a second or several; a fork takes milliseconds. So the process that grades keeps one `Template` for
each set of packages, with the spawner in it, and each worker comes from there: used for one submission, and gone with it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterable

from autograder.sandboxing import cgroups, confinement, frames, seccomp
from autograder.sandboxing.process import END_SECONDS, Process, exit_code
from autograder.sandboxing.spawner import BEGAN

CREDENTIALS = struct.Struct("iII")  # struct ucred: process, user, group
SAID = 4096  # bytes at the end of what a template printed


class Forked(Process):
    """A worker that a template made."""

    _template: Template | None = None
    _fate: socket.socket | None = None  # the worker's own sign, then how it ended
    _code: int | None = None

    def _launch(self, files: dict[str, bytes], imports: tuple[str, ...], requests: int, answers: int, log: int) -> None:
        self._fate, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._fate.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._template = template(imports)
        content = os.memfd_create("stride")
        try:
            for part in (seccomp.sandbox(threads=bool(imports)), *(part for path, data in files.items() for part in (path.encode(), data))):
                frames.write(content, part)
            self._template.fork((requests, answers, log, theirs.fileno(), content))
        finally:
            os.close(content)
            theirs.close()

    def _identify(self) -> int:
        """The kernel tells it, translated from the namespaces in there, with what the worker sent."""
        said, extra, _, _ = self._fate.recvmsg(64, socket.CMSG_SPACE(CREDENTIALS.size), socket.MSG_DONTWAIT)
        if said != BEGAN:
            raise ValueError("another process than ours answered")
        (pid,) = (CREDENTIALS.unpack(data)[0] for level, kind, data in extra if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS))
        return pid

    def _confine(self) -> int:
        place = cgroups.place()
        if place:
            self._group = cgroups.Group(place)
            self._group.take_in(self._pid)
        return super()._confine()

    def _exit_code(self, seconds: float) -> int | None:
        while self._code is None and select.select([self._fate], [], [], seconds)[0]:
            said = self._fate.recv(64, 0 if self._pid else socket.MSG_PEEK)
            if said == BEGAN:
                return None  # `_identify` will read it
            if said:
                self._code = int(said)
            else:  # who would have told us was killed, with everything in there
                own = None if self._pid else self._template.exit_code(seconds)
                self._code = -signal.SIGKILL if own is None else own
        return self._code

    def _end(self) -> None:
        if self._fate:
            # One that was never identified ends by itself, now that its pipes are closed. If not, nobody knows what it is in the middle of.
            if self._handle < 0 and not self._over(END_SECONDS):
                self._template.close()
            self._fate.close()
            self._fate = None

    def _over(self, seconds: float) -> bool:
        """Whether nothing is left that could tell us more, waiting for that."""
        end = time.monotonic() + seconds
        while select.select([self._fate], [], [], max(0.0, end - time.monotonic()))[0]:
            if not self._fate.recv(64):
                return True
        return False

    def _said(self) -> bytes:
        return bytes(self.log) or (self._template.said() if self._template else b"")


class Template:
    """bubblewrap with a spawner in it. Starting does not wait. Ends with this process."""

    def __init__(self, imports: tuple[str, ...]) -> None:
        self._printed = os.memfd_create("stride")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._popen = subprocess.Popen(
                confinement.command(imports, theirs.fileno()),
                env={},  # bubblewrap's own environment, too, holds nothing of ours
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=self._printed,
                stderr=self._printed,
                pass_fds=(theirs.fileno(),),
                process_group=0,
            )

    @property
    def pid(self) -> int:
        """bubblewrap's process id."""
        return self._popen.pid

    def alive(self) -> bool:
        return self._popen.poll() is None

    def fork(self, descriptors: Iterable[int]) -> None:
        """Ask for a worker; `descriptors` as spawner.py says."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has ended, and whoever waits for the worker will see that
            socket.send_fds(self._control, [b"fork"], list(descriptors))

    def exit_code(self, seconds: float) -> int | None:
        """bubblewrap's exit code, waiting for it; None when it lives on."""
        return exit_code(self._popen, seconds)

    def said(self) -> bytes:
        """The end of what bubblewrap or the spawner printed."""
        return os.pread(self._printed, SAID, max(0, os.fstat(self._printed).st_size - SAID))

    def close(self) -> None:
        """Kill it, and all workers that came from it. May be called twice."""
        if self._control.fileno() < 0:
            return
        self._control.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self.exit_code(END_SECONDS)
        os.close(self._printed)


def template(imports: tuple[str, ...]) -> Template:
    """This process's template with these packages; a new one where there is none, or it has ended. To be called from one thread only."""
    key = os.getpid(), imports  # a forked process has its parent's table, but must not use what is in it
    known = _templates.get(key)
    if known and known.alive():
        return known
    if known:
        known.close()
    _templates[key] = Template(imports)
    return _templates[key]


_templates: dict[tuple[int, tuple[str, ...]], Template] = {}


@atexit.register
def close_templates() -> None:
    """End all templates of this process."""
    for process, imports in list(_templates):
        if process == os.getpid():
            _templates.pop((process, imports)).close()
