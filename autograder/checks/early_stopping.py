"""Checks of cnnlib/early_stopping.py: an object is made, handed one loss after the other, and looked at."""

from __future__ import annotations

import math

import numpy as np

from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception

# --- What must hold ---------------------------------------------------------------------------------------------------


def _looked_back(create, calls, in_place, attributes):
    """What a stopper that has seen all these losses answers, found by looking back over the whole history at every loss."""
    ((_, arguments),) = calls
    losses, patience, min_delta = arguments["loss"], create["patience"], create.get("min_delta", 0.0)
    found = {}
    for seen in range(1, len(losses) + 1):
        best = [0]  # places of the improvements so far
        for k in range(1, seen):
            if losses[k] < losses[best[-1]] - min_delta:
                best.append(k)
        found[f"step {seen}"] = seen - 1 - best[-1] > patience
    at_best = {name: values[best[-1]].astype(np.float64) for name, values in arguments["parameters"].items()}
    return found | {name: {"best_loss": losses[best[-1]], "best_parameters": at_best}[name] for name in attributes}


def _answers(inputs, output):
    """The view: what the steps returned, and the attributes; an error where no object was made."""
    steps = [output[f"step {k + 1}"] for k in range(len(inputs["calls"][0][1]["loss"]))]
    return steps, output.get("best_loss"), output.get("best_parameters")


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _copied(parameters):
    return {name: value.copy() for name, value in parameters.items()}


def _stopper(
    better=lambda loss, best, before, min_delta: loss < best - min_delta,
    full=lambda waited, patience: waited > patience,
    begin_anew=True,
    kept=_copied,
    keep_always=False,
    best=lambda loss, old, improved: loss if improved else old,
    answer=bool,
    first=math.inf,
):
    """A class that stops early, each part of which can be got wrong."""

    class EarlyStopping:
        def __init__(self, patience, min_delta=0.0):
            self.patience, self.min_delta, self.waited, self.before = patience, min_delta, 0, first
            self.best_loss, self.best_parameters = first, None

        def step(self, loss, parameters):
            improved = better(loss, self.best_loss, self.before, self.min_delta)
            if improved and begin_anew:
                self.waited = 0
            if improved or keep_always:
                self.best_parameters = kept(parameters)
            self.waited += not improved
            self.best_loss, self.before = best(loss, self.best_loss, improved), loss
            return answer(full(self.waited, self.patience))

    return lambda **options: EarlyStopping(**options)


# --- Cases ------------------------------------------------------------------------------------------------------------


def _draw(rng):
    start = float(rng.uniform(2, 3))

    def case(aspect, tenths, attributes=(), in_place=False, dtype=np.float64, **create):
        """Losses by their differences from the first one, in tenths."""
        losses = [round(start + step / 10, 3) for step in tenths]
        parameters = {"w": normal(rng, len(tenths), 3, 5, dtype=dtype), "b": normal(rng, len(tenths), 3, dtype=dtype)}
        calls = [("step", {"loss": losses, "parameters": parameters})]
        compare = attributes or ("stop",)
        return Case(aspect, {"create": create, "calls": calls, "in_place": in_place, "attributes": attributes}, compare=compare)

    yield case("stop", [0, -2, -3, -5, -9, -8], patience=1)
    yield case("stop", [0, 3, 4, 2, 5], patience=2)
    yield case("stop", [0, 3], patience=0)
    yield case("stop", [0, -4, 5, 2, 1, 3], patience=2)  # better than the one before is not better than the best
    yield case("stop", [0, 2, 3, -1, 4, 2, -3, 5, 4, 6, 7], patience=2)  # an improvement begins the count anew
    yield case("stop", [0, -5, -3, -5, -2], patience=2)  # as good as the best is no improvement
    yield case("min_delta", [0, -1, -2, -1, -2], patience=2, min_delta=0.25)
    yield case("min_delta", [0, -2, -4, 3, 4, 1, 2], patience=2, min_delta=0.25)  # -2 is no improvement, -4 is one
    yield case("min_delta", [0, 1, 2, 1, 2], patience=2, min_delta=0.25)
    yield case("min_delta", [0, -2, -4, -5, -3], ("best_loss",), patience=3, min_delta=0.25)
    yield case("best loss", [0, 3, -4, -2, 1], ("best_loss",), patience=5)
    yield case("best loss", [0, 3, 2, 1], ("best_loss",), patience=1)
    yield case("best parameters", [0, 3, -4, -2, 1], ("best_parameters",), patience=5)
    yield case("best parameters", [0, -3, -4, -4, 1], ("best_parameters",), patience=3)
    yield case("best parameters", [0, 2, 3], ("best_parameters",), patience=2, dtype=np.float32)
    for tenths in ([0, -2, 3, 1], [0, 3, 1]):
        yield case("copies", tenths, ("best_parameters",), in_place=True, patience=4)


early_stopping = Exercise(
    id="early_stopping.EarlyStopping",
    title="Stop in time",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("stop", 3, "True after more than patience losses in a row without improvement, False before"),
        Aspect("min_delta", 2, "an improvement is one by more than min_delta"),
        Aspect("best loss", 1, "best_loss is the loss of the last improvement"),
        Aspect("best parameters", 1, "best_parameters are those that gave it"),
        Aspect("copies", 2, "they stay what they were when training writes into its arrays"),
    ),
    draw=_draw,
    oracle=_looked_back,
    returns=("stop", "best_loss", "best_parameters"),
    view=_answers,
    probe="methods",
    misconceptions=(
        Misconception(
            "one_too_early",
            "Training is stopped one loss too early, as Keras does.",
            "patience losses without improvement are borne; the next one stops: count > patience.",
            _stopper(full=lambda waited, patience: waited >= patience),
        ),
        Misconception(
            "one_too_late",
            "Training is stopped one loss too late.",
            "Count first, then compare: the loss that has just come counts, too.",
            _stopper(full=lambda waited, patience: waited > patience + 1),
        ),
        Misconception(
            "compared_with_the_last",
            "Each loss is compared with the one before it, not with the best so far.",
            "Down again on the way up is no improvement: compare with best_loss.",
            _stopper(better=lambda loss, best, before, min_delta: loss < before - min_delta),
        ),
        Misconception(
            "not_in_a_row",
            "An improvement does not begin the count anew: losses without one are counted, wherever they stand.",
            "In a row: set the count to 0 at every improvement.",
            _stopper(begin_anew=False),
        ),
        Misconception(
            "equal_is_better",
            "A loss that equals the best one counts as an improvement.",
            "Strictly smaller: loss < best_loss - min_delta.",
            _stopper(better=lambda loss, best, before, min_delta: loss <= best - min_delta),
        ),
        Misconception(
            "larger_is_better",
            "A larger loss counts as an improvement.",
            "The smaller the loss, the better. (For an accuracy it would be the other way round.)",
            _stopper(better=lambda loss, best, before, min_delta: best == math.inf or loss > best + min_delta),
        ),
        Misconception(
            "min_delta_ignored",
            "min_delta has no effect.",
            "A little better is not enough: loss < best_loss - min_delta.",
            _stopper(better=lambda loss, best, before, min_delta: loss < best),
        ),
        Misconception(
            "min_delta_added",
            "min_delta is added to the best loss: losses that are a little worse count as improvements.",
            "Smaller by more than min_delta: loss < best_loss - min_delta.",
            _stopper(better=lambda loss, best, before, min_delta: loss < best + min_delta),
        ),
        Misconception(
            "best_of_all",
            "best_loss becomes smaller without an improvement: a loss within min_delta of it changes it.",
            "best_loss and best_parameters belong together, and change at an improvement only.",
            _stopper(best=lambda loss, old, improved: min(loss, old)),
        ),
        Misconception(
            "last_loss",
            "best_loss is the last loss, whatever it is.",
            "Set it at an improvement only.",
            _stopper(best=lambda loss, old, improved: loss, better=lambda loss, best, before, min_delta: loss < best - min_delta),
        ),
        Misconception(
            "starts_at_zero",
            "best_loss begins at 0: no loss is ever better.",
            "Infinity is larger than every loss: np.inf.",
            _stopper(first=0.0),
        ),
        Misconception(
            "last_parameters",
            "best_parameters are the last ones, not the best.",
            "Keep them at an improvement only.",
            _stopper(keep_always=True),
        ),
        Misconception(
            "not_copied",
            "best_parameters are the arrays of the training itself: what it writes into them changes the best ones, too.",
            "Copy every array: value.copy(). dict(parameters) or parameters.copy() would be a new dictionary of the same arrays.",
            _stopper(kept=lambda parameters: parameters),
            revisit="05, “Stop in time”",
        ),
        Misconception(
            "continue_for_stop",
            "The answer is the wrong way round: True as long as training should go on.",
            "step says whether to stop now: False at every loss but the last.",
            _stopper(answer=lambda full: not full),
        ),
        Misconception(
            "no_answer_while_going_on",
            "step returns None as long as training should go on.",
            "Return False then: an answer at every step.",
            _stopper(answer=lambda full: True if full else None),
        ),
    ),
    hints=(
        "What must the object know from earlier, when the next loss comes in? And what of it changes at an improvement, what otherwise?",
        "Keep in self the best loss, its parameters, and how many losses have come since. Compare with the best, always.",
        "In __init__: patience, min_delta, best_loss infinite, best_parameters None, a count of 0. In step: if loss is smaller than best_loss "
        "minus min_delta, keep the loss and a copy of every array, and set the count to 0; otherwise add 1. "
        "Return whether the count is larger than patience.",
    ),
)

EXERCISES = (early_stopping,)
