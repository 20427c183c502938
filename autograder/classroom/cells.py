"""The notebook that was handed in, reduced to what counts: the learner's answer and written cells, by grade_id.

Everything else (outputs, flags, points, order, other cells) is rebuilt from the master notebook, so there is nothing to edit.
Reading asks for no valid notebook: a list of cells with sources is enough, whatever format number it bears.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.classroom.unpack import Refused

MAX_CELL = 1 << 20        # characters of one answer
MAX_PICTURE = 4 << 20     # characters of one pasted picture, base64
PICTURES = ("image/png", "image/jpeg", "image/gif")
# What a browser could act on, in Markdown and in formulas; an invisible word joiner after its first character disarms it.
RISKY = re.compile(r"<(?=[a-zA-Z/!?])|!(?=\[)|\\(?=(?:href|url|require|style|class|cssId|unicode|Html|html|data)\b)", re.IGNORECASE)
PASTED = re.compile(r"!\[[^\]\n]*\]\(attachment:[^)\s]*\)")
WORD_JOINER = "\u2060"


@dataclass(frozen=True)
class Cell:
    """A learner's cell: its text, and pictures pasted into it (name -> {mime type: base64})."""

    source: str
    pictures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Notebook:
    """What counts of a notebook that was handed in.

    cells       grade_id -> the learner's cell (of two with one id, the last, as nbgrader does)
    duplicated  grade_ids that occur more than once with different content
    loose       sources of code cells that bear no grade_id
    """

    cells: Mapping[str, Cell]
    duplicated: tuple[str, ...]
    loose: tuple[str, ...]

    def assigning(self, variable: str) -> str | None:
        """The only loose code cell that assigns `variable`: an answer whose cell lost its metadata."""
        found = [source for source in self.loose if _assigns(source, variable)]
        return found[0] if len(found) == 1 else None


def read(data: bytes) -> Notebook:
    """The notebook in these bytes. Raises Refused with what is wrong with it."""
    text = decode(data)[0].strip()
    if not text:
        raise Refused("the notebook is empty")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        hint = " (it ends in the middle)" if "Unterminated" in str(error) or getattr(error, "pos", 0) >= len(text) - 1 else ""
        hint = " (it holds conflict markers)" if "<<<<<<<" in text and ">>>>>>>" in text else hint
        raise Refused(f"the notebook is damaged: it is not JSON{hint}") from error
    return from_tree(tree)


def from_tree(tree: Any) -> Notebook:
    """The same from parsed JSON or a NotebookNode."""
    raw = tree.get("cells") if isinstance(tree, dict) else None
    if raw is None and isinstance(tree, dict) and isinstance(tree.get("worksheets"), list):  # format 3 and older
        raw = [cell for sheet in tree["worksheets"] if isinstance(sheet, dict) for cell in sheet.get("cells", ())]
    if not isinstance(raw, list):
        raise Refused("the notebook is damaged: it has no cells")
    cells: dict[str, Cell] = {}
    duplicated: list[str] = []
    loose: list[str] = []
    for cell in raw:
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", cell.get("input", ""))
        source = "".join(part for part in source if isinstance(part, str)) if isinstance(source, list) else source
        if not isinstance(source, str):
            continue
        grade_id = _grade_id(cell)
        if grade_id is None:
            if cell.get("cell_type") == "code":
                loose.append(source[:MAX_CELL])
            continue
        found = Cell(source[:MAX_CELL], _pictures(cell.get("attachments")))
        if grade_id in cells and cells[grade_id].source.strip() != found.source.strip():
            duplicated.append(grade_id)
        cells[grade_id] = found
    return Notebook(cells, tuple(dict.fromkeys(duplicated)), tuple(loose))


def rebuild(master: NotebookNode, cells: Mapping[str, Cell]) -> NotebookNode:
    """The master notebook with the learner's answer and written cells put in, disarmed, and no outputs.

    All other cells are the master's own: copy what this gives before you change any of them.
    """
    built = NotebookNode(master)
    built.cells = [_rebuilt(cell, cells) for cell in master.cells]
    return built


def _rebuilt(cell: NotebookNode, cells: Mapping[str, Cell]) -> NotebookNode:
    if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None):
        cell = _with(cell, outputs=[], execution_count=None)
    info = cell.metadata.get("nbgrader", {})
    mine = cells.get(info.get("grade_id")) if info.get("solution") else None
    if mine is None or mine.source.strip() == cell.source.strip():
        return cell
    if cell.cell_type != "markdown":
        return _with(cell, source=mine.source)
    cell = _with(cell, source=disarm(mine.source))
    return _with(cell, attachments={name: dict(picture) for name, picture in mine.pictures.items()}) if mine.pictures else cell


def _with(cell: NotebookNode, **changed: Any) -> NotebookNode:
    """A copy of a cell, changed."""
    return NotebookNode(cell | nbformat.from_dict(changed))


def disarm(text: str) -> str:
    """Markdown that looks the same and does nothing: no tags, no fetched pictures, no scripts in formulas.

    nbgrader's own pages show written answers in a grader's browser unsanitised, so this happens in the notebook itself.
    """
    kept = {match.start() for match in PASTED.finditer(text)}
    return RISKY.sub(lambda m: m[0] if m.start() in kept else m[0] + WORD_JOINER, text)


def decode(data: bytes) -> tuple[str, str]:
    """Text from bytes in whatever encoding, and the encoding's name ("" for plain UTF-8)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), "UTF-16"
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "Windows-1252"


def _grade_id(cell: dict[str, Any]) -> str | None:
    metadata = cell.get("metadata")
    info = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    found = info.get("grade_id") if isinstance(info, dict) else None
    return found if isinstance(found, str) else None


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        for mime, content in bundle.items() if isinstance(bundle, dict) else ():
            content = "".join(content) if isinstance(content, list) and all(isinstance(c, str) for c in content) else content
            if mime in PICTURES and isinstance(content, str) and len(content) <= MAX_PICTURE and re.fullmatch(r"[A-Za-z0-9+/=\s]+", content):
                if re.fullmatch(r"[\w. ()-]{1,100}", name):
                    kept.setdefault(name, {})[mime] = content
    return kept


def _assigns(source: str, variable: str) -> bool:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    targets = [target for node in body for target in (node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)])]
    return any(isinstance(target, ast.Name) and target.id == variable for target in targets)
