"""Probes: the small functions that call a learner's code with one case and give back plain values.

A probe runs where the subject runs: in this process for a learner's own checks, inside a sandbox for grades. So this module
knows nothing of oracles, expected values or points, and imports NumPy, `values`, `givens` and the probes of `network_probes`,
`random_probes`, `repeated_probes`, `torch_probes` and `trainer_probes` alone.
"""

from __future__ import annotations

import contextlib
import math
import os
import sysconfig
import time
import traceback
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder import givens, network_probes, random_probes, repeated_probes, torch_probes, trainer_probes, values

# How a call ended. "ok" is the only status with an output to compare.
OK, NOT_WRITTEN, MISSING, ERROR = "ok", "not_written", "missing", "error"
TIME_LIMIT, MEMORY_LIMIT, CRASHED, PROTOCOL = "time_limit", "memory_limit", "crashed", "protocol"
UNUSABLE = "unusable"  # a file of results that cannot be read: no call was made, and no sandbox says so
NOT_WRITTEN_MARK = "not written yet"
OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
PACKAGES = (  # the standard library, and wherever NumPy and its neighbours are installed
    *(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    os.path.dirname(os.path.dirname(os.path.abspath(np.__file__))) + os.sep,
    "<frozen ",
    "<__array_function__",
)


@dataclass(frozen=True)
class Answer:
    """What one call of the subject gave.

    status    one of the names above
    output    the plain value returned (status "ok")
    modified  names of the arguments that the subject changed
    error     the exception's type name; `message` its text; `where` the learner's own line: "conv.py, line 12: ..."
    seconds   CPU time of the call
    slowdown  `seconds` over the baseline's (timed cases only; measured outside the subject's process where that is possible)
    printed   the beginning of what the subject printed (a learner's own checks only)
    """

    status: str
    output: Any = None
    modified: tuple[str, ...] = ()
    error: str = ""
    message: str = ""
    where: str = ""
    seconds: float = 0.0
    slowdown: float | None = None
    printed: str = ""


class TimeLimit(BaseException):
    """The subject took too long. Not an Exception, so that `except Exception` in a learner's loop does not swallow it."""


def call(subject: Any, inputs: dict[str, Any]) -> Any:
    """Call the subject with the case's inputs as keyword arguments."""
    return subject(**inputs)


def careful(subject: Any, inputs: dict[str, Any]) -> Any:
    """As `call`, but an overflow, or a nan made of infinities, is an error: for what must be right without a warning."""
    with np.errstate(over="raise", invalid="raise"):
        return subject(**inputs)


def refusing(subject: Any, inputs: dict[str, Any]) -> Any:
    """As `call`; but in a case with `refuses`, which the subject is not given, a ValueError is right: it counts as "ValueError" returned."""
    handed = {name: value for name, value in inputs.items() if name != "refuses"}
    with contextlib.suppress(*[ValueError] if "refuses" in inputs else []):
        return subject(**handed)
    return "ValueError"


def answer(subject: Any, inputs: dict[str, Any]) -> Any:
    """The subject is the answer itself: the value of a variable in an answer cell."""
    if subject is None or isinstance(subject, dict) and all(value is None for value in subject.values()):
        raise NotImplementedError(NOT_WRITTEN_MARK)
    return subject




def observe(probe: str, subject: Any, inputs: dict[str, Any], layout: str = "plain") -> Answer:
    """Run one probe and say what happened, whatever the subject does short of killing the process.

    Only KeyboardInterrupt passes through: in a notebook it is the person, not the code.
    """
    arguments = {name: arrange(value, layout) for name, value in inputs.items()}
    started = time.thread_time()  # this thread's alone: idle threads of BLAS spin, one on every core
    try:
        output = PROBES[probe](subject, arguments)
        seconds = time.thread_time() - started
        # Through bytes and back: what counts is what was returned now, whoever may change it afterwards.
        output = values.decode(values.encode(output))
        modified = tuple(name for name, value in inputs.items() if not same(value, arguments[name]))
        return Answer(OK, output, modified, seconds=seconds)
    except values.NotPlain as found:
        return Answer(ERROR, error="NotPlain", message=f"returned {found} instead of NumPy arrays and numbers")
    except TimeLimit as rung:
        return Answer(TIME_LIMIT, where=_own_place(rung), seconds=time.thread_time() - started)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return failure(error)


REPEATED = (repeated_probes.reseeded, repeated_probes.steps, repeated_probes.methods)
NETWORKS = (network_probes.network, network_probes.block, torch_probes.module, torch_probes.of_model, random_probes.random_module)
TRAINING = (trainer_probes.rates, trainer_probes.accumulated, trainer_probes.resumed)
PROBES = {probe.__name__: probe for probe in (call, answer, careful, refusing, *REPEATED, *NETWORKS, *TRAINING)}


def failure(error: BaseException) -> Answer:
    """An exception as an answer: its type, text, and the last of the learner's own lines on the way to it."""
    message = _text(error)
    if isinstance(error, MemoryError):
        return Answer(MEMORY_LIMIT, error="MemoryError")
    if isinstance(error, NotImplementedError) and NOT_WRITTEN_MARK in message:
        return Answer(NOT_WRITTEN, error="NotImplementedError", message=message)
    place = _own_place(error)
    if isinstance(error, SyntaxError) and error.filename:  # the line that Python could not read, in whatever file it stands
        message, place = error.msg or "", _place(error.filename, error.lineno, error.text)
    return Answer(ERROR, error=type(error).__name__, message=message, where=place)


def arrange(value: Any, layout: str) -> Any:
    """A fresh copy of an input in the given memory layout; a `Seed` becomes its generator, a `Given` what it stands for."""
    if isinstance(value, values.Seed):
        return value.generator()
    if isinstance(value, values.Given):
        return givens.GIVENS[value.name](**arrange(value.parameters, "plain"))
    if isinstance(value, (list, tuple)):
        return type(value)(arrange(item, layout) for item in value)
    if isinstance(value, dict):
        return {key: arrange(item, layout) for key, item in value.items()}
    if not isinstance(value, np.ndarray):
        return value
    array = value.copy()
    if layout == "strided" and array.ndim:
        # Every second element of a larger array, axes reversed in memory: neither C- nor Fortran-contiguous.
        spread = np.full([2 * n for n in reversed(array.shape)], 77, array.dtype).transpose()
        array = spread[(slice(None, None, 2),) * array.ndim]
        array[...] = value
    if layout == "read-only":
        array.flags.writeable = False
    return array


def same(before: Any, after: Any) -> bool:
    """Whether an input still equals what it was, bit for bit (generators are meant to move on, and what is given keeps its own state)."""
    if isinstance(before, (values.Seed, values.Given)):
        return True
    if isinstance(before, np.ndarray):
        return (
            type(after) is np.ndarray
            and (before.shape, before.dtype) == (after.shape, after.dtype)
            and before.tobytes() == np.ascontiguousarray(after).tobytes()
        )
    if type(before) is not type(after):
        return False
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(same(before[key], after[key]) for key in before)
    return repr(before) == repr(after)  # plain scalars and text; NaN stays itself


def to_plain(answer: Answer) -> dict[str, Any]:
    """An answer as a plain value, to leave a sandbox."""
    return {name: getattr(answer, name) for name in Answer.__dataclass_fields__ if name not in ("slowdown", "printed")}


def from_plain(value: Any) -> Answer:
    """The answer in a value from outside this process, its fields' types checked. Raises values.NotPlain otherwise."""
    types = {"status": str, "modified": tuple, "error": str, "message": str, "where": str, "seconds": float}
    if type(value) is not dict or value.keys() != types.keys() | {"output"}:
        raise values.NotPlain("an answer with other fields than ours")
    if any(type(value[name]) is not kind for name, kind in types.items()) or not all(type(name) is str for name in value["modified"]):
        raise values.NotPlain("an answer with fields of other types than ours")
    if not 0 <= value["seconds"] < math.inf:
        raise values.NotPlain("an answer that took no possible time")
    if value["status"] not in (OK, NOT_WRITTEN, MISSING, ERROR, TIME_LIMIT, MEMORY_LIMIT):
        raise values.NotPlain("an answer of a status that is not ours")
    limited = {name: value[name][:2000] for name in ("error", "message", "where")}
    return replace(Answer(**value), **limited)


def _text(error: BaseException) -> str:
    try:
        text = str(error)
        return text[:2000] if type(text) is str else ""
    except TimeLimit:
        raise
    except BaseException:  # a learner's exception may have a broken __str__
        return ""


def _is_theirs(filename: str) -> bool:
    """Whether a file is the learner's: not ours, and no package (unless the course itself has been installed as one)."""
    return not filename.startswith(OURS) and (f"{os.sep}cnnlib{os.sep}" in filename or not filename.startswith(PACKAGES))


def _own_place(error: BaseException) -> str:
    """The last of the learner's own lines on the way to an exception."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_theirs(frame.filename)]
    return _place(own[-1].filename, own[-1].lineno, own[-1].line) if own else ""


def _place(filename: str, line: int | None, text: str | None) -> str:
    path = filename.replace(os.sep, "/")
    name = path.rpartition("/cnnlib/" if "/cnnlib/" in path else "/")[2]
    return f"{name}, line {line}: {(text or '').strip()}"[:300]
