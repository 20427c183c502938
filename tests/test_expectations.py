"""Expectations: worked out once for all who answer the same cases, and nobody can change them for the next one."""

import dataclasses

import numpy as np
import pytest

from autograder import expectations, judge, probes, runner
from autograder.course import load_course
from autograder.exercise import Case, load
from autograder.expectations import Expectations
from autograder.values import Given

COURSE = load_course()
SOLUTIONS = COURSE.root / "solutions" / "cnnlib"
ID = "conv.dilate"


def counted(exercise):
    """The exercise with an oracle, and misconceptions, that count how often they are asked."""
    asked = []

    def counting(name, function):
        return lambda **inputs: (asked.append(name), function(**inputs))[1]

    slips = tuple(dataclasses.replace(m, oracle=counting(m.id, m.oracle)) for m in exercise.misconceptions)
    return dataclasses.replace(exercise, oracle=counting("oracle", exercise.oracle), misconceptions=slips), asked


def wrong(x, stride):
    return x


def test_a_second_submission_asks_neither_oracle_nor_misconceptions():
    exercise, asked = counted(load(ID))
    known = Expectations(exercise, exercise.cases(1))
    answers = runner.run(exercise, known.cases, wrong)
    first = judge.judge_by(known, answers)
    assert set(asked) == {"oracle", *(misconception.id for misconception in exercise.misconceptions)}
    assert asked.count("oracle") == len(known.cases) and max(map(asked.count, asked)) <= len(known.cases)
    del asked[:]
    assert judge.judge_by(known, answers) == first
    assert judge.judge_by(known, runner.run(exercise, known.cases, runner.load_subject(exercise, SOLUTIONS))).passed
    assert not asked
    assert judge.judge(exercise, exercise.cases(1), answers) == first


@pytest.mark.parametrize("id", ["conv.dilate", "gradcheck.numerical_gradient", "optim.nesterov_step", "shapes.sizing"])
def test_nothing_in_them_can_be_changed(id):
    exercise = load(id)
    known = Expectations(exercise, exercise.cases(1))
    found = [*arrays([case.inputs for case in known.cases]), *arrays([known.truth(i) for i in range(len(known.cases))])]
    for misconception in exercise.misconceptions:
        slips = [known.slip(misconception, i) for i in range(len(known.cases))]
        found += arrays([slip.answer.output for slip in slips]) + arrays([slip.outputs for slip in slips])
    assert not [array for array in found if array.flags.writeable]
    assert found or id == "shapes.sizing"


def arrays(value):
    """Every array in a value."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, Given):
        return arrays(value.parameters)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [array for item in items for array in arrays(item)]


def test_a_subject_may_still_write_into_what_it_is_given():
    """What is read-only is ours; the subject gets a copy, of a given function's parameters too."""
    case = Case("plain", {"x": np.ones(3), "f": Given("weighted_sines", {"weights": np.ones(3)})})
    Expectations(dataclasses.replace(load(ID), misconceptions=()), [case])

    def subject(x, f):
        x[:] = 2
        f.__closure__[0].cell_contents[:] = 3
        return x

    answer = probes.observe("call", subject, dict(case.inputs))
    assert (answer.status, answer.modified, case.inputs["x"].sum(), case.inputs["f"].parameters["weights"].sum()) == ("ok", ("x",), 3, 3)


def test_a_course_has_visible_and_hidden_cases_once():
    known = expectations.of_course(ID, 1, "secret")
    assert known is expectations.of_course(ID, 1, "secret") is not expectations.of_course(ID, 1, "another")
    assert {case.hidden for case in known.cases} == {False, True} and not known.cases[0].hidden
