"""The class report: one self-contained page about how a class did, for the people who teach it. No script, nothing fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import Any
from urllib.parse import quote

from nbformat import NotebookNode

from autograder.authoring import sections
from autograder.classroom import feedback, master
from autograder.classroom.job import NONE
from autograder.course import Assignment, Course

NAME = "report.html"  # the overview; each assignment has a page beside it
BINS = 10
PIECES = 1000  # of a page, at once in memory
MOST = 20  # so many misconceptions are listed over all assignments


def pages(course: Course, results: Sequence[dict[str, Any]]) -> dict[str, str]:
    """All pages about `results`, the content of results.json, by file name: one of each assignment, and the overview."""
    graded = [assignment for assignment in course.assignments if any(result["assignment"] == assignment.id for result in results)]
    of = {a.id: [result for result in results if result["assignment"] == a.id] for a in graded}
    notebooks = {a.id: master.load(course, a).notebook for a in graded}
    made = {page_name(a): html(course, a, notebooks[a.id], of[a.id]) for a in graded}
    return made | {NAME: overview(course, graded, notebooks, of)}


def _page(template: str, **values: Any) -> str:
    """A page, put together by and by: the rows of a class of thousands are many small pieces."""
    stream = feedback.template(template).stream(**values)
    stream.enable_buffering(PIECES)
    return "".join(stream)


def page_name(assignment: Assignment) -> str:
    return f"report-{assignment.id}.html"


def overview(
    course: Course, graded: Sequence[Assignment], notebooks: Mapping[str, NotebookNode], of: Mapping[str, Sequence[dict[str, Any]]]
) -> str:
    """The page about all assignments: how each went, which learners fall behind, and what was misunderstood most."""
    judged = {a.id: [result for result in of[a.id] if result["points"] is not None] for a in graded}
    found = [entry | {"assignment": a} for a in graded for entry in misconceptions(course, a, notebooks[a.id], judged[a.id])]
    learners = sorted({result["learner"] for results in of.values() for result in results})
    handed_in = {a.id: {result["learner"]: result for result in of[a.id]} for a in graded}

    def tiles(learner: str) -> list[dict[str, Any]]:
        return [_tile(a, handed_in[a.id].get(learner), learner) for a in graded]

    learners.sort(key=lambda learner: -sum(tile["share"] or 0 for tile in tiles(learner)))
    return _page(
        "overview",
        course=course,
        rows=({"learner": learner, "tiles": tiles(learner)} for learner in learners),
        table=[_summed(a, of[a.id], judged[a.id]) for a in graded],
        misconceptions=sorted(found, key=lambda entry: -len(entry["learners"]))[:MOST],
        rarer=max(0, len(found) - MOST),
        queue=[result for a in graded for result in of[a.id] if result["problems"]],
        unsandboxed=_unsandboxed([result for results in of.values() for result in results]),
        unlimited=_unlimited([result for results in of.values() for result in results]),
        link=lambda result: _link(course.assignment(result["assignment"]), result["learner"]),
    )


def _summed(assignment: Assignment, results: Sequence[dict[str, Any]], judged: Sequence[dict[str, Any]]) -> dict[str, Any]:
    points = [result["points"] for result in judged]
    return {
        "assignment": assignment,
        "page": page_name(assignment),
        "submissions": len(results),
        "mean": mean(points) if points else None,
        "median": median(points) if points else None,
        "max_points": max((result["max_points"] for result in results), default=assignment.points),
        "full": sum(1 for result in judged if all(e["points"] == e["max_points"] for e in result["exercises"].values())),
        "unmarked": sum(1 for result in judged if any(w["points"] is None for w in result["written"].values())),
        "queued": sum(1 for result in results if result["problems"]),
    }


def _tile(assignment: Assignment, result: dict[str, Any] | None, learner: str) -> dict[str, Any]:
    """A learner's share of an assignment's points, for the heat map; None where nothing was handed in or judged."""
    if result is None or result["points"] is None:
        return _blank() | ({"text": "", "link": None} if result is None else {"text": "?", "link": _link(assignment, learner)})
    return _shaded(result["points"] / (result["max_points"] or 1)) | {"text": f"{result['points']:.4g}", "link": _link(assignment, learner)}


def _unsandboxed(results: Sequence[dict[str, Any]]) -> bool:
    return any(result["sandbox"] == NONE for result in results)


def _unlimited(results: Sequence[dict[str, Any]]) -> list[str]:
    """What the machines that graded could set no limit on."""
    return list(dict.fromkeys(gap for result in results for gap in result.get("unlimited", ())))


def html(course: Course, assignment: Assignment, notebook: NotebookNode, results: Sequence[dict[str, Any]]) -> str:
    """The page about one assignment's results; `notebook` is the released one."""
    judged = [result for result in results if result["points"] is not None]
    return _page(
        "report",
        **_summed(assignment, results, judged),
        course=course,
        judged=judged,
        queue=[result for result in results if result["problems"]],
        bars=distribution(judged),
        exercises=by_exercise(assignment, judged),
        rows=(_row(assignment, result) for result in sorted(judged, key=lambda result: -result["points"])),
        misconceptions=misconceptions(course, assignment, notebook, judged),
        unsandboxed=_unsandboxed(results),
        unlimited=_unlimited(results),
        link=lambda learner: _link(assignment, learner),
    )


def distribution(judged: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """How many submissions lie in each tenth of the points, with the bars' heights in percent of the largest."""
    top = max((result["max_points"] for result in judged), default=0) or 1
    counts = Counter(min(int(BINS * result["points"] / top), BINS - 1) for result in judged)
    most = max(counts.values(), default=1)
    return [
        {"low": top * i / BINS, "high": top * (i + 1) / BINS, "count": counts[i], "height": 100 * counts[i] / most}
        for i in range(BINS)
    ]


def by_exercise(assignment: Assignment, judged: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per exercise: the mean share of its points, and how many passed, have not written it, or failed."""
    table = []
    for exercise in assignment.exercises:
        verdicts = [result["exercises"][exercise.id] for result in judged if exercise.id in result["exercises"]]
        statuses = Counter(verdict["status"] for verdict in verdicts)
        share = mean(verdict["points"] / exercise.points for verdict in verdicts) if verdicts else 0
        table.append({
            "id": exercise.id,
            "title": exercise.title,
            "points": exercise.points,
            "share": 100 * share,
            "passed": statuses["passed"],
            "unwritten": statuses["not_written"] + statuses["missing"],
            "failed": len(verdicts) - statuses["passed"] - statuses["not_written"] - statuses["missing"],
        })
    return table


def misconceptions(
    course: Course, assignment: Assignment, notebook: NotebookNode, judged: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The misconceptions that were recognised, the most frequent first, with who had them and what to read again."""
    who: dict[tuple[str, str], list[str]] = {}
    for result in judged:
        for id, verdict in result["exercises"].items():
            if verdict["misconception"]:
                who.setdefault((id, verdict["misconception"]), []).append(result["learner"])
    known = {(exercise.id, m.id): m for exercise in assignment.exercises for m in exercise.misconceptions}
    table = []
    for key, learners in sorted(who.items(), key=lambda item: (-len(item[1]), item[0])):
        if key in known:  # results may be older than the course
            where = (assignment, notebook, key[0], known[key].revisit)
            read = {"section": sections.link(course, *where), "title": sections.title(*where)}
            table.append({"exercise": key[0], "known": known[key], "learners": learners} | read)
    return table


def _row(assignment: Assignment, result: dict[str, Any]) -> dict[str, Any]:
    """A learner's row of the heat map: a shade per exercise, from nothing (0) to everything (1)."""
    tiles = []
    for exercise in assignment.exercises:
        verdict = result["exercises"].get(exercise.id)
        if verdict is None:  # the result is older than this exercise
            tiles.append(_blank() | {"text": "", "label": f"{exercise.id}: not graded yet"})
            continue
        unwritten = verdict["status"] in ("not_written", "missing")
        tiles.append(_shaded(verdict["points"] / exercise.points) | {
            "text": "·" if unwritten else f"{verdict['points']:g}",
            "label": f"{exercise.id}: {verdict['points']:g} of {exercise.points:g}, {verdict['status'].replace('_', ' ')}"
            + (f" ({verdict['misconception'].replace('_', ' ')})" if verdict["misconception"] else ""),
        })
    return {"learner": result["learner"], "points": result["points"], "tiles": tiles, "queued": bool(result["problems"])}


def _shaded(share: float) -> dict[str, Any]:
    """A tile in a blue that deepens with the share: one hue, so that everybody can read it."""
    share = min(max(share, 0), 1)  # an older result may count other points
    light, deep = (232, 240, 250), (24, 84, 166)
    colour = "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(light, deep))
    return {"share": share, "colour": colour, "ink": "#fff" if share > 0.6 else "#1d2733"}


def _blank() -> dict[str, Any]:
    return {"share": None, "colour": "transparent", "ink": "inherit"}


def _link(assignment: Assignment, learner: str) -> str:
    return quote(feedback.path(assignment, learner).as_posix())
