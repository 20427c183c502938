"""`stride feedback`: pages with what people marked since, each learner's own work and no other's, packed as a system takes them back."""

from __future__ import annotations

import io
import os
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import cli
from autograder.classroom import collect, export, grading, handback, roster
from autograder.course import CourseError, load_course
from tests import toy_class

FORWARD = "check-conv-conv2d_forward"
DUE = "due = 2026-03-04T18:00:00+01:00\n"
TOML = toy_class.TOML.replace('title = "Filters"\n', f'title = "Filters"\n{DUE}') + "[late]\ngrace_minutes = 10\npercent_per_day = 10\ndays = 3\n"
IN_TIME, HOUR = 1772643600, 3600  # the 4th of March 2026, 17:00 UTC
LEARNERS = ("anna", "bert", "carl")
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return toy_class.make_course(tmp_path_factory.mktemp("course"), TOML)


@pytest.fixture(scope="module")
def packed(course, tmp_path_factory) -> dict[str, bytes]:
    """What three learners zipped; each wrote a word of their own into file and answer. Carl's is cut off."""
    made = {}
    for learner in LEARNERS:
        source = f"# by {learner}-in-code\n" + (toy_class.without_bias() if learner == "bert" else toy_class.solution())
        folder = toy_class.hand_in(tmp_path_factory.mktemp("work") / learner, course, source, {toy_class.WRITTEN: f"{learner}-in-words shifts."})
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path in folder.rglob("*.*"):
                archive.write(path, path.relative_to(folder))
        made[learner] = buffer.getvalue() if learner != "carl" else buffer.getvalue()[:500]
    return made


@pytest.fixture(scope="module")
def whole(course, packed, tmp_path_factory) -> Path:
    """Collected from Moodle, where bert came a day late, and graded."""
    tmp_path = tmp_path_factory.mktemp("whole")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for number, learner in enumerate(LEARNERS):
            archive.writestr(f"{learner.title()} Ärmel_47{number}_assignsubmission_file_/work.zip", packed[learner])
    came = {learner: f'"Thursday, {5 if learner == "bert" else 4} March 2026, 12:00 PM"' for learner in LEARNERS}
    lines = ["login,name,Last modified (submission)", *(f"{name},{name.title()} Ärmel,{came[name]}" for name in LEARNERS)]
    (tmp_path / "roster.csv").write_text("".join(f"{line}\n" for line in lines))
    collect.collect(course.assignments[0], tmp_path / "all.zip", tmp_path / "class", roster.read(tmp_path / "roster.csv"))
    grading.grade(course, "07", tmp_path / "class", tmp_path / "out", sandbox="none", progress=False, workers=1)
    return tmp_path


@pytest.fixture
def graded(whole, tmp_path) -> Path:
    """A copy of it, to mark by hand in."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    return tmp_path / "out"


def mark(out: Path, learner: str, cell: str, points: float, comment: str = "") -> None:
    """As the formgrader does it."""
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as book:
        row = book.find_grade(cell, "07_filters", "07", learner)
        row.manual_score, row.needs_manual_grade = points, False
        if comment:
            book.find_comment(cell, "07_filters", "07", learner).manual_comment = comment
        book.db.commit()


def shown(path: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", path.read_text(encoding="utf-8")))


def test_the_pages_have_what_people_marked_since_and_the_table_says_the_same(course, graded) -> None:
    assignment = course.assignments[0]
    before = {learner: (graded / "feedback" / learner / "07" / "07_filters.html").read_bytes() for learner in LEARNERS}
    first = handback.write(course, assignment, graded)
    assert {learner: page.read_bytes() for learner, page in first.pages.items()} == before, "nothing was marked yet: the page that grading wrote"
    assert list(first.pages) == list(LEARNERS) and first.waiting == list(LEARNERS) and not first.problems
    assert "26 / 30 points so far" in shown(first.pages["anna"])
    mark(graded, "anna", toy_class.WRITTEN, 3, "Well <script>said</script>, **anna**.")
    mark(graded, "bert", toy_class.WRITTEN, 4)
    mark(graded, "bert", FORWARD, 17)
    again = handback.write(course, assignment, graded)
    anna, bert = shown(again.pages["anna"]), shown(again.pages["bert"])
    assert again.waiting == ["carl"]
    assert "29 / 30 points " in anna and "so far" not in anna and "3 / 4 07-written" in anna
    assert "<strong>anna</strong>" in again.pages["anna"].read_text() and "<script" not in again.pages["anna"].read_text()
    # 17 + 8 + 4, of which a tenth goes for the day: also of the marks that were given after grading
    assert "26.1 / 30 points " in bert and "−2.9 taken off: handed in late" in bert and "Marked by a person: 17 of 18 points." in bert
    assert {found.learner: found.points for found in export.read(course, graded)} == pytest.approx({"anna": 29, "bert": 26.1, "carl": None})
    grading.report_anew(course, graded)
    assert "26.1" in shown(graded / "report-07.html")


def test_what_nobody_could_judge_and_a_person_marked(course, graded) -> None:
    page = handback.write(course, course.assignments[0], graded).pages["carl"]
    assert "– / 30" in shown(page) and "Nothing could be judged yet." in shown(page)
    for cell, points in ((FORWARD, 10), ("check-conv-correlate2d", 0), (toy_class.WRITTEN, 1)):
        mark(graded, "carl", cell, points)
    written = handback.write(course, course.assignments[0], graded)
    assert "11 / 30 points " in shown(page) and "Marked by a person: 10 of 18 points." in shown(page) and "Marked by a person: 0 of 8" in shown(page)
    assert "carl" not in written.waiting
    again = grading.grade(course, "07", graded.parent / "class", graded, sandbox="none", progress=False, workers=1)
    assert [result["by_hand"] for result in again if result["learner"] == "carl"] == [11], "the same work handed in: a person's marks are final"


def test_no_page_holds_another_learners_work(course, graded, packed) -> None:
    mark(graded, "bert", toy_class.WRITTEN, 4, "bert-in-comment")
    pages = handback.write(course, course.assignments[0], graded).pages
    for learner, page in pages.items():
        text = page.read_text(encoding="utf-8")
        for other in LEARNERS:
            own = learner == other and other != "carl"  # carl's zip cannot be read
            assert (f"{other}-in-code" in text) is own and (f"{other}-in-words" in text) is own
    assert "bert-in-comment" in pages["bert"].read_text() and "bert-in-comment" not in pages["anna"].read_text()


def test_a_zip_that_moodle_takes_back_the_same_every_time(course, graded, tmp_path) -> None:
    written = handback.write(course, course.assignments[0], graded)
    target = handback.pack(written, tmp_path / "new" / "back.zip", handback.names(tmp_path / "class"))
    with zipfile.ZipFile(target) as archive:
        folders = [f"{name.title()} Ärmel_47{number}_assignsubmission_file_" for number, name in enumerate(LEARNERS)]
        assert archive.namelist() == [f"{folder}/07_filters_feedback.html" for folder in folders]
        assert archive.read(archive.namelist()[1]) == written.pages["bert"].read_bytes()
        # Moodle finds the person by the second part and the kind of feedback by the third and fourth.
        assert [name.split("/")[0].split("_", 4)[1:4] for name in archive.namelist()] == [[f"47{n}", "assignsubmission", "file"] for n in range(3)]
    content = target.read_bytes()
    os.utime(written.pages["anna"], (IN_TIME, IN_TIME))
    assert handback.pack(written, target, handback.names(tmp_path / "class")).read_bytes() == content
    with zipfile.ZipFile(handback.pack(written, tmp_path / "plain.zip", {})) as archive:
        assert archive.namelist() == [f"{learner}/07_filters_feedback.html" for learner in LEARNERS]
    assert sorted(path.name for path in tmp_path.glob("*.zip*")) == ["all.zip", "plain.zip"]


def test_canvas_knows_a_submission_by_the_numbers_before_the_file(course, packed, tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("annarmel_501_9001_work.zip", packed["anna"])
        archive.writestr("bertarmel_LATE_502_9002_work-1.zip", packed["bert"])
    collect.collect(course.assignments[0], tmp_path / "all.zip", tmp_path / "class")
    assert handback.names(tmp_path / "class") == {"annarmel-501": "annarmel_501_9001_", "bertarmel-502": "bertarmel_LATE_502_9002_"}
    (tmp_path / "one.zip").write_bytes((tmp_path / "all.zip").read_bytes())
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("annarmel_501_9777_work-1.zip", packed["anna"])
    collect.collect(course.assignments[0], tmp_path / "one.zip", tmp_path / "class")  # one more: the others stay
    assert handback.names(tmp_path / "class") == {"annarmel-501": "annarmel_501_9777_", "bertarmel-502": "bertarmel_LATE_502_9002_"}


def test_the_command(course, graded, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(course.root)
    arguments = ["feedback", "07", "--out", str(graded), "--zip", str(tmp_path / "back.zip"), "--submissions", str(tmp_path / "class")]
    assert cli.main(arguments) == 0
    said = capsys.readouterr().out
    assert f"3 pages in {graded / 'feedback'}." in said and f"To hand back: {tmp_path / 'back.zip'}" in said and "anna, bert, carl" in said
    (graded / "autograded" / "bert" / "07" / "07_filters.ipynb").write_text("{")
    before = (graded / "feedback" / "bert" / "07" / "07_filters.html").read_bytes()
    assert cli.main(arguments) == 0
    assert "To look at: bert's graded notebook cannot be read any more" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "back.zip") as archive:
        assert len(archive.namelist()) == 2
    assert (graded / "feedback" / "bert" / "07" / "07_filters.html").read_bytes() == before


def test_what_a_user_can_mend_is_one_sentence(course, graded, tmp_path) -> None:
    with pytest.raises(CourseError, match="Grade first: stride grade"):
        handback.write(course, course.assignments[0], tmp_path / "nowhere")
    (graded / "results.json").write_text("[]")
    with pytest.raises(CourseError, match="Assignment 07 is not graded in .*stride grade 07"):
        handback.write(course, course.assignments[0], graded)
    with pytest.raises(CourseError, match="does not say under which names .*stride collect"):
        handback.names(tmp_path)
    for content in ("{", "[]", '{"anna": 3}', '{"anna": "../../x"}', '{"anna": "/etc/x"}'):
        (tmp_path / ".names.json").write_text(content)
        with pytest.raises(CourseError, match="is not what stride collect writes"):
            handback.names(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match="cannot be written .*--zip FILE.zip"):
        handback.pack(handback.Written(), tmp_path / "file" / "back.zip", {})


def test_files_in_folders_are_the_learners_too(tmp_path: Path) -> None:
    """cnnlib/nets/lenet.py of assignment 09: a page made anew shows what the page of grading showed."""
    assignment = load_course(Path(__file__).resolve().parents[2]).assignment("09")
    handed_in = {name: f"# {name}".encode() for name in assignment.files if name.endswith(".py")}
    assert "cnnlib/nets/lenet.py" in handed_in
    for name, content in (handed_in | {"cnnlib/another.py": b"not asked for"}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert handback.sources_in(tmp_path, assignment) == handed_in
    (tmp_path / "cnnlib/nets/bridge.py").unlink()
    assert handback.sources_in(tmp_path, assignment).keys() == handed_in.keys() - {"cnnlib/nets/bridge.py"}
