"""The second kind of sandbox, for containers whose kernel allows no namespaces: a root folder of its own, and another user.

What bubblewrap shows of this machine is copied once into an empty folder. A worker is started with that folder as its root, as a user who owns
nothing there, and confines itself before it loads anything of a learner's: no more privileges, and the same filter of system calls. So
there is nothing else to read, nothing to write, no other process to reach and no network. Only root can start it.

What bubblewrap adds, and what is missing here: namespaces, as a second wall behind the filter.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import resource
import secrets
import shutil
import stat
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from autograder.sandboxing import cgroups, confinement, limits
from autograder.sandboxing.confinement import COURSE, OPTIONS, PACKAGES
from autograder.sandboxing.limits import MIB, Limits
from autograder.sandboxing.process import Process, SandboxFault, exit_code

USER = 65534  # nobody: who owns no file
HOMES = "/home"  # each worker's folder lies there, under a name that the others cannot list or guess
LEFT_OUT = shutil.ignore_patterns(*confinement.PLACES, "test", "ensurepip", "config-*")  # of Python: other packages, and what is large
# The kernel's numbers of limits as the program `prlimit` calls them (RLIMIT_OFILE is an old name of NOFILE).
KINDS = {getattr(resource, name): name[7:].lower() for name in dir(resource) if name.startswith("RLIMIT_") and name != "RLIMIT_OFILE"}
START = f"""\
import os, sys
os.chdir(sys.argv[1])
sys.path += [{COURSE!r}, {PACKAGES!r}]
from autograder.sandboxing import seccomp, spawner, worker
spawner.load(sys.argv[5:])
worker.confine(seccomp.sandbox(threads=sys.argv[4] == "threads"))
worker.main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))"""


class OtherUser(Process):
    """A worker with a root folder and a user of its own."""

    _home: Path | None = None
    _popen: subprocess.Popen | None = None

    def close(self) -> None:
        super().close()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)

    def _launch(self, files: dict[str, bytes], imports: tuple[str, ...], requests: int, answers: int, log: int) -> None:
        seen, base = confinement.view(imports), root(imports)
        home = f"{HOMES}/{secrets.token_hex(16)}"
        self._home = base / home[1:]
        _folder(self._home)
        for path, content in files.items():
            _write(self._home, path, content)
        self._popen = subprocess.Popen(
            self._in_a_group([
                *(_program("prlimit"), *(f"--{KINDS[kind]}={value}" for kind, value in limits.FIXED.items()), "--"),
                *(_program("chroot"), f"--userspec={USER}:{USER}", "--groups=", str(base)),
                *(seen.python, *OPTIONS, "-c", START, home, str(requests), str(answers), "threads" if imports else "one thread", *imports),
            ]),
            env={**seen.environment, "HOME": home},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(requests, answers),
            process_group=0,
        )

    def _in_a_group(self, command: list[str]) -> list[str]:
        """The command that runs this one in a control group of its own, where this machine has a place for one."""
        place = cgroups.place()
        if not place:
            return command
        self._group = cgroups.Group(place)
        return self._group.entering(command)

    def _identify(self) -> int:
        return self._popen.pid  # each program of the command becomes the next

    def _exit_code(self, seconds: float) -> int | None:
        return exit_code(self._popen, seconds)

    def _end(self) -> None:
        if self._popen:
            self._popen.kill()
            self._popen.wait()

    def _confine(self) -> int:
        return limits.address_space(self._pid)  # the limits were set when it was started

    def _allow_memory(self, allowed: Limits) -> None:
        # As the worker's own user: root in a container may not be allowed to change the limits of others (CAP_SYS_RESOURCE).
        soft = (self._floor or 0) + int(allowed.memory_mb * MIB)
        command = [_program("prlimit"), f"--pid={self._pid}", f"--as={soft}:"]
        try:
            subprocess.run(command, user=USER, group=USER, extra_groups=(), env={}, cwd="/", capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            if self.alive():
                raise SandboxFault(f"The limit of memory could not be set: {error}") from error


@cache
def root(imports: tuple[str, ...]) -> Path:
    """The root folder of workers with these imports, made on first use and deleted when this process ends. Raises OSError."""
    base = Path(tempfile.mkdtemp(prefix="stride-"))
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    for source, target in confinement.view(imports).binds:
        _place(Path(source), base, target)
    for device in confinement.DEVICES:
        path = base / device[1:]
        _folder(path.parent)
        os.mknod(path, stat.S_IFCHR | 0o666, os.stat(device).st_rdev)
        path.chmod(0o666)
    _folder(base / HOMES[1:])
    (base / HOMES[1:]).chmod(0o711)
    base.chmod(0o755)
    return base


def _program(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/bin") or name


def _place(source: Path, base: Path, target: str) -> None:
    """Have a file or folder of this machine appear in the root folder."""
    path = base / target[1:]
    _folder(path.parent)
    if source.is_dir():
        shutil.copytree(source, path, ignore=LEFT_OUT, ignore_dangling_symlinks=True, dirs_exist_ok=True, copy_function=_file)
        for folder, _, _ in os.walk(path):
            os.chmod(folder, 0o755)
    else:
        _file(source, path)


def _file(source: str | Path, target: str | Path) -> None:
    """The same file under another name where it is for everybody to read and for root alone to write, else a copy that is so."""
    source = os.path.realpath(source)
    info = os.stat(source)
    if info.st_uid == 0 and info.st_mode & 0o222 in (0, 0o200) and info.st_mode & 0o004:
        with contextlib.suppress(OSError):  # another file system, or one without links
            return os.link(source, target)
    shutil.copy2(source, target)
    os.chmod(target, 0o755 if info.st_mode & 0o100 else 0o644)


def _write(home: Path, path: str, content: bytes) -> None:
    file = home / path
    _folder(file.parent)
    file.write_bytes(content)
    file.chmod(0o444)


def _folder(path: Path) -> None:
    """Make a folder, and those above it, for everybody to pass through whatever this process's umask is."""
    if not path.is_dir():
        _folder(path.parent)
        path.mkdir()
        path.chmod(0o755)
