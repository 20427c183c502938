"""Solution regions: finding them, cutting them out, and putting one function of a file in place of another's.

A region stands between `### BEGIN SOLUTION` and `### END SOLUTION`, each on a line of its own. Everything outside regions is
given to learners as it is: signatures, docstrings, helpers, comments and imports.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

from autograder.course import CourseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
NOT_WRITTEN = 'raise NotImplementedError("{id}: not written yet — stride hint {id}")'
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Region:
    """Lines first … last (counted from 0, both marks included) of a text, and how deep its first mark is indented."""

    first: int
    last: int
    indent: str


def regions(source: str, name: str) -> list[Region]:
    """The solution regions of a text. Raises CourseError for marks without their partner; `name` says where in the message."""
    found: list[Region] = []
    begin: int | None = None
    lines = source.split("\n")
    for number, line in enumerate(lines):
        mark = line.strip()
        if mark == BEGIN and begin is None:
            begin = number
        elif mark == END and begin is not None:
            found.append(Region(begin, number, re.match(r"\s*", lines[begin]).group()))
            begin = None
        elif "BEGIN SOLUTION" in line or "END SOLUTION" in line:
            raise CourseError(f"{name}, line {number + 1}: {mark!r} has no partner, or more on its line; mend it, then: stride build")
    if begin is not None:
        raise CourseError(f"{name}, line {begin + 1}: {BEGIN!r} is never ended; add {END!r}, then: stride build")
    return found


def solution_lines(source: str, name: str) -> list[str]:
    """The lines inside the solution regions."""
    lines = source.split("\n")
    return [line for region in regions(source, name) for line in lines[region.first + 1 : region.last]]


def replace_regions(source: str, name: str, stand_in: Callable[[Region], str | None]) -> str:
    """The text with `stand_in(region)` (a line, or None for nothing) in place of every solution region."""
    lines = source.split("\n")
    for region in reversed(regions(source, name)):
        line = stand_in(region)
        if line is not None:
            lines[region.first : region.last + 1] = [region.indent + line]
            continue
        # The empty lines above and below would add up to a gap: keep the larger of the two.
        above = below = 0
        while above < region.first and not lines[region.first - 1 - above].strip():
            above += 1
        while region.last + 1 + below < len(lines) and not lines[region.last + 1 + below].strip():
            below += 1
        lines[region.first : region.last + 1 + min(above, below)] = []
    return "\n".join(lines)


def make_stub(source: str, module: str) -> str:
    """The learner's file for a finished one: each region becomes a NotImplementedError that names the exercise.

    The exercise is the function or class at the top of the file that holds the region. A region outside any definition
    (a helper or an import that only the solution needs) is left out. Raises CourseError when the file, or the stub, is not Python.
    """
    name = f"solutions/cnnlib/{module.replace('.', '/')}.py"
    definitions = _parse(source, name).body

    def stand_in(region: Region) -> str | None:
        for node in definitions:
            if isinstance(node, Definition) and node.lineno <= region.first + 1 <= node.end_lineno:
                return NOT_WRITTEN.format(id=f"{module}.{node.name}")
        if region.indent:
            raise CourseError(f"{name}, line {region.first + 1}: this solution region belongs to no function or class; move it, then: stride build")
        return None

    stub = replace_regions(source, name, stand_in)
    _parse(stub, f"the stub of {name}")
    return stub


def ids(stub: str) -> list[str]:
    """The exercises that a stub file asks for."""
    return re.findall(r'NotImplementedError\("([\w.]+): not written yet', stub)


def span(source: str, function: str) -> tuple[int, int] | None:
    """First line and line after the last (from 0) of the top-level function or class, or None when there is none.

    Decorators belong to it, and so do indented comments at its end. Of several definitions the last one counts, as in Python.
    Raises SyntaxError when the source is not Python.
    """
    nodes = [node for node in ast.parse(source).body if isinstance(node, Definition) and node.name == function]
    if not nodes:
        return None
    node = nodes[-1]
    lines = source.split("\n")
    end = after = node.end_lineno
    while after < len(lines) and (not lines[after].strip() or re.match(r"\s+#", lines[after])):
        after += 1
        if lines[after - 1].strip():
            end = after
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1, end


def put_back(source: str, pristine: str, function: str) -> str:
    """`source` with its definition of `function` replaced by the one in `pristine`, or with that added at the end when it has none.

    Raises SyntaxError when `source` is not Python, LookupError when `pristine` has no such function.
    """
    original = span(pristine, function)
    if original is None:
        raise LookupError(function)
    stub = pristine.split("\n")[slice(*original)]
    lines = source.split("\n")
    place = span(source, function)
    if place is None:
        return source.rstrip("\n") + "\n" * 3 * bool(source.strip()) + "\n".join(stub) + "\n"
    return "\n".join(lines[: place[0]] + stub + lines[place[1] :])


def _parse(source: str, name: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise CourseError(f"{name}, line {error.lineno}: {error.msg}; mend it, then: stride build") from error
