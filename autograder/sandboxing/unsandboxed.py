"""The venue of `--sandbox none`: the learner's code runs in a child process that nothing holds back.

Only for classes that are trusted, and said so in every report. A crash or an endless loop still costs one exercise only.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder import loading, probes, runner, values
from autograder.exercise import Case, Exercise
from autograder.probes import Answer


class Child:
    """One submission's files in a folder of their own, and a fresh child process per exercise."""

    def __init__(self, files: Mapping[str, bytes], limits: Mapping[str, float]) -> None:
        self._files = files
        self._limits = limits

    def __enter__(self) -> Child:
        self._folder = tempfile.TemporaryDirectory(prefix="stride-")
        for name, content in self._files.items():
            path = Path(self._folder.name) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return self

    def __exit__(self, *_: Any) -> None:
        self._folder.cleanup()

    def start(self) -> None:
        """There is nothing to start ahead: a forked child is there at once."""

    def run(self, exercise: Exercise, cases: Sequence[Case], cell: str | None = None) -> list[Answer]:
        """The answers to the cases. What the child does to itself becomes its answers' status."""
        seconds = exercise.limits.get("wall_seconds", self._limits["wall_seconds"])
        context = multiprocessing.get_context("fork")  # the judge is loaded already: a spawned child would load torch again
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=_work, args=(ours, theirs, exercise, cases, Path(self._folder.name) / "cnnlib", cell), daemon=True)
        child.start()
        theirs.close()
        try:
            answers = _receive(ours, seconds + 5, len(cases))  # the child's own alarm comes first
        finally:
            child.kill()
            child.join()
            ours.close()
        return [_timed(exercise, case, answer) for case, answer in zip(cases, answers)]


def _timed(exercise: Exercise, case: Case, answer: Answer) -> Answer:
    if case.max_slowdown is None or answer.status != probes.OK:
        return answer
    return replace(answer, slowdown=runner.slowdown(exercise, case, answer.seconds))


def _receive(pipe, seconds: float, count: int) -> list[Answer]:
    if not pipe.poll(seconds):
        return [Answer(probes.TIME_LIMIT)] * count
    try:
        answers = [probes.from_plain(value) for value in values.decode(pipe.recv_bytes(8 * values.MAX_BYTES))]
    except EOFError:
        return [Answer(probes.CRASHED)] * count
    except (values.NotPlain, OSError, TypeError):
        return [Answer(probes.PROTOCOL)] * count
    return answers if len(answers) == count else [Answer(probes.PROTOCOL)] * count


def _work(ours, pipe, exercise: Exercise, cases: Sequence[Case], cnnlib: Path, cell: str | None) -> None:
    ours.close()  # or nobody would be left to wait for, and this process could wait for itself for ever
    try:
        if exercise.answer:
            subject = loading.load_answer(cell or "", exercise.answer, cnnlib)
        else:
            subject = loading.load_function(exercise.module, exercise.name, cnnlib)
        answers = runner.run(exercise, cases, subject)
    except loading.Missing as missing:
        answers = [missing.answer] * len(cases)
    with contextlib.suppress(BrokenPipeError):  # the grader was killed: nobody waits for these answers
        pipe.send_bytes(values.encode([probes.to_plain(answer) for answer in answers], 8 * values.MAX_BYTES))
