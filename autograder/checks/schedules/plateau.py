"""reduce_on_plateau: judged by what PyTorch's scheduler makes of the same losses."""

from __future__ import annotations

import math

from autograder.checks.schedules.common import rate
from autograder.draw import telling_apart
from autograder.exercise import Aspect, Case, Exercise, Misconception


def _by_torch(losses, learning_rate, patience, factor=0.1, threshold=0.0):
    import torch

    parameter = torch.nn.Parameter(torch.zeros(1))
    made = torch.optim.SGD([parameter], lr=learning_rate)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(made, factor=factor, patience=patience, threshold=threshold, threshold_mode="abs", eps=0.0)
    for loss in losses:
        plateau.step(loss)
    return made.param_groups[0]["lr"]


def _plateau(
    better=lambda loss, best, before, threshold: loss < best - threshold,
    full=lambda waited, patience: waited > patience,
    after_reduction=lambda best, loss: (best, 0),
    after_improvement=lambda waited: 0,
    reduce=lambda rate, factor: rate * factor,
    update_best=lambda best, loss, improved: loss if improved else best,
    at_most=math.inf,
):
    """Waiting on a plateau, each part of which can be got wrong."""

    def rate_after(losses, learning_rate, patience, factor=0.1, threshold=0.0):
        now, best, before, waited, reductions = learning_rate, math.inf, math.inf, 0, 0
        for loss in losses:
            improved = better(loss, best, before, threshold)
            waited = after_improvement(waited) if improved else waited + 1
            best, before = update_best(best, loss, improved), loss
            if not improved and full(waited, patience) and reductions < at_most:
                now, reductions = reduce(now, factor), reductions + 1
                best, waited = after_reduction(best, loss)
        return now

    return rate_after


def _draw_plateau(rng):
    first, start = rate(rng), float(rng.uniform(2, 3))
    reduced = {"learning_rate": first, "factor": float(rng.choice([0.3, 0.5]))}

    def case(aspect, tenths, patience, **options):
        """Losses by their differences from the first one, in tenths."""
        losses = [round(start + step / 10, 3) for step in tenths]
        return Case(aspect, {"losses": losses, "patience": patience} | reduced | options)

    yield Case("getting better", {"losses": [], "learning_rate": first, "patience": 2})
    yield case("getting better", [0, -3, -5, -9], 0)
    yield case("getting better", [0, 4, -2, -1, -3, 1, 2, -4], 2)
    yield case("patience", [0, 3, 5], 2)
    yield case("patience", [0, 3, 5, 4], 2)
    yield case("patience", [0, -4, 5, 2, 3], 2)  # better than the one before is not better than the best
    yield case("patience", [0, 2, 3, -1, 4, 2, -3, 5], 2)  # an improvement begins the count anew
    yield case("patience", [0, -5, -3, -5, -2], 2)  # as good as the best is no improvement
    yield case("patience", [0, 3], 0)
    yield Case("patience", {"losses": [start] * 5, "learning_rate": first, "patience": 3})  # the default factor
    yield case("again", [0, 3, 4, 2, 5], 2)
    yield case("again", [0, 3, 4, 2, 5, 3, 4], 2)
    yield case("again", [0, 6, 5, 1, 2, 3, 4, 5], 1)
    yield case("again", [0, -6, 3, 4, -5, -4, -5, -4], 1)  # the best of before the reduction is still to be beaten
    yield case("threshold", [0, -1, -2, -1, -2], 2, threshold=0.25)
    yield case("threshold", [0, -2, -4, 3, 4], 2, threshold=0.25)  # -2 is no improvement, -4 is one
    yield case("threshold", [0, 1, 2, 1, 2], 3, threshold=0.25)
    yield case("threshold", [0, -4, -8, -12], 0, threshold=0.25)


PLATEAU_SLIPS = (
    Misconception(
        "one_too_early",
        "The rate is reduced one loss too early, as Keras does.",
        "patience losses without improvement are borne; the next one reduces: count > patience.",
        _plateau(full=lambda waited, patience: waited >= patience),
    ),
    Misconception(
        "compared_with_the_last",
        "Each loss is compared with the one before it, not with the best so far.",
        "Up and down again on the same plateau is no improvement: remember the best loss.",
        _plateau(better=lambda loss, best, before, threshold: loss < before - threshold),
        revisit="05, “The rate over time”",
    ),
    Misconception(
        "not_in_a_row",
        "An improvement does not begin the count anew: losses without one are counted, wherever they stand.",
        "In a row: set the count to 0 at every improvement.",
        _plateau(after_improvement=lambda waited: waited),
        revisit="05, “The rate over time”",
    ),
    Misconception(
        "equal_is_better",
        "A loss that equals the best so far counts as an improvement.",
        "Strictly smaller: on a plateau losses are equal.",
        _plateau(better=lambda loss, best, before, threshold: loss <= best - threshold),
    ),
    Misconception(
        "reduced_at_every_loss_then",
        "After a reduction the count goes on: the rate is reduced again at the very next loss.",
        "Give the new rate time: the count begins again at 0.",
        _plateau(after_reduction=lambda best, loss: (best, math.inf)),
    ),
    Misconception(
        "reduced_once",
        "The rate is reduced once, and no further on the next plateau.",
        "Go on through the losses after a reduction, and multiply the rate that is in force, not the first one.",
        _plateau(at_most=1),
    ),
    Misconception(
        "best_forgotten",
        "After a reduction the best loss is forgotten.",
        "Only the count begins anew. An improvement must be better than the best of all.",
        _plateau(after_reduction=lambda best, loss: (math.inf, 0)),
    ),
    Misconception(
        "any_better_loss_is_best",
        "A loss a little better than the best, within the threshold, becomes the best.",
        "The best changes at an improvement only: else many small steps down never count, or all together not.",
        _plateau(update_best=lambda best, loss, improved: min(best, loss)),
    ),
    Misconception(
        "threshold_ignored",
        "The threshold has no effect.",
        "loss < best - threshold: a little better is not enough.",
        _plateau(better=lambda loss, best, before, threshold: loss < best),
    ),
    Misconception(
        "threshold_added",
        "The threshold is added to the best: losses that are a little worse count as improvements.",
        "Smaller by more than threshold: loss < best - threshold.",
        _plateau(better=lambda loss, best, before, threshold: loss < best + threshold, update_best=lambda best, loss, improved: min(best, loss)),
    ),
    Misconception(
        "relative_threshold",
        "The threshold is taken as a share of the best loss, as PyTorch's default mode does.",
        "Here it is absolute: loss < best - threshold.",
        _plateau(better=lambda loss, best, before, threshold: loss < best * (1 - threshold) if best < math.inf else True),
    ),
    Misconception(
        "larger_is_better",
        "A larger loss counts as an improvement.",
        "The smaller the loss, the better. (For an accuracy it would be the other way round.)",
        _plateau(better=lambda loss, best, before, threshold: best == math.inf or loss > best + threshold),
    ),
    Misconception(
        "divided",
        "The rate is divided by factor: it grows.",
        "factor is what the rate is multiplied by.",
        _plateau(reduce=lambda rate, factor: rate / factor),
    ),
    Misconception(
        "always_a_tenth",
        "The rate is divided by 10, whatever factor was asked for.",
        "0.1 is the default of the argument factor: use the argument.",
        _plateau(reduce=lambda rate, factor: rate * 0.1),
    ),
)

reduce_on_plateau = Exercise(
    id="schedules.reduce_on_plateau",
    title="Reduce when learning stagnates",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("getting better", 1, "improvements leave the rate alone"),
        Aspect("patience", 3, "the rate is reduced after more than patience losses in a row without improvement"),
        Aspect("again", 2, "and again, on the next plateau"),
        Aspect("threshold", 2, "an improvement is one by more than the threshold"),
    ),
    draw=telling_apart(_draw_plateau, _by_torch, PLATEAU_SLIPS),
    oracle=_by_torch,
    returns=("rate",),
    misconceptions=PLATEAU_SLIPS,
    hints=(
        "Play it with a pencil: losses 3, 2, 2, 2, 2 and patience 2. Which two things do you keep track of?",
        "One loop over the losses; remember the best so far and how many have come since without an improvement.",
        "For each loss: if it is smaller than best minus threshold, it becomes the best and the count 0. Otherwise the count grows by 1; if it "
        "is larger than patience now, multiply the rate by factor and set the count to 0. Begin with a best of infinity.",
    ),
)
