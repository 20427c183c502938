"""Frames: messages over a pipe, each after its length in eight bytes. Both ends of a sandbox's pipes speak so."""

from __future__ import annotations

import os
import struct

HEADER = struct.Struct("<Q")


def pack(message: bytes) -> bytes:
    """The frame of a message."""
    return HEADER.pack(len(message)) + message


def read(descriptor: int) -> bytes | None:
    """The next message, waiting for it; None when the other end was closed."""
    header = _exactly(descriptor, HEADER.size)
    return None if header is None else _exactly(descriptor, *HEADER.unpack(header))


def write(descriptor: int, message: bytes) -> None:
    """Send a message, waiting until it is taken."""
    rest = memoryview(pack(message))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _exactly(descriptor: int, count: int) -> bytes | None:
    parts: list[bytes] = []
    while count:
        part = os.read(descriptor, min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
