"""What a learner's file defines at its top level, and how much of it a function needs. The file is read as text and never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Mapping
from functools import lru_cache

CODE = ast.FunctionDef | ast.ClassDef


@lru_cache(maxsize=64)
def statements(source: str | bytes) -> tuple[ast.stmt, ...]:
    """The statements of a file; none where it is no Python."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of a "\\d" in a learner's text, say: loading the file warns once more
            return tuple(ast.parse(source).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def definitions(body: Iterable[ast.stmt]) -> dict[str, ast.stmt]:
    """What statements define, by name: functions, classes and variables. Of two with one name the later one counts, as in Python."""
    found: dict[str, ast.stmt] = {}
    for node in body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", ())
        names = [node.name] if isinstance(node, CODE) else [target.id for target in targets if isinstance(target, ast.Name)]
        found |= dict.fromkeys(names, node)
    return found


def reached(name: str, defined: Mapping[str, ast.stmt]) -> list[str]:
    """`name` and, step by step, everything defined in its own file that it uses; nothing where `name` itself is not defined."""
    found: list[str] = []
    names = [name]
    while names:
        name = names.pop()
        if name in defined and name not in found:
            found.append(name)
            names += [part.id for part in ast.walk(defined[name]) if isinstance(part, ast.Name)]
    return found
