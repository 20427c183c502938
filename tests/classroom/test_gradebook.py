"""nbgrader's side of a graded class: its gradebook, its own programs, and what people wrote into it."""

import contextlib
import csv
import errno
import itertools
import json
import sqlite3
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook
from sqlalchemy import Engine, event

from autograder.classroom import cells, gradebook, intake, master
from autograder.course import CourseError
from autograder.verdict import Verdict
from tests import survival, toy_class
from tests.programs import run

FORWARD, CORRELATE = "check-conv-conv2d_forward", "check-conv-correlate2d"
NAME = "07_filters.ipynb"
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


def verdicts(forward, correlate=8.0):
    return [
        Verdict("conv.conv2d_forward", "passed" if forward == 18 else "failed", forward, 18.0, (), None, ""),
        Verdict("conv.correlate2d", "passed" if correlate == 8 else "failed", correlate, 8.0, (), None, ""),
    ]


class Class:
    """A graded course in a folder, with verdicts put in by hand."""

    def __init__(self, root):
        self.course = toy_class.make_course(root / "course")
        self.assignment = self.course.assignments[0]
        self.master = master.load(self.course, self.assignment)
        self.out = root / "out"
        self.prepare()

    def prepare(self):
        gradebook.prepare(self.out, self.course, self.assignment, self.master.notebook, "none")

    def record(self, learner, found, answer=None, notebook=True):
        mine = cells.from_tree(toy_class.notebook(self.course, {toy_class.WRITTEN: answer} if answer else {})) if notebook else None
        submission = intake.Submission(learner, "07", {"cnnlib/conv.py": b"a = 1\n"}, mine, timestamp="2026-01-02 03:04:05 UTC")
        with gradebook.opened(self.out) as book:
            return gradebook.record(book, self.out, self.assignment, self.master.notebook, submission, found)[1]

    def open(self):
        return Gradebook(f"sqlite:///{self.out / 'gradebook.db'}")

    def grades(self, learner):
        with self.open() as book:
            rows = book.find_submission_notebook("07_filters", "07", learner).grades
            return {row.name: (row.auto_score, row.manual_score, row.needs_manual_grade) for row in rows}

    def set(self, learner, cell, **values):
        with self.open() as book:
            row = book.find_grade(cell, "07_filters", "07", learner)
            for name, value in values.items():
                setattr(row, name, value)
            book.db.commit()


@pytest.fixture
def graded(tmp_path):
    tmp_path.joinpath("out").mkdir()
    return Class(tmp_path)


def test_every_row_is_set_anew(graded):
    assert graded.record("anna", verdicts(7.0), "It shifts.").points == 15
    assert graded.grades("anna") == {FORWARD: (7, None, False), CORRELATE: (8, None, False), toy_class.WRITTEN: (None, None, True)}
    assert graded.record("anna", verdicts(18.0, 0.0)).points == 18
    assert graded.grades("anna") == {FORWARD: (18, None, False), CORRELATE: (0, None, False), toy_class.WRITTEN: (0, None, False)}
    # Nothing could be judged: no old score stays, and a person is asked.
    graded.record("anna", None, notebook=False)
    assert graded.grades("anna") == {id: (None, None, True) for id in (FORWARD, CORRELATE, toy_class.WRITTEN)}


def test_what_a_person_wrote_stays(graded):
    graded.record("anna", verdicts(7.0), "It shifts.")
    graded.set("anna", toy_class.WRITTEN, manual_score=3, needs_manual_grade=False)
    graded.set("anna", FORWARD, manual_score=10, extra_credit=1, needs_manual_grade=False)
    with graded.open() as book:
        book.find_comment(toy_class.WRITTEN, "07_filters", "07", "anna").manual_comment = "Well said."
        book.db.commit()

    marks = graded.record("anna", verdicts(7.0), "It shifts.")  # the same again: nobody has to look
    assert marks.points == 11 + 8 + 3 and marks.cells[toy_class.WRITTEN] == 3 and marks.comments == {toy_class.WRITTEN: "Well said."}
    assert graded.grades("anna") == {FORWARD: (7, 10, False), CORRELATE: (8, None, False), toy_class.WRITTEN: (None, 3, False)}

    marks = graded.record("anna", verdicts(18.0), "It moves.")  # other work: the marks stay, and are to be looked at again
    assert marks.points == 22 and marks.comments == {toy_class.WRITTEN: "Well said."}
    assert graded.grades("anna") == {FORWARD: (18, 10, True), CORRELATE: (8, None, False), toy_class.WRITTEN: (None, 3, True)}


@pytest.mark.parametrize("manual", [False, True])
def test_a_grader_that_dies_between_two_transactions(graded, manual):
    """Wherever it ends, the next one leaves what one alone leaves; above all, what a person has to look at again."""
    graded.record("anna", verdicts(7.0), "It shifts.")
    if manual:
        graded.set("anna", toy_class.WRITTEN, manual_score=3, needs_manual_grade=False)
        graded.set("anna", FORWARD, manual_score=10, needs_manual_grade=False)
    before = survival.copy(graded.out, graded.out.with_name("before"))

    def record():
        graded.record("anna", verdicts(18.0), "It moves.")
        return survival.left(graded.out)

    expected = record()
    assert {cell for cell, (_, _, look) in graded.grades("anna").items() if look} == ({FORWARD} if manual else set()) | {toy_class.WRITTEN}
    for transactions in itertools.count():
        survival.copy(before, graded.out)
        left = itertools.count(transactions, -1)

        def die(connection, left=left):
            if next(left) == 0:
                raise SystemExit  # before this one takes place

        event.listen(Engine, "commit", die)
        try:
            with contextlib.suppress(SystemExit):
                record()
        finally:
            event.remove(Engine, "commit", die)
        assert record() == expected
        if next(left) >= 0:  # there were fewer
            break
    assert transactions > 1


def test_a_gradebook_that_can_grow_no_more(graded, caplog):
    """SQLite's own word for it, whatever nbgrader makes of it on the way; and nbgrader logs nothing."""
    graded.record("anna", verdicts(7.0))
    with contextlib.closing(sqlite3.connect(graded.out / "gradebook.db")) as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()

    def hold(connection, _):
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", hold)
    try:
        with pytest.raises(OSError, match="disk is full") as raised:
            for number in range(99):
                graded.record(f"learner{number}", verdicts(7.0))
    finally:
        event.remove(Engine, "connect", hold)
    assert raised.value.errno == errno.ENOSPC and not caplog.records
    assert graded.record(f"learner{number}", verdicts(7.0)).points == 15


def test_no_answer_is_told(graded):
    assert graded.record("anna", verdicts(18.0)).comments == {toy_class.WRITTEN: "No response."}
    assert graded.record("anna", verdicts(18.0), "It shifts.").comments == {}


def test_the_folders(graded):
    graded.record("anna", verdicts(7.0), "It <b>shifts</b>.")
    for tree in ("submitted", "autograded"):
        folder = graded.out / tree / "anna" / "07"
        assert {path.name for path in folder.rglob("*") if path.is_file()} == {NAME, "conv.py", "timestamp.txt"}
        assert (folder / "timestamp.txt").read_text() == "2026-01-02 03:04:05 UTC"
    shown = nbformat.read(graded.out / "autograded" / "anna" / "07" / NAME, 4)
    nbformat.validate(shown)
    by_id = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in shown.cells}
    assert by_id[FORWARD].outputs[0].data["text/plain"] == "7.0" and "7 of 18" in by_id[FORWARD].outputs[0].data["text/html"]
    assert by_id[toy_class.WRITTEN].source == "It <\u2060b>shifts<\u2060/b>."
    assert not [path for path in graded.out.rglob("*") if path.name == "cnnlib" and {"source", "release"} & set(path.parts)]


def test_what_was_there_before_goes(graded):
    graded.record("anna", verdicts(7.0))
    stray = graded.out / "submitted" / "anna" / "07" / "cnnlib" / "old.py"
    stray.write_text("")
    graded.record("anna", verdicts(7.0), notebook=False)
    assert not stray.exists() and not (graded.out / "submitted" / "anna" / "07" / NAME).exists()


def test_another_release_is_not_mixed_in(graded):
    graded.record("anna", verdicts(7.0))
    graded.master.notebook.cells[-1].metadata["nbgrader"]["grade_id"] = "another"
    with pytest.raises(CourseError, match="another release of assignment 07.*--out .*out-2"):
        graded.prepare()


def test_new_points_of_the_same_cells_are_taken_over(graded):
    graded.record("anna", verdicts(7.0))
    next(c for c in graded.master.notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == FORWARD).metadata["nbgrader"]["points"] = 20
    graded.prepare()
    assert graded.record("anna", verdicts(7.0)).max_points == 32


def test_an_instructors_configuration_is_kept_and_counts(graded):
    config = graded.out / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nfrom tests.programs import HalfForLate\nc.AssignLatePenalties.plugin_class = HalfForLate\n")
    with graded.open() as book:
        book.update_or_create_assignment("07", duedate="2026-01-01 00:00:00")
    graded.prepare()
    assert "HalfForLate" in config.read_text()
    assert graded.record("anna", verdicts(18.0)).points == 13
    config.write_text("c = (")
    with pytest.raises(CourseError, match="nbgrader_config.py cannot be read"):
        graded.record("anna", verdicts(18.0))


def test_nbgraders_own_programs(graded):
    """nbgrader export and generate_feedback, and what the formgrader's pages show, on the result."""
    graded.record("anna", verdicts(7.0), "It <script>alert(1)</script> shifts.")
    graded.record("bert", verdicts(18.0))
    graded.set("anna", toy_class.WRITTEN, manual_score=3)

    run(graded.out, "nbgrader", "export")
    rows = csv.DictReader((graded.out / "grades.csv").read_text().splitlines())
    assert {row["student_id"]: (row["assignment"], float(row["score"]), float(row["max_score"])) for row in rows} == {
        "anna": ("07", 18, 30), "bert": ("07", 26, 30),
    }
    run(graded.out, "nbgrader", "generate_feedback", "07")
    page = (graded.out / "feedback" / "anna" / "07" / "07_filters.html").read_text()
    assert "<script>alert" not in page and "Score: 7.0 / 18.0" in page and "Score: 3.0 / 4.0" in page

    shown = json.loads(run(graded.out, "python", "-m", "tests.programs", "formgrader", "07", "07_filters"))
    assert shown["assignments"] == [["07", 2, 30.0]]
    assert shown["submissions"] == {"anna": [True, 18.0, True], "bert": [True, 26.0, False]}
    assert shown["notebooks"] == 2


def test_the_gradebook_is_whole_when_it_is_copied(graded):
    graded.record("anna", verdicts(7.0))
    with sqlite3.connect(graded.out / "gradebook.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_submissions_rows_come_all_at_once_or_not_at_all(graded, monkeypatch):
    graded.record("anna", verdicts(7.0))
    with monkeypatch.context() as broken:
        broken.setattr(gradebook, "_score", lambda *_: 1 / 0)
        for learner in ("anna", "bert"):
            with pytest.raises(ZeroDivisionError):
                graded.record(learner, verdicts(18.0))
    with graded.open() as book:
        assert [student.id for student in book.students] == ["anna"]
    assert graded.grades("anna")[FORWARD][0] == 7 and graded.record("bert", verdicts(18.0)).points == 26


def test_one_opened_gradebook_takes_a_whole_class(graded):
    """What was recorded before is not looked through again, and later submissions are not mixed up with it."""
    with gradebook.opened(graded.out) as book:
        for number in range(4):
            submission = intake.Submission(f"l{number}", "07", {}, cells.from_tree(toy_class.notebook(graded.course)))
            marks = gradebook.record(book, graded.out, graded.assignment, graded.master.notebook, submission, verdicts(number))[1]
            assert marks.points == number + 8
    with sqlite3.connect(graded.out / "gradebook.db") as database:
        for table, column in gradebook.INDEXES.items():
            (plan,) = database.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {column} = 'x'")
            assert "USING INDEX" in plan[3]


def test_a_new_gradebook_has_the_version_that_nbgrader_asks_alembic_for():
    asked = subprocess.run([sys.executable, "-c", "from nbgrader import api; print(api.get_alembic_version())"], capture_output=True, text=True)
    assert gradebook.newest_version() == asked.stdout.strip() != ""
