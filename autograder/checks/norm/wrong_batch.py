"""Wrong ways of batch normalization, forwards; for features and for channels alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.checks.norm.common import forgotten, inside, no_root, wrong_roots
from autograder.exercise import Misconception

REVISIT_TEST = "06, “Training and use”"


def across(values, x):
    """(C,) -> (C, 1, …): one number for each feature or channel of x, its second axis."""
    return values.reshape(-1, *(1,) * (x.ndim - 2)) if values.ndim == 1 else values


def everywhere(x):
    """All axes but the second."""
    return (0, *range(2, x.ndim))


def scaled(normal, gamma, beta):
    return gamma * normal + beta


def normal_alone(normal, gamma, beta):
    return normal


def moved(old, new, momentum):
    return (1 - momentum) * old + momentum * new


def unbiased(var, count, eps):
    return var * count / (count - 1)


def batch_norm(
    *,
    axes: Callable = everywhere,
    ddof: int = 0,
    root: Callable = inside,
    root_in_test: Callable | None = None,
    scale: Callable = scaled,
    scale_in_test: Callable | None = None,
    move: Callable = moved,
    kept: Callable = unbiased,
    count: Callable | None = None,
    batch_decides: Callable = lambda training: training,
    moves: Callable = lambda training: training,
    running_first: bool = False,
    as_column: bool = False,
):
    """Batch norm in float64 with some of its parts replaced.

    axes(x): over which the statistics run; ddof: of the variance that out is divided by; root, scale, their like in test mode.
    move(old, new, momentum) and kept(var, count, eps): the running statistics; count(x) instead of the numbers that were averaged.
    batch_decides(training): whose statistics normalize; moves(training): whether the running ones change. running_first: training
    normalizes with the running statistics as just moved. as_column: they are returned with axes of length 1.
    """

    def forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
        x, gamma, beta, old_mean, old_var = (np.asarray(a, np.float64) for a in (x, gamma, beta, running_mean, running_var))
        over = axes(x)
        batch_mean, batch_var = (f(axis=over, keepdims=True) for f in (x.mean, x.var))
        numbers = count(x) if count else x.size // batch_mean.size
        batch_mean, batch_var = (_bare(a, x) for a in (batch_mean, batch_var))
        new_mean, new_var = old_mean, old_var
        if moves(training):
            new_mean = move(_beside(old_mean, batch_mean, x), batch_mean, momentum)
            new_var = move(_beside(old_var, batch_var, x), kept(batch_var, numbers, eps), momentum)
        mean, var = (batch_mean, batch_var * numbers / (numbers - ddof)) if batch_decides(training) else (old_mean, old_var)
        if running_first:
            mean, var = new_mean, new_var
        chosen_root, chosen_scale = root if training else root_in_test or root, scale if training else scale_in_test or scale
        normal = (x - across(mean, x)) / across(chosen_root(var, eps), x)
        out = chosen_scale(normal, across(gamma, x), across(beta, x))
        if as_column:
            new_mean, new_var = (across(a, x)[None] for a in (new_mean, new_var))
        return out, new_mean, new_var

    return forward


def _bare(statistic, x):
    """(1, C, 1, 1) -> (C,); what is not one number for each channel keeps its axes of length 1."""
    return statistic.reshape(-1) if statistic.shape == (1, x.shape[1], *(1,) * (x.ndim - 2)) else statistic


def _beside(old, new, x):
    return old if new.ndim == 1 else across(old, x)


def in_place(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """The arrays that came in are changed, and returned."""
    out, new_mean, new_var = batch_norm()(x, gamma, beta, running_mean, running_var, training, momentum, eps)
    if training:
        running_mean[...], running_var[...] = new_mean, new_var
    return (out, running_mean, running_var)


def shared_forward() -> tuple[Misconception, ...]:
    """The misconceptions that features and channels share."""
    return (
        Misconception(
            "batch_statistics_in_test",
            "When not training, the batch's own mean and variance are used all the same.",
            "Then a prediction would depend on which other examples are in the batch: normalize with running_mean and running_var.",
            batch_norm(batch_decides=lambda training: True),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "running_statistics_in_training",
            "While training, the running statistics normalize as well.",
            "While training it is the batch's own mean and variance; the running ones are only kept up to date, for later.",
            batch_norm(batch_decides=lambda training: False),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "moved_statistics_in_training",
            "While training, the running statistics as just moved normalize the batch.",
            "While training it is the batch's own mean and variance; the running ones are only kept up to date, for later.",
            batch_norm(running_first=True),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "momentum_swapped",
            "momentum weighs the old running statistics instead of the new batch.",
            "Here it is the share of the new: (1 - momentum) * old + momentum * new, as in PyTorch. Other libraries have it the other way round.",
            batch_norm(move=lambda old, new, momentum: momentum * old + (1 - momentum) * new),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "momentum_ignored",
            "The running statistics always move by a tenth, whatever momentum is.",
            "Use the argument: 0.1 is only its default.",
            batch_norm(move=lambda old, new, momentum: 0.9 * old + 0.1 * new),
        ),
        Misconception(
            "overwritten",
            "The running statistics are those of the last batch: what came before is forgotten.",
            "Keep most of the old: (1 - momentum) * old + momentum * new.",
            batch_norm(move=lambda old, new, momentum: new),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "old_kept_whole",
            "The running statistics grow with every batch: the old ones are kept whole, and a part of the new is added.",
            "An average moves: what the new gains, momentum, the old loses. (1 - momentum) * old + momentum * new.",
            batch_norm(move=lambda old, new, momentum: old + momentum * new),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "running_var_biased",
            "The running variance takes the batch's variance as it is, divided by the count of numbers.",
            "The variance about a batch's own mean comes out too small on average: count/(count - 1) mends that, in the running variance only.",
            batch_norm(kept=lambda var, count, eps: var),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "out_unbiased",
            "The output is divided by the unbiased standard deviation.",
            "The batch is normalized with its own variance, divided by the count of numbers; only the running variance is unbiased.",
            batch_norm(ddof=1),
        ),
        Misconception(
            "running_std",
            "The standard deviation is averaged into running_var.",
            "It is a variance, in training and in use: average variances, and take the root when you divide.",
            batch_norm(kept=lambda var, count, eps: np.sqrt(unbiased(var, count, eps))),
        ),
        Misconception(
            "eps_in_running_var",
            "eps got into the running variance: when it is used, eps is added a second time.",
            "eps belongs to the division alone. Keep var as it is, and write sqrt(var + eps) where you divide.",
            batch_norm(kept=lambda var, count, eps: unbiased(var, count, eps) + eps),
        ),
        *wrong_roots(lambda root: batch_norm(root=root)),
        Misconception(
            "eps_forgotten_in_test",
            "eps is left out when not training.",
            "The same division in both modes: sqrt(running_var + eps). Else the network computes something it was not trained for.",
            batch_norm(root_in_test=forgotten),
        ),
        Misconception(
            "no_root_in_test",
            "When not training, the numbers are divided by the running variance instead of its root.",
            "running_var is a variance: divide by sqrt(running_var + eps).",
            batch_norm(root_in_test=no_root),
        ),
        Misconception(
            "updated_in_test",
            "The running statistics move when not training, too.",
            "Test images must leave no trace: return running_mean and running_var as they came in.",
            batch_norm(moves=lambda training: True),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "gamma_and_beta_forgotten",
            "gamma and beta are not used.",
            "Scale and shift follow the normalization: they let the network choose another spread and another mean.",
            batch_norm(scale=normal_alone),
        ),
        Misconception(
            "not_scaled_in_test",
            "gamma and beta are not used when not training.",
            "They were learned together with everything else: scale and shift in both modes.",
            batch_norm(scale_in_test=normal_alone),
        ),
        Misconception(
            "shifted_before_scaled",
            "beta is added before gamma multiplies.",
            "Scale first, then shift: gamma * normal + beta.",
            batch_norm(scale=lambda normal, gamma, beta: gamma * (normal + beta)),
        ),
        Misconception(
            "statistics_in_place",
            "The arrays running_mean and running_var that came in are changed.",
            "Return new arrays: whoever called may still need the old ones. running_mean += … and running_mean *= … change them in place.",
            in_place,
        ),
    )
