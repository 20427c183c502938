"""batch_norm_forward and batch_norm2d_forward."""

from __future__ import annotations

import numpy as np

from autograder.checks.norm.common import (
    FAR,
    LOOSE,
    constant_feature,
    contracts,
    far_from_zero,
    features,
    forward,
    images,
    inside,
    large_eps,
    steady,
    unscaled,
)
from autograder.checks.norm.wrong_batch import batch_norm, shared_forward
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, float64_result

RUNNING = ("running_mean", "running_var")


def _training(inputs, **options):
    return inputs | {"training": True} | options


def _in_use(inputs, **options):
    return inputs | {"training": False} | options


# --- batch_norm_forward -----------------------------------------------------------------------------------------------


def _draw_forward(rng):
    yield Case("normalize", _training(unscaled(features(rng))), compare=("out",), tolerance=LOOSE)
    yield Case("normalize", _training(unscaled(features(rng, n=2))), compare=("out",), tolerance=LOOSE)
    yield Case("scale", _training(features(rng)), compare=("out",), tolerance=LOOSE)
    yield Case("running", _training(features(rng)), compare=RUNNING)
    yield Case("running", _training(features(rng, n=2), momentum=float(rng.uniform(0.2, 0.4))), compare=RUNNING)
    yield Case("running", _training(features(rng), momentum=0.01, eps=large_eps(rng)), compare=RUNNING)
    yield Case("running", _in_use(features(rng), momentum=0.3), compare=RUNNING)
    yield Case("test", _in_use(features(rng)), compare=("out",))
    yield Case("test", _in_use(features(rng, n=1), eps=large_eps(rng)), compare=("out",))
    yield Case("eps", _training(features(rng), eps=large_eps(rng)), compare=("out",))
    yield Case("eps", _training(constant_feature(features(rng))), compare=("out",))
    yield Case("far", _training(far_from_zero(rng, features(rng, n=7, dtype=np.float32))), compare=("out",), tolerance=FAR)
    yield from contracts(lambda dtype: _training(features(rng, dtype=dtype), momentum=0.2))
    yield from contracts(lambda dtype: _in_use(features(rng, dtype=dtype)))


batch_norm_forward = Exercise(
    id="norm.batch_norm_forward",
    title="Batch normalization",
    difficulty=3,
    minutes=25,
    aspects=(
        Aspect("normalize", 2, "while training, each feature with the batch's mean and variance"),
        Aspect("scale", 2, "then gamma and beta"),
        Aspect("running", 3, "the running statistics move while training, by momentum, and only then"),
        Aspect("test", 3, "when not training, the running statistics normalize"),
        Aspect("eps", 2, "eps under the root, small or large"),
        steady(),
        contract(),
    ),
    draw=_draw_forward,
    oracle=forward,
    returns=("out", *RUNNING),
    misconceptions=(
        *shared_forward(),
        Misconception(
            "one_mean_for_all",
            "All features share one mean and one variance.",
            "Each feature has its own: average over the batch, axis 0, and nothing else.",
            batch_norm(axes=lambda x: (0, 1)),
        ),
        Misconception(
            "example_by_example",
            "Each example is normalized over its features.",
            "That is layer norm. Here each feature is normalized over the examples: axis 0.",
            batch_norm(axes=lambda x: (1,)),
        ),
        Misconception(
            "statistics_as_a_row",
            "The running statistics come back as one row, (1, D).",
            "They should have the shape that they came with: (D,). keepdims is not needed here: (D,) fits beside (N, D).",
            batch_norm(as_column=True),
        ),
        float64_result(forward),
    ),
    hints=(
        "Two questions decide everything: whose mean and variance normalize now, the batch's or the running ones? And what is remembered?",
        "While training take mean and variance of x over axis 0, and move both running statistics a little towards them. When not training, "
        "take the running ones and leave them alone. What follows is the same line for both.",
        "Choose (mean, var) by training. While training also make new running statistics: 1 - momentum of the old plus momentum of the new, the "
        "variance times N/(N-1). Then subtract the mean, divide by the root of var + eps, multiply by gamma, add beta. Return the three.",
    ),
)


# --- batch_norm2d_forward ---------------------------------------------------------------------------------------------


def _draw_2d(rng):
    yield Case("training", _training(images(rng, n=1)), compare=("out",), tolerance=LOOSE)
    yield Case("training", _training(images(rng)), compare=("out",), tolerance=LOOSE)
    # As many channels as columns: what NumPy lines up with the width does not raise here, it gives wrong numbers.
    yield Case("training", _training(images(rng, n=2, c=5, size=(3, 5))), compare=("out",), tolerance=LOOSE)
    yield Case("running", _training(images(rng, n=3, size=(1, 2))), compare=RUNNING)
    yield Case("running", _training(images(rng), momentum=float(rng.uniform(0.2, 0.4)), eps=large_eps(rng)), compare=RUNNING)
    yield Case("running", _in_use(images(rng), momentum=0.3), compare=RUNNING)
    yield Case("test", _in_use(images(rng)), compare=("out",))
    yield Case("test", _in_use(images(rng, n=1), eps=large_eps(rng)), compare=("out",))
    yield Case("eps", _training(images(rng), eps=large_eps(rng)), compare=("out",))
    yield Case("eps", _training(constant_feature(images(rng))), compare=("out",))
    yield Case("far", _training(far_from_zero(rng, images(rng, size=(3, 4), dtype=np.float32))), compare=("out",), tolerance=FAR)
    yield from contracts(lambda dtype: _training(images(rng, dtype=dtype), momentum=0.2))
    yield from contracts(lambda dtype: _in_use(images(rng, dtype=dtype)))


def _reshaped(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """(N, C, H, W) cut into rows of C numbers, whatever these are."""
    out, *running = forward(x.reshape(-1, x.shape[1]), gamma, beta, running_mean, running_var, training, momentum, eps)
    return out.reshape(x.shape), *running


def _not_turned_back(x, *others, **options):
    """The rows of channels are read as if they were images."""
    out, *running = forward(x, *others, **options)
    return out.transpose(0, 2, 3, 1).reshape(x.shape), *running


def _along_the_width(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """NumPy lines up (C,) with the last axis."""
    mean, var, new = running_mean, running_var, (running_mean, running_var)
    if training:
        mean, var = (f(axis=(0, 2, 3)) for f in (x.mean, x.var))
        new = forward(x, gamma, beta, running_mean, running_var, training, momentum, eps)[1:]
    return beta + (x - mean) * gamma / inside(var, eps), *new


batch_norm2d_forward = Exercise(
    id="norm.batch_norm2d_forward",
    title="Batch normalization of images",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("training", 1, "while training, each channel over all images and all pixels, then gamma and beta"),
        Aspect("running", 2, "the running statistics move while training, by momentum, and only then"),
        Aspect("test", 2, "when not training, the running statistics normalize"),
        Aspect("eps", 1, "eps under the root, small or large"),
        steady(),
        contract(),
    ),
    draw=_draw_2d,
    oracle=forward,
    returns=("out", *RUNNING),
    misconceptions=(
        *shared_forward(),
        Misconception(
            "pixel_by_pixel",
            "Each pixel of a channel has statistics of its own: they run over the images only.",
            "All places of a channel are treated alike: average over the axes 0, 2 and 3.",
            batch_norm(axes=lambda x: (0,)),
            revisit="06, “Images: one mean for each channel”",
        ),
        Misconception(
            "image_by_image",
            "Each image is normalized by itself: the statistics run over its pixels only.",
            "That is instance norm. Here the whole batch counts: average over the axes 0, 2 and 3.",
            batch_norm(axes=lambda x: (2, 3)),
            revisit="06, “Images: one mean for each channel”",
        ),
        Misconception(
            "channels_together",
            "All channels share one mean and one variance.",
            "Each channel is another filter's answer, and has its own: average over the axes 0, 2 and 3.",
            batch_norm(axes=lambda x: (0, 1, 2, 3)),
            revisit="06, “Images: one mean for each channel”",
        ),
        Misconception(
            "cut_without_turning",
            "x was reshaped to rows of C numbers, but these rows do not hold one number of each channel.",
            "The channels are the second axis: bring them to the end (transpose) before you reshape, and back afterwards.",
            _reshaped,
            revisit="06, “Images: one mean for each channel”",
        ),
        Misconception(
            "not_turned_back",
            "The rows of channels were reshaped to (N, C, H, W) at once: pixels and channels are mixed up.",
            "Undo both steps in reverse order: reshape to (N, H, W, C), then bring the channels back to the second place.",
            _not_turned_back,
        ),
        Misconception(
            "along_the_width",
            "One number for each channel meets (N, C, H, W) as it is: NumPy lines it up with the columns.",
            "Give it two more axes: (C,) → (C, 1, 1). `per_channel` does that.",
            _along_the_width,
        ),
        Misconception(
            "only_images_counted",
            "The running variance takes var * N/(N-1), as if a channel had one number in each image.",
            "M = N·H·W numbers make the variance: the factor is M/(M-1).",
            batch_norm(count=len),
        ),
        Misconception(
            "statistics_with_axes",
            "The running statistics come back with axes of length 1.",
            "They should have the shape that they came with: (C,).",
            batch_norm(as_column=True),
        ),
        float64_result(forward),
    ),
    hints=(
        "A channel is one feature, seen at many places. How many numbers share one mean now?",
        "Mean and variance run over the axes 0, 2 and 3. Beside (N, C, H, W) an array of one number for each channel needs two more axes. Or "
        "bring the channels to the end, make rows of them, use what you have, and go all the way back.",
        "As before, with (mean, var) over (0, 2, 3) while training and M = N·H·W in place of N. Every (C,) that meets x goes through per_channel; "
        "the running statistics stay (C,).",
    ),
)
