"""The checks of cnnlib/train_loop.py."""

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from autograder.probes import arrange
from tests.checks.common import check_misconception, proofs

TestProofs = proofs("train_loop", seeds=(1, 2))

COSTS = {
    "uphill": "one batch batches mean loss order contract",
    "last_batch_dropped": "one batch batches mean loss",
    "last_batch_filled_up": "batches mean loss",
    "not_shuffled": "order",
    "with_replacement": "order",
    "labels_left_behind": "order",
    "other_generator": "order",
    "seed_of_its_own": "order",
    "gradients_added_up": "batches mean loss order",
    "batches_count_the_same": "mean loss",
    "losses_added_up": "mean loss",
    "last_loss": "mean loss",
    "in_place": "contract",
    "float64_result": "contract",
}


@pytest.mark.parametrize("slip", COSTS)
def test_a_slip_costs_its_own_aspects_only(slip):
    for seed in (1, 2):
        verdict = check_misconception(load("train_loop.sgd_epoch"), slip, seed)
        lost = [aspect.name for aspect in verdict.aspects if not aspect.passed]
        assert " ".join(lost) == COSTS[slip]


def epoch(batches):
    """A right epoch but for its batches: batches(n, batch_size, rng) -> lists of indices."""

    def sgd_epoch(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
        total = 0.0
        for batch in batches(len(images), batch_size, rng):
            loss, gradients = loss_and_gradients(parameters, images[batch], labels[batch])
            parameters = {name: value - learning_rate * gradients[name] for name, value in parameters.items()}
            total += loss * len(batch)
        return parameters, total / len(images)

    return sgd_epoch


def shuffled_in_place(n, size, rng):
    order = np.arange(n)
    rng.shuffle(order)
    return [order[start : start + size] for start in range(0, n, size)]


def sorted_by_random_numbers(n, size, rng):
    order = rng.random(n).argsort()
    return np.split(order, range(size, n, size))


def dealt_from_a_list(n, size, rng):
    left = list(range(n))
    while left:
        yield [left.pop(int(rng.integers(len(left)))) for _ in range(min(size, len(left)))]


def without_replacement(n, size, rng):
    return np.split(rng.choice(n, n, replace=False), range(size, n, size))


@pytest.mark.parametrize("batches", [shuffled_in_place, sorted_by_random_numbers, dealt_from_a_list, without_replacement])
def test_every_honest_shuffle_is_right(batches):
    verdict = check("train_loop.sgd_epoch", epoch(batches), seed=1)
    assert verdict.passed, str(verdict)


def anew_for_every_batch(n, size, rng):
    return [rng.permutation(n)[: min(size, n - start)] for start in range(0, n, size)]


def drawn_batch_by_batch(n, size, rng):
    return [rng.choice(n, min(size, n - start)) for start in range(0, n, size)]


def in_order(n, size, rng):
    return [range(start, min(start + size, n)) for start in range(0, n, size)]


def full_batches_of_neighbours(n, size, rng):
    """Only the order of the batches is random (the short one, if any, comes last)."""
    full = n // size
    return [range(start, min(start + size, n)) for start in (*rng.permutation(full) * size, *range(full * size, n, size))]


@pytest.mark.parametrize(
    "batches, name",
    [
        (anew_for_every_batch, "with_replacement"),
        (drawn_batch_by_batch, "with_replacement"),
        (in_order, "not_shuffled"),
        (full_batches_of_neighbours, "not_shuffled"),
    ],
)
def test_an_order_that_is_none_is_recognised_however_it_is_made(batches, name):
    verdict = check("train_loop.sgd_epoch", epoch(lambda *arguments: map(list, batches(*arguments))), seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["order"]
    assert verdict.misconception == name


def test_one_order_for_images_and_another_for_labels_is_recognised():
    def apart(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
        images, labels = images[rng.permutation(len(images))], labels[rng.permutation(len(labels))]
        in_turn = epoch(lambda n, size, _: map(list, in_order(n, size, rng)))
        return in_turn(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng)

    assert check("train_loop.sgd_epoch", apart, seed=1).misconception == "labels_left_behind"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda parameters, loss: parameters,
        lambda parameters, loss: (loss, parameters),
        lambda parameters, loss: ({}, loss),
        lambda parameters, loss: ({name: value[:-1] for name, value in parameters.items()}, loss),
        lambda parameters, loss: ({name: value * np.nan for name, value in parameters.items()}, loss),
    ],
)
def test_what_is_no_result_of_an_epoch_earns_nothing(wrong):
    right = epoch(shuffled_in_place)
    verdict = check("train_loop.sgd_epoch", lambda **inputs: wrong(*right(**inputs)), seed=1)
    assert verdict.status == "failed" and sum(aspect.points for aspect in verdict.aspects if aspect.name != "mean loss") == 0


def test_right_parameters_beside_a_spoilt_argument_are_not_taken_for_another_dtype():
    def scribbles(images, **inputs):
        result = epoch(shuffled_in_place)(images=images, **inputs)
        if images.flags.writeable:
            images[0] = 0
        return result

    verdict = check("train_loop.sgd_epoch", scribbles, seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["contract"]
    assert verdict.misconception is None and "`images`" in str(verdict)


def test_a_missing_return_is_said_as_such():
    assert "it is None (is a `return` missing?)" in str(check("train_loop.sgd_epoch", lambda **_: None, seed=1))


def test_numbers_do_not_depend_on_the_order():
    """What the cases that compare numbers rely on: with equal examples any generator gives the same parameters and loss."""
    exercise = load("train_loop.sgd_epoch")
    for case in exercise.cases(1):
        if case.inputs["loss_and_gradients"].name != "ledger":
            one, equal, other = exercise.oracle(**{name: arrange(value, "plain") for name, value in case.inputs.items()})
            assert one[1] == equal[1]
            assert one[1] == other[1] and all(np.array_equal(one[0][name], other[0][name]) for name in one[0])
