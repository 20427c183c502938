"""Judging: compares a subject's answers with the oracle, recognises misconceptions, and writes the verdict.

Runs only where expected values may be known: in the learner's own process for visible cases, in the trusted process for
hidden ones, never inside a sandbox. Judging is a pure function of the exercise, the cases and the answers.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder import probes, where
from autograder.exercise import CONTRACT, Case, Exercise, Misconception
from autograder.probes import Answer
from autograder.verdict import FAILED, PASSED, AspectResult, Difference, Verdict, plain_shape

# Relative to the largest expected number: room for another order of summation, far below any real mistake.
TOLERANCE = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 1e-4, np.dtype(np.float16): 2e-2}
# Statuses that end a call without an output, the one to report first first.
ENDINGS = (probes.NOT_WRITTEN, probes.MISSING, probes.TIME_LIMIT, probes.MEMORY_LIMIT, probes.CRASHED, probes.PROTOCOL, probes.ERROR)


def judge(exercise: Exercise, cases: Sequence[Case], answers: Sequence[Answer]) -> Verdict:
    """The verdict on `answers`, which were given to `cases`, in order."""
    if len(cases) != len(answers):
        raise ValueError(f"{exercise.id}: {len(answers)} answers to {len(cases)} cases")
    expected = [_expected(exercise, case, answer) for case, answer in zip(cases, answers)]
    found = [_difference(exercise, *triple) for triple in zip(cases, answers, expected)]
    touched = next((i for i, answer in enumerate(answers) if answer.modified), None)

    aspects = []
    for aspect in exercise.aspects:
        failed = next((i for i, case in enumerate(cases) if case.aspect == aspect.name and found[i]), None)
        difference = found[failed] if failed is not None else None
        if aspect.name == CONTRACT and difference is None and touched is not None:
            failed, difference = touched, _modified(answers[touched])
        points = 0.0 if difference else aspect.points
        case = "" if failed is None or cases[failed].hidden else cases[failed].label
        aspects.append(AspectResult(aspect.name, aspect.says, points, aspect.points, case, difference))

    points = sum(aspect.points for aspect in aspects)
    status = _status(aspects, answers)
    known = None
    if status in (FAILED, probes.ERROR):
        known = recognise(exercise, cases, answers, [bool(d) or bool(a.modified) for d, a in zip(found, answers)])
    return Verdict(exercise.id, status, points, exercise.points, tuple(aspects), known.id if known else None, _feedback(status, aspects, known))


def recognise(exercise: Exercise, cases: Sequence[Case], answers: Sequence[Answer], failed: Sequence[bool]) -> Misconception | None:
    """The misconception whose outputs the answers agree with, if there is one.

    It must explain every failed case, or agree number for number in at least one: arrays of drawn numbers do not agree by accident,
    so a second mistake beside the first does not hide it. Among several the one that explains most, and predicts least
    that did not happen, is named.
    """
    best, best_score = None, (0, 0)
    judged = [i for i, case in enumerate(cases) if case.max_slowdown is None]
    failures = [i for i in judged if failed[i]]
    for misconception in exercise.misconceptions:
        explained, contradicted, numbers = 0, 0, False
        for i in judged:
            wrong = wrong_answer(exercise, misconception, cases[i])
            truth = _expected(exercise, cases[i], wrong)
            differs = bool(wrong.modified) or _difference(exercise, cases[i], wrong, truth, places=False) is not None
            if not differs:
                continue
            agrees = _agree(exercise, misconception, cases[i], wrong, answers[i])
            if agrees and failed[i]:
                explained += 1
                numbers |= wrong.status == probes.OK and _count(wrong.output) >= 4
            elif not agrees:
                contradicted += 1
        score = (explained, -contradicted)
        if explained and (numbers or explained == len(failures)) and score > best_score:
            best, best_score = misconception, score
    return best


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


def _agree(exercise: Exercise, misconception: Misconception, case: Case, wrong: Answer, answer: Answer) -> bool:
    if wrong.status != probes.OK or answer.status != probes.OK:
        return wrong.status == answer.status and wrong.error == answer.error
    if wrong.modified != answer.modified:
        return False
    if not misconception.keeps_dtype and _dtypes(wrong.output) != _dtypes(answer.output):
        return False
    expected, got = _named(exercise, wrong.output), _named(exercise, answer.output)
    if expected is None or got is None:
        return expected is got
    return not any(_compare(expected[name], got[name], case, exact_dtype=False) for name in case.compare or exercise.returns)


def _expected(exercise: Exercise, case: Case, answer: Answer) -> dict[str, Any] | None:
    """What the oracle says, by output name; nothing where the answer has no output to compare."""
    if answer.status != probes.OK or case.max_slowdown is not None and answer.output is None:
        return None
    inputs = {name: probes.arrange(value, "plain") for name, value in case.inputs.items()}
    named = _named(exercise, exercise.oracle(**inputs))
    if named is None:
        raise ValueError(f"{exercise.id}: the oracle does not return {', '.join(exercise.returns)}")
    return named


def _difference(exercise: Exercise, case: Case, answer: Answer, expected: dict[str, Any] | None, places: bool = True) -> Difference | None:
    """How an answer differs from what is expected, or None; `places` also describes where, which takes a while."""
    if answer.status != probes.OK:
        return Difference(answer.status, _ending(exercise, answer, case.hidden))
    got = _named(exercise, answer.output)
    if got is None:
        names = ", ".join(exercise.returns)
        asked = f"be a dictionary with {names}" if exercise.answer else f"return a tuple of {len(exercise.returns)}: {names}"
        return Difference("type", f"should {asked}; it is {_kind(answer.output)}")
    for name in case.compare or exercise.returns:
        difference = _compare(expected[name], got[name], case, case.exact_dtype)
        if difference:
            kind, text = difference
            if case.hidden:
                return Difference(kind, "a hidden case of this kind gives another result", name)
            place = where.describe(got[name], expected[name]) if places and kind == "value" else ""
            return Difference(kind, text, name, place, got[name], expected[name])
    if case.max_slowdown is not None and (answer.slowdown is None or answer.slowdown > case.max_slowdown):
        took = f"takes {answer.slowdown:.1f} times" if answer.slowdown else "takes far more than"
        return Difference("slow", f"{took} the CPU time of a plain implementation with one matrix product; at most {case.max_slowdown:g} times is asked")
    return None


def _compare(expected: Any, got: Any, case: Case, exact_dtype: bool) -> tuple[str, str] | None:
    """Kind and text of the first difference between two plain values, or None."""
    if isinstance(expected, np.ndarray):
        if not isinstance(got, np.ndarray) and not (expected.ndim == 0 and _is_number(got)):
            return "type", f"should be a NumPy array; it is {_kind(got)}"
        got = np.asarray(got)
        if got.shape != expected.shape:
            return "shape", f"got {plain_shape(got)}, expected {plain_shape(expected)}"
        if exact_dtype and case.dtype is not None and expected.dtype.kind == "f" and got.dtype != case.dtype:
            return "dtype", f"got dtype {got.dtype}, expected {case.dtype}: the dtype that came in"
        if expected.dtype.kind == "f":
            return _compare_floats(expected, got, case)
        if not np.array_equal(expected, got):
            return "value", f"got {_brief(got)}, expected {_brief(expected)}"
        return None
    if isinstance(expected, (bool, np.bool_)):
        if not isinstance(got, (bool, np.bool_)):
            return "type", f"should be True or False; it is {_kind(got)}"
        return None if bool(got) == bool(expected) else ("value", f"got {bool(got)}, expected {bool(expected)}")
    if isinstance(expected, (int, np.integer)):
        if isinstance(got, (bool, np.bool_)) or not isinstance(got, (int, np.integer)):
            return "type", f"should be an integer; it is {_kind(got)}"
        return None if int(got) == int(expected) else ("value", f"got {int(got)}, expected {int(expected)}")
    if isinstance(expected, (float, np.floating)):
        if not _is_number(got):
            return "type", f"should be a number; it is {_kind(got)}"
        return _compare_floats(np.asarray(float(expected)), np.asarray(float(got)), case)
    if isinstance(expected, (tuple, list)):
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            return "type", f"should be {len(expected)} values; it is {_kind(got)}"
        return _first(_compare(e, g, case, exact_dtype) for e, g in zip(expected, got))
    if isinstance(expected, dict):
        if not isinstance(got, dict) or not expected.keys() <= got.keys():
            missing = sorted(expected.keys() - (got.keys() if isinstance(got, dict) else ()))
            return "type", f"should be a dictionary with {', '.join(map(repr, missing))}"
        return _first(_at(key, _compare(expected[key], got[key], case, exact_dtype)) for key in expected)
    return None if type(got) is type(expected) and got == expected else ("value", f"got {_brief(got)}, expected {_brief(expected)}")


def _compare_floats(expected: np.ndarray, got: np.ndarray, case: Case) -> tuple[str, str] | None:
    expected, got = expected.astype(np.float64), got.astype(np.float64)
    finite = np.isfinite(expected)
    odd = ~np.where(finite, np.isfinite(got), (got == expected) | (np.isnan(got) & np.isnan(expected)))
    if odd.any():
        index = tuple(map(int, np.argwhere(odd)[0]))
        return "not finite", f"got {got[index]} at {_at_index(index)}, expected {expected[index]:.6g}"
    tolerance = case.tolerance if case.tolerance is not None else TOLERANCE.get(case.dtype, 1e-8)
    scale = np.abs(expected[finite]).max(initial=0.0)
    error = np.abs(np.where(finite, got - expected, 0.0))
    wrong = error > tolerance * (scale + np.abs(np.where(finite, expected, 0.0))) + 1e-300
    if not wrong.any():
        return None
    index = tuple(map(int, np.unravel_index(int(np.argmax(error)), error.shape)))
    share = f"{int(wrong.sum())} of {wrong.size} numbers differ, most " if wrong.size > 1 else ""
    return "value", f"{share}at {_at_index(index)}: got {got[index]:.6g}, expected {expected[index]:.6g}" if share else f"got {got[index]:.6g}, expected {expected[index]:.6g}"


def _status(aspects: Sequence[AspectResult], answers: Sequence[Answer]) -> str:
    endings = {answer.status for answer in answers} - {probes.OK}
    if endings:
        return next(status for status in ENDINGS if status in endings)
    return PASSED if all(aspect.passed for aspect in aspects) else FAILED


def _feedback(status: str, aspects: Sequence[AspectResult], known: Misconception | None) -> str:
    if status == PASSED:
        return "All aspects hold."
    parts = []
    if known:
        parts.append(f"{known.says} {known.hint}")
        if known.revisit:
            parts.append(f"Read again: {known.revisit}.")
    first = next((aspect for aspect in aspects if aspect.difference), None)
    if first and (not known or status != FAILED):
        d = first.difference
        output = f"`{d.output}` " if d.output and d.output != "out" else ""
        parts.append(f"{first.name}: {output}{d.text}." + (f" {d.where}" if d.where else ""))
    return "\n".join(parts)


def _ending(exercise: Exercise, answer: Answer, hidden: bool) -> str:
    if answer.status == probes.ERROR:
        # In a hidden case an exception's text could carry the inputs out: its type and place are enough.
        said = f": {answer.message}" if answer.message and not hidden else ""
        return f"raised {answer.error}{said}" + (f" — {answer.where}" if answer.where else "")
    return {
        probes.NOT_WRITTEN: f"not written yet — stride hint {exercise.id}",
        probes.MISSING: answer.message or f"there is no `{exercise.name}` in {exercise.module}.py",
        probes.TIME_LIMIT: "did not come to an end within the time limit",
        probes.MEMORY_LIMIT: "needed more memory than the limit allows",
        probes.CRASHED: "ended the Python process instead of returning",
        probes.PROTOCOL: "sent something that is not an answer",
    }[answer.status] + (f" ({answer.message})" if answer.message and answer.status in (probes.CRASHED, probes.MEMORY_LIMIT, probes.TIME_LIMIT) else "")


def _modified(answer: Answer) -> Difference:
    names = ", ".join(f"`{name}`" for name in answer.modified)
    return Difference("modified", f"changed its argument {names}: work on a copy, the caller still needs it")


def _named(exercise: Exercise, output: Any) -> dict[str, Any] | None:
    if exercise.answer:  # a dictionary: what is not filled in stays None, the rest still counts
        return {name: output.get(name) for name in exercise.returns} if isinstance(output, dict) else None
    if len(exercise.returns) == 1:
        return {exercise.returns[0]: output}
    if not isinstance(output, (tuple, list)) or len(output) != len(exercise.returns):
        return None
    return dict(zip(exercise.returns, output))


def _cast(value: Any, dtype: np.dtype) -> Any:
    if isinstance(value, (np.ndarray, np.floating)) and value.dtype.kind == "f":
        return value.astype(dtype)
    if isinstance(value, (tuple, list)):
        return type(value)(_cast(item, dtype) for item in value)
    return value


def _dtypes(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_dtypes(item) for item in value]
    return getattr(value, "dtype", type(value))


def _count(value: Any) -> int:
    if isinstance(value, (tuple, list)):
        return sum(map(_count, value))
    if isinstance(value, dict):
        return sum(map(_count, value.values()))
    return int(np.size(value))


def _first(differences: Any) -> Any:
    return next((difference for difference in differences if difference), None)


def _at(key: str, difference: tuple[str, str] | None) -> tuple[str, str] | None:
    return (difference[0], f"{key}: {difference[1]}") if difference else None


def _at_index(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool) or isinstance(value, np.ndarray) and value.ndim == 0


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {plain_shape(value)}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return "None: is a `return` missing?" if value is None else f"the {type(value).__name__} {value!r}"[:200]


def _brief(value: Any) -> str:
    text = np.array2string(value, threshold=20, edgeitems=3) if isinstance(value, np.ndarray) else repr(value)
    return text if len(text) <= 200 else text[:200] + " …"
