"""Loading a learner's work from files: one function of a module, or the answer of a notebook cell.

Runs where the subject runs (in this process, or inside a sandbox), so it knows `probes` alone.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.machinery
import importlib.util
import linecache
import re
import sys
import types
from collections.abc import Iterator
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


def place(module: str, cnnlib: Path) -> Path:
    """The file of a module, `conv` or `nets.lenet`, in the folder `cnnlib`."""
    return cnnlib.joinpath(*module.split(".")).with_suffix(".py")


def load_function(module: str, name: str, cnnlib: Path) -> Any:
    """The learner's function `name`, from `module`.py in the folder `cnnlib` as it is saved now. Raises Missing, with the reason.

    Its attribute `loaded_anew` is a function that loads it once more: all that its module has kept meanwhile is gone there.
    """
    path = place(module, cnnlib)
    if not path.is_file():
        raise Missing(Answer(probes.MISSING, message=f"there is no file cnnlib/{path.relative_to(cnnlib).as_posix()}"))
    try:
        loaded, family = _load_fresh(f"cnnlib.{module}", cnnlib)
        subject = getattr(loaded, name, None)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise _unloadable(error) from error
    if not callable(subject):
        raise Missing(Answer(probes.MISSING, message=f"there is no function {name} in cnnlib/{path.relative_to(cnnlib).as_posix()}"))
    found = _homely(subject, cnnlib, family) if isinstance(subject, types.FunctionType) else subject
    with contextlib.suppress(Exception):  # not everything that can be called has attributes
        found.loaded_anew = functools.partial(load_function, module, name, cnnlib)
    return found


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
                    scope[path.stem] = _load_fresh(f"cnnlib.{path.stem}", cnnlib)[0]
                except (Exception, SystemExit):
                    continue  # the cell may do without it; if not, the NameError that follows says so
        exec(compile(source, CELL, "exec"), scope)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise _unloadable(error) from error
    if name not in scope:
        raise Missing(Answer(probes.MISSING, message=f"there is no variable {name} after the answer cell has run"))
    return scope[name]


def _unloadable(error: BaseException) -> Missing:
    return Missing(Answer(probes.TIME_LIMIT) if isinstance(error, probes.TimeLimit) else probes.failure(error))


class _FromSource(importlib.machinery.SourceFileLoader):
    """Reads the file itself, never its bytecode cache: there, two saves within a second look like one."""

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        return _compiled(self.get_data(path), path)


@functools.lru_cache(maxsize=64)
def _compiled(source: bytes, path: str) -> types.CodeType:
    """A file is executed anew for each exercise, and its siblings with it: compiling takes longer than that, and depends on the source alone."""
    return compile(source, path, "exec", dont_inherit=True)


class _Folder:
    """Finds `cnnlib.NAME` in one folder, whatever the folder is called and whatever else the import path holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if not _is_ours(name) or name == "cnnlib":
            return None
        file = place(name.removeprefix("cnnlib."), self.folder)
        inside = None
        if not file.is_file():
            file, inside = file.with_suffix("") / "__init__.py", [str(file.with_suffix(""))]
        if not file.is_file():
            return None
        return importlib.util.spec_from_file_location(name, file, loader=_FromSource(name, str(file)), submodule_search_locations=inside)


def _load_fresh(name: str, cnnlib: Path) -> tuple[types.ModuleType, dict[str, types.ModuleType]]:
    """Execute the module anew, with its siblings in the folder `cnnlib` loaded anew too, and leave the session's own modules as they were.

    Returns the module, and all that were loaded, by name.
    """
    for file in [file for file in linecache.cache if file.startswith(str(cnnlib))]:
        del linecache.cache[file]
    package = types.ModuleType("cnnlib")
    package.__path__ = [str(cnnlib)]
    family = {"cnnlib": package}
    with _at_home(_Folder(cnnlib), family):
        return importlib.import_module(name), family


def _homely(function: types.FunctionType, folder: Path, family: dict[str, types.ModuleType]) -> Any:
    """The function; an import statement in its body finds the siblings that were loaded with it."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _at_home(_Folder(folder), family):
            return function(*args, **kwargs)

    return call


@contextlib.contextmanager
def _at_home(finder: _Folder, family: dict[str, types.ModuleType]) -> Iterator[None]:
    """Within, the learner's modules are `family` (which grows by what is imported); outside, the session's own."""
    before = {key: sys.modules.pop(key) for key in _loaded()}
    sys.modules.update(family)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path[:] = [other for other in sys.meta_path if other is not finder]
        family.update((key, sys.modules.pop(key)) for key in _loaded())
        sys.modules.update(before)


def _loaded() -> list[str]:
    """The learner's modules that this session has now. (Every call of the subject asks, and with PyTorch there are thousands of others.)"""
    return [key for key in list(sys.modules) if key[:6] == "cnnlib" and _is_ours(key)]


def _is_ours(name: str) -> bool:
    """Whether a module is the package `cnnlib` or one of the learner's files in it (what is given in cnnlib/kit stays loaded)."""
    return name == "cnnlib" or name.startswith("cnnlib.") and not f"{name}.".startswith("cnnlib.kit.")
