"""Judging: compares a subject's answers with the oracle, recognises misconceptions, and writes the verdict.

Runs only where expected values may be known: in the learner's own process for visible cases, in the trusted process for
hidden ones, never inside a sandbox. Judging is a pure function of the exercise, the cases and the answers.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from autograder import made_of, probes, where
from autograder.compare import NO_RETURN, brief, compare, kind_of
from autograder.exercise import CONTRACT, Case, Exercise, Misconception
from autograder.expectations import Expectations, named, wrong_answer, wrong_subject
from autograder.probes import Answer
from autograder.recognise import recognise
from autograder.verdict import FAILED, NOT_JUDGED, PASSED, AspectResult, Difference, Verdict

__all__ = ["judge", "judge_by", "recognise", "wrong_answer", "wrong_subject"]

# Statuses that end a call without an output, the one to report first first.
ENDINGS = (probes.NOT_WRITTEN, probes.MISSING, probes.UNUSABLE, probes.TIME_LIMIT, probes.MEMORY_LIMIT, probes.CRASHED, probes.PROTOCOL, probes.ERROR)
# All that is said about a hidden case: texts about what came back could carry its inputs out.
HIDDEN = {
    "type": "another kind of value",
    "shape": "another shape",
    "dtype": "another dtype",
    "not finite": "nan or infinity",
    "value": "other numbers",
}
VALUES = ("type", "shape", "not finite", "value")  # kinds of a wrong result, whatever else was asked of the case
UNREADABLE = ("SyntaxError", "IndentationError", "TabError")  # raised before any case is tried
ELSEWHERE = re.compile(r"((?:[a-z]\w*\.)+[A-Za-z]\w*): not written yet")  # a stub's own words, when an end-to-end exercise runs into it


def judge(exercise: Exercise, cases: Sequence[Case], answers: Sequence[Answer], *, by_name: bool = True) -> Verdict:
    """The verdict on `answers`, which were given to `cases`, in order. by_name=False: no misconception is looked for, which takes longest."""
    return judge_by(Expectations(exercise, cases), answers, by_name=by_name)


def judge_by(known: Expectations, answers: Sequence[Answer], *, by_name: bool = True) -> Verdict:
    """The same by expectations that may have been worked out for somebody else's answers to the same cases."""
    exercise, cases = known.exercise, known.cases
    if len(cases) != len(answers):
        raise ValueError(f"{exercise.id}: {len(answers)} answers to {len(cases)} cases")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the session may turn warnings into errors, and nbgrader takes any for a failure
        return _judge(known, answers, by_name)


def _judge(known: Expectations, answers: Sequence[Answer], by_name: bool) -> Verdict:
    exercise, cases = known.exercise, known.cases
    found = [_difference(known, i, answers[i]) for i in range(len(cases))]
    changed = [[name for name in case.inputs if name in answer.modified] for case, answer in zip(cases, answers)]
    touched = next((i for i, names in enumerate(changed) if names), None)

    aspects = []
    for aspect in exercise.aspects:
        failed = next((i for i, case in enumerate(cases) if case.aspect == aspect.name and found[i]), None)
        difference = found[failed] if failed is not None else None
        if aspect.name == CONTRACT and difference is None and touched is not None:
            failed, difference = touched, _modified(changed[touched])
        points = 0.0 if difference else aspect.points
        told = failed is not None and not cases[failed].hidden and answers[failed].error not in UNREADABLE
        case = cases[failed].label if told else ""
        difference = replace(difference, printed=answers[failed].printed) if told else difference
        aspects.append(AspectResult(aspect.name, aspect.says, points, aspect.points, case, difference))

    aspects = [_only_if_judged(aspect, aspects, cases) for aspect in aspects]
    points = sum(aspect.points for aspect in aspects)
    status = _status(aspects, answers)
    slip = None
    if by_name and status in (FAILED, probes.ERROR):
        slip = recognise(known, answers, [bool(d) or bool(names) for d, names in zip(found, changed)])
    return Verdict(exercise.id, status, points, exercise.points, tuple(aspects), slip.id if slip else None, _feedback(status, aspects, slip))


def _only_if_judged(aspect: AspectResult, aspects: Sequence[AspectResult], cases: Sequence[Case]) -> AspectResult:
    """Contract and speed say something of right results alone: where the values are wrong in other aspects too, they were not judged."""
    judges_more = aspect.name == CONTRACT or any(case.max_slowdown is not None for case in cases if case.aspect == aspect.name)
    others = (other for other in aspects if other is not aspect and other.name != CONTRACT)
    if not judges_more or not aspect.difference or aspect.difference.kind not in VALUES:
        return aspect
    if not any(other.difference and other.difference.kind in VALUES for other in others):
        return aspect
    return replace(aspect, case="", difference=Difference(NOT_JUDGED, "not judged: its values are wrong"))


def _difference(known: Expectations, i: int, answer: Answer) -> Difference | None:
    """How an answer to case i differs from what is expected, or None."""
    exercise, case = known.exercise, known.cases[i]
    if answer.status != probes.OK:
        return Difference("modified" if _writes_into_arguments(answer) else answer.status, _ending(exercise, answer, case.hidden))
    got = named(exercise, case, answer.output)
    if got is None:
        names = ", ".join(exercise.returns)
        if exercise.view:
            asked = "return what its docstring says"
        else:
            asked = f"be a dictionary with {names}" if exercise.answer else f"return a tuple of {len(exercise.returns)}: {names}"
        return Difference("type", f"should {asked}" + ("" if case.hidden else f"; it is {kind_of(_returned(exercise, answer))}"))
    truth = known.truth(i)
    for name in case.compare or exercise.returns:
        finding = compare(truth[name], got[name], case, exact_dtype=case.exact_dtype)
        if finding:
            kind, text = finding
            if case.hidden:
                return Difference(kind, f"a hidden case of this kind gives {HIDDEN[kind]}", name)
            if exercise.answer and kind in ("value", "not finite", "shape"):  # what is expected is the answer itself
                return Difference(kind, f"not right (got {brief(got[name])})", name)
            if len(exercise.returns) > 1:  # a `return` there is: this one of its values was left empty
                text = text.replace(NO_RETURN, "")
            told = made_of.describe(name, truth[name], got[name]) if exercise.probe in made_of.PROBES else ""
            if told:
                return Difference(kind, told)
            place = where.describe(got[name], truth[name]) if kind == "value" else ""
            return Difference(kind, text, name, place, got[name], truth[name])
    if case.max_slowdown is not None:
        if answer.slowdown is None:
            raise ValueError(f"{exercise.id}: a timed case's answer lacks its slowdown")
        if not answer.slowdown <= case.max_slowdown:
            took = f"takes {answer.slowdown:.1f} times the CPU time of a plain implementation with matrix products"
            return Difference("slow", f"{took}; at most {case.max_slowdown:g} times is asked")
    return None


def _returned(exercise: Exercise, answer: Answer) -> Any:
    """What the subject returned, where the probe's own answer is made of several calls."""
    return answer.output[0] if exercise.probe == "reseeded" else answer.output


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
    """How a call ended that gave no output. In a hidden case an exception's text could carry the inputs out: it is left away."""
    message = "" if hidden else _printable(answer.message)
    if answer.error == "NotPlain":
        return message or "returned something other than NumPy arrays and numbers"
    if answer.error == "SystemExit":
        return "left Python with exit: return the result instead"
    if _writes_into_arguments(answer):
        place = f" — {_printable(answer.where)}" if answer.where else ""
        return f"writes into one of its arguments: work on a copy, the caller still needs it{place}"
    if answer.status == probes.ERROR:
        text = f"raised {_printable(answer.error)}" + (f": {message.rstrip('.')}" if message else "")
        return f"{text} — {_printable(answer.where)}" if answer.where else text
    if answer.status == probes.NOT_WRITTEN:
        other = ELSEWHERE.match(message)
        if other and other[1] != exercise.id:
            return f"needs {other[1]}, which is not written yet — stride hint {other[1]}"
        return f"not written yet — stride hint {exercise.id}"
    if answer.status == probes.MISSING:
        return message or f"there is no `{exercise.name}` in {exercise.file}"
    if answer.status == probes.UNUSABLE:
        return message or "the file cannot be used"
    if answer.status == probes.PROTOCOL:
        return "sent something that is not an answer"
    text = {
        probes.TIME_LIMIT: "did not come to an end within the time limit",
        probes.MEMORY_LIMIT: "needed more memory than the limit allows",
        probes.CRASHED: "ended the Python process instead of returning",
    }[answer.status]
    text = f"{text} ({message})" if message else text
    return f"{text} — {_printable(answer.where)}" if answer.where else text


def _writes_into_arguments(answer: Answer) -> bool:
    """Whether the call ended because it wrote into an array that it was handed read-only."""
    return answer.status == probes.ERROR and "read-only" in answer.message


def _modified(names: Sequence[str]) -> Difference:
    quoted = ", ".join(f"`{name}`" for name in names)
    return Difference("modified", f"changed its argument {quoted}: work on a copy, the caller still needs it")


def _printable(text: str) -> str:
    """A learner's text on one line, without what could command a terminal or break a file's encoding."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
