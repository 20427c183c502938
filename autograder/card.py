"""How a verdict looks: an HTML card for notebooks and feedback pages, text for terminals."""

from __future__ import annotations

import html as _html

from autograder.verdict import Verdict


def text(verdict: Verdict) -> str:
    lines = [f"{verdict.exercise}: {verdict.status}, {verdict.points:g} of {verdict.max_points:g} points"]
    for aspect in verdict.aspects:
        lines.append(f"  {'✓' if aspect.passed else '✗'} {aspect.name} ({aspect.points:g}/{aspect.max_points:g})" + (f": {aspect.difference.text}" if aspect.difference else ""))
    return "\n".join(lines + [verdict.feedback])


def html(verdict: Verdict) -> str:
    return f"<pre>{_html.escape(text(verdict))}</pre>"
