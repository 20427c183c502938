"""A course of one assignment, small enough to read: two functions, one answer cell, one written question, a kit."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import autograder.checks
from autograder import expectations
from autograder.course import Course, load_course
from autograder.exercise import load

COURSE = """
[course]
name = "Toy"
title = "Numbers"
visible_seed = 7
repository = "https://example.org/toy"

[limits]
cpu_seconds = 5

[[assignment]]
id = "01"
title = "Numbers"
notebook = "01_numbers"
minutes = 5
points = 10
exercises = ["toy.double", "toy.total", "toy.sizes"]
written = [{ id = "01-written", points = 3 }]
"""

SOLUTION = '''"""Numbers."""

import numpy as np

### BEGIN SOLUTION
HELPER_ONLY_OF_THE_SOLUTION = 2.0
### END SOLUTION


def pair(value):
    """Given: 3 -> (3, 3)."""
    return (value, value) if isinstance(value, int) else tuple(value)


def double(x):
    """Twice x, of the same shape.

    x  (N,)  numbers
    """
    # Think of one number first.
    ### BEGIN SOLUTION
    twice_everything = np.add(x, x)  # (N,): every number with itself
    return twice_everything + 0 * HELPER_ONLY_OF_THE_SOLUTION
    ### END SOLUTION


def total(x, start=0.0):
    """The sum of x (N,), from start on."""
    ### BEGIN SOLUTION
    return float(np.sum(x, dtype=np.float64)) + start
    ### END SOLUTION
'''

KIT = '''"""Given."""


def shown(text):
    return f"<{text}>"
'''

NOTEBOOK = """# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
#       jupytext_version: 0.0.1
# ---

# %% [markdown]
# # Numbers
#
# [![Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/toy/toy/blob/main/notebooks/01_numbers.ipynb)
#
# **Objectives.** Double and add — “exactly”.

# %%
# %load_ext autoreload
import numpy as np

from autograder import check

# %% tags=["exercise"]
print(2 * np.ones(3))


# %% check="toy.double"
check("toy.double")

# %%
2 + 2

# %% check="toy.total"
check("toy.total")

# %% answer="toy.sizes"
sizes = {"small": None, "large": None}
### BEGIN SOLUTION
sizes = {"small": 1, "large": 1000}
### END SOLUTION

# %% check="toy.sizes"
check("toy.sizes", sizes)

# %% [markdown]
# Why?
#
# | marked | points |
# |---|---|
# | a reason | 2.5 |
# | an example with 7 | 0.5 |

# %% [markdown] written="01-written"
# Because 2 + 2 = 4.
"""

CHECKS = """
import numpy as np

from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception

HINTS = ("Look at one number.", "Then at all of them.", "Add each one to itself.")


def squared():
    return Misconception("squared", "It was squared.", "Add, do not multiply.", lambda x: x * x)


double = Exercise(
    id="toy.double",
    title="Twice",
    difficulty=1,
    minutes=1,
    aspects=(Aspect("plain", 2, "twice"), Aspect("signs", 1, "also below zero")),
    draw=lambda rng: [Case("plain", {"x": np.abs(normal(rng, 5))}), Case("signs", {"x": normal(rng, 7)})],
    oracle=lambda x: 2 * x,
    misconceptions=(squared(), Misconception("unchanged", "Nothing was added.", "Twice, not once.", lambda x: x.copy())),
    hints=HINTS,
)
total = Exercise(
    id="toy.total",
    title="Sum",
    difficulty=1,
    minutes=1,
    aspects=(Aspect("plain", 2, "the sum"), Aspect("start", 1, "from start on")),
    draw=lambda rng: [Case("plain", {"x": normal(rng, 5)}), Case("start", {"x": normal(rng, 4), "start": 3.5})],
    oracle=lambda x, start=0.0: float(x.sum()) + start,
    misconceptions=(Misconception("no_start", "start is ignored.", "Begin at start.", lambda x, start=0.0: float(x.sum())),),
    hints=HINTS,
)
sizes = Exercise(
    id="toy.sizes",
    title="Sizes",
    difficulty=1,
    minutes=1,
    aspects=(Aspect("small", 0.5, "the small one"), Aspect("large", 0.5, "the large one")),
    draw=lambda rng: [Case("small", {}, compare=("small",)), Case("large", {}, compare=("large",))],
    oracle=lambda: {"small": 1, "large": 1000},
    misconceptions=(Misconception("si", "1024 is binary.", "kilo is 1000.", lambda: {"small": 1, "large": 1024}),),
    hints=HINTS,
    returns=("small", "large"),
    probe="answer",
    answer="sizes",
)
EXERCISES = (double, total, sizes)
"""


class Toy:
    """The toy course in a folder of its own; `edit` changes one of its files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("course.toml", COURSE)
        self.write("solutions/cnnlib/__init__.py", '"""A library."""\n')
        self.write("solutions/cnnlib/toy.py", SOLUTION)
        self.write("solutions/cnnlib/kit/__init__.py", KIT)
        self.write("solutions/notebooks/01_numbers.py", NOTEBOOK)
        self.write("checks/toy.py", CHECKS)

    @property
    def course(self) -> Course:
        return load_course(self.root)

    def path(self, name: str) -> Path:
        return self.root / name

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def read(self, name: str) -> str:
        return (self.root / name).read_bytes().decode()

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))
        if name.startswith("checks/"):
            forget()

    def snapshot(self) -> dict[str, bytes]:
        """Every file and its bytes."""
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in sorted(self.root.rglob("*")) if path.is_file()}


def forget() -> None:
    load.cache_clear()
    expectations.of_course.cache_clear()
    sys.modules.pop("autograder.checks.toy", None)
    if hasattr(autograder.checks, "toy"):
        del autograder.checks.toy


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The toy course, whose checks stand in place of the real ones."""
    monkeypatch.delenv("STRIDE_CNNLIB", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two versions of checks/toy.py within a second
    monkeypatch.setattr(autograder.checks, "__path__", [str(tmp_path / "course" / "checks")])
    forget()
    yield Toy(tmp_path / "course")
    forget()
