"""`stride train`: the learner's own networks, trained by the course's recipes. The engine is given, in cnnlib/kit/train.py."""

from __future__ import annotations

import ast
import importlib
import importlib.machinery
import json
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.course import Course, CourseError


def overview(course: Course) -> list[str]:
    """A line for every recipe: its name, and what it is."""
    with kit_of(course) as kit:
        recipes = [kit("recipes").load(name) for name in kit("recipes").names()]
    width = max((len(recipe.name) for recipe in recipes), default=0)
    return [f"{recipe.name:{width}}  {recipe.about}" for recipe in recipes]


def train(
    course: Course,
    name: str,
    settings: Sequence[str] = (),
    size: str | None = None,
    out: Path | None = None,
    resume: bool = False,
) -> bool:
    """Run a recipe and print how it goes; False when it was stopped by Ctrl-C. Raises CourseError with what to mend."""
    changes = dict(map(setting, settings))
    with kit_of(course) as kit:
        recipe = kit("recipes").load(name)
        result = kit("train").run_recipe(recipe, out, size=size, changes=changes, resume=resume, runs=course.root / "runs")
    return result.status == "finished"


def setting(text: str) -> tuple[str, Any]:
    """The key and the value of `key=value`: a number, true or false, a list, or else a word. Raises CourseError."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise CourseError(f"--set {text} says nothing: it should be key=value, such as --set batch_size=64")
    return key.strip(), _value(value.strip())


def _value(text: str) -> Any:
    for read in (json.loads, ast.literal_eval):  # true and True
        try:
            return read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    return text


@contextmanager
def kit_of(course: Course) -> Iterator[Callable[[str], Any]]:
    """Modules of the learner's kit by name, with `cnnlib` being the learner's folder whatever it is called; a TrainingError becomes a CourseError."""
    use(course)
    error_of_the_kit = importlib.import_module("cnnlib.kit.training.recipe").TrainingError
    try:
        yield lambda name: importlib.import_module(f"cnnlib.kit.{name}")
    except error_of_the_kit as error:
        raise CourseError(str(error)) from error


def use(course: Course) -> None:
    """From now on `cnnlib` is the course's folder of the learner's files (STRIDE_CNNLIB); the kit is the course's own where that has none."""
    folders = [str(course.cnnlib)]
    if not (course.cnnlib / "kit" / "__init__.py").is_file():
        folders.append(str(course.root / "cnnlib"))
    if not any((Path(folder) / "kit" / "training" / "recipe.py").is_file() for folder in folders):
        raise CourseError(f"There is no training engine in {folders[-1]}/kit. Fetch the course again, or run: stride build")
    package = sys.modules.get("cnnlib")
    if package is None or list(package.__path__) != folders:
        for name in [name for name in sys.modules if name == "cnnlib" or name.startswith("cnnlib.")]:
            del sys.modules[name]
        package = types.ModuleType("cnnlib")
        package.__path__ = folders
        package.__spec__ = importlib.machinery.ModuleSpec("cnnlib", None, is_package=True)
        sys.modules["cnnlib"] = package
