"""One sandboxed worker seen from outside: its start, a question and its answer, its clock and its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from autograder import probes, values
from autograder.probes import Answer
from autograder.sandboxing import cgroups, frames, limits
from autograder.sandboxing.limits import MIB, Limits

START_SECONDS = 60  # for a worker to be ready: a busy machine may need long, a broken sandbox says so at once
LOG_BYTES = 64 << 10  # of what a learner's code prints
FRAME_MARGIN = 1 << 20  # what an answer's frame may have beside the output itself
END_SECONDS = 10  # for a killed process to be gone
LOOK_SECONDS = 0.1  # how often the clocks are read while an answer is awaited


class SandboxFault(RuntimeError):
    """The sandbox failed, not the learner: try again, never a zero."""


class Ended(Exception):
    """The worker ended, or was ended, without an answer; `answer` says why."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(status, message=message)


@dataclass(frozen=True)
class Allowance:
    """Until when an exercise may go on: on the wall clock (monotonic) and on the worker's own (CPU seconds since its start)."""

    limits: Limits
    wall: float
    cpu: float


class Process:
    """A worker in a sandbox of its own. Starting does not wait; `ready` does. Must be closed.

    What it runs in is a subclass's business: `forked.Forked` (bubblewrap's namespaces) or `other_user.OtherUser`.
    """

    def __init__(self, files: Mapping[str, bytes], imports: tuple[str, ...]) -> None:
        self.log = bytearray()
        self._printed = 0
        self._floor: int | None = None
        self._pid = 0
        self._handle = -1  # a pidfd: a signal through it never reaches another process that got the same number
        self._descriptors: list[int] = []
        self._group: cgroups.Group | None = None  # None where this machine has no place for one
        # What dies with its parent does so, to the kernel, with the *thread* that started it: one that lives on.
        self._starting: Future[None] = _starter(os.getpid()).submit(self._start, dict(files), imports)

    def ready(self) -> None:
        """Wait until the worker can take requests. Raises SandboxFault, with what bubblewrap said, when it cannot."""
        if self._floor is not None:
            return
        try:
            self._starting.result()
            allowance = Allowance(Limits(), time.monotonic() + START_SECONDS, float("inf"))
            if values.decode(self._exchange(b"", allowance)) != "ready":
                raise SandboxFault("The sandbox did not start: another program than ours answered")
            self._pid = self._identify()
            self._handle = os.pidfd_open(self._pid)
            self._descriptors.append(self._handle)
            self._floor = self._confine()
        except (Ended, OSError, ValueError, KeyError, values.NotPlain) as error:
            said = self._said().decode(errors="replace").strip().splitlines()
            self.close()
            raise SandboxFault(f"The sandbox did not start: {said[-1] if said else error}") from error

    def allow(self, allowed: Limits, wall: float) -> Allowance:
        """What the exercise that begins now may use; `wall` is when it must have ended."""
        self.ready()
        self._printed = 0
        try:
            if self._group:
                self._group.allow_memory((self._floor or 0) + int(allowed.memory_mb * MIB))
        except OSError as error:
            raise SandboxFault(f"The sandbox's control group takes no limit any more: {error}") from error
        try:
            self._allow_memory(allowed)
            return Allowance(allowed, wall, self.cpu_seconds() + allowed.cpu_seconds)
        except OSError as error:
            raise self._death() from error

    def ask(self, request: bytes, allowance: Allowance) -> tuple[bytes, float]:
        """Send a request and wait: the answer, and the CPU seconds that it took. Raises Ended when there is none within the limits."""
        try:
            before = self.cpu_seconds()
            reply = self._exchange(frames.pack(request), allowance)
            return reply, self.cpu_seconds() - before
        except OSError as error:  # there is no clock of a dead process, and without a time there is no answer
            raise self._death() from error

    def alive(self) -> bool:
        """Whether it can go on: not ended by something that it did after its last answer."""
        return self._handle < 0 or not select.select([self._handle], [], [], 0)[0]

    def cpu_seconds(self) -> float:
        """CPU time of the worker since its start, all its threads together, from the kernel's own clock of that process."""
        # clock_getcpuclockid(3) for another process, which Python does not offer: the number is the complement of the process id, and 2.
        return time.clock_gettime(~self._pid << 3 | 2)

    def close(self) -> None:
        """Kill whatever still lives, and leave nothing behind: no process, no descriptor. May be called twice."""
        with contextlib.suppress(Exception):
            self._starting.result()
            if self._handle >= 0:
                # The worker is the first process of its namespace: with it the kernel ends everything else in there.
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._handle, signal.SIGKILL)
                select.select([self._handle], [], [], END_SECONDS)
        if self._group:
            self._group.close()
        while self._descriptors:
            os.close(self._descriptors.pop())
        self._end()
        self._handle = -1

    def _start(self, files: dict[str, bytes], imports: tuple[str, ...]) -> None:
        with contextlib.ExitStack() as theirs:

            def pipe(*, inwards: bool) -> tuple[int, int]:
                """Our end, which does not block, and theirs."""
                reading, writing = os.pipe()
                ours, other = (writing, reading) if inwards else (reading, writing)
                self._descriptors.append(ours)
                theirs.callback(os.close, other)
                os.set_blocking(ours, False)
                return ours, other

            self._requests, requests = pipe(inwards=True)
            self._answers, answers = pipe(inwards=False)
            self._logs, log = pipe(inwards=False)
            self._launch(files, imports, requests, answers, log)

    # --- what it runs in ---

    def _launch(self, files: dict[str, bytes], imports: tuple[str, ...], requests: int, answers: int, log: int) -> None:
        """Start the worker, given its ends of the pipes."""
        raise NotImplementedError

    def _identify(self) -> int:
        """The process id of the worker, which is ready."""
        raise NotImplementedError

    def _exit_code(self, seconds: float) -> int | None:
        """How the worker ended, waiting for that: its exit code, below zero for a signal; None when it lives on.

        SIGKILL stands for whatever ended the sandbox around it as well: that comes from outside.
        """
        raise NotImplementedError

    def _end(self) -> None:
        """The worker was killed, or has never been identified and its pipes are closed: leave nothing behind."""
        raise NotImplementedError

    def _said(self) -> bytes:
        """What was printed by whatever did not start."""
        return bytes(self.log)

    def _confine(self) -> int:
        """Set the limits that are the same for all; the worker's address space now, in bytes."""
        return limits.confine(self._pid)

    def _allow_memory(self, allowed: Limits) -> None:
        limits.allow_memory(self._pid, self._floor or 0, allowed)

    # --- talking with it ---

    def _exchange(self, frame: bytes, allowance: Allowance) -> bytes:
        """Write the frame, read one, keep the log, watch the clocks: all at once, so that no side can block the other."""
        outgoing, incoming = memoryview(frame), bytearray()
        most = int(allowance.limits.output_mb * MIB)
        poller = select.poll()
        poller.register(self._answers, select.POLLIN)
        poller.register(self._logs, select.POLLIN)
        if outgoing:
            poller.register(self._requests, select.POLLOUT)
        while True:
            self._watch(allowance)
            for descriptor, _ in poller.poll(1000 * LOOK_SECONDS):
                if descriptor == self._requests:
                    try:
                        outgoing = outgoing[os.write(self._requests, outgoing[: 1 << 20]) :]
                    except BlockingIOError:
                        continue
                    except BrokenPipeError:
                        outgoing = outgoing[:0]
                    if not outgoing:
                        poller.unregister(self._requests)
                elif descriptor == self._logs:
                    if not self._read_log():
                        poller.unregister(self._logs)
                    if self._printed > most:
                        raise Ended(probes.TIME_LIMIT, f"it printed more than {allowance.limits.output_mb:g} MB")
                else:
                    part = os.read(self._answers, _missing(incoming))
                    if not part:
                        raise self._death()
                    incoming += part
                    length = _length(incoming)
                    if length is not None and length > most + FRAME_MARGIN:
                        raise Ended(probes.PROTOCOL, f"an answer of more than {allowance.limits.output_mb:g} MB")
                    if length == len(incoming) - frames.HEADER.size:
                        return bytes(incoming[frames.HEADER.size :])

    def _watch(self, allowance: Allowance) -> None:
        if time.monotonic() > allowance.wall:
            raise Ended(probes.TIME_LIMIT, f"{allowance.limits.wall_seconds:g} seconds")
        if not self._pid and self._exit_code(0) is not None:
            raise self._death()  # what it leaves when it is killed halfway may keep the pipes open for ever
        if self._pid:
            with contextlib.suppress(OSError):  # it is dead: what it had to say still lies in the pipes
                if self.cpu_seconds() > allowance.cpu:
                    raise Ended(probes.TIME_LIMIT, f"{allowance.limits.cpu_seconds:g} seconds of CPU time")

    def _read_log(self) -> bool:
        """Take what was printed; False at its end."""
        part = os.read(self._logs, 1 << 16)
        self._printed += len(part)
        self.log += part[: LOG_BYTES - len(self.log)]
        return bool(part)

    def _death(self) -> Exception:
        """The worker has ended, or closed the pipe of its answers: why."""
        with contextlib.suppress(BlockingIOError):
            while self._read_log():
                pass
        code = self._exit_code(2)
        if code is None:
            return Ended(probes.PROTOCOL, "it closed the pipe of its answers")
        if self._group and self._group.out_of_memory():
            return Ended(probes.MEMORY_LIMIT, "")
        if code == -signal.SIGKILL:
            # No process in the sandbox can send that signal: the system did, for want of memory, or somebody did.
            return SandboxFault("A sandbox was killed from outside, most likely because this machine ran out of memory")
        return Ended(probes.CRASHED, f"signal {signal.Signals(-code).name}" if -code in signal.valid_signals() else f"exit code {code}")


def exit_code(popen: subprocess.Popen, seconds: float) -> int | None:
    """The exit code of a process that we started, waiting for it; None when it lives on."""
    try:
        return popen.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def end_strays(leaders: Collection[int]) -> None:
    """Kill what is left in the sessions of these processes, which used sandboxes and are dead (or this one: all but itself).

    bubblewrap dies with its parent. But when it dies while it makes a namespace, the first process in there waits for it for ever.
    """
    clean, end = 0, time.monotonic() + END_SECONDS
    while clean < 2 and time.monotonic() < end:  # one that has just ended may have started another after we listed what there is: so look once more
        clean += 1
        alive: dict[int, int] = {}
        for place in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, _, session = place.read_text(errors="replace").rpartition(") ")[2].split()[:4]
                if state != "Z":
                    alive[int(place.parent.name)] = int(session)
        for pid, session in alive.items():
            # Where the leader lives, its number has become another's.
            if session in leaders and (session == os.getpid() or session not in alive) and pid != os.getpid():
                clean = 0
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@lru_cache(maxsize=1)
def _starter(process: int) -> ThreadPoolExecutor:
    """The thread that starts sandboxes, in this process (a forked one makes its own)."""
    return ThreadPoolExecutor(1, thread_name_prefix="sandbox-starter")


def _length(incoming: bytearray) -> int | None:
    return frames.HEADER.unpack_from(incoming)[0] if len(incoming) >= frames.HEADER.size else None


def _missing(incoming: bytearray) -> int:
    """How many bytes to read next: never beyond the frame."""
    length = _length(incoming)
    size = frames.HEADER.size
    return size - len(incoming) if length is None else min(size + length - len(incoming), 1 << 20)
