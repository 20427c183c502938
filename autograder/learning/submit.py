"""`stride submit`: runs the visible checks and packs exactly the files that are graded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from autograder import artefacts, files, judge, loading, probes, runner
from autograder.authoring.reset import pristine
from autograder.checking import check
from autograder.classroom import cells
from autograder.classroom.intake import Submission
from autograder.classroom.unpack import Refused
from autograder.course import Assignment, Course, CourseError
from autograder.exercise import Exercise, file_of
from autograder.learning import progress
from autograder.probes import Answer
from autograder.verdict import Verdict

STAMP = (1980, 1, 1, 0, 0, 0)  # the same work makes the same zip


def submit(course: Course, assignment_id: str, out: Path | None = None) -> tuple[Path, list[Verdict]]:
    """Write <assignment>_submission.zip into the course's folder (or `out`), and judge every exercise on its visible cases.

    Unfinished work may be handed in. Raises CourseError only when there is nothing to hand in, or no place for the zip.
    """
    assignment = course.assignment(assignment_id)
    content = collect(course, assignment)
    if not content:
        back = f"stride reset {assignment.exercise_ids[0]}"
        raise CourseError(f"None of the files of assignment {assignment.id} is here ({', '.join(assignment.files)}). Get them back with: {back}")
    target = Path(out) if out else course.root / f"{assignment.id}_submission.zip"
    target = target / f"{assignment.id}_submission.zip" if target.is_dir() or not target.suffix else target
    verdicts = [judge_saved(course, exercise) for exercise in assignment.exercises]
    for verdict in verdicts:
        progress.remember(course, verdict)
    try:
        files.write_all({target: _pack(content)})
    except OSError as error:
        again = f"stride submit {assignment.id} --out FILE.zip"
        raise CourseError(f"{target} cannot be written ({error.strerror}). Name another place: {again}") from error
    return target, verdicts


def collect(course: Course, assignment: Assignment) -> dict[str, bytes]:
    """The files that are graded, by their names in the zip; those that are not there are left out."""
    places = {file_of(module): [course.place(module)] for module in (*assignment.modules, *assignment.uses)}
    notebook = f"{assignment.notebook}.ipynb"
    places[notebook] = [course.root / "notebooks" / notebook, course.root / notebook]
    places |= {name: [artefacts.place(name, course.cnnlib) or course.root / name] for name in assignment.artefacts}
    found = {name: next((path for path in places[name] if path.is_file()), None) for name in assignment.files}
    return {name: path.read_bytes() for name, path in found.items() if path}


def summary(course: Course, assignment_id: str, path: Path, verdicts: Sequence[Verdict]) -> str:
    """What was packed and what does not pass yet, for the terminal."""
    assignment = course.assignment(assignment_id)
    packed = collect(course, assignment)
    missing = [name for name in assignment.files if name not in packed]
    points, most = sum(v.points for v in verdicts), sum(v.max_points for v in verdicts)
    unfinished = [verdict for verdict in verdicts if not verdict.passed]

    lines = [f"{path} holds {', '.join(packed)}."]
    if missing:
        lines.append(f"NOT in it, because there is no such file: {', '.join(missing)}. Put it back in its place and submit again.")
    lines.append(f"On the visible cases: {points:g} of {most:g} points. Hidden cases of the same kinds decide.")
    empty = _unanswered(course, assignment, packed)
    for written in assignment.written:
        state = "still holds nothing of yours" if written.id in empty else "is read by a person"
        lines.append(f"Beside these, the written answer {written.id} ({written.points:g} points) in the notebook {state}.")
    if not unfinished:
        return "\n".join([*lines, "All checks pass." if empty else "Everything passes."])
    lines.append("Not passing yet:")
    lines += [f"  {v.exercise}: {v.status.replace('_', ' ')}, {v.points:g} of {v.max_points:g}" for v in unfinished]
    return "\n".join([*lines, f"You can hand this in as it is, or go on and submit again: stride check {unfinished[0].exercise}"])


def judge_saved(course: Course, exercise: Exercise) -> Verdict:
    """The verdict on an exercise's visible cases, from the file or the notebook's answer cell as it is saved now."""
    if exercise.answer is None:
        return check(exercise.id, cnnlib=course.cnnlib, seed=course.visible_seed)
    assignment = course.assignment_of(exercise.id)
    content = collect(course, assignment)
    cases = exercise.cases(course.visible_seed)
    try:
        source = _answer(assignment, exercise, content)
        answers = runner.run(exercise, cases, loading.load_answer(source, exercise.answer, course.cnnlib))
    except loading.Missing as missing:
        answers = [missing.answer] * len(cases)
    return judge.judge(exercise, cases, answers)


def _answer(assignment: Assignment, exercise: Exercise, content: dict[str, bytes]) -> str:
    """The source of an answer cell. Raises loading.Missing."""
    try:
        notebook = cells.read(content.get(f"{assignment.notebook}.ipynb", b""))
    except Refused as error:
        raise loading.Missing(Answer(probes.MISSING, message=str(error))) from error
    source = Submission("", assignment.id, notebook=notebook).answer(exercise.id, exercise.answer)
    if source is None:
        raise loading.Missing(Answer(probes.MISSING, message=f"the notebook has no cell that assigns {exercise.answer}"))
    return source


def _unanswered(course: Course, assignment: Assignment, content: dict[str, bytes]) -> set[str]:
    """The written questions whose cells are as they were handed out, or gone. Where there is nothing to compare with, none."""
    notebook = f"{assignment.notebook}.ipynb"
    try:
        now, then = (cells.read(data).cells for data in (content.get(notebook, b""), pristine(course, f"notebooks/{notebook}")))
    except (Refused, CourseError):
        return set()
    return {id for id in (written.id for written in assignment.written) if id not in now or now[id].source.strip() == then[id].source.strip()}


def _pack(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in content:
            entry = zipfile.ZipInfo(name, STAMP)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content[name])
    return buffer.getvalue()
