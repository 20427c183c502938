"""Checks of cnnlib/train_loop.py: one epoch of mini-batch gradient descent.

Any random order is right, so no case may depend on it. The cases for numbers learn from examples that are all alike. The cases
for the order learn from the `ledger`, which writes down what it was given when: a view turns the book into statements.
"""

from __future__ import annotations

import copy

import numpy as np

from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases
from autograder.values import Given, Seed


def _epoch(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
    return _run(parameters, images, labels, loss_and_gradients, learning_rate, _batches(rng.permutation(len(images)), batch_size))


def _three_epochs(rng, **inputs):
    """As the probe gets them from the subject: with the generator, with an equal one, with another."""
    return [_epoch(**inputs, rng=generator) for generator in (copy.deepcopy(rng), rng, rng.spawn(1)[0])]


def _batches(order, batch_size):
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def _run(parameters, images, labels, loss_and_gradients, learning_rate, batches, shown=None):
    """Descend over the batches (arrays of indices); `shown` are the labels to show, where they are not `labels`."""
    shown, losses = labels if shown is None else shown, []
    parameters = {name: value.astype(np.float64) for name, value in parameters.items()}
    for batch in batches:
        loss, slopes = loss_and_gradients(parameters, images[batch].astype(np.float64), shown[batch])
        losses.append(loss)
        parameters = {key: parameters[key] - learning_rate * slopes[key] for key in parameters}
    return parameters, float(np.average(losses, weights=[len(batch) for batch in batches]))


# --- Cases ------------------------------------------------------------------------------------------------------------


def _alike(rng, n, batch_size, dtype=np.float64):
    """n equal examples: whatever the order, every batch of a size gives the same gradient."""
    x, d = normal(rng, 1, 5, dtype=dtype), 5
    return {
        "parameters": {"w": normal(rng, d, dtype=dtype), "b": normal(rng, 1, dtype=dtype)},
        "images": x.repeat(n, axis=0),
        "labels": np.full(n, int(rng.integers(1, 10))),
        "loss_and_gradients": Given("least_squares", {}),
        "learning_rate": float(rng.choice([0.01, 0.02, 0.03])),
        "batch_size": batch_size,
        "rng": Seed(int(rng.integers(2**32))),
    }


def _in_the_book(rng, n, batch_size):
    """n examples that can be told apart, for the ledger; every label is another number."""
    return {
        "parameters": {"batches": np.zeros(1)} | {name: np.zeros(n) for name in ("sizes", "uses", "batch", "labels")},
        "images": np.eye(n),
        "labels": 1 + rng.permutation(n),
        "loss_and_gradients": Given("ledger", {}),
        "learning_rate": 1.0,
        "batch_size": batch_size,
        "rng": Seed(int(rng.integers(2**32))),
    }


def _draw(rng):
    yield Case("one batch", _alike(rng, 7, 7), compare=("parameters",))
    yield Case("one batch", _alike(rng, 5, 11), compare=("parameters",))
    for n, size in ((12, 3), (11, 4), (7, 3), (5, 1)):
        yield Case("batches", _alike(rng, n, size), compare=("parameters",))
    for n, size in ((17, 5), (11, 3)):  # equal examples do not show how many of them make the last batch
        yield Case("batches", _in_the_book(rng, n, size), compare=("parameters",))
    for n, size in ((12, 4), (7, 5), (11, 3)):
        yield Case("mean loss", _alike(rng, n, size), compare=("mean_loss",))
    for n, size in ((35, 5), (33, 11)):
        yield Case("order", _in_the_book(rng, n, size), compare=("parameters",))
    for case in contract_cases(lambda dtype: _alike(rng, 7, 7, dtype)):
        yield Case(case.aspect, case.inputs, compare=("parameters",), layout=case.layout, exact_dtype=True)


def _view(inputs, output):
    """Of an epoch, an equal one and one with another generator: the ledger's book as statements; other parameters as they are.

    The order counts as random unless every batch is a run of neighbours. By accident, an honest shuffle of 35 examples into
    batches of 5 is so with a probability of 7!·(5!)^7/35!, of 33 into batches of 11 with 3!·(11!)^3/33!: below 1e-12.
    """
    (parameters, mean_loss), (equal, _), (other, _) = output
    if inputs["loss_and_gradients"].name != "ledger":
        return parameters, mean_loss
    book, labels = {name: np.asarray(parameters[name], np.float64) for name in inputs["parameters"]}, inputs["labels"]
    if any(value.shape != inputs["parameters"][name].shape for name, value in book.items()):
        raise ValueError("parameters that changed their shapes")
    used = book["uses"] > 0
    batch = book["batch"][used] / book["uses"][used]
    statements = {"sizes of the batches": [int(size) for size in book["sizes"] if size]}
    if len(labels) % inputs["batch_size"] == 0:  # a batch that is left out is no fault of the order
        random = (np.diff(batch) == 0).sum() < len(batch) - len(np.unique(batch))
        statements |= {
            "every example is used": bool(used.all()),
            "labels stay with their images": bool((book["labels"] == labels * book["uses"]).all()),
            "the order is random": bool(random),
            "an equal rng gives the same order": np.array_equal(equal["batch"], book["batch"]),
            "another rng gives another order": not random or not np.array_equal(other["batch"], book["batch"]),
        }
    return statements, mean_loss


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _ordered(order):
    """An epoch over the batches of another order: order(n, rng)."""

    def epoch(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
        return _run(parameters, images, labels, loss_and_gradients, learning_rate, _batches(order(len(images), rng), batch_size))

    return epoch


def _losses_averaged_by(weights):
    """The right parameters, and another average of the losses: weights(sizes of the batches)."""

    def epoch(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
        losses, batches = [], _batches(rng.permutation(len(images)), batch_size)

        def noted(*arguments):
            loss, gradients = loss_and_gradients(*arguments)
            losses.append(loss)
            return loss, gradients

        found, _ = _run(parameters, images, labels, noted, learning_rate, batches)
        return found, float(np.dot(losses, weights(np.array([len(batch) for batch in batches]))))

    return epoch


def _uphill(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
    return _epoch(parameters, images, labels, loss_and_gradients, -learning_rate, batch_size, rng)


def _last_batch_dropped(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
    n = len(images) // batch_size * batch_size
    batches = _batches(rng.permutation(len(images))[:n], batch_size)
    return _run(parameters, images, labels, loss_and_gradients, learning_rate, batches)


def _last_batch_filled_up(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
    *full, last = _batches(rng.permutation(len(images)), batch_size)
    last = np.concatenate([*full, last])[-batch_size:]
    return _run(parameters, images, labels, loss_and_gradients, learning_rate, [*full, last])


def _labels_left_behind(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
    order = rng.permutation(len(images))
    shown = np.empty_like(labels)
    shown[order] = labels  # the image at place k of the new order meets the label at place k of the old one
    return _run(parameters, images, labels, loss_and_gradients, learning_rate, _batches(order, batch_size), shown)


def _updated_once(average):
    """All gradients taken at the start, and taken off one by one or added up (or averaged over the batches): it is the same."""

    def epoch(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
        batches = _batches(rng.permutation(len(images)), batch_size)
        found = [loss_and_gradients(parameters, images[batch], labels[batch]) for batch in batches]
        rate = learning_rate / len(batches) if average else learning_rate
        after = {name: value - rate * sum(gradients[name] for _, gradients in found) for name, value in parameters.items()}
        return after, float(np.average([loss for loss, _ in found], weights=[len(batch) for batch in batches]))

    return epoch


def _gradients_of_the_start(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
    """Only the last batch's update is kept: each starts from the parameters that came in."""
    batches = _batches(rng.permutation(len(images)), batch_size)
    found = [_run(parameters, images, labels, loss_and_gradients, learning_rate, [batch]) for batch in batches]
    return found[-1][0], float(np.average([loss for _, loss in found], weights=[len(batch) for batch in batches]))


def _divided_again(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
    return _epoch(parameters, images, labels, loss_and_gradients, learning_rate / batch_size, batch_size, rng)


def _in_place(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
    found, loss = _epoch(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng)
    for name, value in parameters.items():
        value[...] = found[name]
    return parameters, loss


sgd_epoch = Exercise(
    id="train_loop.sgd_epoch",
    title="One epoch of mini-batch gradient descent",
    difficulty=3,
    minutes=25,
    aspects=(
        Aspect("one batch", 2, "a batch that holds all examples: one step down the gradient"),
        Aspect("batches", 4, "several batches, an update after each, also of a last one that is shorter"),
        Aspect("mean loss", 2, "the average loss over all examples, as they were met"),
        Aspect("order", 3, "a random order from rng: every example once, each with its label"),
        contract(2),
    ),
    draw=_draw,
    oracle=_three_epochs,
    returns=("parameters", "mean_loss"),
    view=_view,
    probe="reseeded",
    misconceptions=(
        Misconception(
            "uphill",
            "The steps go up the gradient: the loss grows.",
            "The gradient points to where the loss grows; subtract learning_rate times the gradient.",
            _uphill,
        ),
        Misconception(
            "last_batch_dropped",
            "The examples that do not fill a whole batch are left out.",
            "Start a batch at 0, batch_size, 2·batch_size … while that is less than N: a slice that runs over the end is just shorter.",
            _last_batch_dropped,
        ),
        Misconception(
            "last_batch_filled_up",
            "The last batch is filled up with examples that had their turn before.",
            "The last batch is allowed to be shorter: its loss and gradients are averages over fewer examples.",
            _last_batch_filled_up,
        ),
        Misconception(
            "not_shuffled",
            "The examples are not shuffled: neighbours in the data set come together in a batch, every time.",
            "Draw a random order of all examples first, and cut the batches from that.",
            _ordered(lambda n, rng: np.arange(n)),
        ),
        Misconception(
            "with_replacement",
            "Batches are drawn anew each time: some examples come twice, others never.",
            "An epoch uses every example once: draw one random order at the start and cut it into batches.",
            _ordered(lambda n, rng: rng.integers(0, n, n)),
        ),
        Misconception(
            "labels_left_behind",
            "The images were shuffled, the labels were not (or in another way).",
            "One order for both: take images and labels with the same indices.",
            _labels_left_behind,
        ),
        Misconception(
            "other_generator",
            "The random order does not come from rng: the same seed gives another order each time.",
            "Use the generator that was handed in; rng.permutation instead of np.random.permutation.",
            _ordered(lambda n, rng: np.random.default_rng().permutation(n)),
        ),
        Misconception(
            "seed_of_its_own",
            "The random order does not come from rng: it is the same whatever generator was handed in.",
            "Do not make a generator: every epoch would see the same order. Draw from rng.",
            _ordered(lambda n, rng: np.random.default_rng(0).permutation(n)),
        ),
        Misconception(
            "gradients_added_up",
            "All batches were judged with the parameters that came in; what they gave was only added up.",
            "Update after every batch, and hand the new parameters to loss_and_gradients with the next one.",
            _updated_once(average=False),
        ),
        Misconception(
            "gradients_averaged",
            "The gradients of all batches were averaged, with a single update at the end.",
            "Update after every batch: the next one is judged with the new parameters.",
            _updated_once(average=True),
        ),
        Misconception(
            "always_from_the_start",
            "Each batch starts from the parameters that came in, so only the last update counts.",
            "Hand the parameters that one batch leaves to the next.",
            _gradients_of_the_start,
        ),
        Misconception(
            "divided_again",
            "The gradient was divided by the batch size a second time.",
            "loss_and_gradients has averaged over the batch already.",
            _divided_again,
        ),
        Misconception(
            "batches_count_the_same",
            "Every batch counts the same in mean_loss, also the shorter last one.",
            "Weigh each batch's loss by its number of examples, and divide the sum by N.",
            _losses_averaged_by(lambda sizes: np.full(len(sizes), 1 / len(sizes))),
        ),
        Misconception(
            "losses_added_up",
            "mean_loss is the sum of the batches' losses.",
            "Weigh each batch's loss by its number of examples, and divide the sum by N.",
            _losses_averaged_by(lambda sizes: np.ones(len(sizes))),
        ),
        Misconception(
            "last_loss",
            "mean_loss is the loss of the last batch.",
            "Add up the losses on the way, each weighed by its number of examples, and divide the sum by N.",
            _losses_averaged_by(lambda sizes: np.arange(len(sizes)) == len(sizes) - 1),
        ),
        Misconception(
            "in_place",
            "The parameters that came in have been overwritten.",
            "value -= … changes the caller's array, and a dict handed on is the same dict: build a new one with new arrays.",
            _in_place,
        ),
        Misconception(
            "float64_result",
            "The parameters come back as float64 whatever came in.",
            "Keep their dtype: a Python float as learning rate does, a float64 array in the arithmetic does not.",
            _epoch,
            keeps_dtype=False,
        ),
    ),
    hints=(
        "Think of a pack of cards: shuffle once, then deal hands of batch_size until the pack is empty. What about the last hand?",
        "Draw a random order of the indices 0 … N-1. Step through it in strides of batch_size; the same slice of indices picks images and labels.",
        "For every batch: ask loss_and_gradients with the current parameters; add loss times the batch's length to a total; build a new dict, "
        "each value minus learning_rate times its gradient. At the end return the last dict and the total over N.",
    ),
)

EXERCISES = (sgd_epoch,)
