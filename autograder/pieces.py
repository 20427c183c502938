"""The pieces of the learner's own that an exercise is put together from: which they are, and the first that does not pass yet.

For a learner's own check alone. When a whole training run goes wrong, the fault is often not in it but in a piece, and its card says which.
Pieces are found in the source, without running it: what the function names in its file, in the other files of `cnnlib`, and in
the kit's layers. So a piece that is not used is never blamed.
"""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from autograder import judge, probes, runner
from autograder.definitions import definitions, statements
from autograder.exercise import Exercise, UnknownExercise, load
from autograder.loading import place

SECONDS = 1.0  # for all pieces of an exercise together: a card is not waited for any longer
KIT = "cnnlib.kit."


def first_open(exercise: Exercise, cnnlib: Path, seed: int | str, seconds: float = SECONDS) -> str:
    """The id of a piece that does not pass on the cases of `seed`, those first that others are made of; "" when all do, or time is up."""
    deadline = time.monotonic() + seconds
    for id in pieces(exercise, cnnlib):
        piece = load(id)
        try:
            subject = runner.load_subject(piece, cnnlib)
        except runner.Missing as missing:
            if missing.answer.status == probes.TIME_LIMIT:
                return ""
            return id
        cases = [case for case in piece.cases(seed) if case.max_slowdown is None]  # being slow makes nothing wrong
        answers = runner.run(piece, cases, subject, seconds=deadline - time.monotonic())
        if any(answer.status == probes.TIME_LIMIT for answer in answers):
            return ""
        if not judge.judge(piece, cases, answers, by_name=False).passed:
            return id
    return ""


def pieces(exercise: Exercise, cnnlib: Path) -> list[str]:
    """Ids of the exercises that the learner's function is made of, each after those that it is made of itself."""
    found: dict[str, None] = {}
    try:
        _Walk(cnnlib, with_layers=exercise.probe != "block", found=found).enter(exercise.module, exercise.name)
    except RecursionError:  # a file that is nothing but a puzzle
        return []
    found.pop(exercise.id, None)
    return list(found)


class _Walk:
    """Goes from a definition to all that it names, step by step, and notes exercises on the way back.

    with_layers  whether the kit's layers stand on the learner's pieces: a block of layers is judged with given ones
    """

    def __init__(self, cnnlib: Path, with_layers: bool, found: dict[str, None]) -> None:
        self._cnnlib, self._with_layers, self._found = cnnlib, with_layers, found
        self._files: dict[str, _File] = {}
        self._entered: set[tuple[str, str]] = set()

    def enter(self, module: str, name: str) -> None:
        if (module, name) in self._entered:
            return
        self._entered.add((module, name))
        if module not in self._files:
            self._files[module] = _File(place(module, self._cnnlib))
        file = self._files[module]
        for used in _dotted_names(file.definitions.get(name)):
            self._follow(module, file, used)
        self._note(f"{module}.{name}")

    def _follow(self, module: str, file: _File, used: str) -> None:
        first, _, rest = used.partition(".")
        if first in file.definitions:
            self.enter(module, first)
            return
        full = f"{file.imports[first]}.{rest}".rstrip(".") if first in file.imports else ""
        if full.startswith(KIT):
            if self._with_layers:
                for piece in _pieces_of_layer(full.rpartition(".")[2]):
                    self.enter(*piece.split(".", 1))
        elif full.startswith("cnnlib.") and full.count(".") >= 2:
            parts = full.split(".")[1:]
            in_folder = len(parts) > 2 and place(".".join(parts[:2]), self._cnnlib).is_file()  # nets.lenet.LeNet5
            self.enter(".".join(parts[: 1 + in_folder]), parts[1 + in_folder])

    def _note(self, id: str) -> None:
        try:
            if load(id).is_function:
                self._found[id] = None
        except UnknownExercise:
            pass


class _File:
    """What one of the learner's files defines, and what its imports stand for: {"adam_step": "cnnlib.optim.adam_step"}."""

    def __init__(self, path: Path) -> None:
        body = statements(path.read_bytes()) if path.is_file() else ()  # what is no Python has no pieces: the check says what is wrong with it
        self.definitions, self.imports = definitions(body), {}
        for node in (part for statement in body for part in ast.walk(statement)):
            if isinstance(node, ast.Import):
                self.imports |= {a.asname or a.name.partition(".")[0]: a.name if a.asname else a.name.partition(".")[0] for a in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = ".".join(filter(None, ["cnnlib" if node.level else "", node.module]))
                self.imports |= {a.asname or a.name: f"{base}.{a.name}" for a in node.names}


def _dotted_names(node: ast.stmt | None) -> Iterator[str]:
    """All names in a definition, in their order, with what is asked of them: "optim.adam_step", then "optim"."""
    for part in ast.walk(node) if node else ():
        names = []
        while isinstance(part, ast.Attribute):
            names.append(part.attr)
            part = part.value
        if isinstance(part, ast.Name):
            yield ".".join([part.id, *reversed(names)])


def _pieces_of_layer(name: str) -> list[str]:
    """The functions that the kit's layer of that name computes with. The learner's code has loaded the kit, or could not be run."""
    for module in [module for key, module in sys.modules.items() if key.startswith(KIT)]:
        pair = getattr(vars(module).get(name), "name", None)
        if isinstance(pair, str) and "." in pair:
            return [f"{pair}_forward", f"{pair}_backward"]
    return []
