"""What every exercise's check must prove, for all exercises of one file at once.

A test file of `autograder/checks/conv.py` says `TestProofs = proofs("conv")` and has these tests:

- the solution gets full marks, whatever the seed;
- so does every other correct style in `tests/styles/<style>/cnnlib/conv.py`, for the functions and classes that it has;
- every misconception is a wrong solution: it loses points, and is recognised by its own name;
- a stub, and a function that returns nothing, earn nothing.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from autograder import check
from autograder.exercise import Case, Exercise, load
from autograder.expectations import Expectations
from autograder.judge import judge_by, wrong_subject
from autograder.loading import place
from autograder.runner import run

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = ROOT / "solutions" / "cnnlib"
STYLES = ROOT / "tests" / "styles"
SEEDS = (1, 2, 3)


def proofs(module: str, *, seeds: tuple[int, ...] = SEEDS) -> type:
    """A test class for the exercises of `autograder/checks/<module>.py`; bind it to a name that starts with Test."""
    exercises = exercises_of(module)
    functions = [exercise.id for exercise in exercises if exercise.answer is None]
    slips = [(exercise.id, slip.id) for exercise in exercises for slip in exercise.misconceptions]
    # One seed each, in turn: `stride build --prove` tries all of them with another one, and there are more than a thousand.
    turns = [(*slip, seed) for slip, seed in zip(slips, itertools.cycle(seeds))]

    class Proofs:
        @pytest.mark.parametrize("seed", seeds)
        @pytest.mark.parametrize("id", functions)
        def test_solution_gets_full_marks(self, id: str, seed: int) -> None:
            assert_passes(id, SOLUTIONS, seed)

        @pytest.mark.parametrize("id, slip, seed", turns)
        def test_misconception_is_rejected_and_recognised(self, id: str, slip: str, seed: int) -> None:
            verdict = check_misconception(load(id), slip, seed)
            assert verdict.points < verdict.max_points
            assert verdict.misconception == slip, str(verdict)

        @pytest.mark.parametrize("id", [exercise.id for exercise in exercises])
        def test_what_is_not_written_earns_nothing(self, id: str) -> None:
            verdict = check(id, unwritten(load(id)), seed=seeds[0])
            assert (verdict.status, verdict.points) == ("not_written", 0)

        @pytest.mark.parametrize("id", functions)
        def test_returning_nothing_earns_nothing(self, id: str) -> None:
            verdict = check(id, lambda **_: None, seed=seeds[0])
            assert (verdict.status, verdict.points) == ("failed", 0)

        @pytest.mark.parametrize("id", [exercise.id for exercise in exercises])
        def test_says_enough(self, id: str) -> None:
            exercise = load(id)
            slips = exercise.misconceptions
            assert len(slips) >= 3 and len({slip.id for slip in slips}) == len(slips)
            assert all(text.rstrip(")").endswith(".") for slip in slips for text in (slip.says, slip.hint))
            assert len(exercise.hints) == 3 and all(exercise.hints)

    styled = styles_of(module)
    if styled:

        @pytest.mark.parametrize("style, id", styled)
        def test_other_style_gets_full_marks(self: Any, style: str, id: str, tmp_path: Path) -> None:
            folder = STYLES / style / "cnnlib"
            if load(id).uses:  # what it builds on stands beside it: the style's own where it has that, else ours
                for source in (SOLUTIONS, folder):
                    shutil.copytree(source, tmp_path / "cnnlib", dirs_exist_ok=True, ignore=shutil.ignore_patterns("kit", "__pycache__"))
                folder = tmp_path / "cnnlib"
            assert_passes(id, folder, seeds[0])

        Proofs.test_other_style_gets_full_marks = test_other_style_gets_full_marks
    return Proofs


def exercises_of(module: str) -> tuple[Exercise, ...]:
    return tuple(importlib.import_module(f"autograder.checks.{module}").EXERCISES)


def assert_passes(id: str, cnnlib: Path, seed: int) -> None:
    """The function of that id in the folder `cnnlib` gets full marks."""
    verdict = check(id, seed=seed, cnnlib=cnnlib)
    assert verdict.passed and verdict.points == verdict.max_points, str(verdict)


def check_misconception(exercise: Exercise, slip: str, seed: int):
    """The verdict on a misconception as a wrong solution."""
    misconception = exercise.misconception(slip)
    if exercise.answer is not None:  # the same wrong answer to all cases: they have no inputs
        return check(exercise.id, misconception.oracle(), seed=seed)
    known = _known(exercise.id, seed)
    # A case's inputs decide the dtype that a correct solution would give back.
    answers = run(exercise, known.cases, lambda **inputs: wrong_subject(misconception, Case("", inputs).dtype)(**inputs))
    return judge_by(known, answers)


@lru_cache(maxsize=len(SEEDS))
def _known(id: str, seed: int) -> Expectations:
    """What all misconceptions of an exercise are judged by: worked out once, not once for each of them."""
    return Expectations(load(id), load(id).cases(seed))


def unwritten(exercise: Exercise) -> Any:
    """What a learner hands in without having begun."""
    if exercise.answer is not None:
        return dict.fromkeys(exercise.returns)

    def stub(**_: Any) -> None:
        raise NotImplementedError(f"{exercise.id}: not written yet — stride hint {exercise.id}")

    return stub


def styles_of(module: str) -> list[tuple[str, str]]:
    """(style, exercise id) of every exercise that tests/styles/*/cnnlib/<module>.py defines by itself."""
    ids = {exercise.id for exercise in exercises_of(module)}
    found = []
    for folder in sorted(STYLES.iterdir()):
        path, names = place(module, folder / "cnnlib"), []
        if not path.is_file():
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.append(node.name)
            names += [target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)]
        found += [(folder.name, f"{module}.{name}") for name in names if f"{module}.{name}" in ids]
    return found
