"""What the tests of sandboxes share: a learner's file, exercises, limits, and a comparison of answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.exercise import Case, Exercise
from autograder.probes import Answer
from autograder.sandboxing.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = {f"cnnlib/{path.name}": path.read_bytes() for path in sorted((ROOT / "solutions/cnnlib").glob("*.py"))}
LIMITS = {"cpu_seconds": 0.5, "wall_seconds": 5, "memory_mb": 256, "output_mb": 4, "submission_mb": 32}
X = Case("a", {"x": np.arange(6.0)})
EVERYTHING = """
import ctypes, os, time
import numpy as np
def pipes():
    found = []
    for n in range(3, 999):
        try: found += [n] if os.fstat(n).st_mode & 0o170000 == 0o010000 else []
        except OSError: pass
    return found
def f(x): return x + 1
def loop(x):
    while True: pass
def sleep(x): time.sleep(99)
def third(x): return x if len(x) < 3 else loop(x)
def memory(x): return np.ones(1 << 30)
def leave(x): os._exit(0)
def fault(x): ctypes.string_at(0)
def garbage(x):
    for n in pipes():
        try: os.write(n, b"x" * 999)
        except OSError: pass
def deaf(x): [os.close(n) for n in pipes()]; time.sleep(99)
def long(x): return np.ones(1 << 20)
def leaks(x):
    while True: os.open("/dev/null", 0)
def prints(x):
    while True: print("x" * 9999)
"""


def exercise(name: str, *, module: str = "work", **fields: Any) -> Exercise:
    empty: dict[str, Any] = {"title": "", "difficulty": 1, "minutes": 1, "aspects": (), "misconceptions": (), "hints": ("", "", "")}
    return Exercise(id=f"{module}.{name}", draw=lambda rng: (), oracle=lambda: None, **{**empty, **fields})


def run(source: str, *cases: Case, name: str = "f", limits: dict[str, float] | None = None, **fields: Any) -> list[Answer]:
    """The answers of the function `name` in a learner's file."""
    with Sandbox({"cnnlib/work.py": source.encode()}, {**LIMITS, **(limits or {})}) as box:
        return box.run(exercise(name, **fields), cases or [X])


def same(one: Sequence[Answer], other: Sequence[Answer]) -> bool:
    """Whether two lists of answers say the same, apart from the time they took and from what was printed.

    Arrays may differ in their last bits: where an array begins in memory decides in which order its numbers are added up.
    """

    def equal(a: Answer, b: Answer) -> bool:
        if replace(a, output=None, seconds=0.0, printed="") != replace(b, output=None, seconds=0.0, printed=""):
            return False
        if not isinstance(a.output, np.ndarray) or not isinstance(b.output, np.ndarray) or a.output.dtype.kind != "f":
            return repr(a.output) == repr(b.output)
        close = 100 * float(np.finfo(a.output.dtype).eps)
        return a.output.dtype == b.output.dtype and a.output.shape == b.output.shape and np.allclose(a.output, b.output, close, close, equal_nan=True)

    return len(one) == len(other) and all(map(equal, one, other))


def eventually(happens: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
