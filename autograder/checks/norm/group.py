"""group_norm_forward and group_norm_backward."""

from __future__ import annotations

import numpy as np

from autograder.checks.norm.common import (
    FAR,
    LOOSE,
    contracts,
    far_from_zero,
    images,
    inside,
    large_eps,
    scaled_alone,
    steady,
    unscaled,
    with_dout,
    wrong_roots,
)
from autograder.checks.norm.long_form import long_form
from autograder.checks.norm.wrong_gradients import Geometry, gradients, shared_backward
from autograder.draw import distinct
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, float64_result
from autograder.oracles import gradients as by_autograd
from autograder.oracles import tensor

REVISIT = "06, “Groups of channels”"


def _grouped(rng, groups=3, each=2, n=2, size=None, dtype=np.float64):
    """Images of groups * each channels."""
    inputs = scaled_alone(images(rng, n=n, c=groups * each, size=size or distinct(rng, (4, 5), (7, 11)), dtype=dtype))
    return {"x": inputs.pop("x"), "groups": groups} | inputs


def _every_channel(rng, **options):
    """As instance norm."""
    return _grouped(rng, groups=5, each=1, **options)


def _constant_group(inputs):
    x = inputs["x"].copy()
    x[0, : x.shape[1] // inputs["groups"]] = 1.5
    return inputs | {"x": x}


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _neighbours(x, groups):
    """As it should be: (N, G, C/G, H, W) and the axes that share a mean."""
    n, c, h, w = x.shape
    return x.reshape(n, groups, c // groups, h, w), (2, 3, 4)


def _interleaved(x, groups):
    n, c, h, w = x.shape
    return x.reshape(n, c // groups, groups, h, w), (1, 3, 4)


def _so_many_each(x, groups):
    n, c, h, w = x.shape
    return x.reshape(n, c // groups, groups, h, w), (2, 3, 4)


def _shared_by_batch(x, groups):
    return _neighbours(x, groups)[0], (0, 2, 3, 4)


def _pixel_by_pixel(x, groups):
    return _neighbours(x, groups)[0], (2,)


def _channel_by_channel(x, groups):
    return _neighbours(x, groups)[0], (3, 4)


def _one_group(x, groups):
    return _neighbours(x, groups)[0], (1, 2, 3, 4)


def _scaled(normal, gamma, beta, groups):
    return gamma[:, None, None] * normal + beta[:, None, None]


def _by_group(values, groups):
    """The first of each group's numbers for all its channels."""
    each = len(values) // groups
    return np.repeat(values[::each], each)


def _with(*, divided=_neighbours, ddof=0, root=inside, scale=_scaled):
    """Group norm in float64 with parts replaced."""

    def wrong(x, groups, gamma, beta, eps=1e-5):
        parts, axes = divided(np.asarray(x, np.float64), groups)
        mean, var = parts.mean(axis=axes, keepdims=True), parts.var(axis=axes, keepdims=True, ddof=ddof)
        return scale(((parts - mean) / root(var, eps)).reshape(x.shape), gamma, beta, groups)

    return wrong


def _gradients(divided=_neighbours, **slips):
    """Its gradients with parts replaced."""

    def wrong(dout, x, groups, gamma, beta, eps=1e-5):
        def average(a):
            parts, axes = divided(a, groups)
            return np.broadcast_to(parts.mean(axis=axes, keepdims=True), parts.shape).reshape(a.shape)

        parts, axes = divided(x, groups)
        count = int(np.prod([parts.shape[axis] for axis in axes]))
        geometry = Geometry(average, lambda v: v[:, None, None], lambda a: a.sum(axis=(0, 2, 3)), count)
        return gradients(dout, x, gamma, eps, geometry, **slips)

    return wrong


def _shared(make) -> tuple[Misconception, ...]:
    """The misconceptions about who belongs to a group; make(divided) is the function with another division."""
    return (
        Misconception(
            "interleaved",
            "Every G-th channel belongs to the same group.",
            "Neighbours make a group: the first C/G channels are the first group.",
            make(_interleaved),
            revisit=REVISIT,
        ),
        Misconception(
            "groups_of_that_size",
            "groups is taken for the count of channels in a group.",
            "It says how many groups there are; each has C/groups channels.",
            make(_so_many_each),
            revisit=REVISIT,
        ),
        Misconception(
            "shared_by_the_batch",
            "The images of a batch share their means and variances.",
            "Each image is normalized by itself: nothing depends on the batch.",
            make(_shared_by_batch),
            revisit=REVISIT,
        ),
        Misconception(
            "pixel_by_pixel",
            "Each pixel has a mean of its own, over the channels of its group.",
            "All pixels of a group of channels share one mean and one variance.",
            make(_pixel_by_pixel),
        ),
        Misconception(
            "channel_by_channel",
            "Each channel has a mean of its own, whatever groups is.",
            "That is instance norm, where groups=C. The channels of a group share one mean and one variance.",
            make(_channel_by_channel),
            revisit=REVISIT,
        ),
        Misconception(
            "one_group",
            "All channels share one mean and one variance, whatever groups is.",
            "That is groups=1. Divide the channels into groups first.",
            make(_one_group),
            revisit=REVISIT,
        ),
    )


# --- group_norm_forward -----------------------------------------------------------------------------------------------


def _forward(x, groups, gamma, beta, eps=1e-5):
    import torch.nn.functional as F

    return F.group_norm(tensor(x), groups, tensor(gamma), tensor(beta), eps).numpy()


def _draw_forward(rng):
    yield Case("normalize", unscaled(_grouped(rng)), tolerance=LOOSE)
    yield Case("normalize", unscaled(_grouped(rng, groups=2, each=3, n=3)), tolerance=LOOSE)
    yield Case("ends", unscaled(_every_channel(rng)), tolerance=LOOSE)
    yield Case("ends", unscaled(_grouped(rng, groups=1, each=5)), tolerance=LOOSE)
    yield Case("scale", _grouped(rng, groups=3, each=2), tolerance=LOOSE)
    # As many channels as columns: what NumPy lines up with the width does not raise here, it gives wrong numbers.
    yield Case("scale", _grouped(rng, groups=2, each=3, size=(4, 6)), tolerance=LOOSE)
    yield Case("eps", _grouped(rng) | {"eps": large_eps(rng)})
    yield Case("eps", _constant_group(_grouped(rng)))
    yield Case("far", far_from_zero(rng, _grouped(rng, size=(3, 4), dtype=np.float32)), tolerance=FAR)
    yield from contracts(lambda dtype: _grouped(rng, dtype=dtype))


group_norm_forward = Exercise(
    id="norm.group_norm_forward",
    title="Group normalization",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("normalize", 1, "each group of neighbouring channels of each image"),
        Aspect("ends", 1, "one group of all channels, and each channel by itself"),
        Aspect("scale", 2, "then gamma and beta, channel by channel"),
        Aspect("eps", 1, "eps under the root, small or large"),
        steady(),
        contract(),
    ),
    draw=_draw_forward,
    oracle=_forward,
    misconceptions=(
        *_shared(lambda divided: _with(divided=divided)),
        Misconception(
            "gamma_and_beta_forgotten",
            "gamma and beta are not used.",
            "Scale and shift follow the normalization, channel by channel.",
            _with(scale=lambda normal, gamma, beta, groups: normal),
        ),
        Misconception(
            "gamma_by_group",
            "The channels of a group share one gamma and one beta.",
            "They share their mean and variance; scale and shift are each channel's own.",
            _with(scale=lambda normal, gamma, beta, groups: _scaled(normal, _by_group(gamma, groups), _by_group(beta, groups), groups)),
        ),
        Misconception(
            "gamma_along_the_width",
            "gamma and beta meet (N, C, H, W) as they are: NumPy lines them up with the columns.",
            "Give them two more axes: (C,) → (C, 1, 1). `per_channel` does that.",
            _with(scale=lambda normal, gamma, beta, groups: gamma * normal + beta),
        ),
        Misconception(
            "shifted_before_scaled",
            "beta is added before gamma multiplies.",
            "Scale first, then shift: gamma * normal + beta.",
            _with(scale=lambda normal, gamma, beta, groups: gamma[:, None, None] * (normal + beta[:, None, None])),
        ),
        Misconception(
            "unbiased_variance",
            "The variance is divided by the count of numbers minus one.",
            "It is divided by the count itself: x.var as it is, without ddof.",
            _with(ddof=1),
        ),
        *wrong_roots(lambda root: _with(root=root)),
        float64_result(_forward),
    ),
    hints=(
        "In the memory of an array (N, C, H, W), where do the channels of a group lie? What shape would make them one axis?",
        "Neighbouring channels lie side by side: reshape x so that each group of each image is one row, and normalize rows. Reshape back before "
        "gamma and beta, which belong to channels.",
        "Rows of shape (N, G, all the rest); mean and variance over the last axis, with keepdims; subtract, divide by the root of var + eps; back to "
        "the shape of x; times gamma, plus beta, both through per_channel.",
    ),
)


# --- group_norm_backward ----------------------------------------------------------------------------------------------


def _backward(dout, x, groups, gamma, beta, eps=1e-5):
    import torch.nn.functional as F

    return by_autograd(lambda x, gamma, beta: F.group_norm(x, groups, gamma, beta, eps), dout, x, gamma, beta)


def _draw_backward(rng):
    parameters = ("dgamma", "dbeta")
    yield Case("parameters", with_dout(rng, _grouped(rng)), compare=parameters, tolerance=LOOSE)
    yield Case("parameters", with_dout(rng, _grouped(rng, groups=2, each=3, n=3)), compare=parameters, tolerance=LOOSE)
    yield Case("dx", with_dout(rng, _grouped(rng)), compare=("dx",), tolerance=LOOSE)
    yield Case("dx", with_dout(rng, _grouped(rng, groups=2, each=3, n=1)), compare=("dx",), tolerance=LOOSE)
    yield Case("ends", with_dout(rng, _every_channel(rng)), compare=("dx",), tolerance=LOOSE)
    yield Case("ends", with_dout(rng, _grouped(rng, groups=1, each=5)), compare=("dx",), tolerance=LOOSE)
    yield Case("eps", with_dout(rng, _grouped(rng, size=(2, 3)) | {"eps": large_eps(rng)}))
    yield Case("eps", with_dout(rng, _constant_group(_grouped(rng))))
    yield Case("far", with_dout(rng, far_from_zero(rng, _grouped(rng, size=(3, 4), dtype=np.float32))), tolerance=FAR)
    yield from contracts(lambda dtype: with_dout(rng, _grouped(rng, dtype=dtype)))


group_norm_backward = Exercise(
    id="norm.group_norm_backward",
    title="The gradients of group normalization",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("parameters", 1, "the gradients of gamma and beta"),
        Aspect("dx", 2, "what flows back to x, through mean and variance too"),
        Aspect("ends", 1, "one group of all channels, and each channel by itself"),
        Aspect("eps", 1, "eps under the root, small or large"),
        steady(),
        contract(),
    ),
    draw=_draw_backward,
    oracle=_backward,
    returns=("dx", "dgamma", "dbeta"),
    misconceptions=(
        *shared_backward(_gradients, _backward),
        *long_form(_gradients),
        *_shared(_gradients),
        Misconception(
            "gamma_afterwards",
            "gamma multiplies dx at the end, as one may do in batch norm.",
            "There all numbers that share a mean share gamma too. In a group each channel has its own: dout * gamma comes first.",
            _gradients(gamma_in_dx="after"),
            revisit=REVISIT,
        ),
        float64_result(_backward),
    ),
    hints=(
        "Who shares a mean, and who shares a gamma? The first is a group, the second a channel.",
        "The gradients of gamma and beta are sums over all images and pixels of a channel. For dx, multiply dout by gamma while it still has "
        "channels, then make rows of groups, as forwards.",
        "dbeta and dgamma: sums over (0, 2, 3) of dout, and of dout times normal. dnormal = dout times gamma, as rows (N, G, the rest); subtract its "
        "mean, and normal times the mean of (dnormal times normal), both over the last axis; divide by the root; back to the shape of x.",
    ),
)
