"""The program inside a sandbox: loads the learner's work, runs probes, sends the answers.

    worker.main(LEARNER, REQUESTS, ANSWERS)

The learner's folder and two open descriptors.
Requests and answers are frames of plain values, one answer to a request, marked with the request's number:

    {"number", "do": "load", "module", "name", "cell"}      loads a function; with a cell (a string), runs it and takes the variable `name`
    {"number", "do": "case", "probe", "inputs", "layout"}   calls it

It shares its process with the learner's code, so nothing here is a defence: who judges trusts none of its answers, and
nothing that is secret ever comes in.
"""

from __future__ import annotations

import ctypes
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

from autograder import loading, probes, values
from autograder.probes import Answer
from autograder.sandboxing import frames, seccomp


def main(learner: str, requests: int, answers: int) -> None:
    refuse_programs()
    sys.path.append(learner)
    np.random.seed()  # a fork has the state of the process that it comes from
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
    """From here on this process cannot become another program. (The sandbox's own filter had to let it become Python.)"""
    install(seccomp.without_programs())


def confine(program: bytes) -> None:
    """No more privileges, this filter, and an end when the parent ends."""
    for option, value in ((seccomp.PR_SET_NO_NEW_PRIVS, 1), (seccomp.PR_SET_PDEATHSIG, signal.SIGKILL)):
        _prctl(option, value, 0)
    install(program)


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
