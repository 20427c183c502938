"""set_learning_rates."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from autograder import trainer_probes
from autograder.exercise import Aspect, Case, Exercise, Misconception


def setting(*, base="noted", groups="all", result="product"):
    """The judge's own way to set rates; every argument is a way to get it wrong."""
    elsewhere: WeakKeyDictionary[Any, dict[int, float]] = WeakKeyDictionary()  # by optimizer, and not its id: the next one may get the same

    def set_rates(optimizer, factor):
        chosen = {"all": optimizer.param_groups, "first": optimizer.param_groups[:1], "last": optimizer.param_groups[-1:]}[groups]
        for number, group in enumerate(chosen):
            if base == "noted":
                rate = group.setdefault("initial_lr", group["lr"])
            elif base == "beside":  # not in the optimizer, so that no checkpoint has it
                rate = elsewhere.setdefault(optimizer, {}).setdefault(number, group["lr"])
            elif base == "own key":  # PyTorch's schedulers, and checkpoints of others, do not know it
                rate = group.setdefault("first_rate", group["lr"])
            elif base == "first group's":
                rate = optimizer.param_groups[0].setdefault("initial_lr", optimizer.param_groups[0]["lr"])
            elif base == "defaults":
                rate = optimizer.defaults["lr"]
            else:
                rate = group["lr"]
            group["lr"] = {"product": rate * factor, "factor": factor, "quotient": rate / factor if factor else rate, "rate": rate}[result]

    return set_rates


def _draw(rng):
    def drawn(groups, factors, moved=None, noted=False):
        rates = [float(rate) for rate in rng.choice([0.8, 0.4, 0.3, 0.2, 0.1, 0.05], groups, replace=False)]
        more = {"moved": moved, "noted": [round(3 * rate, 2) for rate in rates] if noted else None}
        return {"groups": rates, "default": round(float(rng.uniform(0.5, 2)), 2), "factors": [float(factor) for factor in factors], **more}

    def wandering(count):
        return rng.choice([0.9, 0.75, 0.6, 0.5, 0.25, 0.15], count, replace=False)

    yield Case("first", drawn(1, wandering(1)))
    yield Case("first", drawn(1, [0.0]))
    for _ in range(2):
        yield Case("again and again", drawn(1, wandering(4)))
    yield Case("again and again", drawn(1, [0.0, *wandering(2), 1.4]))
    for count in (2, 3):
        yield Case("groups", drawn(count, wandering(3)))
    for moved in (1, 2):
        yield Case("checkpoint", drawn(2, wandering(4), moved))
    yield Case("checkpoint", drawn(2, wandering(3), noted=True))


set_learning_rates = Exercise(
    id="trainer.set_learning_rates",
    title="Rates by schedule",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("first", 2, "the first time that rates are set"),
        Aspect("again and again", 3, "later times, up and down: always a factor of what the optimizer was made with"),
        Aspect("groups", 3, "every group of parameters has its own rate"),
        Aspect("checkpoint", 2, "what a checkpoint, or one of PyTorch's schedulers, has noted is what the optimizer was made with"),
    ),
    draw=_draw,
    oracle=lambda **inputs: trainer_probes.rates(setting(), inputs),
    probe="rates",
    returns=("rates",),
    imports=("torch",),
    misconceptions=(
        Misconception(
            "multiplied_up",
            "The factor is taken of the rate before, so that the factors multiply up.",
            "Note the rate that the group was made with under group['initial_lr'] once, and multiply that.",
            setting(base="last"),
        ),
        Misconception("factor_for_rate", "The rate is the factor itself.", "Multiply the factor by the rate of the group.", setting(result="factor")),
        Misconception("divided", "The rate is divided by the factor.", "A factor of 0.1 makes the rate ten times smaller: multiply.",
                      setting(result="quotient")),
        Misconception("untouched", "The rates stay as they are.", "Write into group['lr']: that is what step() reads.", setting(result="rate")),
        Misconception("first_group_only", "Only the first group's rate is set.", "Loop over optimizer.param_groups.", setting(groups="first")),
        Misconception("last_group_only", "Only the last group's rate is set.", "Set it inside the loop over all groups.", setting(groups="last")),
        Misconception(
            "first_groups_rate",
            "All groups have the rate of the first one.",
            "Every group has a rate of its own: its head may learn ten times as fast as the rest.",
            setting(base="first group's"),
        ),
        Misconception(
            "defaults_rate",
            "The rate comes from optimizer.defaults, which no group may have.",
            "A group may be made with another rate than the optimizer: read group['lr'].",
            setting(base="defaults"),
        ),
        Misconception(
            "noted_beside",
            "The rate that a group was made with is noted somewhere beside the optimizer: a checkpoint does not have it.",
            "What stands in the group itself, under 'initial_lr', is part of optimizer.state_dict().",
            setting(base="beside"),
        ),
        Misconception(
            "own_key",
            "The rate that a group was made with is noted under another name than 'initial_lr'.",
            "PyTorch's schedulers note it under 'initial_lr': where it stands there already, it is not group['lr'] that counts.",
            setting(base="own key"),
        ),
    ),
    hints=(
        "If you overwrite the only place where the rate stands, what will the next factor be a factor of?",
        "Each group is a dictionary. Keep its first rate under a key of its own, once, and compute group['lr'] from that each time.",
        "Loop over optimizer.param_groups. Where 'initial_lr' is missing, put group['lr'] there (dict.setdefault does both). Then group['lr'] is "
        "that times factor.",
    ),
)
