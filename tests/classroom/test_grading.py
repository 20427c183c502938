"""A class from end to end: marks, the journal, faults of learners and of ours, and what happens when the grader is stopped."""

import fcntl
import json
import os
import re
import sqlite3
import time
from functools import partial
from pathlib import Path

import pytest

from autograder.classroom import grading, job, pool
from autograder.classroom.journal import Journal
from autograder.course import CourseError
from autograder.probes import Answer
from autograder.verdict import Verdict
from tests import toy_class

FORWARD, CORRELATE = "conv.conv2d_forward", "conv.correlate2d"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return toy_class.make_course(tmp_path_factory.mktemp("course"))


def grade(course, folder, out, **more):
    results = grading.grade(course, "07", folder, out, **({"sandbox": "none", "progress": False, "workers": 1} | more))
    return {result["learner"]: result for result in results}


def test_a_class(course, tmp_path, monkeypatch):
    """Right, wrong, unwritten, broken and hostile work side by side, in the sandbox, two at a time."""
    here = tmp_path / "submissions"
    toy_class.hand_in(here / "anna", course, answers={toy_class.WRITTEN: "It shifts."})
    toy_class.hand_in(here / "bert", course, toy_class.without_bias())
    toy_class.hand_in(here / "carl", course, (course.root / "cnnlib" / "conv.py").read_text())
    toy_class.hand_in(here / "dora", course, "import os\nos._exit(0)\n")
    toy_class.hand_in(here / "eve", course, "def conv2d_forward(:\n")
    toy_class.hand_in(here / "=fred", course)
    toy_class.hand_in(here / "gina", course)
    (here / "gina" / "cnnlib" / "conv.py").unlink()
    (here / "hans.zip").write_bytes(b"PK nonsense")
    out = tmp_path / "out"
    monkeypatch.setattr(grading.cgroups, "gaps", lambda: ("pipes",))
    results = grade(course, here, out, sandbox="bubblewrap", workers=2)
    assert all(result["unlimited"] == ["pipes"] for result in results.values())
    assert "could set no limit on pipes." in (out / "report-07.html").read_text()

    fred = next(learner for learner in results if learner.startswith("fred-"))
    assert list(results) == sorted(["anna", "bert", "carl", "dora", "eve", fred, "gina", "hans"])
    got = {learner: [e["status"] for e in result["exercises"].values()] for learner, result in results.items()}
    assert got == {
        "anna": ["passed", "passed"], "bert": ["failed", "passed"], "carl": ["not_written"] * 2, "dora": ["crashed"] * 2, "eve": ["error"] * 2,
        fred: ["passed", "passed"], "gina": ["missing"] * 2, "hans": ["not_judged"] * 2,
    }
    assert results["bert"]["exercises"][FORWARD] == {"status": "failed", "points": 7, "max_points": 18, "misconception": "bias_forgotten"}
    assert {learner: result["points"] for learner, result in results.items()} == {
        "anna": 26, "bert": 15, "carl": 0, "dora": 0, "eve": 0, fred: 26, "gina": 0, "hans": None,
    }
    waiting = {learner for learner, result in results.items() if result["status"] == "needs_attention"}
    assert waiting == {fred, "gina", "hans"}
    assert all(bool(result["problems"]) == (learner in waiting) for learner, result in results.items())
    assert results["hans"]["exercises"][FORWARD]["points"] is None and results["anna"]["max_points"] == 30
    assert results["anna"]["written"] == {toy_class.WRITTEN: {"points": None, "max_points": 4}}
    assert json.loads((out / "results.json").read_text()) == list(results.values())
    assert not list(out.rglob("*.tmp"))

    # The same again: nothing is judged, and nothing changes.
    monkeypatch.setattr(grading, "judge_all", lambda tasks, workers: [pytest.fail("judged again") for _ in tasks])
    assert grade(course, here, out, sandbox="bubblewrap") == results
    assert "5 of 8 graded, 3 for you to look at" in grading.summary(course.assignments[0], list(results.values()), out)


def test_without_a_sandbox_marks_are_the_same_and_say_so(course, tmp_path):
    here = tmp_path / "submissions"
    toy_class.hand_in(here / "bert", course, toy_class.without_bias())
    toy_class.hand_in(here / "dora", course, "import os\n\ndef conv2d_forward(x, w, b, stride=1, padding=0):\n    os._exit(0)\n" + _right_correlate())
    results = grade(course, here, tmp_path / "out")
    assert results["bert"]["exercises"][FORWARD]["misconception"] == "bias_forgotten"
    assert [e["status"] for e in results["dora"]["exercises"].values()] == ["crashed", "passed"]
    assert all(result["sandbox"] == "none" and result["unlimited"] == [] for result in results.values())
    assert "without a sandbox" in (tmp_path / "out" / "report.html").read_text()
    assert "without a sandbox" in (tmp_path / "out" / "feedback" / "bert" / "07" / "07_filters.html").read_text()
    assert "without a sandbox" in grading.summary(course.assignments[0], list(results.values()), tmp_path / "out")


def _right_correlate():
    return "\nimport numpy as np\n\n\ndef correlate2d(image, kernel):\n" + (
        "    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)\n"
        "    return np.einsum('ijuv,uv->ij', windows, kernel).astype(image.dtype)\n"
    )


def test_verdicts_of_no_sandbox_are_not_taken_for_a_sandboxs(course, tmp_path):
    here = tmp_path / "submissions"
    toy_class.hand_in(here / "anna", course)
    grade(course, here, tmp_path / "out")
    grade(course, here, tmp_path / "out", sandbox="bubblewrap")
    assert len((tmp_path / "out" / "journal.jsonl").read_text().splitlines()) == 2


def test_equal_work_is_judged_once(course, tmp_path):
    for learner in ("anna", "bert", "carl"):
        toy_class.hand_in(tmp_path / "submissions" / learner, course)
    results = grade(course, tmp_path / "submissions", tmp_path / "out", workers=2)
    assert [result["points"] for result in results.values()] == [26, 26, 26]
    assert len((tmp_path / "out" / "journal.jsonl").read_text().splitlines()) == 1


def test_resubmitted_work_is_judged_anew(course, tmp_path):
    here = tmp_path / "submissions"
    folder = toy_class.hand_in(here / "anna", course, toy_class.without_bias())
    assert grade(course, here, tmp_path / "out")["anna"]["points"] == 15
    (folder / "cnnlib" / "conv.py").write_text(toy_class.solution())
    assert grade(course, here, tmp_path / "out")["anna"]["points"] == 26


def test_a_fault_of_ours_is_no_zero(course, tmp_path, monkeypatch):
    toy_class.hand_in(tmp_path / "submissions" / "anna", course)
    monkeypatch.setattr(grading, "judge_all", lambda tasks, workers: ((key, RuntimeError("the judge fell\nover")) for key, _ in list(tasks)))
    result = grade(course, tmp_path / "submissions", tmp_path / "out")["anna"]
    assert result["status"] == "needs_attention" and result["points"] is None
    assert result["exercises"][FORWARD] == {"status": "grader_error", "points": None, "max_points": 18, "misconception": None}
    assert result["problems"] == ["grader error, twice (RuntimeError: the judge fell): it was not this submission's fault, grade again"]
    monkeypatch.undo()
    assert grade(course, tmp_path / "submissions", tmp_path / "out")["anna"]["points"] == 26


# Work for the pool's workers: they import this file, and find the functions by name. A "job" is a folder and what to do.


def _begin(task):
    return partial(_fails_once, *task)


def _fails_once(folder, name):
    count = len(list(Path(folder).glob(f"{name}-*")))
    (Path(folder) / f"{name}-{count}").touch()
    if name == "dies":
        os._exit(9)
    if name == "raises" or name == "unlucky" and count == 0:
        raise RuntimeError("ours")
    return [Verdict(name, "passed", 1, 1, (), None, "").to_dict()]


def test_workers_that_die_and_faults_that_pass(tmp_path):
    names = ["fine", "dies", "unlucky", "raises", "also fine"]
    tasks = ((name, lambda name=name: (str(tmp_path), name)) for name in names)
    got = {name: "fault" if isinstance(verdicts, Exception) else verdicts[0].exercise for name, verdicts in pool.judge_all(tasks, 2, _begin)}
    assert got == {"fine": "fine", "dies": "fault", "unlucky": "unlucky", "raises": "fault", "also fine": "also fine"}
    assert len(list(tmp_path.glob("raises-*"))) == 2  # tried twice, no more


def _begins_ahead(task):
    folder, name = task
    (Path(folder) / f"begun-{name}").touch()
    return partial(_sees_what_has_begun, folder, name)


def _sees_what_has_begun(folder, name):
    deadline = time.monotonic() + 60
    while name == "0" and not (Path(folder) / "begun-1").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    begun = sorted(path.name for path in Path(folder).glob("begun-*"))
    return [Verdict(name, "passed", 1, 1, (), None, " ".join(begun)).to_dict()]


def test_a_worker_begins_the_next_job_while_it_judges_and_no_more(tmp_path):
    made = []
    tasks = ((str(i), lambda i=i: (made.append(i), (str(tmp_path), str(i)))[1]) for i in range(5))
    for name, verdicts in pool.judge_all(tasks, 1, _begins_ahead):
        assert verdicts[0].exercise == name and len(made) <= int(name) + pool.AT_HAND
        if name == "0":
            assert verdicts[0].feedback == "begun-0 begun-1"
    assert made == [0, 1, 2, 3, 4]


def test_a_sandbox_that_was_begun_ahead_is_the_jobs_own_and_ends_with_it(course):
    from autograder.classroom import intake, master

    assignment = course.assignments[0]
    origin = master.load(course, assignment)
    sources = {"anna": toy_class.solution(), "bert": toy_class.without_bias()}
    jobs = {}
    for learner, source in sources.items():
        submission = intake.Submission(learner, "07", {"cnnlib/conv.py": source.encode()})
        jobs[learner] = job.prepare(course, submission, origin.folder(submission), "", "bubblewrap")
    begun = {learner: job.ahead(prepared) for learner, prepared in jobs.items()}  # both at once, as in a worker
    points = {learner: [verdict.points for verdict in job.run(prepared, begun[learner])] for learner, prepared in jobs.items()}
    assert points == {"anna": [18, 8], "bert": [7, 8]}
    assert all(sandbox._process is None for sandbox in begun.values())
    assert job.ahead(job.Job(**{**vars(jobs["anna"]), "sandbox": "none"})) is None
    broken = job.Job(**{**vars(jobs["anna"]), "files": {"../conv.py": b""}})
    assert job.ahead(broken) is None
    with pytest.raises(ValueError, match="not a path within"):
        job.run(broken, None)


def test_a_learner_cannot_carry_hidden_inputs_out():
    files = {"cnnlib/conv.py": b"import numpy\nraise_it()\n"}
    leak = Answer("error", error="shape_7_11", message="x[0] = 0.123", where="conv.py, line 2: x[0] = 0.123")
    closed = job.close(leak, files)
    assert (closed.error, closed.message, closed.where) == ("an exception of its own", "", "conv.py, line 2: raise_it()")
    assert job.close(Answer("error", error="IndexError", where="0.123.py, line 1: x"), files).where == ""
    assert job.close(Answer("error", error="IndexError", where="conv.py, line 99: x"), files).where == ""
    assert job.close(Answer("error", error="IndexError"), files).error == "IndexError"
    assert job.close(Answer("missing", message="there is no function f in cnnlib/conv.py"), files).message


def test_hidden_cases_count_and_are_not_told(course, tmp_path):
    """Answers that were learned by heart from the visible cases fail, and feedback holds nothing of the hidden ones."""
    source = toy_class.solution() + (
        "\n_right = conv2d_forward\n\n\ndef conv2d_forward(x, w, b, stride=1, padding=0):\n"
        "    if x.ravel()[0] not in SEEN:\n        raise type('leak_%r' % x.ravel()[0], (Exception,), {})(repr(x))\n"
        "    return _right(x, w, b, stride, padding)\n"
    )
    from autograder.exercise import load

    exercise = load(FORWARD)
    seen = {float(case.inputs["x"].ravel()[0]) for case in exercise.cases(course.visible_seed)}
    toy_class.hand_in(tmp_path / "submissions" / "anna", course, source + f"\n\nSEEN = {seen!r}\n")
    result = grade(course, tmp_path / "submissions", tmp_path / "out")["anna"]
    assert result["exercises"][FORWARD] == {"status": "error", "points": 0, "max_points": 18, "misconception": None}
    hidden = [float(case.inputs["x"].ravel()[0]) for case in exercise.cases(course.secret_seed(), hidden=True)]
    told = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.suffix in (".html", ".json", ".jsonl", ".ipynb"))
    assert "an exception of its own" in told
    assert not [number for number in hidden if f"{number:.6g}"[:7] in told]


@pytest.mark.parametrize(("arguments", "sentence"), [
    ({"assignment_id": "99"}, "There is no assignment '99'"),
    ({"submissions": "nowhere"}, "There is no folder .*nowhere"),
    ({"sandbox": "docker"}, "There is no sandbox 'docker'.*--sandbox none"),
    ({"workers": 0}, "0 workers grade nothing.*--workers 1"),
    ({"out": "submissions/out"}, "lies among the submissions.*--out"),
    ({"out": "file"}, "cannot be written.*Choose another folder"),
])
def test_what_a_user_can_mend(course, tmp_path, arguments, sentence):
    toy_class.hand_in(tmp_path / "submissions" / "anna", course)
    (tmp_path / "file").touch()
    given = {"assignment_id": "07", "submissions": "submissions", "out": "out", "sandbox": "none", "progress": False} | arguments
    given["submissions"], given["out"] = tmp_path / given["submissions"], tmp_path / given["out"]
    with pytest.raises(CourseError, match=sentence) as raised:
        grading.grade(course, **given)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_no_sandbox_refuses(course, tmp_path, monkeypatch):
    from autograder.sandboxing import confinement, sandbox

    sandbox.require.cache_clear()
    monkeypatch.setattr(confinement, "bubblewrap", lambda: None)
    toy_class.hand_in(tmp_path / "submissions" / "anna", course)
    try:
        with pytest.raises(CourseError, match="bubblewrap is not installed.*--sandbox none"):
            grade(course, tmp_path / "submissions", tmp_path / "out", sandbox="bubblewrap")
    finally:
        sandbox.require.cache_clear()
    assert not (tmp_path / "out").exists()


def test_a_busy_gradebook_loses_nothing(course, tmp_path):
    here, out = tmp_path / "submissions", tmp_path / "out"
    folder = toy_class.hand_in(here / "anna", course, toy_class.without_bias())
    before = grade(course, here, out)
    written = (out / "results.json").read_bytes()
    (folder / "cnnlib" / "conv.py").write_text(toy_class.solution())
    other = sqlite3.connect(out / "gradebook.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CourseError, match="in use by another program.*run the same command again"):
        grade(course, here, out)
    other.rollback()
    other.close()
    assert (out / "results.json").read_bytes() == written and before["anna"]["points"] == 15
    assert grade(course, here, out)["anna"]["points"] == 26


def test_a_file_that_is_no_gradebook(course, tmp_path):
    toy_class.hand_in(tmp_path / "submissions" / "anna", course)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "gradebook.db").write_text("not a database, but long enough to be read as one" * 40)
    with pytest.raises(CourseError, match="is not a gradebook.*mv "):
        grade(course, tmp_path / "submissions", tmp_path / "out")


def test_two_graders_at_once(course, tmp_path):
    toy_class.hand_in(tmp_path / "submissions" / "anna", course)
    (tmp_path / "out").mkdir()
    with open(tmp_path / "out" / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CourseError, match="Another stride grade is at work"):
            grade(course, tmp_path / "submissions", tmp_path / "out")


def test_the_journal_survives_damage(tmp_path):
    verdict = Verdict(FORWARD, "passed", 18, 18, (), None, "All aspects hold.")
    path = tmp_path / "journal.jsonl"
    Journal(path).add("one", [verdict])
    with open(path, "ab") as file:
        file.write(b'{"key": "two", "verdicts": [{"exercise"')
    journal = Journal(path)
    other = Verdict(FORWARD, "failed", 7, 18, (), "bias_forgotten", "“b” wird vergessen — größer als ein Byte")
    journal.add("three", [other])
    journal.add("one", [other])
    for again in (journal, Journal(path)):  # what counts is the last line of a key
        assert again.get("one") == again.get("three") == [other] and again.get("two") is None


def test_the_key_is_of_all_that_decides(course, tmp_path):
    base = job.Job((FORWARD,), {"cnnlib/conv.py": b"a"}, (), {}, {}, {}, 1, "s", "none", "r")
    changes = [{"files": {"cnnlib/conv.py": b"b"}}, {"missing": ("conv",)}, {"artefacts": {"w.npz": b"w"}},
               {"answers": {"x.y": "z"}}, {"visible_seed": 2}, {"secret_seed": "t"},
               {"sandbox": "bubblewrap"}, {"rest": "q"}, {"exercises": (CORRELATE,)}]
    keys = {job.Job(**{**vars(base), **change}).key for change in changes} | {base.key}
    assert len(keys) == len(changes) + 1


SIZING = """# %% answer="shapes.sizing"
sizing = {"fc": None}
### BEGIN SOLUTION
sizing["fc"] = 100
### END SOLUTION
# %% check="shapes.sizing"
check("shapes.sizing", sizing)
"""
CELL = "answer-shapes-sizing"


@pytest.mark.parametrize("sandbox", ["none", "bubblewrap"])
def test_answer_cells(tmp_path, sandbox):
    """An answer is taken from its cell, also when the cell has lost its metadata; no cell is no silent zero."""
    from autograder.classroom import intake, master

    toml = toy_class.TOML.replace('"conv.correlate2d"', '"shapes.sizing"')
    course = toy_class.make_course(tmp_path / "course", toml, toy_class.MASTER.split('# %% check="conv.correlate2d"')[0] + SIZING + _written())
    assignment = course.assignments[0]
    origin = master.load(course, assignment)
    right = _sizing(course)

    def verdict(answers, change=lambda text: text):
        folder = toy_class.hand_in(tmp_path / f"s{len(list(tmp_path.iterdir()))}", course, answers=answers)
        notebook = folder / "07_filters.ipynb"
        notebook.write_text(change(notebook.read_text()))
        submission = intake.read("anna", [folder], course, assignment)
        prepared = job.prepare(course, submission, origin.folder(submission), "", sandbox)
        only = job.Job(**{**vars(prepared), "exercises": ("shapes.sizing",)})
        return job.run(only)[0], submission.problems

    passed, problems = verdict({CELL: right})
    assert (passed.status, passed.points, problems) == ("passed", 8, [])
    assert 0 < verdict({CELL: "sizing = {'fc': 100}"})[0].points < 8
    assert verdict({})[0].status == "not_written"
    assert verdict({CELL: "sizing = 1 / 0"})[0].status == "error"
    gone, problems = verdict({CELL: "print(1)"}, lambda text: text.replace(f'"grade_id": "{CELL}"', '"x": 1'))
    assert (gone.status, problems) == ("missing", ["the answer cell of shapes.sizing is missing: it counts as not written"])
    found, problems = verdict({CELL: right}, lambda text: text.replace(f'"grade_id": "{CELL}"', '"x": 1'))
    assert found.points == 8 and problems == ["the answer cell of shapes.sizing is missing: the cell that assigns sizing is graded"]


def _written():
    return f'# %% [markdown] written="{toy_class.WRITTEN}"\n# Why?\n'


def _sizing(course):
    """The right answer, from the oracle."""
    from autograder.exercise import load

    exercise = load("shapes.sizing")
    return f"sizing = {exercise.oracle(**exercise.cases(course.visible_seed)[0].inputs)!r}"


def test_results_of_other_assignments_stay(course, tmp_path):
    toy_class.hand_in(tmp_path / "submissions" / "anna", course)
    out = tmp_path / "out"
    out.mkdir()
    other = {"learner": "anna", "assignment": "06", "problems": ["two notebooks"]}
    (out / "results.json").write_text(json.dumps([other, {"learner": "gone", "assignment": "07", "problems": []}]))
    results = grade(course, tmp_path / "submissions", out)
    assert json.loads((out / "results.json").read_text()) == [other, results["anna"]]
    assert (out / "report-07.html").is_file() and (out / "report.html").is_file()


def test_the_report_is_made_anew_with_what_a_person_marked(course, tmp_path):
    from nbgrader.api import Gradebook

    toy_class.hand_in(tmp_path / "submissions" / "anna", course, answers={toy_class.WRITTEN: "It shifts."})
    out = tmp_path / "out"
    assert grade(course, tmp_path / "submissions", out)["anna"]["points"] == 26
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        mark = gradebook.find_grade(toy_class.WRITTEN, "07_filters", "07", "anna")
        mark.manual_score, mark.needs_manual_grade = 3, False
        gradebook.db.commit()
    assert grading.report_anew(course, out) == out / "report.html"
    (result,) = json.loads((out / "results.json").read_text())
    assert (result["points"], result["written"]) == (29, {toy_class.WRITTEN: {"points": 3, "max_points": 4}})
    assert "29" in re.sub(r"<[^>]*>", " ", (out / "report-07.html").read_text())
    with pytest.raises(CourseError, match="Grade first"):
        grading.report_anew(course, tmp_path)
