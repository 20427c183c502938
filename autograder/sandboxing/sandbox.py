"""The venue of grades: a subject's answers from a sandbox, where nothing that the learner's code does reaches further.

    with Sandbox(files, course.limits) as sandbox:
        answers = sandbox.run(exercise, cases)

The border of the process is the security: in go the learner's files, the names of functions and the inputs; out come plain values.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from autograder import probes, runner, values
from autograder.course import CourseError
from autograder.exercise import Case, Exercise
from autograder.probes import Answer
from autograder.sandboxing import confinement, seccomp
from autograder.sandboxing.forked import Forked
from autograder.sandboxing.limits import Limits
from autograder.sandboxing.process import Allowance, Ended, Process, SandboxFault

__all__ = ["Sandbox", "SandboxFault", "require"]

OLDEST = (0, 8)  # bubblewrap: the first with --disable-userns
MAX_HEADER = 8 << 20  # of an answer: the part that is parsed as text, which grows when it is
OTHERWISE = "(or grade your own trusted files with --sandbox none)"


class Sandbox:
    """One submission's sandbox.

    files    the learner's folder: relative path -> content, such as "cnnlib/conv.py"
    limits   course.toml's [limits]; an exercise's own come before them
    imports  packages that the learner's code may import, beside NumPy
    process  what a worker runs in: bubblewrap's namespaces, or another user (`other_user.OtherUser`)

    Exercises run in one process, as in a notebook, while all goes well. After a limit, a crash or an error the next exercise gets a new one.
    Use it from one thread at a time. Raises SandboxFault for what is no learner's doing: try again.
    """

    def __init__(
        self, files: Mapping[str, bytes], limits: Mapping[str, float], imports: Sequence[str] = (), process: type[Process] = Forked
    ) -> None:
        for path in files:
            parts = PurePosixPath(path).parts
            if path != "/".join(parts) or not parts or ".." in parts or path.startswith("/") or "\0" in path:
                raise ValueError(f"not a path within the learner's folder: {path!r}")
        self._files, self._limits, self._imports = dict(files), dict(limits), tuple(imports)
        self._kind, self._process = process, None
        self._numbers = itertools.count()
        self._logs: list[str] = []

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the worker, without waiting for it: whoever starts the next sandbox early does not wait for it later."""
        if self._process is not None and not self._process.alive():
            self.close()
        if self._process is None:
            self._process = self._kind(self._files, self._imports)

    def ready(self) -> None:
        """Wait until the worker can run something. Raises SandboxFault when it cannot."""
        self.start()
        self._process.ready()

    def close(self) -> None:
        """Kill the worker and everything in its sandbox. `start` and `run` make a new one."""
        if self._process is not None:
            self._process.close()
            self._logs.append(self._process.log.decode(errors="replace"))
            self._process = None

    @property
    def log(self) -> str:
        """What the learner's code printed, up to a limit. For people to read; it never changes a score."""
        current = [self._process.log.decode(errors="replace")] if self._process else []
        return "".join(self._logs + current)

    def run(self, exercise: Exercise, cases: Sequence[Case], cell: str | None = None) -> list[Answer]:
        """The answers to the cases, in order. `cell` is the source of the answer cell, for an exercise that has one.

        What ends the process (a limit, a crash, an answer that is none of ours) ends this exercise: the cases that are left get the same
        status without being run. Timed cases come last, when everything is loaded and warm.
        """
        if exercise.answer is not None and cell is None:
            return [Answer(probes.MISSING, message=f"there is no answer cell for {exercise.id}")] * len(cases)
        try:
            return self._run(exercise, cases, cell)
        except SandboxFault:
            self.close()  # where bubblewrap was killed, its worker may live on for a moment: nobody shall take it for sound
            raise

    def _run(self, exercise: Exercise, cases: Sequence[Case], cell: str | None) -> list[Answer]:
        limits = Limits.of(self._limits, exercise.limits)
        self.ready()
        wall = time.monotonic() + limits.wall_seconds  # a busy machine takes its time to start a sandbox: that is not the learner's
        answers: dict[int, Answer] = {}
        try:
            allowance = self._load(exercise, cell, limits, wall)
            for index in sorted(range(len(cases)), key=lambda i: cases[i].max_slowdown is not None):
                answers[index] = self._case(exercise, cases[index], allowance)
        except Ended as end:
            self.close()
            return [answers.get(index, end.answer) for index in range(len(cases))]
        except _NoSubject as none:
            if none.answer.status != probes.MISSING:
                self.close()
            return [none.answer] * len(cases)
        for index, case in enumerate(cases):
            if case.max_slowdown is not None and answers[index].status == probes.OK:
                answers[index] = self._timed(exercise, case, answers[index], cases, cell, limits, wall)
        if any(answer.status not in (probes.OK, probes.NOT_WRITTEN) for answer in answers.values()):
            self.close()  # what went wrong may have left something behind, such as open files: the next exercise shall not suffer
        return [answers[index] for index in range(len(cases))]

    def _timed(self, exercise: Exercise, case: Case, answer: Answer, cases: Sequence[Case], cell: str | None, limits: Limits, wall: float) -> Answer:
        """The answer with its slowdown: the best of up to `runner.REPEATS` calls, because machines are busy.

        Every call is in a process that has not seen these inputs before, and the output that is judged is the one of the call
        that is timed. So neither remembering a result nor answering carelessly the second time makes anybody faster.
        """
        best = _with_slowdown(exercise, case, answer)
        for _ in range(runner.REPEATS - 1):
            if best.slowdown is not None and best.slowdown <= case.max_slowdown:
                break
            self.close()
            try:
                allowance = self._load(exercise, cell, limits, wall)
                for other in cases:
                    if other.max_slowdown is None:  # what a first call costs (imports, caches of the processor) is not the work
                        self._case(exercise, other, allowance)
                again = _with_slowdown(exercise, case, self._case(exercise, case, allowance))
            except (Ended, _NoSubject):
                self.close()
                break
            if again.status == probes.OK and again.slowdown < best.slowdown:
                best = again
        return best

    def _load(self, exercise: Exercise, cell: str | None, limits: Limits, wall: float) -> Allowance:
        """Have the subject loaded, in a process that lives; from here on the exercise's limits count."""
        self.start()
        allowance = self._process.allow(limits, wall)
        name = exercise.name if exercise.answer is None else exercise.answer
        source = None if exercise.answer is None else cell
        loaded = self._ask({"do": "load", "module": exercise.module, "name": name, "cell": source}, allowance)
        if loaded.status != probes.OK:
            raise _NoSubject(loaded)
        return allowance

    def _case(self, exercise: Exercise, case: Case, allowance: Allowance) -> Answer:
        request = {"do": "case", "probe": exercise.probe, "inputs": dict(case.inputs), "layout": case.layout}
        return self._ask(request, allowance)

    def _ask(self, request: dict[str, Any], allowance: Allowance) -> Answer:
        """One request's answer, with the CPU time that the worker's process used for it. What it says itself about that does not count."""
        number = next(self._numbers)
        message = values.encode({"number": number, **request})
        reply, seconds = self._process.ask(message, allowance)
        answer = _decode(reply, number)
        if answer is None:
            raise Ended(probes.PROTOCOL, "")
        return Answer(**{**vars(answer), "seconds": seconds})


class _NoSubject(Exception):
    """There is nothing to call; `answer` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _decode(reply: bytes, number: int) -> Answer | None:
    """The answer in a reply to request `number`, or None for anything else: what is in it was written by a stranger."""
    if reply.find(b"\n", 0, MAX_HEADER) < 0:
        return None
    try:
        value = values.decode(reply)
        if type(value) is not dict or value.keys() != {"number", "answer"} or type(value["number"]) is not int or value["number"] != number:
            return None
        return probes.from_plain(value["answer"])
    except Exception:
        return None


def _with_slowdown(exercise: Exercise, case: Case, answer: Answer) -> Answer:
    if answer.status != probes.OK:
        return answer
    return Answer(**{**vars(answer), "slowdown": runner.slowdown(exercise, case, answer.seconds)})


@lru_cache(maxsize=1)
def require() -> None:
    """Make sure, once, that sandboxes work here. Raises CourseError with one sentence that says what to install or to look at."""
    program = confinement.bubblewrap()
    if program is None:
        raise CourseError(
            f"Grading runs each submission in a sandbox, and bubblewrap is not installed. Install it: sudo apt-get install bubblewrap {OTHERWISE}"
        )
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    version = re.search(r"(\d+)\.(\d+)", said)
    if not version or (int(version[1]), int(version[2])) < OLDEST:
        raise CourseError(f"Grading needs bubblewrap 0.8 or newer, and {program} is {said.strip() or 'another program'}. Update it {OTHERWISE}.")
    try:
        with Sandbox({}, {}) as sandbox:
            sandbox.ready()
    except seccomp.UnknownMachine as error:
        raise CourseError(f"Grading needs a sandbox whose filter knows this machine: {error}. Grade on one of those {OTHERWISE}.") from error
    except SandboxFault as fault:
        raise CourseError(f"{fault}. See what this machine lacks: stride doctor {OTHERWISE}") from fault


@lru_cache(maxsize=1)
def require_other_user() -> None:
    """Make sure, once, that another user can hold a submission here, as `other_user` does. Raises CourseError with a clause that says why not."""
    from autograder.sandboxing.other_user import OtherUser

    if os.geteuid() != 0:
        raise CourseError("only root can start another user's program, and this is not root")
    try:
        with Sandbox({}, {}, process=OtherUser) as sandbox:
            sandbox.ready()
    except (seccomp.UnknownMachine, SandboxFault, OSError) as error:
        raise CourseError(f"another user's program cannot be started ({error})") from error
