"""How a verdict looks in a terminal: compact text, with colours only where a person is watching."""

from __future__ import annotations

import os
import sys
import textwrap

from autograder.cards.escape import printable
from autograder.exercise import UnknownExercise, load
from autograder.probes import CRASHED, ERROR, MEMORY_LIMIT, MISSING, NOT_WRITTEN, PROTOCOL, TIME_LIMIT, UNUSABLE
from autograder.verdict import FAILED, NOT_JUDGED, PASSED, AspectResult, Verdict

STATUS = {
    PASSED: "passed",
    FAILED: "not yet right",
    NOT_WRITTEN: "not written yet",
    MISSING: "not found",
    UNUSABLE: "the file cannot be used",
    ERROR: "an error was raised",
    TIME_LIMIT: "took too long",
    MEMORY_LIMIT: "needed too much memory",
    CRASHED: "ended the process",
    PROTOCOL: "gave no valid answer",
}
BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"
WIDTH = 100
LINES = 12  # so many lines of what the learner's code printed


def text(verdict: Verdict, colour: bool | None = None) -> str:
    """The verdict in a few lines. `colour` None: only on a terminal, and not where NO_COLOR is set."""
    paint = painter(wants_colour() if colour is None else colour)
    name = paint(printable(verdict.exercise), BOLD)
    points = f"{verdict.points:g} of {verdict.max_points:g} points"
    if verdict.passed:
        return f"{paint('✓', GREEN)} {name}: {points}. Everything holds."
    if verdict.status == NOT_WRITTEN and verdict.waits_for:
        return f"○ {name}: waits for {printable(verdict.waits_for)}, {points}. {paint(f'stride check {printable(verdict.waits_for)}', DIM)}"
    if verdict.status == NOT_WRITTEN:
        return f"○ {name}: not written yet, {points}. {paint(f'stride hint {verdict.exercise}', DIM)}"
    tone = YELLOW if verdict.points else RED
    lines = [f"{paint('✗', tone)} {name}: {paint(printable(standing(verdict)), tone)}, {points}"]
    if verdict.piece:
        lines += _wrap(f"`{printable(verdict.piece)}` does not pass yet: check that first.", "  ")
    says, *rest = map(printable, learned(verdict))
    if says:
        lines += [paint(line, YELLOW) for line in _wrap(says, "  ")]
        lines += [wrapped for line in rest for wrapped in _wrap(line, "  ")]
    first = first_failure(verdict)
    if len(verdict.aspects) > 1 and first and all(a.difference and a.difference.text == first.difference.text for a in verdict.aspects):
        return "\n".join(lines + _told(first, paint, "  "))  # a file that cannot be loaded says so once, not once for every aspect
    lines += [line for aspect in verdict.aspects if aspect.difference for line in _failed(aspect, first, paint)]
    held = [printable(aspect.name) for aspect in verdict.aspects if aspect.passed]
    return "\n".join(lines + ([f"  {paint('✓', GREEN)} {', '.join(held)}"] if held else []))


def learned(verdict: Verdict) -> tuple[str, ...]:
    """The recognised misconception: its sentence, its hint, what to read again; one empty text without one."""
    if not verdict.misconception:
        return ("",)
    try:
        known = load(verdict.exercise).misconception(verdict.misconception)
    except (UnknownExercise, StopIteration):  # a verdict from a journal may outlive its exercise
        return tuple(verdict.feedback.split("\n"))
    return (known.says, known.hint, *([f"Read again: {known.revisit}."] if known.revisit else []))


def standing(verdict: Verdict) -> str:
    """The verdict in a word or two. They speak of the failure that is shown: the status may come from a case that is not."""
    first = first_failure(verdict)
    if not first or verdict.status == NOT_WRITTEN or first.difference.kind == verdict.status:
        return STATUS.get(verdict.status, verdict.status)
    return STATUS.get(first.difference.kind, STATUS[FAILED])


def first_failure(verdict: Verdict) -> AspectResult | None:
    """The failed aspect to speak of first: the one that gave the verdict its status, else the first in order."""
    failed = [aspect for aspect in verdict.aspects if aspect.difference]
    return next((aspect for aspect in failed if aspect.difference.kind == verdict.status), failed[0] if failed else None)


def another_failure(aspect: AspectResult, first: AspectResult | None) -> str:
    """What a failed aspect adds to the first failure: nothing when it failed in the same way."""
    if not aspect.difference or not first or aspect is first or aspect.difference.kind == first.difference.kind:
        return ""
    d = aspect.difference
    return f"{f'{d.output}: ' if d.output not in ('', 'out') else ''}{d.text}. {d.where}".strip()


def wants_colour() -> bool:
    """Whether a person watches who did not ask for none (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and bool(getattr(sys.stdout, "isatty", bool)())


def painter(colour: bool):
    """paint(text, code): the text in a colour, or as it is."""
    return (lambda text, code: f"\x1b[{code}m{text}\x1b[0m") if colour else (lambda text, code: text)


def _failed(aspect: AspectResult, first: AspectResult | None, paint) -> list[str]:
    """A failed aspect: in full if it is the one to speak of first."""
    mark = paint("–", DIM) if aspect.difference.kind == NOT_JUDGED else paint("✗", RED)
    lines = [f"  {mark} {printable(aspect.name)} ({aspect.points:g} of {aspect.max_points:g}): {printable(aspect.says)}"]
    if aspect is not first:
        return lines + _wrap(printable(another_failure(aspect, first)), "      ")
    return lines + _told(aspect, paint, "      ")


def _told(aspect: AspectResult, paint, indent: str) -> list[str]:
    """How an aspect failed, and with what inputs (a file that is not there fails without any)."""
    d = aspect.difference
    output = f"{d.output}: " if d.output not in ("", "out") else ""
    case = f"with {aspect.case}" if aspect.case and d.kind not in (MISSING, UNUSABLE) else ""
    lines = _wrap(printable(f"{output}{d.text}. {d.where}".strip()), indent)
    printed = printable(d.printed).rstrip().split("\n") if d.printed.strip() else []
    if printed:
        more = [f"… and {len(printed) - LINES} more lines"] if len(printed) > LINES else []
        printed = ["your code printed there:", *(f"  {line}" for line in printed[:LINES] + more)]
    return lines + [paint(line, DIM) for line in _wrap(printable(case), indent) + [f"{indent}{line}" for line in printed]]


def _wrap(line: str, indent: str) -> list[str]:
    return [wrapped for part in line.split("\n") for wrapped in textwrap.wrap(part, WIDTH, initial_indent=indent, subsequent_indent=indent)]
