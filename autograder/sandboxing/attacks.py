"""Attacks that a sandbox must withstand: each a small learner's file, and how it must end.

`stride doctor` runs them against the sandbox of this machine; the tests run them too. An attack that gets what it wants returns it; one that
is refused raises. `ends` are the ways to be refused that count: a part of "ErrorName: message", or the status of the answer.
Any other end, a typing mistake in the attack too, counts as not enforced.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder import probes
from autograder.sandboxing import cgroups, confinement, seccomp

PERMITTED, ABSENT = "Operation not permitted", "No such file or directory"
# Nothing can be written: with bubblewrap nobody can, without it another user could.
UNWRITABLE = ("Read-only file system", "Permission denied")
NOT_FOUND = "nothing found"


@dataclass(frozen=True)
class Attack:
    """One attack.

    body     the statements of the function that is called; `module` those that run when its file is loaded
    threads  in a sandbox for packages that need threads
    excuse   why it cannot be prevented on this machine, or None if it can
    """

    group: str
    tries: str
    body: str
    ends: tuple[str, ...]
    module: str = ""
    threads: bool = False
    excuse: Callable[[], str | None] = lambda: None

    @property
    def source(self) -> str:
        """The learner's file: `attack` is the function."""
        lines = "\n".join("    " + line for line in self.body.splitlines())
        return f"{_prelude()}\n{self.module}\ndef attack():\n{lines}\n"


def _prelude() -> str:
    return f"""\
import ctypes, fcntl, gc, os, resource, socket, subprocess, sys, threading, time
import numpy as np
NUMBERS = {seccomp.numbers()}
def syscall(name, *args):
    result = ctypes.CDLL(None, use_errno=True).syscall(NUMBERS.get(name, name), *args)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return f"{{name}} worked: {{result}}"
"""


def _nobody_counts_threads() -> str | None:
    if os.geteuid() != 0 or "threads" in cgroups.held():
        return None
    return "run as root, whose threads the kernel counts in a cgroup only, and none can be made here: grade as another user"


def _nobody_counts_the_kernels_memory() -> str | None:
    return None if "memory" in cgroups.held() else "the kernel's own memory for a process is counted in a cgroup only, and none can be made here"


def _call(group: str, tries: str, call: str, end: str = PERMITTED) -> Attack:
    """An attack that is one system call."""
    return Attack(group, tries, f"return syscall({call})", (end,))


def _write_everywhere(content: str) -> str:
    return f"for descriptor in range(3, 2048):\n    try: os.write(descriptor, {content})\n    except OSError: pass\n"


PACKAGE = Path(__file__).resolve().parents[1]
TIME, MEMORY, CRASHED, PROTOCOL = (probes.TIME_LIMIT,), (probes.MEMORY_LIMIT,), (probes.CRASHED,), (probes.PROTOCOL,)

RESOURCES = (
    Attack("resources", "an endless loop", "while True: pass", TIME),
    Attack(
        "resources", "a loop that swallows every exception", "while True:\n    try: raise KeyboardInterrupt\n    except BaseException: pass", TIME
    ),
    Attack("resources", "an endless sleep", "time.sleep(1e6)", TIME),
    Attack("resources", "endless work while its file is loaded", "pass", TIME, module="while True: pass"),
    Attack("resources", "a list that grows", "grown = []\nwhile True: grown.append(bytearray(1 << 20))", MEMORY),
    Attack("resources", "one huge array", "return float(np.ones(1 << 27).sum())", MEMORY),
    Attack("resources", "shared anonymous memory", "import mmap\nreturn len(mmap.mmap(-1, 1 << 30))", ("Cannot allocate memory",)),
    Attack(
        "resources",
        "memory of the kernel's own: page tables",
        # Pages as far apart as a page table and the one above it reach: two tables for each, which no limit of a process counts.
        """\
map = ctypes.CDLL(None, use_errno=True).mmap
map.argtypes, map.restype = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long], ctypes.c_void_p
for number in range(1, 1 << 16):
    at = map((0x100 + number << 30) & 0x7fff_ffff_f000, 4096, 3, 0x22, -1, 0)
    if at in (None, ctypes.c_void_p(-1).value): break
    ctypes.memset(at, 1, 1)
return f'{number} pages with two tables each'""",
        MEMORY,
        excuse=_nobody_counts_the_kernels_memory,
    ),
    Attack("resources", "gigabytes of output", "while True: os.write(1, b'x' * 65536)", TIME),
    Attack("resources", "a second process", "return os.fork()", (PERMITTED,)),
    Attack("resources", "another program", "return subprocess.run([sys.executable, '-V'])", (PERMITTED,)),
    Attack("resources", "another program in its place", "os.execv(sys.executable, [sys.executable, '-V'])", (PERMITTED,)),
    Attack("resources", "a thread", "threading.Thread(target=print).start()\nreturn 'started'", ("can't start new thread",)),
    Attack(
        "resources",
        "hundreds of threads, where packages need some",
        "threading.stack_size(1 << 16)\nwait = threading.Event()\n"
        "for _ in range(300): threading.Thread(target=wait.wait, args=(5,), daemon=True).start()\nreturn threading.active_count()",
        ("can't start new thread",),
        threads=True,
        excuse=_nobody_counts_threads,
    ),
    _call("resources", "a process by clone3", "'clone3', 0, 0", "Function not implemented"),
    _call("resources", "a memory file", "'memfd_create', b'x', 0"),
    _call("resources", "System V shared memory", "'shmget', 0, 1 << 20, 0o1600"),
    _call("resources", "a message queue", "'msgget', 0, 0o1600"),
    Attack("resources", "a file in its folder", "open('full', 'wb').write(b'x')", UNWRITABLE),
    Attack("resources", "a file in /tmp", "open('/tmp/full', 'wb').write(b'x')", (ABSENT, *UNWRITABLE)),
    Attack("resources", "a file in /dev/shm", "open('/dev/shm/full', 'wb').write(b'x')", (ABSENT, *UNWRITABLE)),
    Attack("resources", "many folders", "for i in range(10**6): os.mkdir(f'/home/{i}')", UNWRITABLE),
    Attack("resources", "all descriptors", "kept = [os.open('/dev/null', 0) for _ in range(10**5)]\nreturn len(kept)", ("Too many open files",)),
    Attack("resources", "endless recursion", "def again(): return again()\nreturn again()", ("RecursionError",)),
    Attack("resources", "a segmentation fault", "return ctypes.string_at(0)", CRASHED),
    Attack(
        "resources",
        "more memory by raising the limit",
        "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nreturn 'raised'",
        ("not allowed to raise", PERMITTED),
    ),
)

TAMPERING = (
    Attack("tampering", "ending the process as if all were well", "os._exit(0)", CRASHED),
    Attack("tampering", "sys.exit", "sys.exit(0)", ("SystemExit",)),
    Attack("tampering", "garbage in every descriptor", _write_everywhere("b'passed! ' * 99"), PROTOCOL),
    Attack("tampering", "half a frame, then silence", _write_everywhere("bytes([99, 0, 0, 0, 0, 0, 0, 0, 1])") + "time.sleep(1e6)", TIME),
    Attack("tampering", "an object that equals everything", "return type('Equal', (), {'__eq__': lambda *_: True})()", ("NotPlain",)),
    Attack("tampering", "an array that equals everything", "return np.zeros(3).view(type('Equal', (np.ndarray,), {}))", ("NotPlain",)),
    Attack("tampering", "an array of pickled objects", "return np.array([print], dtype=object)", ("NotPlain",)),
    Attack("tampering", "signals to every process", "os.kill(-1, 9)\nreturn 'sent'", (PERMITTED,)),
    _call("tampering", "tracing a process", "'ptrace', 16, 1, 0, 0"),
    _call("tampering", "reading another process's memory", "'process_vm_readv', 1, 0, 0, 0, 0, 0"),
    Attack("tampering", "overwriting NumPy", "open(np.__file__, 'w')", UNWRITABLE),
    Attack("tampering", "overwriting the worker", "import autograder\nopen(autograder.__file__, 'w')", UNWRITABLE),
    Attack("tampering", "deleting its own file", "os.remove(__file__)", UNWRITABLE),
)

READING = (
    Attack("reading", "the checks' source", f"return open({str(PACKAGE / 'judge.py')!r}).read()", (ABSENT,)),
    Attack("reading", "the oracles", "import autograder.oracles", ("No module named",)),
    Attack("reading", "the judge", "import autograder.judge", ("No module named",)),
    Attack("reading", "this machine's users", "return open('/etc/passwd').read()", (ABSENT,)),
    Attack("reading", "home folders", "return [*os.listdir('/root'), *os.listdir('/home/user')]", (ABSENT, "Permission denied")),
    Attack("reading", "other processes", "return os.listdir('/proc')", (ABSENT,)),
    Attack(
        "reading",
        "the environment's secrets",
        f"""\
extra = set(os.environ) - {set(confinement.ENVIRONMENT) | {"LD_LIBRARY_PATH", "PWD"}!r}
if not extra: raise LookupError({NOT_FOUND!r})
return sorted(extra)""",
        (NOT_FOUND,),
    ),
    Attack(
        "reading",
        "descriptors left open",
        f"""\
def kind(number):
    try: return os.fstat(number).st_mode & 0o170000
    except OSError: return None
found = [number for number in range(3, 4096) if kind(number) is not None and kind(number) != 0o010000]
pipes = [number for number in range(3, 4096) if kind(number) == 0o010000]
if not found and len(pipes) == 2: raise LookupError({NOT_FOUND!r})
return found + pipes""",
        (NOT_FOUND,),
    ),
    Attack("reading", "packages that NumPy exercises do not have", "import torch", ("No module named",)),
    Attack(
        "reading",
        "packages of the machine's Python",
        f"""\
for folder, names, _ in os.walk('/'):
    if {{'scipy', 'torch', 'pip', 'nbgrader'}} & set(names): return folder
raise LookupError({NOT_FOUND!r})""",
        (NOT_FOUND,),
    ),
)

NETWORK = (
    *(
        Attack("network", f"a socket of kind {kind}", f"return str(socket.socket(socket.{kind}, socket.{type_}))", (PERMITTED,))
        for kind, type_ in (("AF_INET", "SOCK_STREAM"), ("AF_INET6", "SOCK_DGRAM"), ("AF_UNIX", "SOCK_STREAM"), ("AF_NETLINK", "SOCK_RAW"))
    ),
    _call("network", "a socket of kind AF_VSOCK", "'socket', 40, 1, 0"),
    Attack("network", "a service on this machine", "return str(socket.create_connection(('127.0.0.1', 8888), 1))", (PERMITTED,)),
    _call("network", "io_uring", "'io_uring_setup', 1, ctypes.create_string_buffer(256)"),
)

ESCAPE = (
    _call("escape", "a user namespace in the namespace", "'unshare', 0x10000000"),
    _call("escape", "joining another namespace", "'setns', 0, 0"),
    _call("escape", "mounting", "'mount', b'none', b'/home', b'tmpfs', 0, 0"),
    _call("escape", "another root folder", "'chroot', b'/home'"),
    _call("escape", "a file by its handle", "'open_by_handle_at', 0, 0, 0"),
    _call("escape", "a program in the kernel", "'bpf', 0, 0, 0"),
    _call("escape", "the kernel's keys", "'keyctl', 0, 0, 0"),
    _call("escape", "the kernel's performance counters", "'perf_event_open', 0, 0, 0, 0, 0"),
    _call("escape", "page faults in its own hands", "'userfaultfd', 1"),
    _call("escape", "a call that is newer than the filter", f"{seccomp.NEWEST_KNOWN + 1}, 0, 0, 0", "Function not implemented"),
    Attack("escape", "typing into a terminal", "fcntl.ioctl(0, 0x5412, b'x')\nreturn 'typed'", ("Inappropriate ioctl",)),
    Attack(
        "escape",
        "privileges that are left",
        f"""\
held = (ctypes.c_uint * 6)()
if ctypes.CDLL(None).capget((ctypes.c_uint * 2)(0x20080522, 0), held) != 0 or any(held): return [*held]
raise LookupError({NOT_FOUND!r})""",
        (NOT_FOUND,),
    ),
    Attack("escape", "becoming root", "os.setuid(0)\nreturn os.getuid()", (PERMITTED, "Invalid argument")),
)

ATTACKS = (*RESOURCES, *TAMPERING, *READING, *NETWORK, *ESCAPE)
