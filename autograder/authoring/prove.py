"""Proving that the course is sound: what every exercise, notebook and file must be, tried out and not assumed.

Stubs earn nothing and solutions everything; every misconception is rejected and recognised by its own name; hints are there
and keep the solution to themselves; points add up; no solution line reaches a learner; every file has its place.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import json
import multiprocessing
import os
import pkgutil
import re
import tempfile
import types
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import artefacts, checks, files, judge, probes, runner
from autograder.authoring import build, leaks, notebooks, release, stubs
from autograder.course import Assignment, Course, CourseError
from autograder.exercise import Exercise, UnknownExercise, load
from autograder.expectations import Expectations
from autograder.loading import Missing, load_answer
from autograder.probes import Answer
from autograder.verdict import Verdict

OTHER_SEEDS = ("prove-1", "prove-2", "prove-3")  # stand for the secret seed: cases that no author has looked at
FEW = 10  # exercises: not worth starting processes for
OBJECTIVES = ("you will be able to", "objectives")
RUBRIC = re.compile(r"^\|.*\|\s*(\d+(?:\.\d+)?)\s*\|\s*$", re.MULTILINE)  # a row of a table that ends in points


@dataclass(frozen=True)
class Proof:
    """What is wrong with the course, one sentence each; nothing when it is sound."""

    findings: list[str]
    exercises: int

    @property
    def sound(self) -> bool:
        return not self.findings

    @property
    def message(self) -> str:
        if self.sound:
            return f"The course is sound: {self.exercises} exercises proved."
        count = f"{len(self.findings)} finding{'s' * (len(self.findings) > 1)}"
        return "\n".join([*self.findings, f"{count}. Mend what they name in solutions/ and autograder/checks/, then: stride build --prove"])


@dataclass(frozen=True)
class _Material:
    """What the proof works on: the masters, what they generate, and the lines that must stay secret."""

    course: Course
    generated: dict[str, bytes]
    instructor: dict[str, bytes]
    stub_folder: Path
    secret_lines: dict[str, str]

    @property
    def solution_folder(self) -> Path:
        return self.course.root / "solutions" / "cnnlib"


def prove(course: Course, progress: Callable[[str], None] | None = None) -> Proof:
    """Try everything that makes the course sound. `progress` is told what has been proved.

    Raises CourseError when the masters cannot be built at all.
    """
    say = progress or (lambda text: None)
    generated = build.generate(course)
    with tempfile.TemporaryDirectory() as folder:
        files.write_all({Path(folder) / name: content for name, content in generated.items()})
        instructor = build.generate_notebooks(course, solutions=True)
        material = _Material(course, generated, instructor, Path(folder) / "cnnlib", leaks.solution_lines(course))
        findings: list[str] = []
        for number, (id, found) in enumerate(zip(course.exercise_ids, _exercises(material)), 1):
            say(f"{number} of {len(course.exercise_ids)}: {id}")
            findings += found
        say("notebooks and files")
        for assignment in course.assignments:
            findings += _assignment(material, assignment)
        findings += _files(material)
        findings += leaks.leaks(course, release.bundle(course), material.secret_lines)  # generated files, and the checks that go out with them
    return Proof(findings, len(course.exercise_ids))


# --- one exercise -----------------------------------------------------------------------------------------------------


def _exercises(material: _Material) -> Iterator[list[str]]:
    """What is wrong with each exercise, in the course's order; many of them are proved on all cores."""
    ids, cores = material.course.exercise_ids, os.cpu_count() or 1
    if len(ids) < FEW or cores == 1:
        yield from (_findings(material, id) for id in ids)
        return
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn"), initializer=_one_thread) as pool:
        yield from pool.map(_findings, itertools.repeat(material), ids)


def _one_thread() -> None:
    """In a worker: every core has one already, and PyTorch's threads would wait for each other."""
    import torch

    torch.set_num_threads(1)


def _findings(material: _Material, id: str) -> list[str]:
    try:
        return list(_exercise(material, load(id)))
    except UnknownExercise:
        return [f"{id}: course.toml names it, but autograder/checks/{id.partition('.')[0]}.py does not"]
    except Exception as error:  # a fault in one check must not hide what is wrong with the others
        return [f"{id}: the proof itself failed with {type(error).__name__}: {error}"]


def _exercise(material: _Material, exercise: Exercise) -> Iterator[str]:
    yield from _words(material, exercise)
    if exercise.is_function:
        yield from _same_face(material, exercise)
    visible, *others = seeds = (material.course.visible_seed, *OTHER_SEEDS)

    untouched = _attempt(material, exercise, visible, solution=False)
    if untouched.status != probes.NOT_WRITTEN or untouched.points:
        yield f"{exercise.id}: the untouched stub is {untouched.status} with {untouched.points:g} points, not not_written with 0"
    for seed in seeds:
        verdict = _attempt(material, exercise, seed, solution=True)
        if not verdict.passed:
            points = f"{verdict.points:g} of {verdict.max_points:g} points"
            yield f"{exercise.id}: the solution is {verdict.status} with {points} on seed {seed}: {_brief(verdict)}"
    # A misconception's speed is nobody's concern.
    untimed = {seed: [case for case in exercise.cases(seed) if case.max_slowdown is None] for seed in (visible, *others[:2])}
    known = {seed: Expectations(exercise, cases) for seed, cases in untimed.items()}
    for misconception in exercise.misconceptions:
        for seed in (visible, *others[:2]):
            slips = [known[seed].slip(misconception, i) for i in range(len(untimed[seed]))]
            verdict = judge.judge_by(known[seed], [slip.answer for slip in slips])  # as if a learner had written it
            if verdict.points >= exercise.points:
                yield f"{exercise.id}: the misconception {misconception.id} earns full points on seed {seed}"
            elif verdict.misconception != misconception.id:
                yield f"{exercise.id}: the misconception {misconception.id} is taken for {verdict.misconception or 'none'} on seed {seed}"
    for id, count in Counter(m.id for m in exercise.misconceptions).items():
        if count > 1:
            yield f"{exercise.id}: {count} misconceptions are called {id}"
    if not exercise.misconceptions:
        yield f"{exercise.id}: there is no misconception, so nothing shows that its check rejects anything"


def _attempt(material: _Material, exercise: Exercise, seed: int | str, *, solution: bool) -> Verdict:
    """The verdict on the solution, or on the untouched stub."""
    cases = exercise.cases(seed)
    try:
        subject = _subject(material, exercise, solution)
    except Missing as missing:
        return judge.judge(exercise, cases, [missing.answer] * len(cases))
    verdict = judge.judge(exercise, cases, runner.run(exercise, cases, subject))
    if solution and not verdict.passed and any(case.max_slowdown is not None for case in cases):
        verdict = judge.judge(exercise, cases, runner.run(exercise, cases, subject))  # a busy machine gets a second chance
    return verdict


def _subject(material: _Material, exercise: Exercise, solution: bool) -> Any:
    """The function from its file, or the answer from its cell, of the solution or the untouched stub. Raises Missing."""
    cnnlib = material.solution_folder if solution else material.stub_folder
    if exercise.artefact:
        return artefacts.load_subject(exercise, cnnlib)
    if exercise.answer is None:
        return runner.load_subject(exercise, cnnlib)
    name = f"notebooks/{material.course.assignment_of(exercise.id).notebook}.ipynb"
    try:
        source = notebooks.answer_source((material.instructor if solution else material.generated)[name], exercise.id)
    except LookupError as error:
        raise Missing(Answer(probes.MISSING, message=f"{name} has no answer cell for {exercise.id}")) from error
    return load_answer(source, exercise.answer, cnnlib)


def _words(material: _Material, exercise: Exercise) -> Iterator[str]:
    """Hints, and the sentences of aspects and misconceptions."""
    if len(exercise.hints) != 3 or not all(hint.strip() for hint in exercise.hints):
        yield f"{exercise.id}: there should be three hints (nudge, method, outline), none of them empty"
    texts = {f"{exercise.id}: hint {number}": hint for number, hint in enumerate(exercise.hints, 1)}
    texts |= {f"{exercise.id}: the misconception {m.id}": f"{m.says} {m.hint}" for m in exercise.misconceptions}
    yield from leaks.leaks(material.course, texts, material.secret_lines)
    for m in exercise.misconceptions:
        if not m.says.strip() or not m.hint.strip():
            yield f"{exercise.id}: the misconception {m.id} lacks its sentence or its hint"
    for aspect in exercise.aspects:
        if not aspect.says.strip() or aspect.points <= 0:
            yield f"{exercise.id}: the aspect {aspect.name} lacks its sentence or its points"


def _same_face(material: _Material, exercise: Exercise) -> Iterator[str]:
    """Signature and docstring of stub and solution."""
    name = exercise.file
    solution, stub = (_face(text, exercise.name) for text in (_master(material, name), material.generated.get(name, b"").decode()))
    if solution is None:
        yield f"{exercise.id}: there is no {exercise.name} in solutions/{name}"
    elif stub != solution:
        yield f"{exercise.id}: signature or docstring of the stub differ from the solution's; keep both outside the solution region"
    elif not all(docstring for _, docstring in solution):
        yield f"{exercise.id}: the function has no docstring"


def _face(source: str, name: str) -> list[tuple[str, str | None]] | None:
    """Signature and docstring of a function, or of a class and its public methods."""
    node = next((node for node in ast.parse(source).body if isinstance(node, stubs.Definition) and node.name == name), None)
    if node is None:
        return None
    methods = [n for n in node.body if isinstance(n, stubs.Definition) and not n.name.startswith("_")] if isinstance(node, ast.ClassDef) else []
    return [(_signature(n), ast.get_docstring(n)) for n in (node, *methods)]


def _signature(node: ast.AST) -> str:
    if isinstance(node, ast.ClassDef):
        return f"{node.name}({', '.join(map(ast.unparse, node.bases))})"
    return f"{node.name}({ast.unparse(node.args)})" + (f" -> {ast.unparse(node.returns)}" if node.returns else "")


def _master(material: _Material, name: str) -> str:
    path = material.course.root / "solutions" / name
    return build.read_text(path) if path.is_file() else ""


def _brief(verdict: Verdict) -> str:
    return verdict.feedback.replace("\n", " ")[:200]


# --- assignments and files --------------------------------------------------------------------------------------------


def _assignment(material: _Material, assignment: Assignment) -> Iterator[str]:
    """Points, and what every notebook has."""
    try:
        total = sum(exercise.points for exercise in assignment.exercises) + sum(written.points for written in assignment.written)
        if total != assignment.points:
            yield f"assignment {assignment.id}: its parts are worth {total:g} points together, course.toml says {assignment.points:g}"
    except UnknownExercise:
        pass  # reported with the exercise
    name = f"notebooks/{assignment.notebook}.ipynb"
    if name not in material.generated:
        yield f"assignment {assignment.id}: there is no solutions/notebooks/{assignment.notebook}.py"
        return
    cells = json.loads(material.generated[name])["cells"]
    prose = ["".join(cell["source"]).lower() if cell["cell_type"] == "markdown" else "" for cell in cells]
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells]
    for id in assignment.exercise_ids:
        if ids.count(f"check-{notebooks.slug(id)}") != 1:
            yield f"{name}: {id} has {ids.count(f'check-{notebooks.slug(id)}')} check cells, not one"
    if not any(words in text for text in prose for words in OBJECTIVES):
        yield f"{name}: it does not state its objectives ({' or '.join(map(repr, OBJECTIVES))})"
    if not any("colab-badge.svg" in text and f"{assignment.notebook}.ipynb".lower() in text for text in prose):
        yield f"{name}: there is no Colab badge that opens this notebook"
    if not assignment.written:
        yield f"assignment {assignment.id}: there is no written question in course.toml"
    for written in assignment.written:
        if written.id not in ids:
            yield f"{name}: the written question {written.id} has no cell"
            continue
        place = ids.index(written.id)
        near = (RUBRIC.findall(text) for text in reversed(prose[max(0, place - 2) : place]))
        marks = [float(mark) for mark in next(filter(None, near), ())]
        if not marks:
            yield f"{name}: there is no rubric before {written.id}: a table with points in its last column"
        elif sum(marks) != written.points:
            yield f"{name}: the rubric before {written.id} gives {sum(marks):g} points, course.toml {written.points:g}"


def _taught(generated: Mapping[str, bytes]) -> set[str]:
    """The modules that learners write: `conv`, `nets.lenet`."""
    names = [name for name in generated if name.startswith("cnnlib/") and not name.startswith(f"cnnlib/{build.KIT}/")]
    return {".".join(Path(name).with_suffix("").parts[1:]) for name in names if Path(name).stem != "__init__"}


def _checked(package: types.ModuleType) -> set[str]:
    """The modules in a package that have exercises, and those in its folders."""
    found = set()
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if hasattr(module, "EXERCISES"):
            found.add(info.name)
        elif info.ispkg:
            found |= {f"{info.name}.{name}" for name in _checked(module)}
    return found


def _files(material: _Material) -> Iterator[str]:
    """The rule of the same path, twins, strays, and whether the generated files are up to date."""
    course, root = material.course, material.course.root
    yield from (f"{id}: course.toml names it {count} times" for id, count in Counter(course.exercise_ids).items() if count > 1)
    graded = Counter(id for name, content in material.generated.items() if name.startswith("notebooks/") for id in notebooks.graded_ids(content))
    yield from (f"{count} cells have the grade_id {id}" for id, count in graded.items() if count > 1)

    taught, checked = _taught(material.generated), _checked(checks)
    used = {id.rpartition(".")[0] for id in course.exercise_ids}
    yield from (f"solutions/cnnlib/{module}.py has no exercise in course.toml" for module in sorted(taught - used))
    yield from (f"autograder/checks/{module}.py has no solutions/cnnlib/{module}.py beside it" for module in sorted(checked & used - taught))
    for module in sorted(checked):
        for exercise in importlib.import_module(f"autograder.checks.{module}").EXERCISES:
            if exercise.id not in course.exercise_ids:
                yield f"{exercise.id}: autograder/checks/{module}.py has it, but course.toml names it nowhere"
    for name, content in material.generated.items():
        for id in stubs.ids(content.decode("utf-8", "replace")) if name.startswith("cnnlib/") else ():
            if id not in course.exercise_ids:
                yield f"{name}: the stub of {id} asks for something that is no exercise in course.toml"

    known = material.generated.keys() | {build.MANIFEST}
    for folder in ("cnnlib", "notebooks"):
        for path in files.walk(root / folder):
            if path.relative_to(root).as_posix() not in known:
                yield f"{path.relative_to(root).as_posix()} is generated by nothing; remove it, or write its master in solutions/"
    try:
        stale = build.build(course, check=True).stale
    except CourseError as error:
        yield str(error)
    else:
        yield from (f"{name} is not what the masters give; bring it up to date with: stride build" for name in stale)
