"""Reading what a file defines, and how much of it a function needs."""

from __future__ import annotations

import ast
import warnings

import pytest

from autograder.definitions import definitions, reached, statements

SOURCE = """
import numpy as np
SCALE: float = 2.0
SHIFT = 1
a, b = 1, 2
def scaled(x): return SCALE * x
def alone(x): return x
def both(x): return scaled(x) + SHIFT + both_again(x)
def both_again(x): return both(x)
class Layer:
    def forward(self, x): return alone(x)
def alone(x): return -x
"""


def test_functions_classes_and_variables_are_found_and_the_last_of_a_name_counts() -> None:
    found = definitions(statements(SOURCE))
    assert set(found) == {"SCALE", "SHIFT", "scaled", "alone", "both", "both_again", "Layer"}
    assert ast.get_source_segment(SOURCE, found["alone"]) == "def alone(x): return -x"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("scaled", {"scaled", "SCALE"}), ("both", {"both", "both_again", "scaled", "SCALE", "SHIFT"}), ("Layer", {"Layer", "alone"}), ("none", set())],
)
def test_a_name_reaches_what_it_uses_step_by_step(name: str, expected: set[str]) -> None:
    found = reached(name, definitions(statements(SOURCE)))
    assert set(found) == expected and len(found) == len(expected)


@pytest.mark.parametrize("source", ["def broken(:", "x = '\0'", b"\xff\xfe\x00", "(" * 500, ""])
def test_what_is_no_python_defines_nothing(source: str | bytes) -> None:
    assert definitions(statements(source)) == {}


def test_reading_never_warns() -> None:
    with warnings.catch_warnings(action="error"):
        assert statements("pattern = '\\d'\nassert (1, 'always')\n")
