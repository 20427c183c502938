"""What one exercise may use in a sandbox, and how the kernel is told so."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

MIB = 1 << 20
THREADS = 64  # at once, in a sandbox whose packages may start some
# The same for every exercise. The learner's code can write nothing, so a file of any size would be a hole in the sandbox.
FIXED = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_MEMLOCK: 0,
    resource.RLIMIT_MSGQUEUE: 0,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_NPROC: THREADS,  # counts threads; the kernel does not apply it to root: see cgroups.py
    resource.RLIMIT_SIGPENDING: 64,
    resource.RLIMIT_STACK: 8 * MIB,
    resource.RLIMIT_CPU: 3600,  # the fuse behind the limit of the exercise, which the process that grades watches
}


@dataclass(frozen=True)
class Limits:
    """Limits of one exercise: all its cases and the loading of its file together (`output_mb`: one answer, and what it prints)."""

    cpu_seconds: float = 20
    wall_seconds: float = 60
    memory_mb: float = 2048
    output_mb: float = 64

    @classmethod
    def of(cls, *tables: Mapping[str, float]) -> Limits:
        """From course.toml's [limits] and an exercise's own, the later ones first in rank; keys that mean something else are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for table in tables for key, value in table.items() if key in known})


def confine(pid: int) -> int:
    """Set the fixed limits on a process of ours that has no learner's code in it yet; its address space now, in bytes."""
    for kind, value in FIXED.items():
        resource.prlimit(pid, kind, (value, value))
    return address_space(pid)


def address_space(pid: int) -> int:
    """How large a process's address space is now, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def allow_memory(pid: int, floor: int, limits: Limits) -> None:
    """Let the process's address space grow to `memory_mb` above `floor`. (The filter keeps it from raising the limit itself.)"""
    resource.prlimit(pid, resource.RLIMIT_AS, (floor + int(limits.memory_mb * MIB), resource.RLIM_INFINITY))
