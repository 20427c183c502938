"""Cutting solution regions out, and putting single functions back."""

from __future__ import annotations

import ast

import pytest

from autograder.authoring import stubs
from autograder.course import CourseError
from tests.toy_course import SOLUTION


def test_a_stub_keeps_everything_outside_the_regions():
    stub = stubs.make_stub(SOLUTION, "toy")
    assert (
        stub
        == '''"""Numbers."""

import numpy as np


def pair(value):
    """Given: 3 -> (3, 3)."""
    return (value, value) if isinstance(value, int) else tuple(value)


def double(x):
    """Twice x, of the same shape.

    x  (N,)  numbers
    """
    # Think of one number first.
    raise NotImplementedError("toy.double: not written yet — stride hint toy.double")


def total(x, start=0.0):
    """The sum of x (N,), from start on."""
    raise NotImplementedError("toy.total: not written yet — stride hint toy.total")
'''
    )
    assert stubs.ids(stub) == ["toy.double", "toy.total"]


def test_the_methods_of_a_class_are_one_exercise():
    source = """
class Block:
    def forward(self, x):
        if x:
            ### BEGIN SOLUTION
            return 1
            ### END SOLUTION
        return 0

    def backward(self):
        ### BEGIN SOLUTION
        return 2
        ### END SOLUTION
"""
    stub = stubs.make_stub(source, "nets.resnet")
    assert stubs.ids(stub) == ["nets.resnet.Block"] * 2
    assert [line for line in stub.split("\n") if "raise" in line][0].startswith(" " * 12 + "raise")
    scope: dict = {}
    exec(stub, scope)
    with pytest.raises(NotImplementedError, match="nets.resnet.Block: not written yet — stride hint nets.resnet.Block"):
        scope["Block"]().forward(True)
    assert scope["Block"]().forward(False) == 0


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def f():\n    ### BEGIN SOLUTION\n    return 1\n", "line 2: '### BEGIN SOLUTION' is never ended"),
        ("def f():\n    return 1\n    ### END SOLUTION\n", "line 3: '### END SOLUTION' has no partner"),
        ("def f():\n    ### BEGIN SOLUTION\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n", "line 3"),
        ("def f():\n    #### BEGIN SOLUTION\n    return 1\n", "line 2"),
        ("if True:\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION\n", "belongs to no function"),
        ("def f(:\n    pass\n", "line 1: invalid syntax"),
        ("def f():\n    ### BEGIN SOLUTION\n    if 1:\n    ### END SOLUTION\n        return 1\n", "the stub of solutions/cnnlib/m.py, line 3"),
    ],
)
def test_a_master_that_cannot_be_cut_is_named_with_its_line(source, says):
    with pytest.raises(CourseError) as caught:
        stubs.make_stub(source, "m")
    assert says in str(caught.value)
    assert str(caught.value).startswith(("solutions/cnnlib/m.py", "the stub of solutions/cnnlib/m.py"))
    assert str(caught.value).endswith("stride build")


def test_only_lines_inside_regions_are_solution_lines():
    assert [line.strip() for line in stubs.solution_lines(SOLUTION, "toy.py")] == [
        "HELPER_ONLY_OF_THE_SOLUTION = 2.0",
        "twice_everything = np.add(x, x)  # (N,): every number with itself",
        "return twice_everything + 0 * HELPER_ONLY_OF_THE_SOLUTION",
        "return float(np.sum(x, dtype=np.float64)) + start",
    ]


PRISTINE = '"""M."""\n\n\ndef f(x):\n    """F."""\n    raise NotImplementedError\n\n\ndef g():\n    raise NotImplementedError\n'


def test_putting_one_function_back_leaves_every_other_line():
    mine = (
        "import os\n\n# about f\n@staticmethod\ndef f(x):\n    y = x\n    return y\n    # a last thought\n\n"
        "    # and another\n\n# about g\ndef g():\n    return 'mine'\n"
    )
    assert stubs.put_back(mine, PRISTINE, "f") == (
        'import os\n\n# about f\ndef f(x):\n    """F."""\n    raise NotImplementedError\n\n# about g\ndef g():\n    return \'mine\'\n'
    )


def test_the_last_of_two_definitions_is_put_back_for_it_is_the_one_that_counts():
    mine = "def g():\n    return 1\n\n\ndef g():\n    return 2\n"
    assert stubs.put_back(mine, PRISTINE, "g") == "def g():\n    return 1\n\n\ndef g():\n    raise NotImplementedError\n"


@pytest.mark.parametrize("mine", ["def renamed():\n    return 1\n", "x = 1", "", "class K:\n    def f(self):\n        return 1\n"])
def test_a_function_that_is_gone_is_added_at_the_end(mine):
    result = stubs.put_back(mine, PRISTINE, "f")
    assert result.startswith(mine.rstrip("\n")) and result.endswith('def f(x):\n    """F."""\n    raise NotImplementedError\n')
    assert [n.name for n in ast.parse(result).body if isinstance(n, ast.FunctionDef)][-1] == "f"


def test_a_form_feed_and_odd_line_separators_do_not_shift_the_lines():
    mine = "\x0c\ns = 'a\u2028b\x85c'\ndef f(x):\n    return s\ndef g():\n    return s\n"
    assert stubs.put_back(mine, PRISTINE, "f") == mine.replace("    return s\n", '    """F."""\n    raise NotImplementedError\n', 1)


def test_what_is_not_python_or_not_there_is_an_error():
    with pytest.raises(SyntaxError):
        stubs.put_back("def f(:\n", PRISTINE, "f")
    with pytest.raises(LookupError):
        stubs.put_back("", PRISTINE, "h")
