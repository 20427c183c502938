"""`stride collect`: what a learning management system gives to download → one entry per learner, as `stride grade` takes it.

Canvas, Moodle and Gradescope each pack a class into a zip and each name its members in a way of their own. The names say who it is
from; the roster says under which id that person is graded. The time of handing in is the system's, not a file's own.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from autograder import files
from autograder.classroom import intake, unpack
from autograder.classroom.intake import MAX_ZIP
from autograder.classroom.roster import Roster
from autograder.classroom.unpack import Entry, Refused, shown
from autograder.course import Assignment, CourseError

# doejane_LATE_12345_67890_02_submission.zip: name, late or not, user, submission, the file as it was called
CANVAS = re.compile(r"(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<user>\d+)_(?P<submission>\d+)_(?P<file>[^/]+)")
# Jane Doe_12345_assignsubmission_file/02_submission.zip (older: the folder ends in an underscore, or there is none)
MOODLE = re.compile(r"(?P<name>[^/]+?)_(?P<user>\d+)_assignsubmission_(?P<kind>file|onlinetext)(_?/|_)(?P<file>.+)")
# assignment_123_export/submission_4567/02_submission.zip, and who it is in submission_metadata.yml
GRADESCOPE = re.compile(r"(?:[^/]+/)?(?P<submission>submission_\d+)/(?P<file>.+)")
METADATA = "submission_metadata.yml"
NAMES = ".names.json"  # what the system puts before each learner's files: by it, feedback finds its way back
ELSEWHERE = "Make room, or choose another folder with --to, then run it again"
RESUBMITTED = re.compile(r"-\d+(?=\.\w+$)")  # Canvas: 02_submission-3.zip is the fourth one


@dataclass
class Parcel:
    """What one person handed in: file name -> how to read it, and when the system got it (None: it does not say)."""

    names: list[str]  # everything that the system calls this person by, the most certain first
    files: dict[str, Entry] = field(default_factory=dict)
    when: datetime.datetime | None = None
    late: bool = False
    place: str = ""  # what the system puts before its files, where feedback under that name finds its way back

    def add(self, name: str, entry: Entry, when: datetime.datetime | None) -> None:
        """One more file; what was handed in last says when."""
        self.files[name] = entry
        self.when = max(filter(None, (self.when, when)), default=None)


@dataclass
class Collected:
    """How it went: learners whose work lies in the folder now, and what a person should look at."""

    learners: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


def collect(assignment: Assignment, download: Path, target: Path, roster: Roster | None = None) -> Collected:
    """Lay a download out as TARGET/<learner>/…, with the times of the system. What is there already is replaced learner by learner.

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
            entries, refused = unpack.archive(file, lambda name: True)
            times = {member.filename: datetime.datetime(*member.date_time) for member in zipfile.ZipFile(file).infolist()}
        except (Refused, zipfile.BadZipFile, ValueError) as error:
            raise CourseError(f"{download} cannot be unpacked ({error}). {again}") from error
        result.problems += refused
        parcels = _parcels(entries, times)
        if not parcels:
            raise CourseError(f"{download} is not named as Canvas, Moodle or Gradescope name what was handed in. {again}")
        taken: dict[str, Parcel] = {}
        for parcel in parcels:
            learner, problem = _learner(parcel, roster)
            if problem:
                result.problems.append(problem)
            if learner in taken:
                both = f"as {shown(taken[learner].names[0])} and {shown(parcel.names[0])}"
                result.problems.append(f"{learner} is in the download twice, {both}: the later one was taken")
                if _stamp(parcel) < _stamp(taken[learner]):
                    continue
            taken[learner] = parcel
        for learner, parcel in sorted(taken.items()):
            _lay_out(target, learner, parcel, result)
        _remember(target, {learner: taken[learner].place for learner in result.learners})
    if roster:
        result.missing = sorted(person.learner for person in roster.people if intake.learner_id(person.learner)[0] not in taken)
    return result


def summary(assignment: Assignment, result: Collected, target: Path) -> str:
    """A few lines for the terminal."""
    lines = [f"{len(result.learners)} submissions in {target}."]
    if result.late:
        lines.append(f"Late by the system's word: {', '.join(result.late)}.")
    if result.missing:
        lines.append(f"In the roster and not in the download: {', '.join(result.missing)}.")
    lines += [f"To look at: {problem}." for problem in result.problems]
    return "\n".join([*lines, f"Go on: stride grade {assignment.id} --submissions {target} --out out/graded"])


def _parcels(entries: list[Entry], times: dict[str, datetime.datetime]) -> list[Parcel]:
    """The members of the download by person, whichever system made it."""
    for read in (_gradescope, _moodle, _canvas):
        found = list(read(entries, times))
        if found:
            return found
    return []


def _canvas(entries: list[Entry], times: dict[str, datetime.datetime]) -> Iterator[Parcel]:
    parcels: dict[str, Parcel] = {}
    for entry in entries:
        match = CANVAS.fullmatch(entry.path)
        if match:
            parcel = parcels.setdefault(match["user"], Parcel([match["user"], match["name"]]))
            parcel.add(RESUBMITTED.sub("", match["file"]), entry, times.get(entry.path))
            parcel.late |= bool(match["late"])
            parcel.place = entry.path.removesuffix(match["file"])
    yield from parcels.values()


def _moodle(entries: list[Entry], times: dict[str, datetime.datetime]) -> Iterator[Parcel]:
    parcels: dict[str, Parcel] = {}
    for entry in entries:
        match = MOODLE.fullmatch(entry.path)
        if match and match["kind"] == "file":
            # The number is the participant's in this assignment: only the name leads to the person.
            parcel = parcels.setdefault(f"{match['name']}_{match['user']}", Parcel([match["name"]]))
            parcel.add(match["file"], entry, times.get(entry.path))
            parcel.place = f"{match['name']}_{match['user']}_assignsubmission_file_/"
    yield from parcels.values()


def _gradescope(entries: list[Entry], times: dict[str, datetime.datetime]) -> Iterator[Parcel]:
    metadata = next((entry for entry in entries if entry.name == METADATA), None)
    if metadata is None:
        return
    try:
        known = yaml.safe_load(metadata.read(64 << 20))
    except (yaml.YAMLError, Refused, UnicodeDecodeError):
        return
    folders: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        match = GRADESCOPE.fullmatch(entry.path)
        if match:
            folders.setdefault(match["submission"], {})[match["file"]] = entry
    for submission, facts in known.items() if isinstance(known, dict) else ():
        facts = {str(key).lstrip(":"): value for key, value in facts.items()} if isinstance(facts, dict) else {}  # a Ruby program writes it
        people = facts.get("submitters")
        for person in people if isinstance(people, list) else ():
            told = {str(key).lstrip(":"): str(value) for key, value in person.items()} if isinstance(person, dict) else {}
            names = [told[key] for key in ("sid", "email", "name") if told.get(key)]
            if names and submission in folders:
                yield Parcel(names, dict(folders[submission]), _moment(facts.get("created_at")))


def _moment(value: object) -> datetime.datetime | None:
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = datetime.datetime.fromisoformat(value)
    return value if isinstance(value, datetime.datetime) else None


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
            return intake.learner_id(found[0].learner)[0], ""
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
        for path in (*draft.rglob("*"), draft) if parcel.when else ():
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
    return parcel.when.timestamp() if parcel.when else 0.0
