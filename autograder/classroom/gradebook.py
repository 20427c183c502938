"""The nbgrader course that grading writes: its folders, its configuration and its gradebook.

nbgrader stays the system of record. We write auto scores and auto comments through its API, every row anew on each run, and
leave what a person wrote (manual scores, extra credit, comments) as it is.
"""

from __future__ import annotations

import contextlib
import copy
import datetime
import errno
import os
import sqlite3
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import files
from autograder.authoring.notebooks import slug
from autograder.cards import card
from autograder.classroom import cells, ipynb
from autograder.classroom.intake import Submission
from autograder.course import Assignment, Course, CourseError
from autograder.verdict import Verdict

DATABASE = "gradebook.db"
# nbgrader's tables have none for these; without them each submission's rows are searched for among those of the whole class.
INDEXES = {"submitted_notebook": "assignment_id", "grade": "notebook_id", "comment": "notebook_id"}


@dataclass(frozen=True)
class Marks:
    """What the gradebook holds for one submission after it was recorded: points and comments by grade_id (None: not marked yet).

    late     what lateness has cost, which is taken off `points` already
    waiting  whether a person has still to mark something
    """

    points: float
    max_points: float
    cells: Mapping[str, float | None] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    late: float = 0.0
    waiting: bool = False


def config(course: Course, sandbox: str) -> str:
    """nbgrader_config.py of the graded course. An instructor may add to it: it is written once."""
    package = Path(__file__).resolve().parents[2]
    return f'''"""Read by nbgrader when it is started in this folder. Written once by `stride grade`: change it as you like."""
import os
import sys

sys.path.append({str(package)!r})  # where the package autograder lies
c = get_config()  # noqa: F821
c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))
c.CourseDirectory.db_url = "sqlite:///" + os.path.join(c.CourseDirectory.root, {DATABASE!r})

# `nbgrader autograde` judges as `stride grade` does: in a sandbox, outside the notebook, on the cells that count.
from autograder.classroom.nbgrader_door import configure  # noqa: E402

configure(c, course={str(course.root)!r}, sandbox={sandbox!r})
'''


def prepare(out: Path, course: Course, assignment: Assignment, master: NotebookNode, sandbox: str) -> None:
    """Make `out` an nbgrader course that knows the assignment. Raises CourseError when its gradebook is busy or of another release."""
    notebook = (nbformat.writes(master) + "\n").encode()
    content = {out / tree / assignment.id / f"{assignment.notebook}.ipynb": notebook for tree in ("source", "release")}
    if not (out / "nbgrader_config.py").exists():
        content[out / "nbgrader_config.py"] = config(course, sandbox).encode()
    if (out / DATABASE).exists():
        _usable(out)
    else:
        _make(out)
    with opened(out) as gradebook:
        from nbgrader.preprocessors import SaveCells
        from sqlalchemy import text

        due = {"duedate": assignment.due.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")} if assignment.due else {}
        gradebook.update_or_create_assignment(assignment.id, **due)
        for table, column in INDEXES.items():
            gradebook.db.execute(text(f"CREATE INDEX IF NOT EXISTS stride_{table} ON {table} ({column})"))
        gradebook.db.commit()
        gradebook.close()
        resources = {"nbgrader": {"notebook": assignment.notebook, "assignment": assignment.id, "db_url": _url(out)}}
        try:
            SaveCells().preprocess(copy.deepcopy(master), resources)
        except RuntimeError as error:  # nbgrader refuses to change the cells of an assignment that has submissions
            raise CourseError(
                f"The gradebook in {out} belongs to another release of assignment {assignment.id}. Grade into a new folder: "
                f"stride grade {assignment.id} --submissions DIR --out {out}-2"
            ) from error
    files.write_all(content)


def record(
    book, out: Path, assignment: Assignment, master: NotebookNode, submission: Submission, verdicts: Sequence[Verdict] | None
) -> tuple[NotebookNode, Marks]:
    """Write one submission: submitted and autograded folders, then its rows in the opened gradebook. Gives the notebook and the marks.

    Without verdicts (nothing could be judged) every check is left for a person to mark.
    """
    learned = submission.notebook.cells if submission.notebook else {}
    submitted = cells.rebuild(master, learned)
    graded = show(submitted, verdicts or ())
    name = f"{assignment.notebook}.ipynb"
    content: dict[Path, bytes] = {}
    stale: set[Path] = set()
    before = _read(out / "autograded" / submission.learner / assignment.id / name)
    for tree, notebook in (("submitted", submitted), ("autograded", graded)):
        folder = out / tree / submission.learner / assignment.id
        stale |= set(files.walk(folder)) if folder.is_dir() else set()
        # Without a notebook there is nothing for `nbgrader autograde` to take for an empty answer; the formgrader shows ours.
        if submission.notebook or tree == "autograded":
            content[folder / name] = (ipynb.text(notebook, master) + "\n").encode("utf-8", "replace")
        content |= {folder / file: data for file, data in (submission.files | submission.artefacts).items()}
        if submission.timestamp:
            content[folder / "timestamp.txt"] = submission.timestamp.encode()
    with _one_transaction(book):
        book.update_or_create_student(submission.learner)
        row = book.update_or_create_submission(assignment.id, submission.learner, timestamp=submission.timestamp or None)
        notebook = next(n for n in row.notebooks if n.name == assignment.notebook)
        _score(notebook, graded, submission.notebook is not None, before, master, verdicts)
        notebook.late_submission_penalty = None
        names = _names(notebook)
    if row.total_seconds_late > 0:
        _late(out, assignment, submission.learner)
        book.db.expire_all()
    marks = _marks(row, notebook, names)
    book.db.remove()  # this submission's rows are not needed any more: memory stays flat
    files.write_all(content, flush=False)
    for path in stale - content.keys():  # of an earlier submission
        path.unlink()
    return graded, marks


def current(out: Path, assignment: Assignment) -> dict[str, Marks]:
    """What the gradebook holds now, by learner: also what people have marked since it was graded."""
    from nbgrader.api import MissingEntry

    with opened(out) as gradebook:
        try:
            rows = gradebook.find_assignment(assignment.id).submissions
        except MissingEntry:
            return {}
        found = [(row, notebook) for row in rows for notebook in row.notebooks if notebook.name == assignment.notebook]
        return {row.student.id: _marks(row, notebook, _names(notebook)) for row, notebook in found}


def has(book, assignment: Assignment, learner: str) -> bool:
    """Whether the opened gradebook holds a learner's submission."""
    from nbgrader.api import MissingEntry

    try:
        return bool(book.find_submission(assignment.id, learner))
    except MissingEntry:
        return False


def settle(out: Path, assignment: Assignment) -> None:
    """Bring what lateness costs up to date: it is a part of the points, and people have given some since."""
    from nbgrader.api import MissingEntry

    with opened(out) as gradebook:
        try:
            rows = gradebook.find_assignment(assignment.id).submissions
        except MissingEntry:
            return
        late = [row.student.id for row in rows if row.total_seconds_late > 0 or row.late_submission_penalty]
    for learner in late:
        _late(out, assignment, learner)


def _names(notebook) -> dict[str, str]:
    """The grade_ids of a submitted notebook's cells. Asked for after a commit, each would be searched for on its own."""
    return {mark.cell_id: mark.name for mark in (*notebook.grades, *notebook.comments)}


def _marks(row, notebook, names: Mapping[str, str]) -> Marks:
    """The marks in a submitted assignment's row and its notebook's."""
    return Marks(
        max(row.score - (row.late_submission_penalty or 0), 0.0),
        row.max_score,
        {names[grade.cell_id]: None if grade.manual_score is None and grade.auto_score is None else grade.score for grade in notebook.grades},
        {names[comment.cell_id]: comment.comment for comment in notebook.comments if comment.comment},
        min(row.late_submission_penalty or 0.0, row.score),
        row.needs_manual_grade,
    )


def show(notebook: NotebookNode, verdicts: Sequence[Verdict]) -> NotebookNode:
    """The notebook with each check cell's verdict as its output: the card for people, the points for nbgrader."""
    shown = NotebookNode(notebook)
    by_cell = {f"check-{slug(verdict.exercise)}": verdict for verdict in verdicts}
    shown.cells = [_shown(cell, by_cell.get(cell.metadata.get("nbgrader", {}).get("grade_id"))) for cell in notebook.cells]
    return shown


def _shown(cell: NotebookNode, verdict: Verdict | None) -> NotebookNode:
    if not verdict or cell.cell_type != "code":
        return cell
    data = {"text/html": card.html(verdict, hints=False), "text/plain": repr(float(verdict.points))}
    output = {"output_type": "execute_result", "execution_count": 1, "data": data, "metadata": {}}
    return nbformat.from_dict(cell | {"execution_count": 1, "outputs": [output]})


def _score(
    notebook, graded: NotebookNode, readable: bool, before: NotebookNode | None, master: NotebookNode, verdicts: Sequence[Verdict] | None
) -> None:
    """Set every auto score and auto comment of a submitted notebook's rows. Without a `readable` notebook no answer counts as empty."""
    points = {f"check-{slug(verdict.exercise)}": float(verdict.points) for verdict in verdicts or ()}
    now, then, untouched = _sources(graded), _sources(before), _sources(master)
    for grade in notebook.grades:
        id = grade.name
        if id in _written(master):
            auto = 0.0 if readable and id in now and now[id].strip() == untouched[id].strip() else None
            changed = before is None or now.get(id) != then.get(id)
        else:
            auto = points.get(id)
            changed = auto != grade.auto_score
        grade.auto_score = auto
        # A person's mark stays. It is to be looked at again only when what it was given for has changed.
        grade.needs_manual_grade = auto is None if grade.manual_score is None else grade.needs_manual_grade or changed
    for comment in notebook.comments:
        same = readable and comment.name in now and now[comment.name].strip() == untouched.get(comment.name, "").strip()
        comment.auto_comment = "No response." if same else None


def _late(out: Path, assignment: Assignment, learner: str) -> None:
    """nbgrader's own penalty for late work, by whatever policy nbgrader_config.py names."""
    from nbgrader.preprocessors import AssignLatePenalties
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    try:
        settings = PyFileConfigLoader("nbgrader_config.py", path=str(out)).load_config()
    except Exception as error:  # an instructor's file may hold anything
        config_file = out / "nbgrader_config.py"
        raise CourseError(f"{config_file} cannot be read ({error}). Mend it, or remove it to get ours back, then grade again") from error
    resources = {
        "nbgrader": {"notebook": assignment.notebook, "assignment": assignment.id, "student": learner, "db_url": _url(out)},
    }
    AssignLatePenalties(config=Config(settings)).preprocess(nbformat.v4.new_notebook(), resources)


@contextlib.contextmanager
def opened(out: Path, name: str = DATABASE) -> Iterator:
    """nbgrader's gradebook in `out`; what the database refuses becomes one sentence."""
    from nbgrader import api
    from nbgrader.api import Gradebook, InvalidEntry, app_log
    from sqlalchemy.exc import DatabaseError, OperationalError, SAWarning

    api.get_alembic_version = newest_version
    loud = app_log.disabled
    app_log.disabled = True  # it would log with a traceback what is raised all the same
    try:
        with warnings.catch_warnings(), Gradebook(_url(out, name)) as gradebook:
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own relations, with a newer SQLAlchemy
            yield gradebook
    except DatabaseError as error:
        raise _trouble(out, error.orig) from error
    except InvalidEntry as error:  # nbgrader's name for whatever the database refuses
        if isinstance(error.__context__, OperationalError):
            raise _trouble(out, error.__context__.orig) from error
        raise
    finally:
        app_log.disabled = loud


@contextlib.contextmanager
def _one_transaction(book) -> Iterator[None]:
    """All that is written within reaches the disk at once, or not at all: nbgrader's own steps, which commit each, only flush."""
    book.db.commit = book.db.flush
    try:
        yield
    finally:
        del book.db.commit  # the session's own again
    book.db.commit()


def newest_version() -> str:
    """The version of nbgrader's tables. (nbgrader itself starts alembic in another process and asks that, which takes a second.)"""
    import nbgrader
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(nbgrader.__file__).parent / "alembic"))
    return ScriptDirectory.from_config(config).get_current_head()


def find_programs() -> None:
    """Let nbgrader find `alembic`, which it looks up on PATH, also when our environment was not activated."""
    here = str(Path(sys.executable).parent)
    known = os.environ.get("PATH", os.defpath)
    if here not in known.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join((known, here))


def busy(out: Path) -> CourseError:
    return CourseError(
        f"{out / DATABASE} is in use by another program. Close it (the formgrader in Jupyter? a database browser?), then run the same command again: "
        "what has been judged is kept"
    )


def _trouble(out: Path, error: BaseException | None) -> Exception:
    """What a user can do about an error of SQLite, which tells its errors apart by their words only."""
    path, said = out / DATABASE, str(error)
    again = "then run the same command again"
    if "locked" in said:
        return busy(out)
    if "disk is full" in said or "disk I/O error" in said:
        return OSError(errno.ENOSPC, said)
    if "readonly" in said or "unable to open" in said:
        return CourseError(f"{path} cannot be written ({said}). See to permissions and to room on the disk, {again}: what has been judged is kept")
    if "no such" in said:
        return CourseError(f"{path} is another version's of nbgrader ({said}). Bring it up to date (cd {out}; nbgrader db upgrade), {again}")
    mend = f"Restore it from a backup, or move it away (mv {path} {path}.old)"
    return CourseError(f"{path} is not a gradebook of nbgrader, or damaged. {mend}, {again}")


def _make(out: Path) -> None:
    """A new gradebook, complete from the moment that it is there: nbgrader itself makes its tables first, then notes their version."""
    stray = out / f"{DATABASE}-journal"
    if stray.exists():  # SQLite would mend the new one with it
        mend = f"Put that back, or move this away too (mv {stray} {stray}.old)"
        raise CourseError(f"{stray} belongs to a gradebook that is not there any more. {mend}, then run the same command again")
    draft = files.draft_of(out / DATABASE)
    try:
        with opened(out, draft.name):
            pass
        os.replace(draft, out / DATABASE)
    finally:
        draft.unlink(missing_ok=True)


def _usable(out: Path) -> None:
    """Raise CourseError now, before any work, when the gradebook cannot be written, or is none."""
    path = out / DATABASE
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=2)) as database:
            database.execute("BEGIN IMMEDIATE")
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            whole = database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            database.rollback()
    except sqlite3.DatabaseError as error:
        raise _trouble(out, error) from error
    if not whole or not {"alembic_version", "submitted_assignment"} <= tables:
        raise _trouble(out, None)


def _written(master: NotebookNode) -> set[str]:
    infos = [cell.metadata.get("nbgrader", {}) for cell in master.cells]
    return {info["grade_id"] for info in infos if info.get("grade") and info.get("solution")}


def _sources(notebook: NotebookNode | None) -> dict[str, str]:
    infos = [(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source) for cell in notebook.cells] if notebook else []
    return {id: source for id, source in infos if id}


def _read(path: Path) -> NotebookNode | None:
    try:
        return nbformat.reads(path.read_text("utf-8"), as_version=4) if path.is_file() else None
    except (ValueError, OSError, nbformat.ValidationError):
        return None


def _url(out: Path, name: str = DATABASE) -> str:
    return f"sqlite:///{(out / name).resolve()}"
