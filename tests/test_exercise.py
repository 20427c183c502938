"""The vocabulary of a check: cases are drawn alike everywhere, and ids are found or told apart."""

from __future__ import annotations

import numpy as np
import pytest

from autograder import exercise as exercise_module
from autograder.exercise import CONTRACT, Aspect, Case, Exercise, UnknownExercise, contract, load
from autograder.values import Given, Seed


def toy(draw, *aspects: str) -> Exercise:
    return Exercise("toy.f", "t", 1, 1, tuple(Aspect(name, 1.5, name) for name in aspects), draw, lambda x: x, (), ("a", "b", "c"))


def drawn(seed, id: str = "fast_conv.im2col", hidden: bool = False) -> list[Case]:
    return load(id).cases(seed, hidden=hidden)


def equal(a: list[Case], b: list[Case]) -> bool:
    return all(np.array_equal(p.inputs["x"], q.inputs["x"]) for p, q in zip(a, b))


def test_a_seed_draws_the_same_cases_and_another_seed_others() -> None:
    assert equal(drawn(2026), drawn(2026)) and equal(drawn(2026), drawn("2026"))
    assert not equal(drawn(2026), drawn(2027))
    long = "3f" * 16
    assert not equal(drawn(long), drawn(long[:-1] + "e"))  # every letter of a secret counts
    assert not np.array_equal(drawn(1)[0].inputs["x"], drawn(1, "fast_conv.conv2d_forward")[0].inputs["x"])


def test_the_published_seed_draws_what_it_always_drew() -> None:
    """A learner's check, the grader's and last year's verdicts speak of the same cases: a change here is a change of the course."""
    cases = toy(lambda rng: [Case("a", {"x": rng.integers(0, 1000, 4)})], "a").cases(2026)
    assert cases[0].inputs["x"].tolist() == [254, 514, 383, 698]


def test_hidden_is_a_mark_and_nothing_else() -> None:
    open_, hidden = drawn(5), drawn(5, hidden=True)
    assert equal(open_, hidden) and not any(case.hidden for case in open_) and all(case.hidden for case in hidden)
    assert [case.aspect for case in open_] == [case.aspect for case in hidden]


def test_aspects_and_cases_must_match() -> None:
    for draw in (lambda rng: [Case("a", {"x": 1})], lambda rng: [Case(name, {"x": 1}) for name in "abc"]):
        with pytest.raises(ValueError, match="aspects without cases"):
            toy(draw, "a", "b").cases(1)


def test_points_are_the_sum_of_the_aspects() -> None:
    assert toy(lambda rng: [], "a", "b").points == 3
    assert contract(2) == Aspect(CONTRACT, 2, contract().says)
    assert (toy(lambda rng: [], "a").module, toy(lambda rng: [], "a").name) == ("toy", "f")


def test_a_label_says_shapes_and_values() -> None:
    inputs = {"x": np.zeros((2, 3)), "w": np.zeros((), np.float32), "stride": (1, 2), "rng": Seed(4)}
    assert Case("a", inputs).label == "x 2×3, w scalar float32, stride=(1, 2), rng=Seed(number=4)"


def test_a_label_says_shapes_in_dictionaries_and_of_what_is_given() -> None:
    inputs = {"parameters": {"w": np.zeros((2, 3)), "b": np.zeros(2)}, "f": Given("wave", {"weights": np.zeros(5, np.float32)}), "step": 0.1}
    assert Case("a", inputs).label == "parameters={w 2×3, b 2}, f=wave(weights 5 float32), step=0.1"


def test_a_label_says_shapes_in_lists() -> None:
    inputs = {"parameters": [np.zeros((2, 3)), np.zeros(2)], "layers": [{"w": np.zeros(3)}, {"gamma": np.zeros(2)}], "sizes": [1, 2]}
    assert Case("a", inputs).label == "parameters=[2×3, 2], layers=[{w 3}, {gamma 2}], sizes=[1, 2]"


def test_a_label_says_networks_in_few_words() -> None:
    layers = [["Conv2d", {"in_channels": 2, "out_channels": 3, "kernel_size": (3, 2)}], [["ReLU", {}], 0]]
    numbers = [{"parameters": {"w": np.zeros((5, 2)), "b": np.zeros(5)}}, {"parameters": {}}]
    inputs = {"model": Given("sequential", {"layers": layers, "seed": 3}), "network": Given("layers_with_numbers", {"layers": numbers})}
    chain = "[Conv2d(2, 3, kernel_size=(3, 2)), [ReLU(), number 0 again]]"
    assert Case("a", inputs).label == f"model=sequential({chain}; seed=3), network=layers_with_numbers([w 5×2 b 5, –])"


@pytest.mark.parametrize(
    "inputs, dtype",
    [
        ({"x": np.zeros(1, np.float32), "n": 2, "mask": np.ones(2, bool)}, np.float32),
        ({"x": np.zeros(1, np.float32), "layers": [(np.zeros(1),)]}, np.float64),
        ({"given": {"x": np.zeros(1, np.float16)}}, np.float16),
        ({"x": np.zeros(1, np.uint8), "lr": 0.1}, None),
        ({}, None),
    ],
)
def test_the_dtype_that_came_in(inputs, dtype) -> None:
    assert Case("a", inputs).dtype == dtype


UNKNOWN = ["", ".", "conv", "conv.", "nowhere.f", "os.path", "__init__.x", "../conv.f", "conv.common.layer", "conv..conv2d_forward"]


@pytest.mark.parametrize("id", UNKNOWN)
def test_an_unknown_id_is_told(id: str) -> None:
    with pytest.raises(UnknownExercise, match="stride list$"):
        load(id)


def test_a_near_miss_names_what_may_have_been_meant() -> None:
    with pytest.raises(UnknownExercise, match=r"did you mean .*conv\.conv2d_forward"):
        load("conv.conv2d_foward")


def test_a_fault_in_the_checks_is_not_taken_for_an_unknown_id(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(exercise_module.importlib, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="torch"):
        load("conv.something_new")
