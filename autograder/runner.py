"""Running a subject on cases in this process: the venue of a learner's own checks. (The other venue is `sandbox`.)"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import linecache
import math
import signal
import statistics
import sys
import threading
import time
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autograder import probes
from autograder.exercise import Case, Exercise
from autograder.probes import Answer

REPEATS = 3  # timed cases: the median of so many calls


class Missing(LookupError):
    """The learner's file or function is not there, or the file cannot be loaded; `answer` says it as an Answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.message)
        self.answer = answer


def run(exercise: Exercise, cases: Sequence[Case], subject: Any) -> list[Answer]:
    """The subject's answers to the cases, within the exercise's wall-clock limit for all of them together."""
    deadline = time.monotonic() + exercise.limits.get("wall_seconds", 60)
    return [_run_case(exercise, case, subject, deadline) for case in cases]


def load_subject(exercise: Exercise, cnnlib: Path) -> Any:
    """The learner's function, from the file as it is saved now. Raises Missing, with the reason."""
    path = cnnlib / f"{exercise.module}.py"
    if not path.is_file():
        raise Missing(Answer(probes.MISSING, message=f"there is no file cnnlib/{exercise.module}.py"))
    try:
        module = _load_fresh(f"cnnlib.{exercise.module}", path)
    except Exception as error:
        if isinstance(error, SyntaxError) and error.filename == str(path):
            where = f"{path.name}, line {error.lineno}: {(error.text or '').strip()}"
            raise Missing(Answer(probes.ERROR, error=type(error).__name__, message=error.msg or "", where=where)) from error
        raise Missing(probes.failure(error)) from error
    subject = getattr(module, exercise.name, None)
    if not callable(subject):
        raise Missing(Answer(probes.MISSING, message=f"there is no function {exercise.name} in cnnlib/{exercise.module}.py"))
    return subject


def slowdown(exercise: Exercise, case: Case, seconds: float) -> float:
    """`seconds` as a multiple of the CPU time that the exercise's baseline takes on the same inputs here and now."""
    times = []
    for _ in range(REPEATS):
        inputs = {name: probes.arrange(value, "plain") for name, value in case.inputs.items()}
        started = time.process_time()
        exercise.baseline(**inputs)
        times.append(time.process_time() - started)
    return seconds / max(statistics.median(times), 1e-4)


def _run_case(exercise: Exercise, case: Case, subject: Any, deadline: float) -> Answer:
    with _time_limit(deadline - time.monotonic()), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            answers = [
                probes.observe(exercise.probe, subject, dict(case.inputs), case.layout)
                for _ in range(REPEATS if case.max_slowdown is not None else 1)
            ]
        except probes.TimeLimit:  # the alarm rang between two calls
            return Answer(probes.TIME_LIMIT)
    answer = answers[-1]
    if case.max_slowdown is None or answer.status != probes.OK:
        return answer
    seconds = statistics.median(a.seconds for a in answers)
    return Answer(**{**vars(answer), "seconds": seconds, "slowdown": slowdown(exercise, case, seconds)})


def _load_fresh(name: str, path: Path) -> Any:
    """Execute the file anew, with its siblings in the same folder loaded anew too, and leave the session's own modules as they were."""
    linecache.checkcache(str(path))
    before = {key: module for key, module in sys.modules.items() if _is_ours(key)}
    for key in before:
        del sys.modules[key]
    package = types.ModuleType("cnnlib")
    package.__path__ = [str(path.parent)]  # `from cnnlib.conv import …` finds this folder's conv.py
    sys.modules["cnnlib"] = package
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while it loads
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            # From the source, not the bytecode cache: two saves within a second would otherwise look like one.
            exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    finally:
        for key in [key for key in sys.modules if _is_ours(key)]:
            del sys.modules[key]
        sys.modules.update(before)
    return module


def _is_ours(name: str) -> bool:
    """Whether a module is the package `cnnlib` or one of the learner's files in it (what is given in cnnlib/kit stays loaded)."""
    return name == "cnnlib" or name.startswith("cnnlib.") and not name.startswith("cnnlib.kit")


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit in the subject after `seconds`, where the platform can (main thread, not Windows)."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: Any) -> None:
        raise probes.TimeLimit

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3) if math.isfinite(seconds) else 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
