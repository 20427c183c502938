"""Verdicts on disk as they come, one line each: what has been judged is never judged again, whatever stops the grader.

A line ends in its own checksum: what a disk or an editor has changed is judged again. Lines of older journals have none, and count.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from autograder.verdict import Verdict

SUM = ', "sha256": "%s"}'
SUMMED = re.compile(rb', "sha256": "([0-9a-f]{64})"\}$')


class Journal:
    """An append-only file of {key, verdicts, sha256}. A line that was cut short by a power loss is ignored and judged again.

    In memory stays only where a key's line begins: a class of thousands would not fit there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begins: dict[str, int] = {}
        self._torn = False
        if not path.exists():
            return
        with open(path, "rb") as file:
            begin = 0
            for line in file:
                try:
                    self._begins[_read(line)[0]] = begin
                except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                    pass
                begin += len(line)
                self._torn = not line.endswith(b"\n")

    def get(self, key: str) -> list[Verdict] | None:
        """The verdicts under this key, or None."""
        begin = self._begins.get(key)
        if begin is None:
            return None
        with open(self._path, "rb") as file:
            file.seek(begin)
            return _read(file.readline())[1]

    def add(self, key: str, verdicts: Sequence[Verdict]) -> None:
        """Write the verdicts down; they are on the disk when this returns."""
        entry = {"key": key, "verdicts": [verdict.to_dict() for verdict in verdicts]}
        content = json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace")[:-1]
        line = content + (SUM % hashlib.sha256(content).hexdigest()).encode() + b"\n"
        with open(self._path, "ab") as file:
            if self._torn:
                file.write(b"\n")
            begin = file.tell()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._torn = False
        self._begins[key] = begin


def _read(line: bytes) -> tuple[str, list[Verdict]]:
    """A line's key and verdicts. Raises ValueError, KeyError or TypeError for what is no whole line of ours."""
    entry, summed = json.loads(line), SUMMED.search(line.rstrip(b"\r\n"))
    if (summed and hashlib.sha256(line[: summed.start()]).hexdigest().encode() != summed[1]) or len(entry) != (3 if summed else 2):
        raise ValueError("another line than the one that was written")
    return entry["key"], [Verdict.from_dict(plain) for plain in entry["verdicts"]]
