"""`stride collect`: what a learning management system gives to download → one entry per learner, as `stride grade` takes it.

Canvas, Moodle and Gradescope each pack a class into a zip and each name its members in a way of their own. The names say who it is
from; the roster says under which id that person is graded. The time of handing in is what the system says of it, never a time in the zip:
Canvas and Moodle date its members by the download, and would make the whole class late.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from autograder import files
from autograder.cards.escape import printable
from autograder.classroom import intake, unpack
from autograder.classroom.intake import MAX_ZIP
from autograder.classroom.roster import Roster, moment, plain
from autograder.classroom.unpack import Entry, Refused, shown
from autograder.course import Assignment, CourseError, Late

# doejane_LATE_12345_67890_02_submission.zip: name, late or not, user, attachment, the file as it was called.
# Where names are hidden: LATE_anon_x7Kp2_67890_02_submission.zip. A name may have underscores of its own.
CANVAS = re.compile(
    r"(?:(?P<hidden>LATE_)?(?P<anon>anon_[0-9A-Za-z]+)|(?P<name>[^/]+?)_(?P<late>LATE_)?(?P<user>\d+))_(?P<attachment>\d+)_(?P<file>[^/]+)"
)
# Jane Doe_12345_assignsubmission_file/02_submission.zip (older: the folder ends in an underscore, or there is none)
MOODLE = re.compile(r"(?P<name>[^/]+?)_(?P<user>\d+)_assignsubmission_(?P<kind>file|onlinetext)(_?/|_)(?P<file>.+)")
# assignment_123_export/submission_4567/02_submission.zip, and who it is in submission_metadata.yml
GRADESCOPE = re.compile(r"(?:[^/]+/)?(?P<submission>submission_\d+)/(?P<file>.+)")
METADATA = "submission_metadata.yml"
NAMES = ".names.json"  # what the system puts before each learner's files: by it, feedback finds its way back
ELSEWHERE = "Make room, or choose another folder with --to, then run it again"
RESUBMITTED = re.compile(r"-\d+(?=\.\w+$)")  # Canvas: 02_submission-3.zip is the fourth one
CANVAS_TEST = "Student, Test"  # nobody; Canvas has one in every course
MOST, CONTENTS = 500_000, 128 << 20  # files of a whole class, and bytes of their table of contents
NAMED = 10  # so many files that are nobody's are told by name
UNKNOWN = 0.0  # the file system's time of what the system does not date: `stride grade` knows no lateness of it


@dataclass
class Parcel:
    """What one person handed in: file name -> how to read it, and when the system got it (None: it does not say)."""

    names: list[str]  # everything that the system calls this person by, the most certain first
    files: dict[str, Entry] = field(default_factory=dict)
    when: datetime.datetime | None = None
    late: bool | None = None  # the system's own word, where it has one
    place: str = ""  # what the system puts before its files, where feedback under that name finds its way back
    doubtful: bool = False  # the roster calls the person otherwise
    newest: dict[str, int] = field(default_factory=dict)  # file name -> the system's number of what was uploaded


Read = tuple[list[Parcel], list[str]]  # what one system's download holds, and what in it is for a person to look at


@dataclass
class Collected:
    """How it went: learners whose work lies in the folder now, and what a person should look at."""

    learners: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    undated: list[str] = field(default_factory=list)  # the assignment has a date, and the system does not say when theirs came
    guessed: list[str] = field(default_factory=list)  # of those that are late, those of which it does not say by how much


def collect(assignment: Assignment, download: Path, target: Path, roster: Roster | None = None, late: Late | None = None) -> Collected:
    """Lay a download out as TARGET/<learner>/…, with the times of the system. What is there already is replaced learner by learner.

    late  the course's rule: work of which the system says no more than that it is late counts as late by one day

    Raises CourseError when the download is no zip of a kind that we know.
    """
    again = f"Give the zip that Canvas, Moodle or Gradescope offers for all submissions: stride collect {assignment.id} DOWNLOAD.zip --to {target}"
    try:
        file = download.open("rb")
    except OSError as error:
        raise CourseError(f"{download} cannot be read ({error.strerror}). {again}") from error
    result = Collected()
    with file:
        try:
            entries, refused = unpack.archive(file, lambda name: True, MOST, CONTENTS)
        except Refused as error:
            raise CourseError(f"{download} cannot be unpacked ({error}). {again}") from error
        parcels, problems = _parcels(entries)
        result.problems += refused + problems
        if not parcels:
            raise CourseError(f"{download} is not named as Canvas, Moodle or Gradescope name what was handed in. {again}")
        taken: dict[str, Parcel] = {}
        for parcel in parcels:
            learner, problem = _learner(parcel, roster)
            if problem:
                result.problems.append(problem)
            if learner in taken:
                both = f"as {shown(taken[learner].names[-1])} and {shown(parcel.names[-1])}"
                which = "the later one" if parcel.doubtful == taken[learner].doubtful else "the one that the roster calls so"
                result.problems.append(f"{learner} is in the download twice, {both}: {which} was taken")
                if (not parcel.doubtful, _stamp(parcel)) < (not taken[learner].doubtful, _stamp(taken[learner])):
                    continue
            taken[learner] = parcel
        for learner, parcel in sorted(taken.items()):
            _date(learner, parcel, assignment, roster, late, result)
            _lay_out(target, learner, parcel, result)
        _remember(target, {learner: taken[learner].place for learner in result.learners})
    if roster:
        absent = [person for person in roster.people if intake.learner_id(person.learner)[0] not in taken]
        result.missing = sorted(person.learner for person in absent if plain(CANVAS_TEST) not in person.names)
    return result


def summary(assignment: Assignment, result: Collected, target: Path) -> str:
    """A few lines for the terminal."""
    lines = [f"{len(result.learners)} submissions in {target}."]
    if result.late:
        lines.append(f"Late by the system's word: {', '.join(result.late)}.")
    if result.guessed:
        one = shlex.quote(str(target / result.guessed[0]))
        lines.append(f"By how much it does not say of {', '.join(result.guessed)}: that counts as one day. When you know the time, set it before "
                     f"you grade: touch -d '{assignment.due:%Y-%m-%d} 23:45' {one} {one}/*")
    if result.undated:
        lines.append(f"When the work of {len(result.undated)} of them came, the download does not say: it counts as on time. "
                     "Moodle's grading worksheet does say: give it as --roster.")
    if result.missing:
        lines.append(f"In the roster and not in the download: {', '.join(result.missing)}.")
    lines += [f"To look at: {problem}." for problem in result.problems]
    return printable("\n".join([*lines, f"Go on: stride grade {assignment.id} --submissions {target} --out out/graded"]))


def _parcels(entries: list[Entry]) -> Read:
    """The members of the download by person, whichever system made it."""
    for read in (_gradescope, _moodle, _canvas):
        found = read(entries)
        if found[0]:
            return found
    return [], []


def _nobodys(paths: list[str]) -> list[str]:
    """What is said of files that belong to nobody: none is left behind in silence."""
    more = [f"{len(paths) - NAMED} more files were not taken either"] if len(paths) > NAMED else []
    return [f"{shown(path)} was not taken: its name does not say whose it is" for path in paths[:NAMED]] + more


def _canvas(entries: list[Entry]) -> Read:
    parcels: dict[tuple[str, str | None], Parcel] = {}
    strange: list[str] = []
    problems: list[str] = []
    for entry in entries:
        match = CANVAS.fullmatch(entry.path)
        if not match:
            strange.append(entry.path)
            continue
        who = match["anon"] or match["user"]
        # By number and name: who may choose a name that ends like a number of somebody else's must not get into their folder.
        parcel = parcels.setdefault((who, match["name"]), Parcel([who, match["name"]] if match["name"] else [who]))
        parcel.late = bool(parcel.late or match["late"] or match["hidden"])
        name, number = RESUBMITTED.sub("", match["file"]), int(match["attachment"])
        if name in parcel.files:
            problems.append(f"{shown(parcel.names[-1])} handed in {shown(name)} twice: what was uploaded last was taken")
        if number >= parcel.newest.get(name, 0):
            parcel.files[name], parcel.newest[name] = entry, number
            parcel.place = entry.path.removesuffix(match["file"])
    return list(parcels.values()), problems + _nobodys(strange)


def _moodle(entries: list[Entry]) -> Read:
    parcels: dict[str, Parcel] = {}
    strange: list[str] = []
    for entry in entries:
        match = MOODLE.fullmatch(entry.path)
        if not match:
            strange.append(entry.path)
        elif match["kind"] == "file":
            # The number is the participant's in this assignment: only the name leads to the person.
            parcel = parcels.setdefault(f"{match['name']}_{match['user']}", Parcel([match["name"]]))
            parcel.files[match["file"]] = entry
            parcel.place = f"{match['name']}_{match['user']}_assignsubmission_file_/"
    return list(parcels.values()), _nobodys(strange)


def _gradescope(entries: list[Entry]) -> Read:
    metadata = next((entry for entry in entries if entry.name == METADATA), None)
    if metadata is None:
        return [], []
    try:
        known = yaml.safe_load(metadata.read(64 << 20))
    except (yaml.YAMLError, Refused, UnicodeDecodeError):
        return [], []
    folders: dict[str, dict[str, Entry]] = {}
    strange: list[str] = []
    for entry in entries:
        match = GRADESCOPE.fullmatch(entry.path)
        if match:
            folders.setdefault(match["submission"], {})[match["file"]] = entry
        elif entry is not metadata:
            strange.append(entry.path)
    parcels: list[Parcel] = []
    problems: list[str] = []
    whose = set()
    for submission, facts in known.items() if isinstance(known, dict) else ():
        facts = {str(key).lstrip(":"): value for key, value in facts.items()} if isinstance(facts, dict) else {}  # a Ruby program writes it
        people = facts.get("submitters")
        for person in people if isinstance(people, list) else ():
            told = {str(key).lstrip(":"): str(value) for key, value in person.items()} if isinstance(person, dict) else {}
            names = [told[key] for key in ("sid", "email", "name") if told.get(key)]
            if names and submission in folders:
                whose.add(submission)
                parcels.append(Parcel(names, dict(folders[submission]), _moment(facts.get("created_at"))))
            elif names:
                problems.append(f"{shown(names[-1])} handed in {shown(str(submission))} with no file in it")
    problems += [f"{shown(submission)} was not taken: {METADATA} does not say whose it is" for submission in folders if submission not in whose]
    return parcels, problems + _nobodys(strange)


def _moment(value: object) -> datetime.datetime | None:
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = datetime.datetime.fromisoformat(value)
    return value if isinstance(value, datetime.datetime) else None


def _date(learner: str, parcel: Parcel, assignment: Assignment, roster: Roster | None, late: Late | None, result: Collected) -> None:
    """Find out when it came, as far as the system says, and write down what it does not."""
    due = assignment.due
    said = next((person.handed_in for name in parcel.names for person in (roster.find(name) if roster else ())), "")
    if parcel.when is None and said:
        parcel.when = moment(said, due.tzinfo if due else None)
        if parcel.when is None:
            result.problems.append(f"{learner}: the roster's time of handing in, {shown(said)}, is none that can be read")
    if due is None:
        return
    if parcel.when is None and parcel.late:
        parcel.when = due + datetime.timedelta(minutes=(late.grace_minutes if late else 0) + 1)
        result.guessed.append(learner)
    if parcel.when is not None:
        parcel.late = parcel.late or _stamp(parcel) > due.timestamp()
    elif parcel.late is None:
        result.undated.append(learner)


def _learner(parcel: Parcel, roster: Roster | None) -> tuple[str, str]:
    """The id to be graded under, and what is doubtful about it ("": nothing)."""
    if roster is None:
        # Canvas's number alone would tell a person nothing.
        name = f"{parcel.names[1]}-{parcel.names[0]}" if len(parcel.names) == 2 and parcel.names[0].isdecimal() else parcel.names[0].partition("@")[0]
        return intake.learner_id(name)[0], ""
    stranger = intake.learner_id("-".join(parcel.names[::-1]))[0]
    for name in parcel.names:
        found = roster.find(name)
        if len(found) == 1:
            learner = intake.learner_id(found[0].learner)[0]
            parcel.doubtful = len(parcel.names) > 1 and not found[0].is_called(parcel.names[-1])
            return learner, f"{learner} is called {shown(parcel.names[-1])} in the download, and otherwise in the roster" if parcel.doubtful else ""
        if found:
            return stranger, f"{shown(name)} stands for {len(found)} people of the roster: rename the folder {stranger}"
    return stranger, f"{shown(parcel.names[-1])} is not in the roster: the folder is called {stranger}"


def _lay_out(target: Path, learner: str, parcel: Parcel, result: Collected) -> None:
    """Write a learner's files, beside their place first, with the system's time on each: by that `stride grade` knows when it came."""
    folder, draft = target / learner, target / f".{learner}.tmp"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        for name, entry in parcel.files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(entry.read(MAX_ZIP))
        for path in (*draft.rglob("*"), draft):
            os.utime(path, (_stamp(parcel), _stamp(parcel)))
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
        result.learners.append(learner)
        if parcel.late:
            result.late.append(learner)
    except Refused as error:
        result.problems.append(f"{learner}: {error}")
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        result.problems.append(f"{learner}: a file and a folder have the same name")
    except OSError as error:
        raise CourseError(f"{target} cannot be written ({error.strerror}). {ELSEWHERE}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _remember(target: Path, places: dict[str, str]) -> None:
    """Write down under which names the submissions came, beside those that came before."""
    try:
        before = json.loads((target / NAMES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = {}
    now = (before if isinstance(before, dict) else {}) | places
    text = json.dumps({learner: place for learner, place in sorted(now.items()) if place}, indent=1, ensure_ascii=False) + "\n"
    try:
        files.write_all({target / NAMES: text.encode("utf-8", "replace")})
    except OSError as error:
        raise CourseError(f"{target} cannot be written ({error.strerror}). {ELSEWHERE}") from error


def _stamp(parcel: Parcel) -> float:
    return parcel.when.timestamp() if parcel.when else UNKNOWN
