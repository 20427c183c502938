"""Taking submissions in: from a folder with one entry per learner to exactly the files that are graded.

An entry is a folder, a zip or a single notebook. Only what the assignment names is taken, wherever in the entry it lies; the
rest is rebuilt from the master. Whatever is wrong is written down for the TA's queue, and costs nothing that is right.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder import artefacts
from autograder.authoring.notebooks import slug
from autograder.classroom import cells, unpack
from autograder.classroom.cells import Notebook
from autograder.classroom.unpack import Entry, Refused, shown
from autograder.course import Assignment, Course, CourseError
from autograder.exercise import file_of

MAX_NOTEBOOK = 256 << 20  # a notebook may carry outputs, which are dropped
MAX_MODULE = 1 << 20
MAX_ZIP = 512 << 20
LEARNER = re.compile(r"[^\W_][\w.@-]*( [\w.@-]+)*")  # safe as a path, in nbgrader's globs and in a spreadsheet
OTHER_ARCHIVES = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z")


@dataclass
class Submission:
    """What one learner handed in for one assignment.

    files      "cnnlib/conv.py" -> source as UTF-8, of the files that the assignment names and that could be read
    notebook   the learner's cells, or None when there is no readable notebook
    problems   what a person should look at, each a clause: the submission goes to the TA's queue
    notes      what was mended on the way and needs nobody
    timestamp  when it was handed in, as nbgrader writes it ("" when unknown)
    artefacts  "lenet5.npz" -> bytes, of the results that are handed in as files
    """

    learner: str
    assignment: str
    files: dict[str, bytes] = field(default_factory=dict)
    notebook: Notebook | None = None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    timestamp: str = ""
    artefacts: dict[str, bytes] = field(default_factory=dict)

    def answer(self, exercise_id: str, variable: str) -> str | None:
        """The source of the answer cell of an exercise, also when the cell has lost its metadata; None without one."""
        if self.notebook is None:
            return None
        cell = self.notebook.cells.get(f"answer-{slug(exercise_id)}")
        return cell.source if cell else self.notebook.assigning(variable)

    @property
    def digest(self) -> str:
        """sha256 over everything that is graded: the files, and the learner's cells."""
        parts = dict(self.files) | {f"artefact:{name}": data for name, data in self.artefacts.items()}
        if self.notebook:
            parts |= {f"cell:{id}": cell.source.encode("utf-8", "replace") for id, cell in self.notebook.cells.items()}
            parts |= {f"loose:{i}": source.encode("utf-8", "replace") for i, source in enumerate(self.notebook.loose)}
        return digest(parts)


def digest(parts: Mapping[str, bytes]) -> str:
    """sha256 over named bytes, whatever their order."""
    total = hashlib.sha256()
    for name in sorted(parts):
        for piece in (name.encode("utf-8", "replace"), parts[name]):
            total.update(len(piece).to_bytes(8, "big") + piece)
    return total.hexdigest()


def find(folder: Path, assignment: Assignment) -> dict[str, list[Path]]:
    """The entries of the folder, by learner. Raises CourseError when there is no such folder or nothing in it."""
    again = f"stride grade {assignment.id} --submissions DIR --out OUT, with one folder, zip or notebook per learner in DIR"
    if not folder.exists():
        raise CourseError(f"There is no folder {folder}. Name the one with the submissions: {again}")
    if not folder.is_dir():
        raise CourseError(f"{folder} is a file, not a folder of submissions. Unpack it (unzip {folder} -d submissions), then: {again}. "
                          f"If Canvas, Moodle or Gradescope made it: stride collect {assignment.id} {folder} --to DIR")
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        raise CourseError(f"{folder} cannot be read ({error.strerror}). Make it readable (chmod -R u+rX {folder}), then: {again}") from error
    found: dict[str, list[Path]] = {}
    for path in children:
        suffixes = (".zip", ".ipynb", *OTHER_ARCHIVES)
        if path.name.startswith((".", "__")) or not path.is_dir() and not path.is_symlink() and path.suffix.lower() not in suffixes:
            continue
        found.setdefault(learner_id(_stem(path))[0], []).append(path)
    if not found:
        raise CourseError(f"{folder} holds no submissions. Hand them over like this: {again}")
    return found


def learner_id(stem: str) -> tuple[str, bool]:
    """A learner's id from the name of a folder or file, and whether it had to be changed to be safe everywhere."""
    if LEARNER.fullmatch(stem) and len(stem) <= 64 and not stem.endswith("."):
        return stem, False
    clean = re.sub(r"[^\w.@-]+", "-", stem).strip("-._@")[:48]
    return f"{clean or 'learner'}-{hashlib.sha256(os.fsencode(stem)).hexdigest()[:6]}", True


def read(learner: str, entries: Sequence[Path], course: Course, assignment: Assignment) -> Submission:
    """One learner's submission, whatever state it is in: what cannot be read becomes a problem, never an exception.

    One that is handed in anew meanwhile is read again, so that nothing is graded whose time is another's.
    """
    for _ in range(unpack.TRIES):
        before = _state(entries, assignment)
        submission = _read(learner, entries, course, assignment)
        if _state(entries, assignment) == before:
            return submission
    return Submission(learner, assignment.id, problems=["it changes while it is read: wait until it is handed in, then grade again"])


def _read(learner: str, entries: Sequence[Path], course: Course, assignment: Assignment) -> Submission:
    submission = Submission(learner, assignment.id)
    if len(entries) > 1:
        names = ", ".join(shown(path.name) for path in entries)
        submission.problems.append(f"handed in more than once ({names}): keep one and grade again")
        return submission
    (path,) = entries
    if learner_id(_stem(path))[1]:
        submission.problems.append(f"the name {shown(path.name)} is not fit for a learner's id, so {learner} stands for it")
    try:
        if path.is_symlink():
            raise Refused(f"{shown(path.name)} is a link, which is not followed")
        submission.timestamp = _timestamp(path, assignment)
        if path.is_dir():
            _take_folder(submission, path, course, assignment)
        elif path.suffix.lower() == ".zip":
            _take_zip(submission, path.open("rb"), path.stat().st_size, course, assignment, nested=False)
        elif path.suffix.lower() == ".ipynb":
            name = f"{assignment.notebook}.ipynb"  # a single notebook is the learner's, whatever it is called
            entry = Entry(name, lambda limit: unpack.bytes_beneath(path.parent, path.name, limit))
            _take(submission, [entry], course, assignment)
        else:
            raise Refused(f"{shown(path.name)} is an archive of a kind that is not read: pack it as zip")
    except Refused as error:
        submission.problems.append(str(error))
    except OSError as error:
        submission.problems.append(f"it cannot be read ({error.strerror})")
    return submission


def _stem(path: Path) -> str:
    return path.name if path.is_dir() and not path.is_symlink() else re.sub(r"(\.tar)?\.[^.]*$", "", path.name)


def _take_folder(submission: Submission, path: Path, course: Course, assignment: Assignment) -> None:
    entries, refused = unpack.folder(path, lambda name: _wanted(name, assignment) or name.lower().endswith(".zip"))
    submission.problems += refused
    zips = [entry for entry in entries if entry.name.lower().endswith(".zip")]
    rest = [entry for entry in entries if entry not in zips]
    if rest or len(zips) != 1:
        _take(submission, rest, course, assignment)
    else:
        data = zips[0].read(MAX_ZIP)
        _take_zip(submission, io.BytesIO(data), len(data), course, assignment, nested=True)


def _take_zip(submission: Submission, file, size: int, course: Course, assignment: Assignment, nested: bool) -> None:
    with file:
        if size > MAX_ZIP:
            raise Refused(f"the zip is larger than {unpack.megabytes(MAX_ZIP)}")
        entries, refused = unpack.archive(file, lambda name: _wanted(name, assignment) or name.lower().endswith(".zip"))
        submission.problems += refused
        zips = [entry for entry in entries if entry.name.lower().endswith(".zip")]
        rest = [entry for entry in entries if entry not in zips]
        if rest or not zips:
            return _take(submission, rest, course, assignment)
        if nested or len(zips) > 1:
            raise Refused("it is a zip of zips: which of them counts is for a person to say")
        inner = zips[0].read(int(course.limits["submission_mb"] * (1 << 20)))
    _take_zip(submission, io.BytesIO(inner), len(inner), course, assignment, nested=True)


def _take(submission: Submission, entries: Sequence[Entry], course: Course, assignment: Assignment) -> None:
    """Fill the submission from entries: the notebook, and the modules that lie nearest to it."""
    left = int(course.limits["submission_mb"] * (1 << 20))
    home = ""
    try:
        chosen = _notebook(submission, entries, assignment)
        if chosen:
            home = chosen.path.rpartition("/")[0]
            submission.notebook = cells.read(chosen.read(MAX_NOTEBOOK))
            _look_into(submission, assignment)
    except Refused as error:
        submission.problems.append(str(error))
    for module in (*assignment.modules, *assignment.uses):
        name = file_of(module)
        try:
            entry = _module(submission, entries, module, home)
            if entry is None:
                submission.problems.append(f"{name} is missing")
                continue
            data = entry.read(min(MAX_MODULE, left))
            left -= len(data)
            submission.files[name] = _as_utf8(submission, name, data)
        except Refused as error:
            submission.problems.append(str(error))
    for name in assignment.artefacts:
        try:
            entry = _artefact(entries, name, home)
            if entry is None:
                submission.problems.append(f"{name} is missing: what it is graded for counts as not written")
                continue
            data = entry.read(min(artefacts.MAX_BYTES, left))
            left -= len(data)
            submission.artefacts[name] = data
        except Refused as error:
            submission.problems.append(str(error))


def _notebook(submission: Submission, entries: Sequence[Entry], assignment: Assignment) -> Entry | None:
    found = [entry for entry in entries if entry.name.lower().endswith(".ipynb")]
    exact = [entry for entry in found if entry.name == f"{assignment.notebook}.ipynb"]
    # Copies that Jupyter, browsers and systems make: 03_conv_backprop-Copy1, 03_conv_backprop (1), Copy of 03_conv_backprop
    copies = [entry for entry in found if assignment.notebook in entry.name and entry not in exact]
    if not found:
        submission.problems.append(f"{assignment.notebook}.ipynb is missing")
        return None
    if len(exact) > 1:
        exact = sorted(exact, key=lambda entry: entry.depth)
        if exact[0].depth == exact[1].depth:
            raise Refused(f"{assignment.notebook}.ipynb was handed in more than once, in several folders: keep one and grade again")
        submission.problems.append(f"{assignment.notebook}.ipynb was handed in more than once: the one at {shown(exact[0].path)} is graded")
    if exact:
        if copies:
            submission.problems.append(f"two notebooks: {shown(exact[0].name)} is graded, {shown(copies[0].name)} is not")
        return exact[0]
    if len(copies) == 1:
        submission.problems.append(f"{shown(copies[0].name)} is graded: there is no {assignment.notebook}.ipynb")
        return copies[0]
    if len(copies) > 1:
        raise Refused(f"{len(copies)} copies of {assignment.notebook}.ipynb, none with that name: keep one and grade again")
    if len(found) == 1:
        submission.problems.append(f"{shown(found[0].name)} is graded: there is no {assignment.notebook}.ipynb")
        return found[0]
    raise Refused(f"{assignment.notebook}.ipynb is missing among {len(found)} notebooks")


def _look_into(submission: Submission, assignment: Assignment) -> None:
    """Problems of a readable notebook: another assignment's, duplicated or lost cells."""
    ours = {f"check-{slug(id)}" for id in assignment.exercise_ids} | {written.id for written in assignment.written}
    notebook = submission.notebook
    ids = set(notebook.cells)
    if ids and not ids & ours:
        submission.notebook = None
        submission.problems = [problem for problem in submission.problems if " is graded: " not in problem]
        raise Refused(f"the notebook is another assignment's: it has none of the cells of {assignment.notebook}.ipynb")
    for id in notebook.duplicated:
        if not id.startswith("check-"):
            submission.problems.append(f"cell {shown(id)} occurs twice with different content: the last one is graded")
    for exercise in assignment.exercises:
        if exercise.answer and f"answer-{slug(exercise.id)}" not in ids:
            found = notebook.assigning(exercise.answer)
            what = f"the cell that assigns {exercise.answer} is graded" if found else "it counts as not written"
            submission.problems.append(f"the answer cell of {exercise.id} is missing: {what}")
    for written in assignment.written:
        if written.id not in ids:
            submission.problems.append(f"the cell of the written question {written.id} is missing")


def _module(submission: Submission, entries: Sequence[Entry], module: str, home: str) -> Entry | None:
    """The entry of a module's file, such as cnnlib/conv.py: nearest to the notebook's folder, then nearest to the top."""
    place = file_of(module)
    file = place.removeprefix("cnnlib/")
    name = file.rpartition("/")[2]
    twins = [entry for entry in entries if entry.name.lower() == name and entry.name != name]
    if twins:
        raise Refused(f"{shown(twins[0].path)} differs from {place} in capital letters only, or stands for it: name it {name}")
    in_cnnlib = [entry for entry in entries if f"/{entry.path}".endswith(f"/{place}")]
    found = in_cnnlib or [entry for entry in entries if entry.path == f"{home}/{file}".lstrip("/")]
    if len({entry.path for entry in found}) < len(found):
        raise Refused(f"{place} is in the zip twice: keep one and grade again")
    if len(found) < 2:
        return found[0] if found else None
    folders = [home, home.rpartition("/")[0]]
    for folder in folders:  # beside the notebook, or one level up as in the course's own layout
        near = [entry for entry in found if entry.path == f"{folder}/{place}".lstrip("/")]
        if near:
            break
    else:
        top = min(entry.depth for entry in found)
        near = [entry for entry in found if entry.depth == top]
        if len(near) > 1:
            raise Refused(f"{place} was handed in more than once: keep one and grade again")
    submission.problems.append(f"{place} was handed in more than once: the one at {shown(near[0].path)} is graded")
    return near[0]


def _artefact(entries: Sequence[Entry], name: str, home: str) -> Entry | None:
    """The entry of that name: beside the notebook, else the only one."""
    found = [entry for entry in entries if entry.name == name]
    near = [entry for entry in found if entry.path.rpartition("/")[0] == home] or found
    if len(near) > 1:
        raise Refused(f"{name} was handed in more than once: keep one and grade again")
    return near[0] if near else None


def _as_utf8(submission: Submission, name: str, data: bytes) -> bytes:
    """Source in UTF-8 with LF, as Python reads it; encodings that it would refuse are turned into what was meant."""
    if re.search(rb"^[ \t\f]*#.*?coding[:=]", b"\n".join(data.split(b"\n")[:2]), re.MULTILINE):
        return data  # the file states its encoding itself
    text, encoding = cells.decode(data)
    if encoding:
        submission.notes.append(f"{name} was saved as {encoding} and is read as such")
    if re.search(r"^(<<<<<<<|>>>>>>>) ", text, re.MULTILINE):
        submission.problems.append(f"{name} holds conflict markers of a merge")
    return text.encode("utf-8", "replace")


def _wanted(name: str, assignment: Assignment) -> bool:
    lower = name.lower()
    modules = {f"{module.rpartition('.')[2]}.py" for module in (*assignment.modules, *assignment.uses)}
    return lower.endswith(".ipynb") or lower in modules or name in assignment.artefacts


def _timestamp(path: Path, assignment: Assignment) -> str:
    """When it was handed in: the newest time among the entry and the files that are graded, by our own file system.

    "" for the beginning of time: so `stride collect` dates what the system did not.
    """
    times = [path.lstat().st_mtime]
    if path.is_dir():
        files = [path / name for name in assignment.files]
        known = [info.st_mtime for info in map(_info, files) if info]
        times = known or times
    if max(times) <= 0:
        return ""
    return datetime.datetime.fromtimestamp(int(max(times)), datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _state(entries: Sequence[Path], assignment: Assignment) -> list[tuple[int, int, int] | None]:
    """What differs when something is handed in anew: of each entry, and of the files in it that are graded."""
    infos = [_info(path) for entry in entries for path in (entry, *(entry / name for name in assignment.files))]
    return [info and (info.st_ino, info.st_mtime_ns, info.st_size) for info in infos]


def _info(path: Path) -> os.stat_result | None:
    try:
        info = path.lstat()
    except OSError:
        return None
    return info if stat.S_ISREG(info.st_mode) else None
