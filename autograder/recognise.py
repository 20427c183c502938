"""Recognising a misconception: which named wrong solution would have given the answers that a learner's code gave?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder import probes
from autograder.compare import compare
from autograder.exercise import Case, Misconception
from autograder.expectations import Expectations, Slip, named
from autograder.probes import Answer

ENOUGH = 4  # so many different drawn numbers do not agree by accident
COARSE = 1e-2  # a case's tolerance beyond which they may


def recognise(known: Expectations, answers: Sequence[Answer], failed: Sequence[bool]) -> Misconception | None:
    """The misconception whose outputs the answers agree with, if there is evidence for one.

    A misconception predicts something in every case in which it differs from what is right. Evidence is

    - agreement number for number in one case (a second mistake elsewhere does not hide the first), unless another case of the same
      aspect passes that should not, or
    - when there are too few numbers for that (a size, an error, an empty array): every prediction has come true, and either
      they explain all failures, or two of them agree in a wrong shape, and where nothing wrong was predicted something is right.

    Among several, the one that explains most and predicts least that did not happen is named.
    """
    cases = known.cases
    judged = [i for i, case in enumerate(cases) if case.max_slowdown is None]
    failures = sum(bool(failed[i]) for i in judged)
    best, best_score = None, (0, 0)
    for misconception in known.exercise.misconceptions:
        if not any(_comes_true(known, misconception, i, answers[i]) for i in judged if failed[i]):
            continue  # it explains nothing: no need to work out what it gives where all is well
        found, predicted = _Evidence(), []
        for i in judged:
            slip = known.slip(misconception, i)
            if slip.right:
                found.spared += not failed[i]  # the misconception gives what is right here, and so does the learner's code
            else:
                predicted.append((i, slip))
        # Where one case of an aspect passes against the prediction, what another one agrees with has another cause.
        refuted = {cases[i].aspect for i, _ in predicted if not failed[i]}
        for i, slip in predicted:
            if cases[i].aspect in refuted:
                found.contradicted += 1
            else:
                _weigh(found, known, misconception, i, slip, answers[i])
        enough = found.numbers or not found.contradicted and (found.explained == failures or found.shapes >= 2 and found.spared)
        if found.explained and enough and (found.explained, -found.contradicted) > best_score:
            best, best_score = misconception, (found.explained, -found.contradicted)
    return best


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


def _comes_true(known: Expectations, misconception: Misconception, i: int, answer: Answer) -> bool:
    slip = known.slip(misconception, i)
    return not slip.right and _agreed(known, misconception, known.cases[i], slip, answer) is not None


def _weigh(found: _Evidence, known: Expectations, misconception: Misconception, i: int, slip: Slip, answer: Answer) -> None:
    """Add to the evidence what case i says, in which the slip's outputs (or the end of its call) are predicted to be wrong."""
    agreed = _agreed(known, misconception, known.cases[i], slip, answer)
    if agreed is None:
        found.contradicted += 1
        return
    found.explained += 1
    # Nothing but the change of an argument was predicted, and it happened: that is as good as many numbers.
    case = known.cases[i]
    exactly = case.tolerance is None or case.tolerance <= COARSE
    found.numbers |= exactly and sum(map(_different_numbers, agreed.values())) >= ENOUGH or slip.answer.status == probes.OK and not slip.mistaken
    found.shapes += any(_shapes(value) != _shapes(known.truth(i)[name]) for name, value in agreed.items())


def _agreed(known: Expectations, misconception: Misconception, case: Case, slip: Slip, answer: Answer) -> dict[str, Any] | None:
    """The mistaken outputs, when the answer has just these; None when it has not."""
    wrong = slip.answer
    if wrong.status != probes.OK or answer.status != probes.OK:
        return {} if (wrong.status, wrong.error) == (answer.status, answer.error) else None
    if wrong.modified and set(wrong.modified).isdisjoint(answer.modified):
        return None
    theirs, ours = slip.outputs, named(known.exercise, case, answer.output)
    if theirs is None or ours is None:
        return {} if theirs is ours and compare(wrong.output, answer.output, case) is None else None
    for name in slip.mistaken:  # the other outputs may suffer from another mistake
        if compare(theirs[name], ours[name], case) or not misconception.keeps_dtype and _dtypes(theirs[name]) != _dtypes(ours[name]):
            return None
    return {name: theirs[name] for name in slip.mistaken}


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


def _dtypes(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_dtypes(item) for item in value]
    if isinstance(value, dict):
        return {key: _dtypes(item) for key, item in value.items()}
    return getattr(value, "dtype", type(value))
