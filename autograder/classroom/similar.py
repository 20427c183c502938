"""`stride similar`: which submissions resemble each other more than the class does. A hint for a person, never a mark.

Functions are compared as they are after names, comments, docstrings and layout are made equal, and what was given is left out. How
alike two are is RapidFuzz's normalised edit similarity of their tokens. What counts is only what goes beyond the class: where everybody
writes the same three lines, writing them too is no evidence.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from autograder import files
from autograder.classroom import feedback, intake, master
from autograder.course import Assignment, Course, CourseError
from autograder.definitions import CODE, definitions, reached, statements
from autograder.exercise import file_of

MIN_TOKENS = 60  # shorter ones are alike by chance
SHOWN = 20  # pairs


@dataclass(frozen=True)
class Written:
    """What a learner wrote for one exercise: the text, and its tokens as characters of a private alphabet."""

    text: str
    tokens: str


@dataclass(frozen=True)
class Pair:
    """Two learners, how far beyond the class they resemble each other (0 to 1), and for each exercise (how alike, what the class is)."""

    one: str
    other: str
    beyond: float
    exercises: Mapping[str, tuple[float, float]]


def compare(course: Course, assignment_id: str, submissions: Path) -> tuple[list[Pair], dict[str, dict[str, Written]]]:
    """All pairs, the most unusual first, and what they wrote: learner -> exercise -> text. Raises CourseError as grading does."""
    assignment = course.assignment(assignment_id)
    found = intake.find(Path(submissions).resolve(), assignment)
    if len(found) < 2:
        raise CourseError(f"{submissions} holds one submission, and it takes two to be alike. Name the folder of the whole class")
    given = master.load(course, assignment).library
    alphabet: dict[str, str] = {}
    written = {}
    for learner, entries in found.items():
        submission = intake.read(learner, entries, course, assignment)
        written[learner] = _written(assignment, submission.files, given, alphabet)
    return _ranked(written), written


def _ranked(written: Mapping[str, Mapping[str, Written]]) -> list[Pair]:
    from rapidfuzz.fuzz import ratio

    alike: dict[str, dict[tuple[str, str], float]] = {}
    for one, other in combinations(sorted(written), 2):
        for id in written[one].keys() & written[other].keys():
            a, b = written[one][id].tokens, written[other][id].tokens
            if min(len(a), len(b)) >= MIN_TOKENS:
                alike.setdefault(id, {})[one, other] = ratio(a, b) / 100
    usual = {id: statistics.median(values.values()) for id, values in alike.items()}
    pairs = []
    for one, other in combinations(sorted(written), 2):
        exercises = {id: (values[one, other], usual[id]) for id, values in alike.items() if (one, other) in values}
        weights = {id: len(written[one][id].tokens) * (1 - usual[id]) for id in exercises}
        total = sum(weights.values())
        above = sum(weights[id] * max(0.0, like - most) / (1 - most) for id, (like, most) in exercises.items() if most < 1)
        pairs.append(Pair(one, other, above / total if total else 0.0, exercises))
    return sorted(pairs, key=lambda pair: (-pair.beyond, pair.one, pair.other))


def write(course: Course, assignment_id: str, submissions: Path, out: Path) -> tuple[Path, list[Pair]]:
    """The page with the most unusual pairs side by side, and all pairs."""
    assignment = course.assignment(assignment_id)
    pairs, written = compare(course, assignment_id, submissions)
    library = master.load(course, assignment).library
    given = {_bare(line) for module in assignment.modules for line in library[file_of(module)].decode().splitlines()}
    shown = [(pair, _side_by_side(pair, written, given)) for pair in pairs[:SHOWN] if pair.beyond > 0]
    page = feedback.template("similar").render(course=course, assignment=assignment, pairs=shown, submissions=len(written))
    target = Path(out) / f"similar-{assignment.id}.html"
    try:
        files.write_all({target: page.encode("utf-8", "replace")})
    except OSError as error:
        again = f"stride similar {assignment.id} --submissions {submissions} --out DIR"
        raise CourseError(f"{target} cannot be written ({error.strerror}). Name another folder: {again}") from error
    return target, pairs


def _side_by_side(pair: Pair, written: Mapping[str, Mapping[str, Written]], given: Collection[str]) -> list[dict[str, object]]:
    """The exercises of a pair, those that tell most first; a line that the other has too, names aside, and nobody was given, is marked."""
    table = []
    for id, (like, usual) in sorted(pair.exercises.items(), key=lambda item: item[1][1] - item[1][0]):
        texts = [written[learner][id].text for learner in (pair.one, pair.other)]
        lines = [[(line, _bare(line)) for line in text.splitlines()] for text in texts]
        known = [{bare for _, bare in side if len(bare) > 3 and bare not in given} for side in lines]
        table.append({
            "id": id, "like": like, "usual": usual,
            "one": [(line, bare in known[1]) for line, bare in lines[0]], "other": [(line, bare in known[0]) for line, bare in lines[1]],
        })
    return table


def _bare(line: str) -> str:
    """A line without blanks and without what its names are."""
    out, word = [], ""
    for letter in f"{line.partition('#')[0]} ":
        if letter.isidentifier() or word and letter.isalnum():
            word += letter
            continue
        out.append(word if keyword.iskeyword(word) or word in _KNOWN else "n" * bool(word))
        word = ""
        out.append(letter.strip())
    return "".join(out)


_KNOWN = {*dir(builtins), "np"}


def _written(assignment: Assignment, sources: Mapping[str, bytes], given: Mapping[str, bytes], alphabet: dict[str, str]) -> dict[str, Written]:
    """Each exercise's function with the helpers that it uses and that were not given."""
    found = {}
    for module in assignment.modules:
        path = file_of(module)
        text = sources.get(path, b"").decode("utf-8", "replace")
        own, handed_out = _code(text), _code(given.get(path, b"").decode())
        same = {name for name, node in own.items() if name in handed_out and _normal(node) == _normal(handed_out[name])}
        for exercise in assignment.exercises:
            if exercise.module == module and exercise.is_function and exercise.name in own and exercise.name not in same:
                others = {other.name for other in assignment.exercises if other.module == module} - {exercise.name}
                nodes = [own[name] for name in reached(exercise.name, own) if name not in same | others]
                tokens = [token for node in nodes for token in _normal(node)]
                letters = "".join(alphabet.setdefault(token, chr(0xE000 + len(alphabet) % 6400)) for token in tokens)
                found[exercise.id] = Written("\n\n".join(ast.get_source_segment(text, node) or "" for node in nodes), letters)
    return found


def _code(text: str) -> dict[str, ast.stmt]:
    return {name: node for name, node in definitions(statements(text)).items() if isinstance(node, CODE)}


def _normal(node: ast.AST) -> tuple[str, ...]:
    """The tokens of a definition: the kinds of its parts in order, operators, constants, attributes; its own names by order of appearance."""
    names: dict[str, str] = {}
    tokens: list[str] = []

    def own(name: str) -> str:
        return names.setdefault(name, f"name{len(names)}")

    def visit(part: ast.AST, depth: int) -> None:
        if depth > 200:
            return
        tokens.append(type(part).__name__)
        if isinstance(part, ast.Name):
            tokens.append(part.id if part.id in _KNOWN else own(part.id))
        elif isinstance(part, ast.arg):
            tokens.append(own(part.arg))
            return  # without its annotation
        elif isinstance(part, ast.Attribute):
            tokens.append(part.attr)
        elif isinstance(part, ast.keyword):
            tokens.append(part.arg or "**")
        elif isinstance(part, ast.Constant):
            tokens.append(repr(part.value)[:40])
        for child in ast.iter_child_nodes(part):
            if not isinstance(child, ast.expr_context) and not _is_text(child):
                visit(child, depth + 1)

    visit(node, 0)
    return tuple(tokens)


def _is_text(node: ast.AST) -> bool:
    """Whether this is a string that stands for itself: a docstring, or a comment in disguise."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def summary(assignment_id: str, pairs: Sequence[Pair], path: Path) -> str:
    """The most unusual pairs for the terminal."""
    lines = [f"{assignment_id}: how far pairs resemble each other beyond the rest of the class (a hint for you, no proof):"]
    lines += [f"  {pair.beyond:4.0%}  {pair.one}  {pair.other}" for pair in pairs[:10] if pair.beyond > 0]
    return "\n".join([*lines, f"Side by side: {path}"])
