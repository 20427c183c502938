"""Probes for training that goes on from step to step: whatever a trainer keeps, and wherever, is seen in what it does."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import numpy as np
import pytest
import torch

from autograder.checks.trainer.gradients import accumulating
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
    assert (len(losses), sizes, rates, statistics, mode) == (5, [3, 3, 3, 3, 1], [[0.2]] * 5, [], [True] * 5)
    assert again == losses[2:] == second
    assert all(np.array_equal(a, b) for a, b in zip(parameters, others))


@pytest.mark.parametrize("what", [{"lost": ("steps", "position")}, {"lost": ("model",)}, {"state": "live"}])
def test_what_is_not_in_the_state_shows(what: dict[str, Any]) -> None:
    losses, *_, again, _, _, _ = resumed(training(**what)).output
    assert again != losses[2:]


@pytest.mark.parametrize("value", [PurePath("runs"), torch.Generator(), np.zeros(2), np.float64(1)])
def test_a_state_that_only_pickle_could_read_is_an_error_that_says_where(value: Any) -> None:
    class Pickled(training()):
        def state_dict(self) -> dict[str, Any]:
            return super().state_dict() | {"things": [1.0, value]}

    answer = resumed(Pickled)
    assert answer.status == ERROR and answer.error == "UnpicklingError"
    assert answer.message.startswith("state['things'][1] is a ") and type(value).__name__ in answer.message


def test_a_state_that_lies_elsewhere_is_overwritten_by_the_next() -> None:
    class Elsewhere(training()):
        kept: Any = None

        def state_dict(self) -> dict[str, Any]:
            Elsewhere.kept = super().state_dict()
            return {"numbers": torch.zeros(15)}

        def load_state_dict(self, found: Any) -> None:
            super().load_state_dict(Elsewhere.kept)

    losses, *_, again, _, _, _ = resumed(Elsewhere).output
    assert again != losses[2:]


def test_a_state_without_the_models_numbers_says_so() -> None:
    class Empty(training()):
        def state_dict(self) -> dict[str, Any]:
            return {"number": 0}

    answer = resumed(Empty)
    assert answer.status == ERROR and "fewer numbers than the model has parameters" in answer.message


def test_who_keeps_the_seed_outside_the_state_goes_on_otherwise() -> None:
    losses, *_, again, _, _, _ = resumed(training(lost=("own",))).output
    assert again != losses[2:]


def test_a_loss_that_is_a_tensor_costs_nothing_but_the_loss() -> None:
    inputs = {"model": NET, "loss_function": LOSS, "images": STEPS["images"], "labels": STEPS["labels"], "parts": 2, "already": None}
    right, tensor = (observe("accumulated", accumulating(tensor=way), inputs).output for way in (False, True))
    assert tensor[0] == "a tensor: take .item()" and all(np.array_equal(a, b) for a, b in zip(right[1], tensor[1]))


@pytest.mark.parametrize(("way", "most"), [({}, 4), ({"graphs": "kept"}, 7), ({"together": True}, 7)])
def test_how_many_images_wait_for_backward(way: dict[str, Any], most: int) -> None:
    inputs = {"model": NET, "loss_function": LOSS, "images": STEPS["images"], "labels": STEPS["labels"], "parts": 2, "already": None}
    assert observe("accumulated", accumulating(**way), inputs).output[4] == most


def test_smaller_parts_may_come_first() -> None:
    inputs = {"model": NET, "loss_function": LOSS, "images": STEPS["images"], "labels": STEPS["labels"], "parts": 2, "already": None}

    def smaller_first(model, loss_function, images, labels, parts):
        return sum(accumulating()(model, lambda *both: loss_function(*both) * len(both[0]) / 7, images[part], labels[part], 1)
                   for part in (slice(3), slice(3, 7)))

    right, other = (observe("accumulated", subject, inputs).output for subject in (accumulating(), smaller_first))
    assert other[3:5] == right[3:5] and np.array_equal(other[5], right[5])
    assert other[0] == pytest.approx(right[0])


def test_without_a_stop_no_state_is_asked_for() -> None:
    class Stateless(training()):
        state_dict = load_state_dict = None

    answer = resumed(Stateless, after=0)
    assert answer.status == OK and answer.output[-1] is None


def test_the_rates_after_each_call_and_after_a_move() -> None:
    inputs = {"groups": [0.4, 0.1], "default": 0.7, "factors": [1.0, 0.5, 2.0], "moved": None}
    assert observe("rates", setting(), inputs).output == [[0.4, 0.1], [0.2, 0.05], [0.8, 0.2]]
    assert observe("rates", setting(base="beside"), inputs | {"moved": 2}).output[2] != [0.8, 0.2]
    assert observe("rates", setting(), inputs | {"noted": [1.2, 0.3]}).output[0] == [1.2, 0.3]


def test_gradients_that_were_there_are_the_probes() -> None:
    inputs = {"model": NET, "loss_function": LOSS, "images": STEPS["images"], "labels": STEPS["labels"], "parts": 2}
    nothing = observe("accumulated", lambda **_: 0.0, inputs | {"already": None}).output
    something = observe("accumulated", lambda **_: 0.0, inputs | {"already": 0.5}).output
    assert nothing[1] == [None, None] and [np.unique(array).tolist() for array in something[1]] == [[0.5], [0.5]]
    assert nothing[3] == []
