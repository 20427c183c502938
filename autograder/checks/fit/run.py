"""fit: everything of the assignment in one run. Any random orders are right, so no case may depend on them.

The cases for numbers learn from examples that are all alike. The cases for the order learn from the `diary`, whose losses say
which examples came when: a view turns them into statements.
"""

from __future__ import annotations

import copy

import numpy as np

from autograder.checks.fit.training import batches, by_torch, descent, rate_at, three_runs, trained
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases
from autograder.values import Given, Seed

# --- Cases ------------------------------------------------------------------------------------------------------------


def _alike(rng, n, batch_size, epochs, warmup_steps, patience=99, dtype=np.float64):
    """n equal examples: the order makes no difference. Learning leads past what is best for the validation examples."""
    x, w, b = normal(rng, 1, 5, dtype=dtype), normal(rng, 5, dtype=dtype), normal(rng, 1, dtype=dtype)
    start = round((x @ w + b).item())
    return {
        "parameters": {"w": w, "b": b},
        "loss_and_gradients": Given("summed_squares", {}),
        "train": (x.repeat(n, axis=0), np.full(n, start + 11)),
        "validation": (x.repeat(3, axis=0) + normal(rng, 3, 5, dtype=dtype) / 8, start + np.array([4, 5, 6])),
        "learning_rate": float(rng.choice([0.1, 0.15, 0.2])),
        "epochs": epochs,
        "batch_size": batch_size,
        "warmup_steps": warmup_steps,
        "patience": patience,
        "rng": Seed(int(rng.integers(2**32))),
    }


def _stopped(rng, n, batch_size, epochs, warmup_steps, patience):
    """A run that stops before its last epoch, and whose best epoch is neither the first nor the last one that was run."""
    while True:
        inputs = _alike(rng, n, batch_size, epochs, warmup_steps, patience)
        given = inputs | {"loss_and_gradients": _summed_squares, "rng": np.random.default_rng(0)}
        losses = by_torch(**given)[1]
        if 4 + patience <= len(losses) < epochs and 1 < losses.index(min(losses)):
            return inputs


def _summed_squares(parameters, images, labels):
    """What the Given of that name makes: checks do not run it themselves."""
    error = images @ parameters["w"] + parameters["b"] - labels
    return float(np.mean(error**2)), {"w": 2 * images.T @ error, "b": 2 * error.sum(keepdims=True)}


DIARY, BASE, STRANGER = 12, 16, 15  # examples; the diary's digits, and the one of an example that came with another's label: see givens.diary


def _diary(rng, batch_size, epochs):
    return {
        "parameters": {"w": normal(rng, 3)},
        "loss_and_gradients": Given("diary", {"count": DIARY}),
        "train": (np.eye(DIARY), np.arange(DIARY)),
        "validation": (np.zeros((2, DIARY)), np.zeros(2, int)),
        "learning_rate": 0.1,
        "epochs": epochs,
        "batch_size": batch_size,
        "warmup_steps": 2,
        "patience": 99,
        "rng": Seed(int(rng.integers(2**32))),
    }


def _draw(rng):
    yield Case("one epoch", _alike(rng, 12, 4, 1, 0))
    yield Case("one epoch", _alike(rng, 11, 4, 1, 1))
    yield Case("one epoch", _alike(rng, 7, 3, 1, 2))
    yield Case("epochs", _alike(rng, 11, 4, 3, 2), compare=("losses",))
    yield Case("epochs", _alike(rng, 7, 2, 2, 5), compare=("losses",))
    yield Case("epochs", _alike(rng, 5, 5, 4, 0), compare=("losses",))
    yield Case("stop", _stopped(rng, 11, 4, 17, 3, 1))
    yield Case("stop", _stopped(rng, 7, 3, 19, 2, 2))
    yield Case("order", _diary(rng, 4, 4))
    yield Case("order", _diary(rng, 3, 5))
    for case in contract_cases(lambda dtype: _alike(rng, 7, 3, 2, 1, dtype=dtype)):
        yield Case(case.aspect, case.inputs, compare=("parameters",), layout=case.layout, exact_dtype=True)


def _view(inputs, output):
    """Of a run, an equal one and one with another generator: the diary's losses as statements; other results as they are.

    Two honest orders of 12 examples are alike with a probability of 1 / 12! < 1e-8, and one is ascending with the same; an honest
    check has 2 cases with at most 10 pairs of epochs each, and 5 pairs with the other generator's: below 1e-6 in all.
    """
    (parameters, losses), (_, equal), (_, other) = output
    if not isinstance(losses, (list, tuple, np.ndarray)) or not isinstance(parameters, dict):
        raise TypeError("not parameters and a list of losses")
    losses = [float(loss) for loss in losses]
    if inputs["loss_and_gradients"].name != "diary":
        return parameters, losses
    orders, again, others = ([_order(loss) for loss in run] for run in (losses, equal, other))
    random = all(len(set(order)) == DIARY and order != sorted(order) for order in orders)
    every = all(sorted(order) == list(range(DIARY)) for order in orders)
    strangers = any(STRANGER in order for order in orders)
    statements = {
        "labels stay with their images": not strangers,
        "every example is used once": every or strangers,
        "the order is random": random or not every,
        "every epoch has another order": not random or all(a != b for k, a in enumerate(orders) for b in orders[:k]),
        "an equal rng gives the same orders": orders == again,
        "another rng gives others": not random or all(a != b for a, b in zip(orders, others)),
    }
    return statements, len(losses)


def _order(loss):
    number, found = int(loss), []
    for _ in range(DIARY):
        number, digit = divmod(number, BASE)
        found.append(digit)
    return found[::-1]


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _dropping(order, size):
    return [batch for batch in batches(order, size) if len(batch) == size] or [order]


def _once(epoch, count, rng):
    """The same order in every epoch: a copy of the generator draws it each time."""
    return copy.deepcopy(rng).permutation(count)


def _beyond(step, steps, rate, warmup):
    """The schedule of so many steps, asked for more of them than there are."""
    return rate_at(step, max(steps, warmup + 1), rate, warmup)


fit = Exercise(
    id="fit.fit",
    title="A whole training run",
    difficulty=4,
    minutes=30,
    aspects=(
        Aspect("one epoch", 3, "your Adam in mini-batches, along the warm-up and the cosine"),
        Aspect("epochs", 2, "Adam's states and the schedule go on from epoch to epoch"),
        Aspect("stop", 2, "your EarlyStopping ends the run, and the best parameters come back"),
        Aspect("order", 2, "every epoch uses every example once, in another random order"),
        contract(),
    ),
    draw=_draw,
    oracle=three_runs,
    returns=("parameters", "losses"),
    view=_view,
    probe="reseeded",
    uses=("optim", "schedules", "early_stopping"),
    misconceptions=(
        Misconception(
            "plain_descent",
            "The parameters move by plain gradient descent.",
            "Hand each parameter, its gradient and its state to adam_step.",
            trained(update=descent),
        ),
        Misconception(
            "states_forgotten",
            "Adam's states are lost: every update is made as if it were the first.",
            "adam_step returns a new state: keep it, and hand it to the next step of the same parameter.",
            trained(fresh_states=lambda last: True),
        ),
        Misconception(
            "states_begin_anew",
            "Adam's states begin anew in every epoch.",
            "Make the empty states once, before the first epoch.",
            trained(fresh_states=lambda last: last),
        ),
        Misconception(
            "constant_rate",
            "The learning rate is the same for all updates.",
            "Ask cosine_with_warmup for the rate of each one.",
            trained(schedule=lambda step, epoch, in_epoch, per_epoch, epochs, rate, warmup: rate),
        ),
        Misconception(
            "schedule_restarts",
            "The schedule begins anew in every epoch.",
            "Count the updates from epoch to epoch: 0 is the first of all.",
            trained(schedule=lambda step, epoch, in_epoch, per_epoch, epochs, rate, warmup: rate_at(in_epoch, per_epoch * epochs, rate, warmup)),
        ),
        Misconception(
            "schedule_counts_from_one",
            "The schedule is one update ahead.",
            "The first update is number 0: ask for its rate first, count afterwards.",
            trained(schedule=lambda step, epoch, in_epoch, per_epoch, epochs, rate, warmup: rate_at(step + 1, per_epoch * epochs, rate, warmup)),
        ),
        Misconception(
            "schedule_of_one_epoch",
            "The schedule is made for the updates of one epoch, not for all: after the first one it goes up again.",
            "Its steps are the updates of all epochs together: epochs times the batches in one.",
            trained(schedule=lambda step, epoch, in_epoch, per_epoch, epochs, rate, warmup: _beyond(step, per_epoch, rate, warmup)),
        ),
        Misconception(
            "schedule_of_full_batches",
            "The schedule has too few steps: it counts full batches alone, and comes to zero before the training ends.",
            "A shorter last batch is an update too: round N / batch_size up, not down.",
            trained(counted=lambda cuts, size: sum(len(batch) == size for batch in cuts)),
        ),
        Misconception(
            "last_batch_dropped",
            "The examples that do not fill a whole batch are left out.",
            "The last batch of an epoch is allowed to be shorter.",
            trained(cut=_dropping),
        ),
        Misconception(
            "last_parameters",
            "The last parameters come back, not the best.",
            "Return the best_parameters of your EarlyStopping.",
            trained(returned=lambda best, last: last),
            revisit="05, “Stop in time”",
        ),
        Misconception(
            "never_stops",
            "The run goes on to its last epoch, whatever EarlyStopping says.",
            "step returns True when it is time to stop: leave the loop then.",
            trained(stops=lambda waited, patience: False),
        ),
        Misconception(
            "training_loss",
            "The losses are those of the training examples, not of the validation examples.",
            "After each epoch call loss_and_gradients once more, with the validation examples: its first answer is the loss.",
            trained(watched=lambda losses, validation: float(np.mean(losses))),
            revisit="05, “Stop in time”",
        ),
        Misconception(
            "watched_before",
            "The validation loss is taken before each epoch, not after it.",
            "First train for an epoch, then look at what that has given.",
            trained(watch_before=True),
        ),
        Misconception(
            "best_loss_for_list",
            "losses is the best loss alone.",
            "Return the list of all validation losses, one for each epoch that was run.",
            trained(listed=lambda losses, best: [best]),
        ),
        Misconception(
            "not_shuffled",
            "The examples are not shuffled.",
            "Draw a random order of all examples from rng in every epoch, and cut the batches from that.",
            trained(order=lambda epoch, count, rng: np.arange(count)),
        ),
        Misconception(
            "shuffled_once",
            "Every epoch has the same order.",
            "Draw a new one in every epoch: inside the loop, not before it.",
            trained(order=_once),
        ),
        Misconception(
            "with_replacement",
            "Batches are drawn with replacement: some examples come twice in an epoch, others not at all.",
            "An epoch uses every example once: a permutation of all, cut into batches.",
            trained(order=lambda epoch, count, rng: rng.integers(0, count, count)),
        ),
        Misconception(
            "labels_left_behind",
            "The images were shuffled, the labels were not.",
            "Take images and labels with the same indices.",
            trained(shown=lambda labels, batch, place: labels[place : place + len(batch)]),
        ),
        Misconception(
            "seed_of_its_own",
            "The random orders are the same whatever generator was handed in.",
            "Do not make a generator: draw from rng.",
            trained(generator=lambda rng: np.random.default_rng(0)),
        ),
        Misconception(
            "other_generator",
            "The random orders do not come from rng: the same seed gives others each time.",
            "rng.permutation instead of np.random.permutation.",
            trained(generator=lambda rng: np.random.default_rng()),
        ),
        Misconception(
            "in_place",
            "The parameters that came in have been overwritten.",
            "A dict handed on is the same dict, and its arrays are the caller's: build a new dict with the new arrays at every update.",
            trained(in_place=True),
        ),
        Misconception(
            "float64_result",
            "The parameters come back as float64 whatever came in.",
            "A rate of type np.float64 does that: float(...) makes a Python number of it, which leaves float32 alone.",
            trained(),
            keeps_dtype=False,
        ),
    ),
    hints=(
        "You have all the parts. Which of them must live longer than one batch, and which longer than one epoch?",
        "Before the loops: the number of all updates, an empty state for each parameter, one EarlyStopping. The outer loop runs over epochs, "
        "the inner one over batches of a new order.",
        "Inner loop: gradients of the batch; this update's rate from cosine_with_warmup; for each parameter adam_step with its own state; count. "
        "After it: the loss of the validation examples into the list and to step; leave when it says so. Return best_parameters and the list.",
    ),
)
