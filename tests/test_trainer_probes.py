"""Probes for training that goes on from step to step: whatever a trainer keeps, and wherever, is seen in what it does."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import numpy as np
import pytest

from autograder.checks.trainer.rates import setting
from autograder.checks.trainer.trainer import SGD, training
from autograder.probes import ERROR, OK, Answer, observe
from autograder.values import Given

RNG = np.random.default_rng(3)
LAYERS = [["Linear", {"in_features": 4, "out_features": 3}]]
NET = Given("sequential", {"layers": LAYERS, "seed": 1})
LOSS = Given("loss", {"name": "cross_entropy"})
STEPS = {
    **{"model": NET, "other": Given("sequential", {"layers": LAYERS, "seed": 2}), "optimizer": SGD, "loss_function": LOSS},
    **{"images": RNG.standard_normal((7, 4)), "labels": RNG.integers(0, 3, 7), "batch_size": 3, "seed": 4, "random": 5},
    **{"schedule": Given("by_step", {"factors": [1.0] * 9}), "before": 2, "after": 3},
}


def resumed(subject: Any, **inputs: Any) -> Answer:
    return observe("resumed", subject, STEPS | inputs)


def test_who_goes_on_does_what_the_first_did() -> None:
    losses, rates, sizes, parameters, statistics, mode, again, others, _, second = resumed(training()).output
    assert (len(losses), sizes, rates, statistics, mode) == (5, [3, 3, 1, 3, 3], [[0.2]] * 5, [], True)
    assert again == losses[2:] == second
    assert all(np.array_equal(a, b) for a, b in zip(parameters, others))


@pytest.mark.parametrize("what", [{"lost": ("steps", "position")}, {"lost": ("model",)}, {"state": "live"}])
def test_what_is_not_in_the_state_shows(what: dict[str, Any]) -> None:
    losses, *_, again, _, _, _ = resumed(training(**what)).output
    assert again != losses[2:]


def test_a_state_that_only_pickle_could_read_is_an_error() -> None:
    class Pickled(training()):
        def state_dict(self) -> dict[str, Any]:
            return super().state_dict() | {"where": PurePath("runs")}

    answer = resumed(Pickled)
    assert answer.status == ERROR and answer.error == "UnpicklingError"


def test_without_a_stop_no_state_is_asked_for() -> None:
    class Stateless(training()):
        state_dict = load_state_dict = None

    answer = resumed(Stateless, after=0)
    assert answer.status == OK and answer.output[-1] is None


def test_the_rates_after_each_call_and_after_a_move() -> None:
    inputs = {"groups": [0.4, 0.1], "default": 0.7, "factors": [1.0, 0.5, 2.0], "moved": None}
    assert observe("rates", setting(), inputs).output == [[0.4, 0.1], [0.2, 0.05], [0.8, 0.2]]
    assert observe("rates", setting(base="beside"), inputs | {"moved": 2}).output[2] != [0.8, 0.2]


def test_gradients_that_were_there_are_the_probes() -> None:
    inputs = {"model": NET, "loss_function": LOSS, "images": STEPS["images"], "labels": STEPS["labels"], "parts": 2}
    nothing = observe("accumulated", lambda **_: 0.0, inputs | {"already": None}).output
    something = observe("accumulated", lambda **_: 0.0, inputs | {"already": 0.5}).output
    assert nothing[1] == [None, None] and [np.unique(array).tolist() for array in something[1]] == [[0.5], [0.5]]
    assert nothing[3] == []
