"""Outputs that may rightly differ are looked at through a view; functions and generators are handed in by name."""

from __future__ import annotations

import numpy as np
import pytest

from autograder import runner
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.judge import judge
from autograder.sandboxing.sandbox import Sandbox
from autograder.values import Given, Seed


def shuffled(x, rng):
    return x[rng.permutation(len(x))]


def once_each(inputs, output):
    """A shuffle may come out in any order: what counts is that every number is there, and that it moved."""
    return {"numbers": np.sort(output), "moved": bool(np.any(output != inputs["x"]))}


shuffle = Exercise(
    id="toy.shuffled",
    title="Shuffle",
    difficulty=1,
    minutes=1,
    aspects=(Aspect("plain", 1, "every number once, in another order"),),
    draw=lambda rng: [Case("plain", {"x": rng.standard_normal(29), "rng": Seed(int(rng.integers(2**32)))}) for _ in range(3)],
    oracle=shuffled,
    view=once_each,
    misconceptions=(
        Misconception("not_shuffled", "Nothing moved.", "Use rng.", lambda x, rng: x.copy()),
        Misconception("with_repetition", "Drawn with repetition.", "Use permutation.", lambda x, rng: x[rng.integers(0, len(x), len(x))]),
    ),
    hints=("a", "b", "c"),
)

def sines(rng):
    return Given("weighted_sines", {"weights": rng.standard_normal(5)})


slope = Exercise(
    id="toy.slope",
    title="The slope of a function that is handed in",
    difficulty=1,
    minutes=1,
    aspects=(Aspect("plain", 1, "central difference"),),
    draw=lambda rng: [Case("plain", {"f": sines(rng), "x": rng.standard_normal(5)}, tolerance=1e-6)],
    oracle=lambda f, x: (f(x + 1e-5) - f(x - 1e-5)) / 2e-5,
    misconceptions=(),
    hints=("a", "b", "c"),
)


def verdict(exercise, subject):
    cases = exercise.cases(5)
    return judge(exercise, cases, runner.run(exercise, cases, subject))


@pytest.mark.parametrize("subject", [shuffled, lambda x, rng: np.array(sorted(x, key=lambda _: rng.random())), lambda x, rng: rng.permuted(x)])
def test_any_order_is_right(subject):
    assert verdict(shuffle, subject).passed


@pytest.mark.parametrize("id", ["not_shuffled", "with_repetition"])
def test_what_a_view_shows_to_be_wrong_is_recognised(id):
    found = verdict(shuffle, shuffle.misconception(id).oracle)
    assert found.status == "failed"
    assert id == "with_repetition" or found.misconception == id


@pytest.mark.parametrize("output", [None, "text", 3, (1, 2), np.zeros((0,)), {"numbers": 1}])
def test_what_a_view_cannot_look_at_is_a_wrong_kind_and_no_crash(output):
    assert verdict(shuffle, lambda x, rng: output).status == "failed"


def test_a_function_is_handed_in_by_name():
    assert verdict(slope, lambda f, x: (f(x + 1e-6) - f(x - 1e-6)) / 2e-6).passed
    assert verdict(slope, lambda f, x: f(x)).status == "failed"


def test_functions_and_generators_are_handed_into_the_sandbox_too():
    source = b"def shuffled(x, rng):\n    return rng.permutation(x)\n\ndef slope(f, x):\n    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6\n"
    limits = {"memory_mb": 1024, "wall_seconds": 30, "cpu_seconds": 10, "output_mb": 4}
    with Sandbox({"cnnlib/__init__.py": b"", "cnnlib/toy.py": source}, limits) as sandbox:
        for exercise in (shuffle, slope):
            cases = exercise.cases(5)
            assert judge(exercise, cases, sandbox.run(exercise, cases)).passed
