"""The program inside a sandbox: loads the learner's work, runs probes, sends the answers.

    worker.main(LEARNER, REQUESTS, ANSWERS, PACKAGES)

The learner's folder, two open descriptors, and packages that are loaded before the first request, because that takes long.
Requests and answers are frames of plain values, one answer to a request, marked with the request's number:

    {"number", "do": "load", "module", "name", "cell"}      loads a function; with a cell (a string), runs it and takes the variable `name`
    {"number", "do": "case", "probe", "inputs", "layout"}   calls it

It shares its process with the learner's code, so nothing here is a defence: who judges trusts none of its answers, and
nothing that is secret ever comes in.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder import loading, probes, values
from autograder.probes import Answer
from autograder.sandboxing import frames, seccomp


def main(learner: str, requests: int, answers: int, packages: Sequence[str] = ()) -> None:
    refuse_programs()
    for name in packages:
        with contextlib.suppress(Exception):  # the learner's own import says why
            importlib.import_module(name)
    sys.path.append(learner)
    frames.write(answers, values.encode("ready"))
    subject: Any = None
    while (message := frames.read(requests)) is not None:
        request = values.decode(message)
        if request["do"] == "load":
            subject, answer = load(request, Path(learner, "cnnlib"))
        else:
            answer = observe(request, subject)
        frames.write(answers, encode(request["number"], answer))


def load(request: dict[str, Any], cnnlib: Path) -> tuple[Any, Answer]:
    """The subject that the request names, and how loading it went (status "ok", or why there is none)."""
    try:
        if request["cell"] is None:
            subject = loading.load_function(request["module"], request["name"], cnnlib)
        else:
            subject = loading.load_answer(request["cell"], request["name"], cnnlib)
    except loading.Missing as missing:
        return None, missing.answer
    except BaseException as error:  # KeyboardInterrupt and whatever else a learner's file may raise
        return None, probes.failure(error)
    return subject, Answer(probes.OK)


def observe(request: dict[str, Any], subject: Any) -> Answer:
    try:
        return probes.observe(request["probe"], subject, request["inputs"], request["layout"])
    except BaseException as error:
        return probes.failure(error)


def encode(number: int, answer: Answer) -> bytes:
    try:
        return values.encode({"number": number, "answer": probes.to_plain(answer)})
    except values.NotPlain:  # an exception whose name or text is an object of the learner's
        return values.encode({"number": number, "answer": probes.to_plain(Answer(probes.ERROR, error="NotPlain"))})


def refuse_programs() -> None:
    """From here on this process cannot become another program. (bubblewrap's own filter had to let it become Python.)"""
    install(seccomp.without_programs())


def confine(threads: bool) -> None:
    """What bubblewrap does before Python begins, where it cannot run: no more privileges, the filter, an end when the parent ends."""
    for option, value in ((seccomp.PR_SET_NO_NEW_PRIVS, 1), (seccomp.PR_SET_PDEATHSIG, signal.SIGKILL)):
        _prctl(option, value, 0)
    install(seccomp.sandbox(threads))


def install(program: bytes) -> None:
    """Have the kernel run this filter before every system call of this process, to its end."""
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):  # struct sock_fprog
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    argument = Program(len(program) // seccomp.INSTRUCTION.size, ctypes.addressof(buffer))
    _prctl(seccomp.PR_SET_SECCOMP, seccomp.SECCOMP_MODE_FILTER, ctypes.byref(argument))


def _prctl(option: int, value: int, argument: Any) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, argument, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the kernel refused to confine this process")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
