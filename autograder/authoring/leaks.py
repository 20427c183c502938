"""Whether a text gives a solution away: no line of a solution region may stand in anything that learners get."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping

from autograder import files
from autograder.authoring import stubs
from autograder.authoring.build import masters_of, read_text
from autograder.course import Course

SHORTEST = 25  # shorter lines (`return out`, `N, C, H, W = x.shape`) say nothing of a solution
LOOP = re.compile(r"for[\w,()]+in\w+:")  # and neither does a loop over what was given (`for kernel_size, stride in layers:`)


def squeeze(line: str) -> str:
    """A line of code without its comment and white space: what is left when only its looks change."""
    return "".join(re.sub(r"(^|\s)#.*", "", line).split())


def solution_lines(course: Course) -> dict[str, str]:
    """The telling lines of all solution regions, squeezed, with where each stands; not those that given code has too."""
    masters = masters_of(course)
    found: dict[str, str] = {}
    given: set[str] = set()
    for path in (path for path in files.walk(masters) if path.suffix == ".py"):
        source, name = read_text(path), path.relative_to(course.root).as_posix()
        for line in stubs.solution_lines(source, name):
            if len(squeeze(line)) >= SHORTEST and not LOOP.fullmatch(squeeze(line)):
                found.setdefault(squeeze(line), f"{name}: {line.strip()}")
        if path.is_relative_to(masters / "cnnlib"):
            given.update(map(squeeze, _code_lines(stubs.replace_regions(source, name, lambda _: "pass"))))
    return {line: where for line, where in found.items() if line not in given}


def leaks(course: Course, texts: Mapping[str, bytes | str], lines: Mapping[str, str] | None = None) -> list[str]:
    """A sentence for every solution line in `texts` (by name). Files that are not text give nothing away."""
    lines = solution_lines(course) if lines is None else lines
    found = []
    for name, content in texts.items():
        squeezed = "".join("".join(part.split()) for part in _parts(name, content))
        found += [f"{name} gives away a line of {where}" for line, where in lines.items() if line in squeezed]
    return found


def _parts(name: str, content: bytes | str) -> Iterable[str]:
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8")
        except UnicodeDecodeError:
            return []
    if name.endswith(".ipynb"):
        return ["".join(cell["source"]) for cell in json.loads(content)["cells"]]
    return [content]


def _code_lines(source: str) -> list[str]:
    """The lines of a module without its docstrings: what they show is not given code."""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return lines
