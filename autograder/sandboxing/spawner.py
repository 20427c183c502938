"""The first program in bubblewrap's sandbox: loads what every submission needs, once, and forks a worker for each of them.

    spawner.main(LEARNER, CONTROL, PACKAGES)

The learner's folder, empty so far; the socket on which workers are asked for; and the packages that exercises may import. PyTorch takes
seconds to load: a fork has it at once, and costs milliseconds.

A fork makes namespaces of its own, puts the submission's files in place, gives up all privileges and confines itself, before it reads anything of
the learner's. This process never does: it holds nothing of one submission that another could meet, and nothing secret ever comes in here.

A request comes with five descriptors: the worker's ends of its pipes (requests, answers, what it prints), a socket for its fate, and a file of
frames: the filter of system calls, then a path and a content for each of the submission's files. On the socket goes "began" from the worker
itself, so that the kernel adds its process id as the other side knows it, and in the end its exit code (a signal's number below zero).
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import pkgutil
import signal
import socket
import struct
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import autograder
from autograder import torch_probes
from autograder.sandboxing import frames, worker

DESCRIPTORS = 5  # of a request
BEGAN = b"began"
PAGE = 4096
# unshare(2) and mount(2), linux/sched.h and linux/mount.h
NEW_MOUNTS, NEW_HOSTNAME, NEW_IPC, NEW_PROCESSES, NEW_NETWORK = 0x20000, 0x4000000, 0x8000000, 0x20000000, 0x40000000
READ_ONLY, NO_SETUID, NO_DEVICES, REMOUNT = 1, 2, 4, 32
CAPABILITY_VERSION = 0x20080522  # capset(2), linux/capability.h: two sets of three words each

_libc = ctypes.CDLL(None, use_errno=True)


def main(learner: str, control: int, packages: Sequence[str]) -> None:
    load(packages)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for forks: their fate goes to whoever asked for them
    gc.collect()
    gc.freeze()  # or every fork would copy all pages on its first collection
    with socket.socket(fileno=control) as door:
        while True:
            asked, descriptors, _, _ = socket.recv_fds(door, 16, DESCRIPTORS)
            if not asked:
                return
            if os.fork() == 0:
                door.close()
                become_worker(learner, *descriptors)
            for descriptor in descriptors:
                os.close(descriptor)


def load(packages: Sequence[str]) -> None:
    """Import the packages and all of ours that a sandbox sees. What is not there is left out: the learner's own import says why."""
    ours = (f"autograder.{module.name}" for module in pkgutil.iter_modules(autograder.__path__) if not module.ispkg)
    for name in ("numpy.random", *packages, *ours):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if "torch" in packages:
        with contextlib.suppress(Exception):
            torch_probes.warm_up()


def become_worker(learner: str, requests: int, answers: int, log: int, fate: int, content: int) -> NoReturn:
    """In a fork: wait for the worker, which is a fork of this one because only that is in the new process namespace."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for standard in (1, 2):
            os.dup2(log, standard)
        os.close(log)
        with socket.socket(fileno=fate) as told:
            program = settle(learner, content)
            number = os.fork()
            if number == 0:
                told.send(BEGAN)
                told.close()
                give_up_privileges()
                worker.confine(program)
                worker.main(learner, requests, answers)
                code = 0
            else:
                for descriptor in (requests, answers, 1, 2):
                    os.close(descriptor)
                _, status = os.waitpid(number, 0)
                told.send(str(os.waitstatus_to_exitcode(status)).encode())
    except BaseException:  # whatever a learner's code lets loose ends here, not in the code of whoever forked
        with contextlib.suppress(BaseException):
            traceback.print_exc()
    finally:
        os._exit(code)


def settle(learner: str, content: int) -> bytes:
    """New namespaces, with the submission's files in its folder, for all to read and none to write; gives the filter of system calls."""
    with open(content, "rb") as file:  # closed here: the worker shall not have it
        file.seek(0)
        program, *parts = iter(lambda: frames.read(file.fileno()), None)
    try:
        _call("unshare", NEW_MOUNTS | NEW_HOSTNAME | NEW_IPC | NEW_PROCESSES | NEW_NETWORK)
    except PermissionError as error:
        raise PermissionError(f"{error}. It is forbidden within bubblewrap's namespaces here: is there an AppArmor profile for bwrap?") from error
    size = PAGE * sum(2 + len(part) // PAGE for part in parts) + PAGE
    safe = NO_SETUID | NO_DEVICES
    _call("mount", b"tmpfs", learner.encode(), b"tmpfs", ctypes.c_ulong(safe), f"size={size},mode=0755".encode())
    for path, data in zip(parts[::2], parts[1::2]):
        place = Path(learner, path.decode())
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(0o444)
    _call("mount", None, learner.encode(), None, ctypes.c_ulong(safe | REMOUNT | READ_ONLY), None)
    os.chdir(learner)
    return program


def give_up_privileges() -> None:
    """No capability is left: they were this namespace's own, to make the fork's namespaces with."""
    header = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    _call("capset", header, bytes(24))


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
