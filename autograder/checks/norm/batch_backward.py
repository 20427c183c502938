"""batch_norm_backward and batch_norm2d_backward."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autograder.checks.norm.common import (
    FAR,
    LOOSE,
    backward,
    constant_feature,
    contracts,
    far_from_zero,
    features,
    images,
    large_eps,
    steady,
    with_dout,
)
from autograder.checks.norm.long_form import long_form
from autograder.checks.norm.wrong_gradients import Geometry, gradients, neither, right, shared_backward
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, float64_result

PARAMETERS = ("dgamma", "dbeta")
REVISIT_TEST = "06, “Training and use”"


def _training(rng, inputs, **options):
    return with_dout(rng, inputs) | {"training": True} | options


def _in_use(rng, inputs, **options):
    return with_dout(rng, inputs) | {"training": False} | options


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _geometry(x, **changes):
    axes = (0, *range(2, x.ndim))
    column = (-1, *(1,) * (x.ndim - 2))
    ours = Geometry(
        lambda a: a.mean(axis=axes, keepdims=True), lambda v: v.reshape(column), lambda a: a.sum(axis=axes), x.size // x.shape[1]
    )
    return replace(ours, **changes)


def _statistics(x, *running):
    return tuple(a.astype(np.float64).reshape(1, -1, *(1,) * (x.ndim - 2)) for a in running)


def _as_they_are(dx, dgamma, dbeta, **inputs):
    return dx, dgamma, dbeta


def _with(own_statistics=bool, correct=right, correct_in_test=neither, geometry=_geometry, then=_as_they_are, **slips):
    """Batch norm's gradients with parts replaced.

    own_statistics(training): whether x itself gives mean and variance; then(dx, dgamma, dbeta, **inputs): what is done at the end.
    """

    def wrong(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
        own = own_statistics(training)
        statistics = None if own else _statistics(x, running_mean, running_var)
        chosen = correct if training else correct_in_test
        if not own and "ddof" in slips:  # the running variance is used as it is
            return gradients(dout, x, gamma, eps, geometry(x), statistics=statistics, correct=chosen)
        found = gradients(dout, x, gamma, eps, geometry(x), statistics=statistics, correct=chosen, **slips)
        return then(*found, dout=dout, x=x, gamma=gamma, training=training, running_var=running_var, eps=eps)

    return wrong


def _as_column(dx, dgamma, dbeta, x, **inputs):
    column = (1, -1, *(1,) * (x.ndim - 2))
    return dx, dgamma.reshape(column), dbeta.reshape(column)


def _frozen_in_test(dx, dgamma, dbeta, training, **inputs):
    return (dx, dgamma, dbeta) if training else (dx, 0 * dgamma, 0 * dbeta)


def _passed_on_in_test(dx, dgamma, dbeta, dout, training, **inputs):
    return (dx if training else dout.astype(np.float64)), dgamma, dbeta


def _dout_scaled_in_place(dout, x, gamma, *others, **options):
    found = backward(dout, x, gamma, *others, **options)
    dout *= _geometry(x).beside(gamma)
    return found


def _shared() -> tuple[Misconception, ...]:
    """The misconceptions that features and channels share."""
    return (
        *shared_backward(_with, backward),
        *long_form(_with),
        Misconception(
            "batch_statistics_in_test",
            "When not training, gradients are made as in training: with the batch's mean and variance.",
            "Then the running statistics normalized, and these are constants: dx is dout * gamma / sqrt(running_var + eps).",
            _with(own_statistics=lambda training: True, correct_in_test=right),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "corrected_in_test",
            "When not training, something flows back through mean and variance.",
            "The running statistics do not depend on this batch: dx is dout * gamma / sqrt(running_var + eps).",
            _with(correct_in_test=right),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "running_statistics_in_training",
            "While training, gradients are made as if the running statistics had normalized.",
            "While training the batch's own mean and variance did, and each example had a part in them.",
            _with(own_statistics=lambda training: False, correct=neither),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "frozen_in_test",
            "When not training, dgamma and dbeta are zero.",
            "What gradients are used for is the caller's business: gamma and beta have theirs in both modes.",
            _with(then=_frozen_in_test),
        ),
        Misconception(
            "passed_on_in_test",
            "When not training, dx is dout as it came.",
            "The output was still gamma / sqrt(running_var + eps) times x, plus something: dx has that factor.",
            _with(then=_passed_on_in_test),
            revisit=REVISIT_TEST,
        ),
        Misconception(
            "dout_scaled_in_place",
            "dout was changed in place: the caller's array is no longer what it was.",
            "dout *= … writes into the array that came in. Make a new one: dout * ….",
            _dout_scaled_in_place,
        ),
        Misconception(
            "gradients_with_axes",
            "dgamma and dbeta come back with axes of length 1.",
            "Gradients have the shape of what they belong to, one number for each gamma and beta.",
            _with(then=_as_column),
        ),
    )


# --- batch_norm_backward ----------------------------------------------------------------------------------------------


def _draw_backward(rng):
    yield Case("parameters", _training(rng, features(rng)), compare=PARAMETERS, tolerance=LOOSE)
    yield Case("parameters", _training(rng, features(rng, n=3)), compare=PARAMETERS, tolerance=LOOSE)
    yield Case("dx", _training(rng, features(rng)), compare=("dx",), tolerance=LOOSE)
    yield Case("dx", _training(rng, features(rng, n=13)), compare=("dx",), tolerance=LOOSE)
    yield Case("test", _in_use(rng, features(rng)), tolerance=LOOSE)
    yield Case("test", _in_use(rng, features(rng, n=1)), tolerance=LOOSE)
    yield Case("eps", _training(rng, features(rng, n=3), eps=large_eps(rng)))
    yield Case("eps", _training(rng, constant_feature(features(rng))))
    yield Case("eps", _in_use(rng, features(rng), eps=large_eps(rng)))
    yield Case("far", _training(rng, far_from_zero(rng, features(rng, n=7, dtype=np.float32))), tolerance=FAR)
    yield from contracts(lambda dtype: _training(rng, features(rng, dtype=dtype)))
    yield from contracts(lambda dtype: _in_use(rng, features(rng, dtype=dtype)))


batch_norm_backward = Exercise(
    id="norm.batch_norm_backward",
    title="The gradients of batch normalization",
    difficulty=4,
    minutes=40,
    aspects=(
        Aspect("parameters", 3, "the gradients of gamma and beta"),
        Aspect("dx", 4, "while training, what flows back to x, through mean and variance too"),
        Aspect("test", 3, "when not training, mean and variance are constants"),
        Aspect("eps", 2, "eps under the root, small or large"),
        steady(),
        contract(),
    ),
    draw=_draw_backward,
    oracle=backward,
    returns=("dx", *PARAMETERS),
    misconceptions=(*_shared(), float64_result(backward)),
    hints=(
        "Draw the graph from x to out. On how many ways does one x[n, d] reach the output: through itself, through the mean, through the variance?",
        "dbeta and dgamma are sums over the batch. For dx, first the gradient of the normalized numbers; then what mean and variance take away "
        "from it: the part that moves a feature's numbers together, and the part that stretches them.",
        "normal = (x - mean) / root. dbeta sums dout, dgamma sums dout times normal. dnormal = dout times gamma; while training, subtract its mean "
        "over the batch, and normal times the mean of (dnormal times normal). Divide by the root. When not training, only divide.",
    ),
)


# --- batch_norm2d_backward --------------------------------------------------------------------------------------------


def _draw_2d(rng):
    yield Case("parameters", _training(rng, images(rng)), compare=PARAMETERS, tolerance=LOOSE)
    yield Case("dx", _training(rng, images(rng, n=1)), compare=("dx",), tolerance=LOOSE)
    yield Case("dx", _training(rng, images(rng, n=3)), compare=("dx",), tolerance=LOOSE)
    yield Case("dx", _training(rng, images(rng, n=2, c=5, size=(3, 5))), compare=("dx",), tolerance=LOOSE)
    yield Case("test", _in_use(rng, images(rng)), tolerance=LOOSE)
    yield Case("test", _in_use(rng, images(rng, n=1, c=5, size=(3, 5))), tolerance=LOOSE)
    yield Case("eps", _training(rng, images(rng, size=(2, 3)), eps=large_eps(rng)))
    yield Case("eps", _training(rng, constant_feature(images(rng))))
    yield Case("eps", _in_use(rng, images(rng), eps=large_eps(rng)))
    yield Case("far", _training(rng, far_from_zero(rng, images(rng, size=(3, 4), dtype=np.float32))), tolerance=FAR)
    yield from contracts(lambda dtype: _training(rng, images(rng, dtype=dtype)))
    yield from contracts(lambda dtype: _in_use(rng, images(rng, dtype=dtype)))


def _over(*axes):
    """Mean and variance over these axes."""
    return lambda x: _geometry(x, average=lambda a: a.mean(axis=axes, keepdims=True), count=int(np.prod([x.shape[a] for a in axes])))



def _corrected_by_images_only(dnormal, normal, geometry):
    pixels = geometry.count / len(normal)
    return dnormal - pixels * (geometry.average(dnormal) + normal * geometry.average(dnormal * normal))


def _reshaped(dout, x, *others, **options):
    dx, *parameters = backward(dout.reshape(-1, x.shape[1]), x.reshape(-1, x.shape[1]), *others, **options)
    return dx.reshape(x.shape), *parameters


def _not_turned_back(dout, x, *others, **options):
    dx, *parameters = backward(dout, x, *others, **options)
    return dx.transpose(0, 2, 3, 1).reshape(x.shape), *parameters


batch_norm2d_backward = Exercise(
    id="norm.batch_norm2d_backward",
    title="The gradients of batch normalization of images",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("parameters", 2, "the gradients of gamma and beta"),
        Aspect("dx", 1, "while training, what flows back to x, through mean and variance too"),
        Aspect("test", 2, "when not training, mean and variance are constants"),
        Aspect("eps", 1, "eps under the root, small or large"),
        steady(),
        contract(),
    ),
    draw=_draw_2d,
    oracle=backward,
    returns=("dx", *PARAMETERS),
    misconceptions=(
        *_shared(),
        Misconception(
            "divided_by_images",
            "What flows back through mean and variance is divided by N, as if a channel had one number in each image.",
            "M = N·H·W numbers share a mean: divide by M.",
            _with(correct=_corrected_by_images_only),
        ),
        Misconception(
            "pixel_by_pixel",
            "Each pixel of a channel has a mean and a variance of its own: they run over the images only.",
            "All places of a channel share them: average over the axes 0, 2 and 3.",
            _with(geometry=_over(0)),
        ),
        Misconception(
            "image_by_image",
            "Each image has a mean and a variance of its own.",
            "The whole batch shares them: average over the axes 0, 2 and 3.",
            _with(geometry=_over(2, 3)),
        ),
        Misconception(
            "cut_without_turning",
            "x and dout were reshaped to rows of C numbers, but these rows do not hold one number of each channel.",
            "Bring the channels to the end (transpose) before you reshape, and back afterwards.",
            _reshaped,
        ),
        Misconception(
            "not_turned_back",
            "dx was reshaped to (N, C, H, W) at once: pixels and channels are mixed up.",
            "Undo both steps in reverse order: reshape to (N, H, W, C), then bring the channels back to the second place.",
            _not_turned_back,
        ),
        float64_result(backward),
    ),
    hints=(
        "What changes when a feature is seen at many places? Only who belongs together.",
        "The formula is that of batch_norm_backward: every sum and every mean over the batch now runs over the axes 0, 2 and 3.",
        "mean, var and the root over (0, 2, 3), each through per_channel beside x. dbeta and dgamma are sums over (0, 2, 3); in dx two means over "
        "(0, 2, 3) are taken away, while training only.",
    ),
)
