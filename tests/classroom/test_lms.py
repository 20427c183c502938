"""From a learning management system and back: downloads as Canvas, Moodle and Gradescope name them, rosters, and tables of marks."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import io
import os
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.classroom import collect, export, grading, intake, late, roster, unpack
from autograder.course import CourseError, Late
from tests import toy_class

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,07 Filters (991),Old Quiz (4),Current Score
    Points Possible,,,,,30,5,(read only)
"Doe, Jane",501,U-1,jdoe,A,,5,90
"Müller, Özgür",502,U-2,omueller,A,,4,80
"=HYPERLINK(0), Eve",503,U-3,eve,B,,3,70
"Student, Test",599,,,A,,,
"""
MOODLE = """First name;Last name;ID number;Email address;Assignment: 07 Filters (Real)
Jane;Doe;U-1;jdoe@uni.example;-
Özgür;Müller;U-2;omueller@uni.example;-
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return toy_class.make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def packed(course, tmp_path_factory) -> dict[str, bytes]:
    """A right submission and a wrong one, as the zips that `stride submit` makes."""
    made = {}
    for name, source in (("right", toy_class.solution()), ("wrong", toy_class.without_bias())):
        folder = toy_class.hand_in(tmp_path_factory.mktemp("work") / name, course, source)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path in folder.rglob("*.*"):
                archive.write(path, path.relative_to(folder))
        made[name] = buffer.getvalue()
    return made


def download(path: Path, members: dict[str, bytes], when: tuple[int, ...] = (2026, 3, 4, 17, 59, 58)) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, when), content)
    return path


def table(path: Path, text: str) -> roster.Roster:
    path.write_text(text, encoding="utf-8-sig")
    return roster.read(path)


def laid_out(folder: Path) -> dict[str, list[str]]:
    folders = [path for path in sorted(folder.iterdir()) if path.name != collect.NAMES]
    return {path.name: sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()) for path in folders}


def test_canvas(course, packed, tmp_path) -> None:
    members = {
        "doejane_501_9001_07_submission-2.zip": packed["right"],
        "mullerozgur_LATE_502_9002_07_filters.ipynb": b"{}",
        "mullerozgur_LATE_502_9002_conv-1.py": b"x = 1\n",
        "ghost_777_9003_07_submission.zip": packed["wrong"],
        "student_599_9004_07_submission.zip": packed["wrong"],
    }
    people = table(tmp_path / "roster.csv", CANVAS)
    assignment = course.assignments[0]
    result = collect.collect(assignment, download(tmp_path / "all.zip", members), tmp_path / "to", people)
    assert laid_out(tmp_path / "to") == {
        "jdoe": ["07_submission.zip"],
        "omueller": ["07_filters.ipynb", "conv.py"],
        "ghost-777": ["07_submission.zip"],
        "599": ["07_submission.zip"],
    }
    assert result.late == ["omueller"] and result.missing == ["eve"]
    assert [problem for problem in result.problems if "ghost is not in the roster: the folder is called ghost-777" in problem]
    said = collect.summary(assignment, result, tmp_path / "to")
    assert "4 submissions" in said and "Late by the system's word: omueller." in said and "not in the download: eve." in said
    read = intake.read("jdoe", [tmp_path / "to" / "jdoe"], course, assignment)
    assert read.files["cnnlib/conv.py"] == toy_class.solution().encode() and read.notebook
    assert read.timestamp == "", "Canvas dates the members of its zip by the download"


DUE = datetime.datetime(2026, 3, 4, 18, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
LONG_AFTER = (2026, 3, 20, 9, 0, 0)  # when the class was downloaded


def times(target: Path) -> dict[str, float]:
    return {path.name: path.stat().st_mtime for path in sorted(target.iterdir()) if path.is_dir()}


def test_on_canvas_only_those_that_it_calls_late_are_late_and_by_one_day(course, packed, tmp_path) -> None:
    members = {
        "doejane_501_9001_07_submission.zip": packed["right"],
        "mullerozgur_LATE_502_9002_07_submission.zip": packed["right"],
    }
    assignment, target = dataclasses.replace(course.assignments[0], due=DUE), tmp_path / "to"
    path = download(tmp_path / "all.zip", members, LONG_AFTER)
    result = collect.collect(assignment, path, target, table(tmp_path / "r.csv", CANVAS), Late(grace_minutes=30))
    assert times(target) == {"jdoe": 0, "omueller": DUE.timestamp() + 31 * 60}
    assert late.penalty(Late(30, 10, 5), assignment, "omueller", 20, times(target)["omueller"] - DUE.timestamp()) == 2
    assert (result.late, result.guessed, result.undated) == (["omueller"], ["omueller"], [])
    said = collect.summary(assignment, result, target)
    assert "By how much it does not say of omueller: that counts as one day. When you know the time, set it before you grade: touch -d" in said


def test_moodles_grading_worksheet_says_when_it_came(course, packed, tmp_path) -> None:
    who = ["Jane Doe", "Özgür Müller", "Eve Adams", "Max Moe"]
    members = {f"{name}_{4711 + i}_assignsubmission_file/07_submission.zip": packed["right"] for i, name in enumerate(who)}
    worksheet = """Identifier,Full name,Email address,Status,Last modified (submission)
Participant 4711,Jane Doe,jdoe@uni.example,Submitted,"Wednesday, 4 March 2026, 5:59 PM"
Participant 4712,Özgür Müller,omueller@uni.example,Submitted,"Friday, 6 March 2026, 12:05 AM"
Participant 4713,Eve Adams,eve@uni.example,Submitted,-
Participant 4714,Max Moe,max@uni.example,Submitted,gestern
"""
    assignment, target = dataclasses.replace(course.assignments[0], due=DUE), tmp_path / "to"
    result = collect.collect(assignment, download(tmp_path / "all.zip", members, LONG_AFTER), target, table(tmp_path / "r.csv", worksheet))
    assert times(target) == {"eve": 0, "jdoe": DUE.timestamp() - 60, "max": 0, "omueller": DUE.timestamp() + 30 * 3600 + 5 * 60}
    assert (result.late, result.guessed, result.undated) == (["omueller"], [], ["eve", "max"])
    assert result.problems == ["max: the roster's time of handing in, gestern, is none that can be read"]
    assert "the work of 2 of them came, the download does not say: it counts as on time" in collect.summary(assignment, result, target)


def test_nothing_of_a_download_is_left_behind_in_silence(course, packed, tmp_path) -> None:
    members = {
        "de_la_cruzjuan_510_9001_07_submission.zip": packed["right"],  # a name may hold what stands between the parts
        "LATE_anon_x7Kp2_9002_07_submission.zip": packed["right"],
        "doejane_501_9003_conv.py": b"old",
        "doejane_501_9010_conv-1.py": b"new",
        "doejane_501_9007_conv-2.py": b"older",
        "doejane_501_text.html": b"<p>I typed it in</p>",
    }
    result = collect.collect(course.assignments[0], download(tmp_path / "all.zip", members), tmp_path / "to")
    assert laid_out(tmp_path / "to") == {
        "anon_x7Kp2": ["07_submission.zip"], "de_la_cruzjuan-510": ["07_submission.zip"], "doejane-501": ["conv.py"],
    }
    assert (tmp_path / "to" / "doejane-501" / "conv.py").read_bytes() == b"new" and result.late == ["anon_x7Kp2"]
    assert result.problems == [
        *["doejane handed in conv.py twice: what was uploaded last was taken"] * 2,
        "doejane_501_text.html was not taken: its name does not say whose it is",
    ]


@pytest.mark.parametrize("hostile", ["aaa", "zzz"])
def test_a_name_that_ends_like_somebodys_number_takes_nobodys_place(course, packed, tmp_path, hostile: str) -> None:
    members = {
        f"{hostile}_501_777_90001_07_submission.zip": packed["wrong"],  # a person 777 who chose to be called aaa_501
        "doejane_501_9001_07_submission.zip": packed["right"],
        "ozgurmuller_502_9002_07_submission.zip": packed["right"],  # accents may be lost on the way, and the order of names
    }
    path = download(tmp_path / "all.zip", dict(sorted(members.items())))
    result = collect.collect(course.assignments[0], path, tmp_path / "to", table(tmp_path / "r.csv", CANVAS))
    assert laid_out(tmp_path / "to") == {"jdoe": ["07_submission.zip"], "omueller": ["07_submission.zip"]}
    assert (tmp_path / "to" / "jdoe" / "07_submission.zip").read_bytes() == packed["right"]
    assert result.missing == ["eve"], "Canvas's test student is nobody to be missed"
    assert f"jdoe is called {hostile} in the download, and otherwise in the roster" in result.problems
    assert any("jdoe is in the download twice" in problem and "the one that the roster calls so was taken" in problem for problem in result.problems)
    collect.collect(course.assignments[0], path, tmp_path / "without")
    assert laid_out(tmp_path / "without").keys() == {f"{hostile}-501", "doejane-501", "ozgurmuller-502"}


def test_a_download_may_hold_more_files_than_one_submission(course, packed, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(unpack, "MAX_ENTRIES", 10)
    monkeypatch.setattr(unpack, "MAX_CONTENTS", 1000)
    members = {f"learner_{i}_{900 + i}_conv.py": b"x = 1\n" for i in range(500, 600)}
    result = collect.collect(course.assignments[0], download(tmp_path / "all.zip", members), tmp_path / "to")
    assert len(result.learners) == 100


@pytest.mark.parametrize("layout", ["{}_4711_assignsubmission_file/", "{}_4711_assignsubmission_file_/", "{}_4711_assignsubmission_file_"])
def test_moodle(course, packed, tmp_path, layout: str) -> None:
    members = {
        layout.format("Jane Doe") + "07_submission.zip": packed["right"],
        layout.format("Özgür Müller") + "07_submission.zip": packed["wrong"],
        "Jane Doe_4711_assignsubmission_onlinetext/onlinetext.html": b"<p>Dear grader</p>",
    }
    people = table(tmp_path / "roster.csv", MOODLE)
    result = collect.collect(course.assignments[0], download(tmp_path / "all.zip", members), tmp_path / "to", people)
    assert laid_out(tmp_path / "to") == {"U-1": ["07_submission.zip"], "U-2": ["07_submission.zip"]}
    assert not result.problems and not result.missing


def test_gradescope(course, packed, tmp_path) -> None:
    about = """
submission_1:
  :submitters:
  - :name: Jane Doe
    :sid: U-1
    :email: jdoe@uni.example
  - :name: Özgür Müller
    :email: omueller@uni.example
  :created_at: 2026-03-04 17:59:58.25 Z
submission_2:
  :submitters: []
submission_3:
  :submitters:
  - :name: Max Moe
    :sid: U-9
"""
    members = {
        "assignment_5_export/submission_metadata.yml": about.encode(),
        "assignment_5_export/submission_1/07_filters.ipynb": b"{}",
        "assignment_5_export/submission_1/cnnlib/conv.py": b"x = 1\n",
        "assignment_5_export/submission_2/conv.py": b"",
        "notes.txt": b"",
    }
    result = collect.collect(course.assignments[0], download(tmp_path / "all.zip", members), tmp_path / "to", table(tmp_path / "r.csv", MOODLE))
    assert laid_out(tmp_path / "to") == dict.fromkeys(("U-1", "U-2"), ["07_filters.ipynb", "cnnlib/conv.py"]), "both of a group get their work"
    expected = datetime.datetime(2026, 3, 4, 17, 59, 58, tzinfo=datetime.UTC).timestamp()
    assert abs(os.stat(tmp_path / "to" / "U-1" / "cnnlib" / "conv.py").st_mtime - expected) < 1
    assert result.problems == [
        "Max Moe handed in submission_3 with no file in it",
        "submission_2 was not taken: submission_metadata.yml does not say whose it is",
        "notes.txt was not taken: its name does not say whose it is",
    ]


def test_collecting_again_replaces_learner_by_learner(course, packed, tmp_path) -> None:
    people, target = table(tmp_path / "r.csv", CANVAS), tmp_path / "to"
    for name in ("wrong", "right"):
        collect.collect(course.assignments[0], download(tmp_path / f"{name}.zip", {"doejane_501_1_07_submission.zip": packed[name]}), target, people)
        (target / "by_hand").mkdir(exist_ok=True)
    assert (target / "jdoe" / "07_submission.zip").read_bytes() == packed["right"] and (target / "by_hand").is_dir()
    assert sorted(path.name for path in target.iterdir()) == [collect.NAMES, "by_hand", "jdoe"]


def test_without_a_roster_names_and_numbers_are_the_ids(course, packed, tmp_path) -> None:
    collect.collect(course.assignments[0], download(tmp_path / "all.zip", {"doejane_501_1_07_submission.zip": packed["right"]}), tmp_path / "to")
    assert list(laid_out(tmp_path / "to")) == ["doejane-501"]


def test_two_people_of_one_name_are_for_a_person_to_tell(course, packed, tmp_path) -> None:
    people = table(tmp_path / "r.csv", MOODLE + "Jane;Doe;U-9;other@uni.example;-\n")
    members = {"Jane Doe_1_assignsubmission_file/07_submission.zip": packed["right"]}
    result = collect.collect(course.assignments[0], download(tmp_path / "all.zip", members), tmp_path / "to", people)
    assert list(laid_out(tmp_path / "to")) == ["Jane Doe"] and "Jane Doe stands for 2 people of the roster" in result.problems[0]


@pytest.mark.parametrize("content", [b"no zip", {"notes.txt": b"nothing"}, {"../../doe_1_2_x.zip": b""}])
def test_what_is_no_download_is_refused_with_a_sentence(course, tmp_path, content) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(content) if isinstance(content, bytes) else download(path, content)
    with pytest.raises(CourseError, match=r"stride collect 07 DOWNLOAD\.zip --to"):
        collect.collect(course.assignments[0], path, tmp_path / "to")
    assert not list(tmp_path.rglob("*_x.zip"))


@pytest.fixture(scope="module")
def graded(course, tmp_path_factory) -> Path:
    here = tmp_path_factory.mktemp("class")
    for learner, source in (("jdoe", toy_class.solution()), ("omueller", toy_class.without_bias()), ("stranger", toy_class.solution())):
        toy_class.hand_in(here / "submissions" / learner, course, source, {toy_class.WRITTEN: "It shifts."})
    grading.grade(course, "07", here / "submissions", here / "out", sandbox="none", progress=False)
    return here / "out"


def exported(course, kind: str, out: Path, target: Path, people: roster.Roster | None = None) -> tuple[list[list[str]], list[str]]:
    path, remarks = export.export(course, kind, out, target, people)
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig")))), remarks


def test_a_table_of_everything(course, graded, tmp_path) -> None:
    rows, remarks = exported(course, "csv", graded, tmp_path / "marks.csv")
    assert rows[0] == ["learner", "assignment", "points", "max_points", "late_penalty", "waits_for_a_person", "handed_in"]
    assert [row[:6] for row in rows[1:]] == [
        ["jdoe", "07", "26", "30", "0", "yes"], ["omueller", "07", "15", "30", "0", "yes"], ["stranger", "07", "26", "30", "0", "yes"],
    ]
    assert remarks == ["3 of 3 marks are not final: a person has still to mark something (formgrader)."]


def test_canvas_gets_its_own_table_back(course, graded, tmp_path) -> None:
    rows, remarks = exported(course, "canvas", graded, tmp_path / "marks.csv", table(tmp_path / "roster.csv", CANVAS))
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "07 Filters (991)"],
        ["    Points Possible", "", "", "", "", "30"],
        ["Doe, Jane", "501", "U-1", "jdoe", "A", "26"],
        ["Müller, Özgür", "502", "U-2", "omueller", "A", "15"],
        ["'=HYPERLINK(0), Eve", "503", "U-3", "eve", "B", ""],
        ["Student, Test", "599", "", "", "A", ""],
    ]
    assert "Not in the roster, or there more than once: stranger." in remarks


def test_moodle_gets_its_own_column(course, graded, tmp_path) -> None:
    rows, _ = exported(course, "moodle", graded, tmp_path / "marks.csv", table(tmp_path / "roster.csv", MOODLE))
    assert rows[0] == ["First name", "Last name", "ID number", "Email address", "Assignment: 07 Filters (Real)"]
    assert [row[-1] for row in rows[1:]] == ["26", "15"]


def test_gradescope_and_tables_without_a_roster(course, graded, tmp_path) -> None:
    rows, _ = exported(course, "gradescope", graded, tmp_path / "a.csv")
    assert rows[1][1:7] == ["jdoe", "", "07 Filters", "26", "30", "Ungraded"]
    rows, _ = exported(course, "moodle", graded, tmp_path / "b.csv")
    assert rows == [["Username", "07 Filters"], ["jdoe", "26"], ["omueller", "15"], ["stranger", "26"]]
    rows, _ = exported(course, "canvas", graded, tmp_path / "c.csv")
    assert rows[1][0].strip() == "Points Possible" and rows[2] == ["", "", "", "jdoe", "", "26"]


def test_what_nothing_could_be_judged_in_is_no_zero(course, tmp_path) -> None:
    toy_class.hand_in(tmp_path / "class" / "jdoe", course)
    (tmp_path / "class" / "omueller").mkdir()
    (tmp_path / "class" / "omueller" / "work.zip").write_bytes(b"PK")
    stub = (course.root / "cnnlib" / "conv.py").read_text()
    toy_class.hand_in(tmp_path / "class" / "eve", course, stub)
    grading.grade(course, "07", tmp_path / "class", tmp_path / "out", sandbox="none", progress=False)
    for kind, column in (("canvas", -1), ("moodle", -1), ("csv", 2), ("gradescope", 4)):
        rows, remarks = exported(course, kind, tmp_path / "out", tmp_path / "marks.csv")
        found = {name: row[column] for row in rows for name in ("jdoe", "omueller", "eve") if name in row}
        assert found == {"jdoe": "26", "omueller": "", "eve": "0"}, kind
        assert any("Left empty, because nothing in it could be judged yet (stride queue says why): omueller (07)." in remark for remark in remarks)
    with Gradebook(f"sqlite:///{tmp_path / 'out' / 'gradebook.db'}") as book:
        for cell in (*(f"check-conv-{name}" for name in ("conv2d_forward", "correlate2d")), toy_class.WRITTEN):
            mark = book.find_grade(cell, "07_filters", "07", "omueller")
            mark.manual_score, mark.needs_manual_grade = 0, False
        book.db.commit()
    rows, _ = exported(course, "moodle", tmp_path / "out", tmp_path / "marks.csv")
    assert ["omueller", "0"] in rows, "a person's 0 is one"


def test_no_cell_is_a_formula() -> None:
    for formula in ("=1+1", "@x", "-1", "+1", "\t=1", "\r=1", "\n=1", "\uff1d1"):
        assert export.safe(formula) == f"'{formula}"
    assert (export.safe("jdoe"), export.safe(-0.5)) == ("jdoe", "-0.5")


def test_what_a_user_can_mend_is_one_sentence(course, graded, tmp_path) -> None:
    with pytest.raises(CourseError, match="There is no gradebook in .*stride grade"):
        export.export(course, "csv", tmp_path, tmp_path / "x.csv")
    (tmp_path / "r.csv").write_text("colour,size\nred,3\n")
    with pytest.raises(CourseError, match="names nobody: one of its columns should be called"):
        roster.read(tmp_path / "r.csv")
    (tmp_path / "r.csv").write_bytes(b"\xff\xfe\x00learner")
    with pytest.raises(CourseError, match="not a table in UTF-8"):
        roster.read(tmp_path / "r.csv")
