"""Recognising a misconception: which named wrong solution would have given the answers that a learner's code gave?"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder import probes
from autograder.compare import compare
from autograder.exercise import Case, Exercise, Misconception
from autograder.probes import Answer

ENOUGH = 4  # so many different drawn numbers do not agree by accident
COARSE = 1e-2  # a case's tolerance beyond which they may


def recognise(
    exercise: Exercise, cases: Sequence[Case], answers: Sequence[Answer], failed: Sequence[bool], truths: dict[int, dict[str, Any]] | None = None
) -> Misconception | None:
    """The misconception whose outputs the answers agree with, if there is evidence for one.

    A misconception predicts something in every case in which it differs from what is right. Evidence is

    - agreement number for number in one case (a second mistake elsewhere does not hide the first), unless another case of the same
      aspect passes that should not, or
    - when there are too few numbers for that (a size, an error, an empty array): every prediction has come true, and either
      they explain all failures, or two of them agree in a wrong shape, and where nothing wrong was predicted something is right.

    Among several, the one that explains most and predicts least that did not happen is named. `truths` holds what the oracle
    says about cases, by their number, where it has been asked already.
    """
    judged = [i for i, case in enumerate(cases) if case.max_slowdown is None]
    failures = sum(bool(failed[i]) for i in judged)
    truths = dict(truths or {})
    best, best_score = None, (0, 0)
    for misconception in exercise.misconceptions:
        found, predicted = _Evidence(), []
        for i in judged:
            wrong = wrong_answer(exercise, misconception, cases[i])
            if wrong.status == probes.OK and i not in truths:
                truths[i] = expected(exercise, cases[i])
            names = _mistaken(exercise, cases[i], wrong, truths.get(i, {}))
            if wrong.status == probes.OK and not names and not wrong.modified:
                found.spared += not failed[i]  # the misconception gives what is right here, and so does the learner's code
            else:
                predicted.append((i, wrong, names))
        # Where one case of an aspect passes against the prediction, what another one agrees with has another cause.
        refuted = {cases[i].aspect for i, _, _ in predicted if not failed[i]}
        for i, wrong, names in predicted:
            if cases[i].aspect in refuted:
                found.contradicted += 1
            else:
                _weigh(found, exercise, misconception, cases[i], wrong, answers[i], names, truths.get(i, {}))
        enough = found.numbers or not found.contradicted and (found.explained == failures or found.shapes >= 2 and found.spared)
        if found.explained and enough and (found.explained, -found.contradicted) > best_score:
            best, best_score = misconception, (found.explained, -found.contradicted)
    return best


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


@dataclass
class _Evidence:
    """How a misconception's predictions compare with the answers.

    explained, contradicted  cases in which the predicted mistake came true, and did not
    spared                   cases without a predicted mistake, and without one in the answer
    numbers                  whether a case agrees number for number
    shapes                   cases that agree in a wrong shape
    """

    explained: int = 0
    contradicted: int = 0
    spared: int = 0
    numbers: bool = False
    shapes: int = 0


def _weigh(
    found: _Evidence,
    exercise: Exercise,
    misconception: Misconception,
    case: Case,
    wrong: Answer,
    answer: Answer,
    names: Sequence[str],
    truth: dict[str, Any],
) -> None:
    """Add to the evidence what one case says in which the outputs `names` (or the end of the call) are predicted to be wrong."""
    agreed = _agreed(exercise, misconception, case, wrong, answer, names)
    if agreed is None:
        found.contradicted += 1
        return
    found.explained += 1
    # Nothing but the change of an argument was predicted, and it happened: that is as good as many numbers.
    exactly = case.tolerance is None or case.tolerance <= COARSE
    found.numbers |= exactly and sum(map(_different_numbers, agreed.values())) >= ENOUGH or wrong.status == probes.OK and not names
    found.shapes += any(_shapes(value) != _shapes(truth[name]) for name, value in agreed.items())


def _agreed(
    exercise: Exercise, misconception: Misconception, case: Case, wrong: Answer, answer: Answer, names: Sequence[str]
) -> dict[str, Any] | None:
    """The mistaken outputs, when the answer has just these; None when it has not."""
    if wrong.status != probes.OK or answer.status != probes.OK:
        return {} if (wrong.status, wrong.error) == (answer.status, answer.error) else None
    if wrong.modified and set(wrong.modified).isdisjoint(answer.modified):
        return None
    theirs, ours = named(exercise, case, wrong.output), named(exercise, case, answer.output)
    if theirs is None or ours is None:
        return {} if theirs is ours and compare(wrong.output, answer.output, case) is None else None
    for name in names:  # the other outputs may suffer from another mistake
        if compare(theirs[name], ours[name], case) or not misconception.keeps_dtype and _dtypes(theirs[name]) != _dtypes(ours[name]):
            return None
    return {name: theirs[name] for name in names}


def _mistaken(exercise: Exercise, case: Case, wrong: Answer, truth: dict[str, Any]) -> list[str]:
    """Names of the outputs that the misconception gets wrong in this case."""
    theirs, names = named(exercise, case, wrong.output), list(case.compare or exercise.returns)
    if wrong.status != probes.OK or theirs is None:
        return names
    return [name for name in names if compare(truth[name], theirs[name], case, exact_dtype=case.exact_dtype)]


def _different_numbers(value: Any) -> int:
    if isinstance(value, (np.ndarray, np.generic)):
        return len(np.unique(value[np.isfinite(value)]))
    if isinstance(value, (tuple, list)):
        return sum(map(_different_numbers, value))
    if isinstance(value, dict):
        return sum(map(_different_numbers, value.values()))
    return int(isinstance(value, (int, float)))


def _shapes(value: Any) -> Any:
    """The shape of an array, or those of a list's arrays, which need not be alike."""
    if isinstance(value, (tuple, list)):
        return [_shapes(item) for item in value]
    return np.shape(value) if isinstance(value, (np.ndarray, np.generic)) else ()


def _cast(value: Any, dtype: np.dtype) -> Any:
    if isinstance(value, (np.ndarray, np.floating)) and value.dtype.kind == "f":
        return value.astype(dtype)
    if isinstance(value, (tuple, list)):
        return type(value)(_cast(item, dtype) for item in value)
    if isinstance(value, dict):
        return {key: _cast(item, dtype) for key, item in value.items()}
    return value


def _dtypes(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_dtypes(item) for item in value]
    if isinstance(value, dict):
        return {key: _dtypes(item) for key, item in value.items()}
    return getattr(value, "dtype", type(value))
