"""How a verdict looks in a notebook or on a feedback page: a small HTML card. (`terminal` shows the same as text.)

Inline styles only, no script, no style sheet, nothing from outside: it looks the same in JupyterLab, VS Code, Colab and exported pages, on
light and dark ground. Where a sanitiser takes the styles away, the words, marks, tables and drawings remain.
"""

from __future__ import annotations

from autograder.cards import picture
from autograder.cards.escape import escape
from autograder.cards.terminal import another_failure, first_failure, learned, standing, text
from autograder.course import CourseError, load_course
from autograder.exercise import Exercise, UnknownExercise, load
from autograder.probes import MISSING, NOT_WRITTEN, UNUSABLE
from autograder.verdict import NOT_JUDGED, PASSED, AspectResult, Verdict

__all__ = ["html", "text"]

GREEN, AMBER, RED, GREY = "#2e9e5b", "#d98b1f", "#d9484f", "#8a8f98"
SMALL = "font-size:12px;opacity:0.75"
CODE = "font-family:monospace;font-size:12px;background-color:rgba(127,127,127,0.14);color:inherit;border-radius:3px;padding:1px 4px"
PICTURED = ("value", "shape", "not finite")
LADDER = ("A nudge", "The method", "The outline")


def html(verdict: Verdict, *, hints: bool = True) -> str:
    """The card. `hints=False` leaves out the hint ladder and the way on: for feedback pages, whose sanitiser does not know <details>."""
    exercise = _exercise(verdict.exercise)
    if verdict.status == PASSED:
        return _frame(GREEN, _passed(verdict, exercise, hints), slim=True)
    colour = GREY if verdict.status == NOT_WRITTEN else AMBER if verdict.points else RED
    parts = [_header(verdict, exercise, colour), _piece(verdict), _misconception(verdict), _failure(verdict), _aspects(verdict)]
    if hints and exercise:
        parts.append(_ladder(exercise.hints))
    return _frame(colour, "".join(parts))


def _frame(colour: str, body: str, slim: bool = False) -> str:
    padding = "6px 14px" if slim else "10px 16px 12px"
    style = (
        f"border:1px solid rgba(127,127,127,0.35);border-left:4px solid {colour};border-radius:6px;padding:{padding};"
        "margin:4px 0;max-width:820px;box-sizing:border-box;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
        "font-size:14px;line-height:1.5;text-align:left"
    )
    # A dollar sign in a learner's message is not a formula.
    return f'<div class="stride-card mathjax_ignore tex2jax_ignore" style="{style}">{body}</div>'


def _passed(verdict: Verdict, exercise: Exercise | None, hints: bool) -> str:
    following = _following(verdict.exercise) if hints else None
    onward = f'<span style="{SMALL};white-space:nowrap">Next: <code style="{CODE}">{escape(following)}</code></span>' if following else ""
    return (
        f'<span style="color:{GREEN};font-weight:bold">✓</span> <b>{_title(verdict, exercise)}</b> '
        f'{verdict.points:g} of {verdict.max_points:g} points. <span style="color:{GREEN}">★</span> Everything holds. {onward}'
    )


def _header(verdict: Verdict, exercise: Exercise | None, colour: str) -> str:
    mark = "○" if verdict.status == NOT_WRITTEN else "✗"
    waits = verdict.status == NOT_WRITTEN and verdict.waits_for
    status = f"waits for {waits}" if waits else standing(verdict)
    return (
        f'<div><span style="color:{colour};font-weight:bold">{mark}</span> <b style="font-size:15px">{_title(verdict, exercise)}</b> '
        f'<code style="{CODE}">{escape(verdict.exercise)}</code></div>'
        f'<div style="margin:0 0 6px"><b style="color:{colour}">{escape(status)}</b> · '
        f"{verdict.points:g} of {verdict.max_points:g} points</div>"
    )


def _piece(verdict: Verdict) -> str:
    """Where to look first: the fault may be in a piece that this exercise is made of."""
    code = f'<code style="{CODE}">{escape(verdict.piece)}</code>'
    return f'<div style="margin:6px 0"><b>{code} does not pass yet: check that first.</b></div>' if verdict.piece else ""


def _misconception(verdict: Verdict) -> str:
    """What the learner believes, recognised by its results: the most useful thing that we know, so it comes first."""
    says, *rest = learned(verdict)
    if not says:
        return ""
    more = "".join(f"<div>{escape(line)}</div>" for line in rest)
    style = f"border-left:3px solid {AMBER};background-color:rgba(217,139,31,0.13);border-radius:3px;padding:8px 12px;margin:8px 0"
    return f'<div style="{style}"><div style="font-size:15px"><b>{escape(says)}</b></div>{more}</div>'


def _failure(verdict: Verdict) -> str:
    aspect = first_failure(verdict)
    if verdict.status == NOT_WRITTEN or not aspect:
        return ""
    d = aspect.difference
    output = f'<code style="{CODE}">{escape(d.output)}</code> ' if d.output not in ("", "out") else ""
    message, line = _code_line(d.text)
    code = f'<div style="margin:4px 0"><code style="{CODE}">{escape(line)}</code></div>' if line else ""
    place = f"<div><b>{escape(d.where)}</b></div>" if d.where else ""
    inputs = f'First failing case: <code style="{CODE}">{escape(aspect.case)}</code>'
    case = f'<div style="margin:2px 0 0;{SMALL}">{inputs}</div>' if aspect.case and d.kind not in (MISSING, UNUSABLE) else ""
    return (
        f'<div style="margin:8px 0"><div><b>{escape(aspect.name)}</b>: {output}{escape(message)}</div>'
        f"{code}{place}{case}{picture.draw(d.got, d.expected) if d.kind in PICTURED else ''}{_printed(d.printed)}</div>"
    )


def _printed(text: str) -> str:
    if not text.strip():
        return ""
    style = f"{CODE};white-space:pre-wrap;overflow-wrap:anywhere;max-height:12em;overflow:auto;margin:2px 0 0;padding:6px 8px"
    return f'<div style="margin:6px 0 0;{SMALL}">Your code printed there:</div><div style="{style}">{escape(text.rstrip())}</div>'


def _code_line(text: str) -> tuple[str, str]:
    """An exception's message, and the learner's own line that raised it."""
    message, dash, line = text.rpartition(" — ")
    return (message, line) if dash and ".py, line " in line else (text, "")


def _aspects(verdict: Verdict) -> str:
    first = first_failure(verdict)
    rows = "".join(_aspect_row(aspect, verdict, first) for aspect in verdict.aspects)
    # Not a <table>: sanitisers that parse as HTML 5 add a <tbody>, and then escape it.
    return f'<div style="display:table;margin:8px 0 4px;font-size:13px">{rows}</div>'


def _aspect_row(aspect: AspectResult, verdict: Verdict, first: AspectResult | None) -> str:
    waiting = verdict.status == NOT_WRITTEN
    unjudged = aspect.difference is not None and aspect.difference.kind == NOT_JUDGED
    mark, colour = ("✓", GREEN) if aspect.passed else ("○", GREY) if waiting else ("–", GREY) if unjudged else ("✗", RED)
    news = "" if waiting else another_failure(aspect, first)
    extra = f' <span style="display:block;{SMALL}">{escape(news)}</span>' if news else ""
    cell = "display:table-cell;padding:2px 12px 2px 0;vertical-align:top;white-space:"
    return (
        f'<div style="display:table-row"><span style="{cell}nowrap"><span style="color:{colour};font-weight:bold">{mark}</span> '
        f'{escape(aspect.name)}</span> <span style="{cell}normal">{escape(aspect.says)}{extra}</span> '
        f'<span style="{cell}nowrap">{aspect.points:g} of {aspect.max_points:g}</span></div>'
    )


def _ladder(hints: tuple[str, ...]) -> str:
    """Hints inside hints: each is opened on request, and only then offers the next."""
    inner = ""
    for name, hint in reversed(list(zip(LADDER, hints))):
        summary = f'<summary style="cursor:pointer;opacity:0.85">{name}</summary>'
        inner = f'<details style="margin:4px 0">{summary}<div style="margin:2px 0 2px 16px">{escape(hint)}{inner}</div></details>'
    return f'<div style="margin:8px 0 0;border-top:1px solid rgba(127,127,127,0.25);padding:6px 0 0">{inner}</div>'


def _title(verdict: Verdict, exercise: Exercise | None) -> str:
    return escape(exercise.title if exercise else verdict.exercise)


def _exercise(id: str) -> Exercise | None:
    try:
        return load(id)
    except UnknownExercise:  # a verdict from a journal may outlive its exercise
        return None


def _following(id: str) -> str | None:
    """The exercise after this one, in the order of the course."""
    try:
        ids = load_course().exercise_ids
    except CourseError:
        return None
    return dict(zip(ids, ids[1:])).get(id)
