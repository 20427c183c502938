"""Verdicts on disk as they come, one line each: what has been judged is never judged again, whatever stops the grader."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.verdict import Verdict


class Journal:
    """An append-only file of {key, verdicts}. A line that was cut short by a power loss is ignored and judged again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, list[dict[str, Any]]] = {}
        content = path.read_bytes() if path.exists() else b""
        for line in content.split(b"\n"):
            try:
                entry = json.loads(line)
                self._known[entry["key"]] = [Verdict.from_dict(plain).to_dict() for plain in entry["verdicts"]]
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                continue
        self._torn = bool(content) and not content.endswith(b"\n")

    def get(self, key: str) -> list[Verdict] | None:
        """The verdicts under this key, or None."""
        plain = self._known.get(key)
        return None if plain is None else [Verdict.from_dict(verdict) for verdict in plain]

    def add(self, key: str, verdicts: Sequence[Verdict]) -> None:
        """Write the verdicts down; they are on the disk when this returns."""
        plain = [verdict.to_dict() for verdict in verdicts]
        line = json.dumps({"key": key, "verdicts": plain}, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        with open(self._path, "ab") as file:
            file.write((b"\n" if self._torn else b"") + line)
            file.flush()
            os.fsync(file.fileno())
        self._torn = False
        self._known[key] = plain
