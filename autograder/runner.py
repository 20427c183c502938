"""Running a subject on cases in this process: the venue of a learner's own checks. (The other venue is `sandbox`.)"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import math
import os
import signal
import statistics
import sys
import threading
import time
import types
import warnings
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder import probes
from autograder.definitions import CODE, definitions, reached, statements
from autograder.exercise import Case, Exercise
from autograder.loading import Missing, load_function, place
from autograder.probes import Answer

__all__ = ["Missing", "REPEATS", "load_subject", "run", "slowdown"]

REPEATS = 3  # timed cases: the best of at most so many calls
HOPELESS = 3  # so many times beyond what is allowed
WALL_SECONDS = 20.0  # for all cases together, unless the exercise states its own: nobody watches an endless loop for longer
AGAIN_SECONDS = 0.2  # from one alarm to the next
PRINTED = 1500  # bytes of what a call prints are kept for the card


def run(exercise: Exercise, cases: Sequence[Case], subject: Any, seconds: float | None = None) -> list[Answer]:
    """The subject's answers to the cases, within `seconds` for all of them together: by default the exercise's wall-clock limit."""
    deadline = time.monotonic() + (exercise.limits.get("wall_seconds", WALL_SECONDS) if seconds is None else seconds)
    return [_run_case(exercise, case, subject, deadline) for case in cases]


def load_subject(exercise: Exercise, cnnlib: Path) -> Any:
    """The learner's function, from the file as it is saved now. Raises Missing, with the reason."""
    _refuse_foreign(exercise, place(exercise.module, cnnlib))
    for name in exercise.imports:  # not within the time limit: torch may take long to load, and does not survive an alarm meanwhile
        with contextlib.suppress(ImportError):  # the learner's own import says so
            importlib.import_module(name)
    try:
        with _quiet(), _time_limit(exercise.limits.get("wall_seconds", WALL_SECONDS)):
            return load_function(exercise.module, exercise.name, cnnlib)
    except probes.TimeLimit:  # the alarm rang while the file was being found
        raise Missing(Answer(probes.TIME_LIMIT)) from None


def _refuse_foreign(exercise: Exercise, path: Path) -> None:
    """Raise Missing where the function, or its file on being loaded, imports a package that is not there when it is graded."""
    try:
        body = statements(path.read_bytes())
    except OSError:
        return  # loading says what is wrong
    defined = {name: node for name, node in definitions(body).items() if isinstance(node, CODE)}
    parts = [node for node in body if not isinstance(node, CODE)] + [defined[name] for name in reached(exercise.name, defined)]
    known = {"numpy", "cnnlib", *exercise.imports, *sys.stdlib_module_names}
    for node in (node for part in parts for node in ast.walk(part)):
        found = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found += [node.module or "cnnlib"] if isinstance(node, ast.ImportFrom) and not node.level else []
        foreign = next((name.partition(".")[0] for name in found if name.partition(".")[0] not in known), None)
        if foreign:
            says = f"{foreign} is not there when this is graded: import nothing but NumPy"
            line = f"{path.name}, line {node.lineno}: {ast.unparse(node)}"
            raise Missing(Answer(probes.ERROR, error="ModuleNotFoundError", message=says, where=line))


def slowdown(exercise: Exercise, case: Case, seconds: float) -> float:
    """`seconds` as a multiple of the CPU time that the exercise's baseline takes on the same inputs here and now.

    Who is fast enough even beside the shortest time that it ever took here is not measured against it again.
    """
    fastest = _fastest.get(id(case))
    if fastest and case.max_slowdown is not None and seconds <= case.max_slowdown * fastest:
        return seconds / fastest
    times = []
    for _ in range(REPEATS):
        inputs = {name: probes.arrange(value, "plain") for name, value in case.inputs.items()}
        started = time.thread_time()  # as `probes.observe` does
        exercise.baseline(**inputs)
        times.append(time.thread_time() - started)
    if fastest is None:
        weakref.finalize(case, _fastest.pop, id(case), None)
    _fastest[id(case)] = max(min(*times, fastest or times[0]), 1e-4)
    return seconds / max(statistics.median(times), 1e-4)


_fastest: dict[int, float] = {}  # by a case's id, while it is there: seconds


def _run_case(exercise: Exercise, case: Case, subject: Any, deadline: float) -> Answer:
    if case.max_slowdown is None:
        return _call(exercise, case, subject, deadline)
    ratio = slowdown(exercise, case, 1.0)
    best = _call(exercise, case, subject, deadline)
    for _ in range(REPEATS - 1):
        # A busy machine only ever adds time, so one call within the limit is enough; far beyond it, no second one would help.
        if best.status != probes.OK or not 1 < best.seconds * ratio / case.max_slowdown < HOPELESS:
            break
        again = _call(exercise, case, subject, deadline)
        best = again if again.status != probes.OK or again.seconds < best.seconds else best
    return replace(best, slowdown=best.seconds * ratio) if best.status == probes.OK else best


def _call(exercise: Exercise, case: Case, subject: Any, deadline: float) -> Answer:
    left = deadline - time.monotonic()
    if left <= 0:
        return Answer(probes.TIME_LIMIT)
    try:
        with _quiet() as printed, _time_limit(left):
            answer = probes.observe(exercise.probe, subject, dict(case.inputs), case.layout)
    except probes.TimeLimit:  # the alarm rang outside the subject
        answer = Answer(probes.TIME_LIMIT)
    answer = replace(answer, printed=printed.text())
    if answer.status == probes.TIME_LIMIT:
        return replace(answer, message=f"{exercise.limits.get('wall_seconds', WALL_SECONDS):g} seconds for all cases together")
    return answer


class _Printed(io.RawIOBase):
    """Takes whatever is printed, and keeps its beginning."""

    def __init__(self) -> None:
        self.beginning, self.more = b"", False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = len(data)
        room = PRINTED - len(self.beginning)
        self.beginning += bytes(data[:room])
        self.more |= size > room
        return size

    def text(self) -> str:
        return self.beginning.decode("utf-8", errors="replace") + ("…" if self.more else "")


@contextlib.contextmanager
def _quiet() -> Iterator[_Printed]:
    """What learners print is caught here (the beginning is for their card), and what they set in NumPy and `warnings` ends with the call.

    In nbgrader, anything on stderr in a check's cell would cost all its points.
    """
    printed = _Printed()
    with (
        io.TextIOWrapper(io.BufferedWriter(printed), encoding="utf-8", errors="replace") as out,
        open(os.devnull, "w", encoding="utf-8", errors="replace") as nowhere,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(),
        np.errstate(),
    ):
        yield printed


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit in the subject after `seconds`, where the platform can (main thread, not Windows).

    A bare `except:` in a loop swallows TimeLimit as it swallows everything. So the alarm rings again and again, and from the second
    ring on the line that comes next in each of the subject's functions raises as well: the first one of the handler.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    rings = 0

    def ring(_: int, frame: types.FrameType | None) -> None:
        nonlocal rings
        rings += 1
        if rings > 1:
            sys.settrace(lambda *_: None)  # lines are only reported while there is some tracing
            while frame is not None and not frame.f_code.co_filename.startswith(probes.OURS):
                frame.f_trace = stop
                frame = frame.f_back
        raise probes.TimeLimit

    def stop(_: types.FrameType, event: str, __: Any) -> Any:
        if event == "line":
            raise probes.TimeLimit
        return stop

    before, tracing = signal.signal(signal.SIGALRM, ring), sys.gettrace()
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3) if math.isfinite(seconds) else 0, AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if rings:
            sys.settrace(tracing)
