"""Looking into what was handed in without trusting it: a folder or a zip, as a list of entries that can be read.

Names, kinds and sizes are checked before a byte is read, and nothing is ever written to disk under a name from outside.
Links, devices, pipes and hard links are refused; so are absolute paths and `..`. Only entries that the caller wants are
looked at, so a bomb or a virtual environment beside them costs nothing.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_ENTRIES = 20_000
MAX_DEPTH = 16
TRIES = 3  # at a file that is being written while we read it
MAX_CONTENTS = 4 << 20  # bytes of a zip's table of contents: read whole, before anything can be counted
SKIPPED = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "venv", "lost+found"}


class Refused(Exception):
    """Something that is not read; the message is a clause for the TA's queue, without a full stop."""


@dataclass(frozen=True)
class Entry:
    """A file that was handed in. `path` is relative, with forward slashes; `read(limit)` gives its bytes or raises Refused."""

    path: str
    read: Callable[[int], bytes]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def depth(self) -> int:
        return self.path.count("/")


Listing = tuple[list[Entry], list[str]]  # the entries, and what was refused


def folder(root: Path, wanted: Callable[[str], bool]) -> Listing:
    """The files below a folder whose name is wanted. Links are never followed, neither here nor when reading."""
    entries: list[Entry] = []
    refused: list[str] = []
    left = MAX_ENTRIES

    def walk(fd: int, parts: tuple[str, ...]) -> None:
        nonlocal left
        with os.scandir(fd) as children:
            names = sorted((child.name, child.stat(follow_symlinks=False)) for child in _first(children, left))
        left -= len(names)
        if left <= 0:
            raise Refused(f"the folder holds more than {MAX_ENTRIES} files")
        for name, info in names:
            path = "/".join((*parts, name))
            if _skipped(name):
                continue
            if stat.S_ISDIR(info.st_mode):
                if len(parts) < MAX_DEPTH:
                    inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
                    try:
                        walk(inner, (*parts, name))
                    finally:
                        os.close(inner)
            elif wanted(name):
                kind = _kind(info)
                if kind:
                    refused.append(f"{shown(path)} is {kind}, which is not read")
                else:
                    entries.append(Entry(path, lambda limit, parts=(*parts, name): _read_beneath(root, parts, limit)))

    try:
        fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            walk(fd, ())
        finally:
            os.close(fd)
    except OSError as error:
        raise Refused(f"the folder cannot be read ({error.strerror})") from error
    return entries, refused


def archive(file: BinaryIO, wanted: Callable[[str], bool], most: int = 0, contents: int = 0) -> Listing:
    """The members of a zip whose name is wanted. The zip must stay open while entries are read.

    most, contents  members, and bytes of the table of contents, beyond which it is refused (0: what one learner may hand in)
    """
    most = most or MAX_ENTRIES
    try:
        zipped = zipfile.ZipFile(_Capped(file, contents or MAX_CONTENTS))
        members = zipped.infolist()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise Refused(f"the zip cannot be read ({str(error) or type(error).__name__}): ask for it again, then grade again") from error
    if len(members) > most:
        raise Refused(f"the zip holds more than {most} files")
    entries: list[Entry] = []
    refused: list[str] = []
    for member in members:
        path = member.filename
        parts = path.split("/")
        if member.is_dir() or any(map(_skipped, parts)):
            continue
        if not wanted(parts[-1]) and "\\" not in path:
            continue
        if path.startswith("/") or "\\" in path or ".." in parts or ":" in parts[0] or len(parts) > MAX_DEPTH:
            refused.append(f"{shown(path)} has a path that leaves its folder or is not portable")
        elif stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
            refused.append(f"{shown(path)} is {_KINDS.get(stat.S_IFMT(member.external_attr >> 16), 'not a plain file')}, which is not read")
        else:
            entries.append(Entry(path, lambda limit, member=member: _read_member(zipped, member, limit)))
    return entries, refused


def bytes_beneath(root: Path, name: str, limit: int) -> bytes:
    """One plain file directly in `root`, checked like any entry."""
    return _read_beneath(root, (name,), limit)


def shown(text: str) -> str:
    """A name from outside, fit for one line of a report: printable and short."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return clean if len(clean) <= 120 else clean[:117] + "…"


def megabytes(limit: int) -> str:
    return f"{limit / (1 << 20):g} MB"


_KINDS = {stat.S_IFLNK: "a link", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFBLK: "a device", stat.S_IFCHR: "a device"}


class _Capped(io.RawIOBase):
    """A file of which no single read may be larger than a sane table of contents (zipfile reads that in one go)."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most = file, most
        self._size = file.seek(0, os.SEEK_END)

    def read(self, size: int = -1) -> bytes:
        asked = self._size - self._file.tell() if size is None or size < 0 else size
        if asked > self._most:
            raise zipfile.BadZipFile("its table of contents is too long")
        return self._file.read(asked)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _read_member(zipped: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> bytes:
    path = shown(member.filename)
    if member.flag_bits & 1:
        raise Refused(f"{path} is locked with a password")
    try:
        with zipped.open(member) as stream:
            data = stream.read(limit + 1)  # no more is unpacked, whatever size the zip states
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise Refused(f"{path} is damaged in the zip ({str(error) or type(error).__name__})") from error
    if len(data) > limit:
        raise Refused(f"{path} is larger than {megabytes(limit)}")
    return data


def _read_beneath(root: Path, parts: tuple[str, ...], limit: int) -> bytes:
    """A file below root, opened step by step so that no step can be a link, and never waiting for a pipe.

    One that changes while it is read, because it is being handed in anew, is read again, and refused when it does not come to rest.
    """
    path = shown("/".join(parts))
    for _ in range(TRIES):
        data, rested = _read_once(root, parts, limit, path)
        if len(data) > limit:
            raise Refused(f"{path} is larger than {megabytes(limit)}")
        if rested:
            return data
    raise Refused(f"{path} changes while it is read: wait until it is handed in, then grade again")


def _read_once(root: Path, parts: tuple[str, ...], limit: int, path: str) -> tuple[bytes, bool]:
    """The file's bytes, up to one more than the limit, and whether nobody wrote it meanwhile."""
    try:
        fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
            os.close(fd)
            fd = inner
        try:
            file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=fd)
        finally:
            os.close(fd)
        with os.fdopen(file, "rb") as stream:
            before = os.fstat(stream.fileno())
            kind = _kind(before)
            if kind:
                raise Refused(f"{path} is {kind}, which is not read")
            data = stream.read(limit + 1)
            after = os.fstat(stream.fileno())
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror})") from error
    return data, (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)


def _kind(info: os.stat_result) -> str:
    """What a file is, when it is not one that we read; "" for a plain file with one name."""
    if not stat.S_ISREG(info.st_mode):
        return _KINDS.get(stat.S_IFMT(info.st_mode), "not a plain file")
    return "a hard link" if info.st_nlink > 1 else ""


def _skipped(name: str) -> bool:
    return name in SKIPPED or name.startswith(".") and name != ".." or not name.isprintable()


def _first(items: Iterator[os.DirEntry], count: int) -> Iterator[os.DirEntry]:
    for _, item in zip(range(count), items):
        yield item
