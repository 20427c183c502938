"""nbgrader's formgrader on a graded class, as its pages use it in a browser: what it shows, and that what a person gives there stays."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.classroom import export, grading, handback
from tests import toy_class
from tests.programs import ROOT

ANSWER = "It *shifts* the <script>alert(1)</script> threshold."
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


class Server:
    """A Jupyter server that was started in the graded course's folder, as a grader would."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._address, self._token = f"http://127.0.0.1:{facts['port']}/formgrader", facts["token"]

    def page(self, path: str, method: str = "GET", **fields: Any) -> str:
        headers = {"Authorization": f"token {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._address + path, json.dumps(fields).encode() if fields else None, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def api(self, path: str, method: str = "GET", **fields: Any) -> Any:
        return json.loads(self.page(f"/api/{path}", method, **fields))


@contextlib.contextmanager
def serving(out: Path, place: Path) -> Iterator[Server]:
    own = {name: str(place / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    command = [sys.executable, "-m", "jupyter_server", *options]
    with open(place / "log", "wb") as log:
        server = subprocess.Popen(command, cwd=out, env=os.environ | own | {"PYTHONPATH": str(ROOT)}, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 120
        while not (found := list((place / "JUPYTER_RUNTIME_DIR").glob("jpserver-*.json"))) or "is running at" not in (place / "log").read_text():
            assert server.poll() is None and time.monotonic() < end, (place / "log").read_text()
            time.sleep(0.1)
        yield Server(json.loads(found[0].read_text()))
    finally:
        server.terminate()
        server.wait(30)


def test_it_shows_the_written_answer_and_takes_a_mark_that_stays(tmp_path) -> None:
    course = toy_class.make_course(tmp_path / "course")
    here, out, assignment = tmp_path / "class", tmp_path / "out", course.assignments[0]
    toy_class.hand_in(here / "anna", course, toy_class.without_bias(), {toy_class.WRITTEN: ANSWER})
    toy_class.hand_in(here / "bert", course)
    how = {"sandbox": "none", "progress": False, "workers": 1}
    grading.grade(course, "07", here, out, **how)

    with serving(out, tmp_path) as server:
        assert [(a["name"], a["num_submissions"], a["max_score"]) for a in server.api("assignments")] == [("07", 2, 30.0)]
        submissions = {entry["student"]: entry for entry in server.api("submitted_notebooks/07/07_filters")}
        waiting = {name: (entry["score"], entry["needs_manual_grade"]) for name, entry in submissions.items()}
        assert waiting == {"anna": (15, True), "bert": (26, False)}
        id = submissions["anna"]["id"]
        page = server.page(f"/submissions/{id}")
        assert "It <em>shifts</em> the" in page and "<script>alert" not in page
        card = page[page.index('class="stride-card') :]
        assert "The bias is missing." in card and re.match("[^>]*style=['\"][^>]*border-left: ?4px solid", card), "the card keeps its looks"
        (grade,) = (entry for entry in server.api(f"grades?submission_id={id}") if entry["name"] == toy_class.WRITTEN)
        (comment,) = server.api(f"comments?submission_id={id}")
        assert server.api(f"grade/{grade['id']}", "PUT", manual_score=3)["needs_manual_grade"] is False
        server.api(f"comment/{comment['id']}", "PUT", manual_comment="Well **said**, <b>anna</b>.")

    def everywhere() -> None:
        feedback = (out / "feedback" / "anna" / "07" / "07_filters.html").read_text()
        assert "<b>18 / 30</b>" in feedback and "<b>3 / 4</b>" in feedback and "Well <strong>said</strong>, &lt;b&gt;anna&lt;/b&gt;." in feedback
        assert "18" in re.findall(r'class="sum">([^<]*)<', (out / "report-07.html").read_text())
        assert {mark.learner: (mark.points, mark.waiting) for mark in export.read(course, out)} == {"anna": (18, False), "bert": (26, False)}

    handback.write(course, assignment, out)
    grading.report_anew(course, out)
    everywhere()
    grading.grade(course, "07", here, out, **how)  # also `stride regrade --apply`
    everywhere()
