"""Files of a graded folder that something has damaged: whatever can be mended is, the rest is one sentence, and nothing is deleted silently."""

from __future__ import annotations

import fcntl
import itertools
import json
import re
import sqlite3
import sys
from pathlib import Path

import pytest

from autograder import files
from autograder.classroom import grading
from autograder.course import CourseError
from autograder.verdict import Verdict
from tests import toy_class

VERDICTS = [
    Verdict("conv.conv2d_forward", "passed", 18.0, 18.0, (), None, "All aspects hold."),
    Verdict("conv.correlate2d", "failed", 3.0, 8.0, (), None, "The kernel is turned."),
]


class Graded:
    """Two learners' work, with verdicts put in by hand: `judged` counts how often."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.course = toy_class.make_course(root / "course")
        self.here, self.out, self.judged = root / "submissions", root / "out", 0
        toy_class.hand_in(self.here / "anna", self.course)
        toy_class.hand_in(self.here / "bert", self.course, toy_class.without_bias())
        monkeypatch.setattr(grading, "judge_all", self._judge)
        self.grade()

    def _judge(self, tasks, workers):
        for key, _ in tasks:
            self.judged += 1
            yield key, VERDICTS

    def grade(self):
        self.judged = 0
        return grading.grade(self.course, "07", self.here, self.out, 1, "none", progress=False)

    def refuses(self, sentence: str) -> str:
        """Grading says it, and nothing but the journal's folder has been touched."""
        before = self.content()
        with pytest.raises(CourseError, match=sentence) as raised:
            self.grade()
        assert "\n" not in str(raised.value) and self.content() == before and not self.judged
        return str(raised.value)

    def content(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.out.rglob("*") if path.is_file()}


@pytest.fixture
def graded(tmp_path, monkeypatch):
    return Graded(tmp_path, monkeypatch)


GARBAGE = {
    "bytes": bytes(range(256)),
    "zeros": bytes(9999),
    "not UTF-8": b'{"key": "\xff\xfe", "verdicts": []}',
    "too deep": b"[" * 200_000,
    "another form": b'["key", "verdicts"]',
    "no list": b'{"key": "k", "verdicts": 7}',
    "no verdict": b'{"key": "k", "verdicts": [null]}',
    "no name": b'{"key": ["k"], "verdicts": []}',
    "no aspects": json.dumps({"key": "k", "verdicts": [VERDICTS[0].to_dict() | {"aspects": [1]}]}).encode(),
    "a huge number": b'{"key": ' + b"9" * 9999 + b', "verdicts": []}',
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_a_journal_with_garbage_in_it_keeps_the_rest(graded, garbage):
    path = graded.out / "journal.jsonl"
    before, (first, second) = graded.content(), path.read_bytes().splitlines(keepends=True)
    path.write_bytes(garbage + b"\n" + first + garbage + b"\n" + second + garbage)
    graded.grade()
    assert not graded.judged
    path.write_bytes(garbage + first + second + garbage)  # the first line is lost: that one, and no other, is judged again
    graded.grade()
    assert graded.judged == 1
    graded.grade()
    assert not graded.judged
    assert {name: data for name, data in graded.content().items() if name != path} == {
        name: data for name, data in before.items() if name != path and name.name != "gradebook.db"
    } | {graded.out / "gradebook.db": (graded.out / "gradebook.db").read_bytes()}


def test_a_line_that_says_something_else_than_was_written_is_judged_again(graded):
    path = graded.out / "journal.jsonl"
    whole = path.read_bytes()
    points, sum_ = (re.search(pattern, whole).start(1) for pattern in (rb'"points": (\d)', rb'"sha256": "(.)'))
    for place in (points, sum_, sum_ - 6):  # more points; another checksum; a line that seems to be of an older journal
        path.write_bytes(whole[:place] + (b"7" if whole[place : place + 1] != b"7" else b"8") + whole[place + 1 :])
        graded.grade()
        assert graded.judged == 1
    path.write_bytes(re.sub(rb', "sha256": "[0-9a-f]+"', b"", whole))
    graded.grade()
    assert not graded.judged  # a journal of before there were checksums


@pytest.mark.parametrize("length", [0, 1, 40, -1])
def test_a_journal_that_was_cut_short(graded, length):
    path = graded.out / "journal.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:length])
    graded.grade()
    assert graded.judged == (0 if length == -1 else 1)  # only the end of the line is missing: all of it is there
    graded.grade()
    assert not graded.judged


def test_a_journal_that_cannot_be_read(graded):
    path = graded.out / "journal.jsonl"
    path.unlink()
    path.mkdir()
    assert "mv " in graded.refuses("journal.jsonl cannot be read or written.*run the same command again")


@pytest.mark.parametrize("length", [0, 1, 100, -3])
def test_results_that_were_cut_short_are_not_thrown_away(graded, length):
    """They may hold other assignments' results."""
    path = graded.out / "results.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:length])
    mend = re.search(r"\(mv (\S+) (\S+)\)", graded.refuses("results.json is damaged.*grade each assignment again"))
    Path(mend[1]).rename(mend[2])
    graded.grade()
    assert path.read_bytes() == whole and not graded.judged


def _of_another_program(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")


def _half_made(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE alembic_version")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a database " * 999),
        lambda path: path.write_bytes(path.read_bytes()[:20_000]),
        lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\0" * 8192 + path.read_bytes()[12288:]),
        _of_another_program,
        _half_made,
    ],
    ids=["empty", "garbage", "cut short", "zeros in it", "another program's", "half made"],
)
def test_a_damaged_gradebook_is_never_replaced_silently(graded, damage):
    damage(graded.out / "gradebook.db")
    said = graded.refuses("gradebook.db is not a gradebook of nbgrader, or damaged.*backup.*run the same command again")
    mend = re.search(r"\(mv (\S+) (\S+)\)", said)
    Path(mend[1]).rename(mend[2])
    assert [result["points"] for result in graded.grade()] == [21, 21] and not graded.judged


def test_half_a_transaction_of_a_gradebook_that_is_gone_mends_no_other(graded):
    (graded.out / "gradebook.db").unlink()
    (graded.out / "gradebook.db-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504))
    graded.refuses("gradebook.db-journal belongs to a gradebook that is not there any more.*mv .*run the same command again")


def test_what_killed_writers_left_is_swept_and_nothing_else(graded):
    before = {path for path in graded.out.rglob("*") if path.is_file()}
    for name in (".results.json.4711.tmp", ".gradebook.db.12.tmp", ".gradebook.db.12.tmp-journal", "feedback/anna/07/.07_filters.html.9.tmp"):
        (graded.out / name).write_bytes(b"half")
    ours = [graded.out / name for name in ("notes.tmp", ".notes.tmp", "a.1.tmp", "feedback/.old.tmp.bak")]
    for path in ours:
        path.write_bytes(b"a person's")
    graded.grade()
    assert {path for path in graded.out.rglob("*") if path.is_file()} == before | set(ours)


def test_files_are_written_together_or_not_at_all(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(OSError):
        files.write_all({tmp_path / "a": b"new", tmp_path / "a" / "below a file": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("place", ["builtins.open", "os.fsync", "os.replace"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_no_file_is_ever_seen_half_written(tmp_path, monkeypatch, place, number):
    """Stopped right after any step, each file is what it was or what it shall be."""
    paths, steps = [tmp_path / name for name in "abc"], itertools.count()
    for path in paths:
        path.write_bytes(b"old")
    module, name = place.split(".")
    step = getattr(sys.modules[module], name)

    def stop(*arguments, **named):
        done = step(*arguments, **named)
        if next(steps) == number:
            if place == "builtins.open":
                done.close()
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(sys.modules[module], name, stop)
    with pytest.raises(KeyboardInterrupt):
        files.write_all({path: b"new" for path in paths})
    monkeypatch.undo()
    expected = {path: b"new" if place == "os.replace" and index <= number else b"old" for index, path in enumerate(paths)}
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == expected


def test_no_report_is_made_while_a_grader_is_at_work(graded):
    """It would write back the results that it has read before the grader's."""
    before = graded.content()
    with open(graded.out / ".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CourseError, match="Another stride grade is at work"):
            grading.report_anew(graded.course, graded.out)
    assert graded.content() == before
