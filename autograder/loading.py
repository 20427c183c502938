"""Loading a learner's work from files: one function of a module, or the answer of a notebook cell.

Runs where the subject runs (in this process, or inside a sandbox), so it knows `probes` alone.
"""

from __future__ import annotations

import importlib.util
import linecache
import re
import sys
import types
from pathlib import Path
from typing import Any

from autograder import probes
from autograder.probes import Answer

CELL = "answer cell"  # the file name that a traceback gives to the code of an answer cell


class Missing(LookupError):
    """The learner's file or function is not there, or the file cannot be loaded; `answer` says it as an Answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.message)
        self.answer = answer


def load_function(module: str, name: str, cnnlib: Path) -> Any:
    """The learner's function `name`, from `module`.py in the folder `cnnlib` as it is saved now. Raises Missing, with the reason."""
    path = cnnlib / f"{module}.py"
    if not path.is_file():
        raise Missing(Answer(probes.MISSING, message=f"there is no file cnnlib/{module}.py"))
    try:
        loaded = _load_fresh(f"cnnlib.{module}", path)
    except (Exception, SystemExit) as error:
        raise _unloadable(error, str(path), path.name) from error
    subject = getattr(loaded, name, None)
    if not callable(subject):
        raise Missing(Answer(probes.MISSING, message=f"there is no function {name} in cnnlib/{module}.py"))
    return subject


def load_answer(source: str, name: str, cnnlib: Path) -> Any:
    """The variable `name` after the code of an answer cell has run, with the names that every notebook's first cell imports.

    Those are `np` and the learner's modules that the cell mentions; one that cannot be loaded is left out. Raises Missing.
    """
    linecache.cache[CELL] = (len(source), None, source.splitlines(keepends=True), CELL)
    try:
        import numpy as np

        scope: dict[str, Any] = {"__name__": "__main__", "np": np}
        for path in sorted(cnnlib.glob("*.py")):
            if path.stem != "__init__" and re.search(rf"\b{re.escape(path.stem)}\b", source):
                try:
                    scope[path.stem] = _load_fresh(f"cnnlib.{path.stem}", path)
                except (Exception, SystemExit):
                    continue  # the cell may do without it; if not, the NameError that follows says so
        exec(compile(source, CELL, "exec"), scope)
    except (Exception, SystemExit) as error:
        raise _unloadable(error, CELL, CELL) from error
    if name not in scope:
        raise Missing(Answer(probes.MISSING, message=f"there is no variable {name} after the answer cell has run"))
    return scope[name]


def _unloadable(error: BaseException, filename: str, shown: str) -> Missing:
    if isinstance(error, MemoryError):
        return Missing(Answer(probes.MEMORY_LIMIT, error="MemoryError"))
    if isinstance(error, SyntaxError) and error.filename == filename:
        where = f"{shown}, line {error.lineno}: {(error.text or '').strip()}"
        return Missing(Answer(probes.ERROR, error=type(error).__name__, message=error.msg or "", where=where))
    return Missing(probes.failure(error))


def _load_fresh(name: str, path: Path) -> Any:
    """Execute the file anew, with its siblings in the same folder loaded anew too, and leave the session's own modules as they were."""
    linecache.checkcache(str(path))
    before = {key: module for key, module in sys.modules.items() if _is_ours(key)}
    for key in before:
        del sys.modules[key]
    package = types.ModuleType("cnnlib")
    package.__path__ = [str(path.parent)]  # `from cnnlib.conv import …` finds this folder's conv.py
    sys.modules["cnnlib"] = package
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while it loads
    try:
        # From the source, not the bytecode cache: two saves within a second would otherwise look like one.
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    finally:
        for key in [key for key in sys.modules if _is_ours(key)]:
            del sys.modules[key]
        sys.modules.update(before)
    return module


def _is_ours(name: str) -> bool:
    """Whether a module is the package `cnnlib` or one of the learner's files in it (what is given in cnnlib/kit stays loaded)."""
    return name == "cnnlib" or name.startswith("cnnlib.") and not name.startswith("cnnlib.kit")
