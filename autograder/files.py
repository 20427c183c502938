"""Writing files so that nothing is ever half-written or lost: all at once through drafts beside them, and numbered backups."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

PASSING = ("__pycache__", ".ipynb_checkpoints", ".DS_Store")  # what programs leave behind: no part of a course
BACKUP_MARK = ".backup-"
DRAFT = re.compile(r"\..+\.\d+\.tmp(-journal)?")  # and what SQLite has beside one


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_all(files: Mapping[Path, bytes], *, flush: bool = True) -> None:
    """Write every file or none: all are written beside their places first, and moved there when they are on the disk.

    Without `flush` the system may take its time with that: for files that are written again whenever the power fails.
    """
    drafts: dict[Path, Path] = {}
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = draft_of(path)
            drafts[draft] = path
            with open(draft, "wb") as file:
                file.write(content)
                if flush:
                    file.flush()
                    os.fsync(file.fileno())
            if path.exists():
                draft.chmod(path.stat().st_mode & 0o777)
        for draft, path in drafts.items():
            os.replace(draft, path)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


def draft_of(path: Path) -> Path:
    """Where this process writes what shall become the file."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def sweep(folder: Path) -> None:
    """Remove the drafts that a process left behind when it was killed. Nobody may be writing in the folder."""
    for parent, _, names in os.walk(folder):
        for name in filter(DRAFT.fullmatch, names):
            Path(parent, name).unlink(missing_ok=True)


def back_up(path: Path) -> Path:
    """Copy a file to the first free of NAME.backup-1, NAME.backup-2 …; a backup is never overwritten."""
    content = path.read_bytes()
    number = 1
    while True:
        copy = path.with_name(f"{path.name}{BACKUP_MARK}{number}")
        with contextlib.suppress(FileExistsError), open(copy, "xb") as file:
            file.write(content)
            return copy
        number += 1


def walk(folder: Path) -> Iterator[Path]:
    """The files below a folder in a fixed order, without backups and what programs leave behind."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part in PASSING or BACKUP_MARK in part for part in parts) and path.suffix != ".pyc":
            yield path
