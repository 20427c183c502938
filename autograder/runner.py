"""Running a subject on cases in this process: the venue of a learner's own checks. (The other venue is `sandbox`.)"""

from __future__ import annotations

import contextlib
import io
import math
import signal
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autograder import probes
from autograder.exercise import Case, Exercise
from autograder.loading import Missing, load_function
from autograder.probes import Answer

__all__ = ["Missing", "REPEATS", "load_subject", "run", "slowdown"]

REPEATS = 3  # timed cases: the median of so many calls


def run(exercise: Exercise, cases: Sequence[Case], subject: Any) -> list[Answer]:
    """The subject's answers to the cases, within the exercise's wall-clock limit for all of them together."""
    deadline = time.monotonic() + exercise.limits.get("wall_seconds", 60)
    return [_run_case(exercise, case, subject, deadline) for case in cases]


def load_subject(exercise: Exercise, cnnlib: Path) -> Any:
    """The learner's function, from the file as it is saved now. Raises Missing, with the reason."""
    with contextlib.redirect_stdout(io.StringIO()):
        return load_function(exercise.module, exercise.name, cnnlib)


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
