"""What is known about an exercise's cases before anybody has answered them: what is right, and what each misconception would give."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from autograder import probes
from autograder.compare import compare
from autograder.exercise import Case, Exercise, Misconception, load
from autograder.probes import Answer
from autograder.values import Given

KEPT = 64  # exercises whose expectations a process keeps: more than any assignment has


class Expectations:
    """The oracle's outputs and the misconceptions' answers, each worked out when it is first asked for, and then kept.

    They depend on the cases alone, so whoever judges a class keeps one of these for all submissions. Nobody can change what others
    will see: all arrays, those of the cases too, are read-only from here on.
    """

    def __init__(self, exercise: Exercise, cases: Sequence[Case]) -> None:
        self.exercise, self.cases = exercise, tuple(cases)
        self._truths: dict[int, dict[str, Any]] = {}
        self._slips: dict[tuple[Misconception, int], Slip] = {}
        for case in self.cases:
            _lock(case.inputs)

    def truth(self, i: int) -> dict[str, Any]:
        """What the oracle says about case i, by output name."""
        if i not in self._truths:
            self._truths[i] = _locked(expected(self.exercise, self.cases[i]))
        return self._truths[i]

    def slip(self, misconception: Misconception, i: int) -> Slip:
        """What a learner with this misconception would answer in case i, and what of that is wrong."""
        if (misconception, i) not in self._slips:
            self._slips[misconception, i] = self._slip(misconception, self.cases[i], i)
        return self._slips[misconception, i]

    def _slip(self, misconception: Misconception, case: Case, i: int) -> Slip:
        answer = wrong_answer(self.exercise, misconception, case)
        _lock(answer.output)
        outputs = _locked(named(self.exercise, case, answer.output))
        names = case.compare or self.exercise.returns
        if answer.status == probes.OK and outputs is not None:
            names = tuple(name for name in names if compare(self.truth(i)[name], outputs[name], case, exact_dtype=case.exact_dtype))
        return Slip(answer, outputs, tuple(names))


@dataclass(frozen=True)
class Slip:
    """What a misconception makes of one case.

    outputs   the answer's outputs by name; None when they are not of the kind that the exercise asks for
    mistaken  names of the outputs that it gets wrong; all of them when there are none
    """

    answer: Answer
    outputs: Mapping[str, Any] | None
    mistaken: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether the misconception makes no difference here."""
        return self.answer.status == probes.OK and not self.mistaken and not self.answer.modified


@lru_cache(maxsize=KEPT)
def of_course(id: str, visible_seed: int, secret_seed: str) -> Expectations:
    """Those of an exercise's visible and hidden cases, which every submission of a class is judged by."""
    exercise = load(id)
    return Expectations(exercise, exercise.cases(visible_seed) + exercise.cases(secret_seed, hidden=True))


def expected(exercise: Exercise, case: Case) -> dict[str, Any]:
    """What the oracle says, by output name."""
    inputs = {name: probes.arrange(value, "plain") for name, value in case.inputs.items()}
    found = named(exercise, case, exercise.oracle(**inputs))
    if found is None:
        raise ValueError(f"{exercise.id}: the oracle does not return {', '.join(exercise.returns)}")
    return found


def named(exercise: Exercise, case: Case, output: Any) -> dict[str, Any] | None:
    """What is compared, by name, or None when the output is not of the kind that the exercise asks for."""
    if exercise.view is not None:
        try:
            output = exercise.view(dict(case.inputs), output)
        except Exception:  # whatever came back, it cannot be looked at in the way that right outputs can
            return None
    if exercise.answer is not None:  # a dictionary: what is not filled in stays None, the rest still counts
        return {name: output.get(name) for name in exercise.returns} if isinstance(output, dict) else None
    if len(exercise.returns) == 1:
        return {exercise.returns[0]: output}
    if not isinstance(output, (tuple, list)) or len(output) != len(exercise.returns):
        return None
    return dict(zip(exercise.returns, output))


def wrong_subject(misconception: Misconception, dtype: np.dtype | None):
    """A misconception as a subject: its oracle, with floating results in the dtype that correct code would give."""

    def subject(**inputs: Any) -> Any:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            output = misconception.oracle(**inputs)
        return _cast(output, dtype) if misconception.keeps_dtype and dtype is not None else output

    return subject


def wrong_answer(exercise: Exercise, misconception: Misconception, case: Case) -> Answer:
    """What a learner with this misconception would answer in a case."""
    # The subject of an answer cell is the answer itself; a misconception about it is still a function.
    probe = "call" if exercise.answer else exercise.probe
    return probes.observe(probe, wrong_subject(misconception, case.dtype), dict(case.inputs), case.layout)


def _cast(value: Any, dtype: np.dtype) -> Any:
    if isinstance(value, (np.ndarray, np.floating)) and value.dtype.kind == "f":
        return value.astype(dtype)
    if isinstance(value, (tuple, list)):
        return type(value)(_cast(item, dtype) for item in value)
    if isinstance(value, dict):
        return {key: _cast(item, dtype) for key, item in value.items()}
    return value


def _lock(value: Any) -> None:
    """Make every array in a value read-only."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, Given):
        _lock(value.parameters)
    elif isinstance(value, (tuple, list)):
        for item in value:
            _lock(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            _lock(item)


def _locked(value: Any) -> Any:
    _lock(value)
    return value
