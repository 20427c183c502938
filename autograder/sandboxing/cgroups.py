"""Control groups: the kernel counts all memory and all threads of a sandbox together, where this machine lets us make such a group.

The limits of a process (limits.py) count its address space. A group counts every page that it causes, those that the kernel
keeps for it as well: page tables, pipes. Each sandbox gets a group of its own, enters it before anything else happens, and takes it along
when it ends. Two versions of the interface are about; where neither is ours to use, the limits of the process go on alone,
and `gaps` says what they cannot hold.

A group of version 2 either holds processes or hands its controllers on to groups below it. So there the groups are made below our own one if
it hands them on, if we are alone in it and can move aside (systemd-run --user --scope -p Delegate=yes stride …), or beside our own.
Source: Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from autograder.sandboxing.limits import MIB, THREADS

CONTROLLERS = ("memory", "pids")
BESIDE = 16 * MIB  # what the kernel may keep beside the address space; an honest program meets the limit of that first, as MemoryError
NEAR = MIB  # version 1 does not count how often its limit was met, and the kernel takes pages by the dozen
ASIDE = "stride-grader"  # the group into which this process moves when the sandboxes' groups take its place
REMOVAL_SECONDS = 2  # a process that was killed leaves its group when the kernel has taken it apart
# Enter the groups, each named by its file of processes, and become the program: what comes after counts from its first byte.
ENTER = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 >"$1" || exit 125; shift; n=$((n-1)); done; exec "$@"'

MEMORY_GAP = "what the kernel itself keeps in memory for a submission's process (page tables up to half a gigabyte, pipes up to 30 megabytes)"
THREADS_GAP = "the threads that packages start (the grader ran as root)"

_numbers = itertools.count()


@dataclass(frozen=True)
class Place:
    """Where groups can be made: a folder per controller (in version 2 the same one), None for a controller that is not ours."""

    version: int
    memory: Path | None
    pids: Path | None

    @property
    def folders(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys(folder for folder in (self.memory, self.pids) if folder))

    def sweep(self) -> None:
        """Remove empty groups that graders left behind when they were killed."""
        for folder in self.folders:
            for group in folder.glob("stride-*-*"):
                owner = group.name.split("-")[1]
                if owner == str(os.getpid()) or not os.path.exists(f"/proc/{owner}"):
                    with contextlib.suppress(OSError):  # not empty: somebody's still
                        group.rmdir()


class Group:
    """One sandbox's group. Raises OSError when it cannot be made. Must be closed."""

    def __init__(self, place: Place) -> None:
        name = f"stride-{os.getpid()}-{next(_numbers)}"
        self._version = place.version
        self._memory = place.memory / name if place.memory else None
        self._pids = place.pids / name if place.pids else None
        self._folders = tuple(folder / name for folder in place.folders)
        try:
            for folder in self._folders:
                folder.mkdir()
            if self._pids:
                _write(self._pids / "pids.max", THREADS)
            if self._memory and self._version == 2:
                with contextlib.suppress(OSError):  # a kernel without swap, or an older one: then only its largest process is killed
                    _write(self._memory / "memory.swap.max", 0)
                with contextlib.suppress(OSError):
                    _write(self._memory / "memory.oom.group", 1)
        except OSError:
            self.close()
            raise

    def entering(self, command: Sequence[str]) -> list[str]:
        """The command, but it enters the group first."""
        files = [str(folder / "cgroup.procs") for folder in self._folders]
        return ["/bin/sh", "-c", ENTER, "sh", str(len(files)), *files, *command]

    def take_in(self, pid: int) -> None:
        """Move a process that has done nothing yet into the group. Raises OSError."""
        for folder in self._folders:
            _write(folder / "cgroup.procs", pid)

    def allow_memory(self, size: int) -> None:
        """Let everything in the group have `size` bytes together, and what the kernel needs for them. Raises OSError."""
        if self._memory is None:
            return
        if self._version == 2:
            _write(self._memory / "memory.max", size + BESIDE)
            return
        names = ["memory.limit_in_bytes"]
        if (self._memory / "memory.memsw.limit_in_bytes").exists():  # with swap, never less than without: a raise begins there
            names = ["memory.memsw.limit_in_bytes", *names]
        try:
            for name in names:
                _write(self._memory / name, size + BESIDE)
        except OSError:
            for name in reversed(names):
                _write(self._memory / name, size + BESIDE)

    def out_of_memory(self) -> bool:
        """Whether the kernel killed something in it because *its* limit was reached (and not because the machine had no more)."""
        if self._memory is None:
            return False
        if self._version == 2:
            events = _counts(self._memory / "memory.events")
            return events.get("oom_kill", 0) > 0 and events.get("oom", 0) > 0
        killed = _counts(self._memory / "memory.oom_control").get("oom_kill", 0)
        most, limit = (_read(self._memory / f"memory.{name}_in_bytes").strip() for name in ("max_usage", "limit"))
        return killed > 0 and most.isdecimal() and limit.isdecimal() and int(most) > int(limit) - NEAR

    def close(self) -> None:
        """Kill what is left in it, and remove it. May be called twice."""
        end = time.monotonic() + REMOVAL_SECONDS
        for folder in self._folders:
            with contextlib.suppress(OSError):
                _kill(folder)
            while True:
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    pass
                except OSError:  # still dying; whatever remains, the next grader sweeps away
                    if time.monotonic() < end:
                        time.sleep(0.005)
                        continue
                break


def place() -> Place | None:
    """Where this process can make groups, found once; None where it cannot."""
    return _place(os.getpid())


def held() -> dict[str, str]:
    """What groups hold on this machine ("memory", "threads"), with the version of the interface; what is missing they do not."""
    found = place()
    kinds = {"memory": found.memory, "threads": found.pids} if found else {}
    return {name: f"cgroup v{found.version}" for name, folder in kinds.items() if folder}


def gaps() -> tuple[str, ...]:
    """What no limit can hold on this machine, each in a few words for people; empty where everything is held."""
    memory = () if "memory" in held() else (MEMORY_GAP,)
    threads = () if os.geteuid() != 0 or "threads" in held() else (THREADS_GAP,)
    return (*memory, *threads)


def carriers() -> list[tuple[str, str]]:
    """What is limited, and by what on this machine."""
    groups = held()
    memory = "{}: all pages that it causes, the kernel's own too; and its address space, by rlimit"
    alone = "rlimit: the address space of its one process. A second one is impossible, so that is all but the kernel's own (page tables, pipes)"
    threads = "rlimit, for all threads of this user together" if os.geteuid() else "nothing: run as root, which the rlimit does not bind"
    return [
        ("memory of a sandbox", memory.format(groups["memory"]) if "memory" in groups else alone),
        ("threads of a sandbox", f"{groups['threads']}: {THREADS}" if "threads" in groups else threads),
        ("processes of a sandbox", "the filter: one, and no second"),
        ("time of a sandbox", "the grader: by the kernel's clock of the process, and by the wall's"),
        ("disk of a sandbox", "bubblewrap: nothing can be written; and rlimit: no file may grow"),
    ]


def find(root: Path = Path("/")) -> Place | None:
    """A place where a group can really be made, limited and entered: tried out. `root` is where /proc and the mounts are looked for."""
    own = dict(line.split(":", 2)[1:] for line in _read(root / "proc/self/cgroup").splitlines() if line.count(":") >= 2)
    mounts = [_mount(line) for line in _read(root / "proc/self/mountinfo").splitlines()]
    candidates = [*_second(root, own, mounts), _first(root, own, mounts)]
    for candidate in candidates:
        for version in (candidate, *_halves(candidate)):
            if version.folders and _works(version):
                return version
    alone = _alone(root, own, mounts)
    if alone and _move_aside(alone):
        found = Place(2, alone, alone)
        if _works(found):
            return found
        _move_back(alone)
    return None


@lru_cache(maxsize=1)
def _place(process: int) -> Place | None:
    found = find()
    if found:
        found.sweep()
        atexit.register(found.sweep)
    return found


def _second(root: Path, own: dict[str, str], mounts: list) -> list[Place]:
    """Version 2: our own group, when it hands its controllers on, or the one above it."""
    found = []
    for point, top, kind, _ in mounts:
        group = _below(root, point, top, own.get("")) if kind == "cgroup2" else None
        for folder in (group, group.parent) if group else ():
            handed = set(_read(folder / "cgroup.subtree_control").split())
            memory, pids = (folder if name in handed else None for name in CONTROLLERS)
            found.append(Place(2, memory, pids))
    return found


def _first(root: Path, own: dict[str, str], mounts: list) -> Place:
    """Version 1: below our own group of each controller."""
    folders: dict[str, Path | None] = dict.fromkeys(CONTROLLERS)
    for point, top, kind, options in mounts:
        for name in CONTROLLERS:
            if kind == "cgroup" and name in options:
                path = next((path for names, path in own.items() if name in names.split(",")), None)
                folders[name] = _below(root, point, top, path)
    return Place(1, folders["memory"], folders["pids"])


def _halves(place: Place) -> tuple[Place, ...]:
    """With one controller only, where both together fail."""
    both = place.memory and place.pids
    return (Place(place.version, place.memory, None), Place(place.version, None, place.pids)) if both else ()


def _works(place: Place) -> bool:
    """Make a group, limit it, have a program enter it, remove it."""
    try:
        group = Group(place)
    except OSError:
        return False
    try:
        group.allow_memory(64 * MIB)
        return subprocess.run(group.entering(["/bin/sh", "-c", "exit 0"]), capture_output=True, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
    finally:
        group.close()


def _alone(root: Path, own: dict[str, str], mounts: list) -> Path | None:
    """Our own group of version 2, when this process is alone in it and it has the controllers to hand on."""
    for point, top, kind, _ in mounts:
        group = _below(root, point, top, own.get("")) if kind == "cgroup2" else None
        if group and set(CONTROLLERS) <= set(_read(group / "cgroup.controllers").split()):
            if _read(group / "cgroup.procs").split() == [str(os.getpid())]:
                return group
    return None


def _move_aside(group: Path) -> bool:
    """Move this process into a group below, and let `group` hand its controllers on."""
    try:
        (group / ASIDE).mkdir(exist_ok=True)
        _write(group / ASIDE / "cgroup.procs", os.getpid())
        _write(group / "cgroup.subtree_control", " ".join(f"+{name}" for name in CONTROLLERS))
        return True
    except OSError:
        _move_back(group)
        return False


def _move_back(group: Path) -> None:
    with contextlib.suppress(OSError):
        _write(group / "cgroup.subtree_control", " ".join(f"-{name}" for name in CONTROLLERS))
    with contextlib.suppress(OSError):
        _write(group / "cgroup.procs", os.getpid())
        (group / ASIDE).rmdir()


def _mount(line: str) -> tuple[str, str, str, tuple[str, ...]]:
    """Where a line of mountinfo says that something is mounted, which part of it, its kind and its options."""
    before, _, after = line.partition(" - ")
    fields, kinds = before.split(), after.split()
    if len(fields) < 5 or len(kinds) < 3:
        return "", "", "", ()
    point, top = (re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field) for field in (fields[4], fields[3]))
    return point, top, kinds[0], tuple(kinds[2].split(","))


def _below(root: Path, point: str, top: str, path: str | None) -> Path | None:
    """The folder of the group `path` in a hierarchy of which the part from `top` on is mounted at `point`."""
    if path is None or ".." in Path(path).parts or not Path(path).is_relative_to(top):
        return None  # outside what is mounted here, as in a container
    return root / point.lstrip("/") / Path(path).relative_to(top)


def _kill(folder: Path) -> None:
    if (folder / "cgroup.kill").exists():
        _write(folder / "cgroup.kill", 1)
        return
    for number in _read(folder / "cgroup.procs").split():
        if int(number) > 0 and int(number) != os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(number), 9)


def _counts(path: Path) -> dict[str, int]:
    words = _read(path).split()
    return {name: int(count) for name, count in zip(words[::2], words[1::2]) if count.isdecimal()}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _write(path: Path, value: object) -> None:
    path.write_text(str(value), encoding="utf-8")
