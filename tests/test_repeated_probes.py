"""Probes that call the subject more than once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder import values
from autograder.exercise import Case
from autograder.probes import Answer, observe

# --- reseeded ---------------------------------------------------------------------------------------------------------


def test_reseeded_calls_with_an_equal_generator_and_with_another() -> None:
    first, equal, other = observe("reseeded", lambda rng: rng.random(3), {"rng": values.Seed(3)}).output
    assert first.tolist() == equal.tolist() == np.random.default_rng(3).random(3).tolist()
    assert other.tolist() != first.tolist()


def test_reseeded_hands_equal_inputs_to_every_call_and_still_notices_a_change() -> None:
    def subject(x):
        x += 1
        return x

    answer = observe("reseeded", subject, {"x": np.zeros(2)})
    assert [output.tolist() for output in answer.output] == [[1, 1]] * 3 and answer.modified == ("x",)


def test_reseeded_goes_on_with_the_first_generator_when_more_is_asked() -> None:
    first, _, other, *more = observe("reseeded", lambda rng: rng.random(), {"rng": values.Seed(3), "more": 2}).output
    rng = np.random.default_rng(3)
    assert [first, *more] == [rng.random() for _ in range(3)] and other not in more


# --- steps ------------------------------------------------------------------------------------------------------------


def momentum(w, grad, state, learning_rate):
    v = 0.5 * state.get("v", 0.0) - learning_rate * grad
    return w + v, {"v": v}


def stepped(subject, layout: str = "plain", **changes: Any) -> Answer:
    inputs = {"w": np.array([1.0, 2.0]), "grad": np.array([[1.0, 2.0], [4.0, 0.0], [0.0, 8.0]]), "state": {}, "learning_rate": 0.5, "each": ("grad",)}
    return observe("steps", subject, inputs | changes, layout)


@pytest.mark.parametrize("layout", ["plain", "read-only", "strided"])
def test_steps_hands_on_what_the_step_before_returned(layout: str) -> None:
    answer = stepped(momentum, layout)
    assert (answer.status, answer.modified) == ("ok", ())
    # by hand: v = -0.5 g at first, then half of what it was, too
    assert {name: w.tolist() for name, w in answer.output.items()} == {
        "after step 1": [0.5, 1.0],
        "after step 2": [-1.75, 0.5],
        "after step 3": [-2.875, -3.75],
    }


def test_each_step_may_have_its_own_number_and_it_stays_one_of_pythons() -> None:
    seen = []

    def subject(w, grad, state, learning_rate):
        seen.append(learning_rate)
        return w - learning_rate * grad, state

    answer = stepped(subject, learning_rate=[1.0, 0.5, 0.0], each=("grad", "learning_rate"))
    assert seen == [1.0, 0.5, 0.0] and answer.output["after step 3"].tolist() == [-2.0, 0.0]
    stepped(subject, learning_rate=np.array([1.0, 0.5, 0.0]), each=("grad", "learning_rate"))
    assert {type(rate) for rate in seen} == {float}


def in_place(w, grad, state, learning_rate):
    w -= learning_rate * grad
    return w, {}


def late(w, grad, state, learning_rate):
    """Changes its w from the second step on."""
    if state:
        w -= learning_rate * grad
        return w, state
    return w - learning_rate * grad, {"t": 1}


def growing(w, grad, state, learning_rate):
    state["t"] = state.get("t", 0) + 1
    return w.copy(), state


def kept_array(w, grad, state, learning_rate):
    """Adds to the remembered array in place: the state of the step before changes, too."""
    if not state:
        return w.copy(), {"sum": grad.copy()}
    state["sum"] += grad
    return w.copy(), {"sum": state["sum"]}


def kept_gradient(w, grad, state, learning_rate):
    """Remembers the caller's own array, and adds to it."""
    if state:
        state["sum"] += grad
    return w.copy(), {"sum": state.get("sum", grad)}


@pytest.mark.parametrize(
    "subject, modified",
    [(in_place, ("w",)), (late, ("w",)), (growing, ("state",)), (kept_array, ("state",)), (kept_gradient, ("grad", "state"))],
)
def test_whatever_a_step_changes_is_noticed(subject, modified) -> None:
    answer = stepped(subject)
    assert (answer.status, answer.modified) == ("ok", modified)


def test_what_is_written_over_afterwards_still_counts_as_it_was() -> None:
    assert [w.tolist() for w in stepped(in_place).output.values()] == [[0.5, 1.0], [-1.5, 1.0], [-1.5, -3.0]]


@pytest.mark.parametrize("returned", [None, 3.0, np.zeros(2), {}, (1, 2, 3)])
def test_what_is_no_pair_comes_back_as_it_is(returned) -> None:
    answer = stepped(lambda **_: returned)
    assert answer.status == "ok" and type(answer.output) is type(returned) and np.array_equal(answer.output, returned)


def test_a_state_may_hold_what_is_not_plain() -> None:
    class Memory:
        pass

    answer = stepped(lambda w, grad, state, learning_rate: (w - grad, {"memory": Memory()}))
    assert (answer.status, answer.modified) == ("ok", ())


def test_an_error_in_a_later_step_is_the_answer() -> None:
    answer = stepped(lambda w, grad, state, learning_rate: (w, {"t": 1}) if not state else 1 / 0)
    assert (answer.status, answer.error) == ("error", "ZeroDivisionError")


# --- methods ----------------------------------------------------------------------------------------------------------


class Book:
    """Adds up what it is told, and keeps the arrays themselves."""

    def __init__(self, start=0.0):
        self.total = start

    def add(self, number, arrays):
        self.total += number
        self.arrays = arrays
        return self.total

    def double(self, times):
        self.total *= 2**times
        return self.total


ADDED = {"number": [1.0, 2.0], "arrays": {"w": np.array([[1, 2], [3, 4]])}}


def called(subject, **changes: Any) -> Answer:
    inputs = {"create": {"start": 0.5}, "calls": [("add", ADDED)], "in_place": False, "attributes": ("total",)}
    return observe("methods", subject, inputs | changes)


def test_methods_calls_one_after_the_other_and_looks_at_attributes() -> None:
    answer = called(Book, calls=[("add", ADDED), ("double", {"times": [1]}), ("add", ADDED)])
    assert answer.output == {"add 1": 1.5, "add 2": 3.5, "double 1": 7.0, "add 3": 8.0, "add 4": 10.0, "total": 10.0}
    assert answer.modified == ()


def test_arrays_come_call_by_call_anew_or_as_the_same_ones() -> None:
    class First(Book):
        def add(self, number, arrays):
            self.first = self.__dict__.get("first", arrays)
            return arrays["w"]

    for in_place, kept in ((False, [1, 2]), (True, [3, 4])):
        answer = called(First, in_place=in_place, attributes=("first",))
        assert [answer.output[name].tolist() for name in ("add 1", "add 2")] == [[1, 2], [3, 4]]
        assert answer.output["first"]["w"].tolist() == kept and answer.modified == ()


def test_a_change_of_an_argument_is_noticed() -> None:
    class Scribbler(Book):
        def add(self, number, arrays):
            arrays["w"][0] = 9

    assert called(Scribbler).modified == ("calls",)


def test_what_an_object_returns_later_on_is_not_what_it_returned_first() -> None:
    class Reuses(Book):
        def __init__(self, start):
            self.out = np.zeros(1)

        def add(self, number, arrays):
            self.out += number
            return self.out

    answer = called(Reuses, attributes=())
    assert [out.tolist() for out in answer.output.values()] == [[1.0], [3.0]]


def test_no_object_no_answer_and_a_missing_attribute_is_said() -> None:
    assert called(lambda **_: None).output is None
    answer = called(Book, attributes=("best",))
    assert (answer.status, answer.error) == ("error", "AttributeError") and "best" in answer.message


def test_labels_say_shapes_in_lists() -> None:
    label = Case("a", {"calls": [("add", ADDED)], "sizes": [3, 5], "parameters": [np.zeros((2, 3)), np.zeros(2)]}).label
    assert label == "calls=[['add', {number=[1.0, 2.0], arrays={w 2×2 int64}}]], sizes=[3, 5], parameters=[2×3, 2]"
