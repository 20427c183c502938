"""layer_norm_forward and layer_norm_backward."""

from __future__ import annotations

import numpy as np

from autograder.checks.norm.common import (
    FAR,
    LOOSE,
    contracts,
    far_from_zero,
    inside,
    large_eps,
    steady,
    unscaled,
    with_dout,
    wrong_roots,
)
from autograder.checks.norm.long_form import long_form
from autograder.checks.norm.wrong_gradients import Geometry, gradients, shared_backward
from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, float64_result
from autograder.oracles import gradients as by_autograd
from autograder.oracles import tensor

REVISIT = "06, “One example at a time: layer norm”"


def _examples(rng, shape=None, dtype=np.float64, **options):
    """Examples that each have a mean and a spread of their own."""
    shape = shape or distinct(rng, (3, 4, 5), (7, 11))
    own = (*shape[:-1], 1)
    arrays = {
        "x": normal(rng, *shape) * rng.uniform(1, 3, own) + 2 * normal(rng, *own),
        "gamma": rng.uniform(0.5, 2, shape[-1]) * rng.choice([-1, 1], shape[-1]),
        "beta": normal(rng, shape[-1]),
    }
    return {name: array.astype(dtype) for name, array in arrays.items()} | options


def _constant_example(inputs):
    x = inputs["x"].copy()
    x[0] = 1.5
    return inputs | {"x": x}


def _sequences(rng, **options):
    """(N, T, D): as a text of T words, or an image of T patches."""
    return _examples(rng, shape=distinct(rng, (2, 3), (4, 5), (6, 7)), **options)


# --- layer_norm_forward -----------------------------------------------------------------------------------------------


def _forward(x, gamma, beta, eps=1e-5):
    import torch.nn.functional as F

    return F.layer_norm(tensor(x), x.shape[-1:], tensor(gamma), tensor(beta), eps).numpy()


def _with(*, axes=lambda x: (-1,), ddof=0, root=inside, scale=lambda normal, gamma, beta: gamma * normal + beta):
    """Layer norm in float64 with parts replaced."""

    def wrong(x, gamma, beta, eps=1e-5):
        x = np.asarray(x, np.float64)
        mean, var = x.mean(axis=axes(x), keepdims=True), x.var(axis=axes(x), keepdims=True, ddof=ddof)
        return scale((x - mean) / root(var, eps), gamma, beta)

    return wrong


def _by_example(values, normal):
    """Lined up with the examples where they are as many as the features; an error elsewhere."""
    return values.reshape(-1, *(1,) * (normal.ndim - 1))


def _draw_forward(rng):
    yield Case("normalize", unscaled(_examples(rng)), tolerance=LOOSE)
    yield Case("normalize", unscaled(_examples(rng, shape=(1, 5))), tolerance=LOOSE)
    yield Case("scale", _examples(rng), tolerance=LOOSE)
    yield Case("scale", _examples(rng, shape=(5, 5)), tolerance=LOOSE)
    yield Case("axes", _sequences(rng), tolerance=LOOSE)
    yield Case("axes", _examples(rng, shape=(7,)), tolerance=LOOSE)
    yield Case("eps", _examples(rng, eps=large_eps(rng)))
    yield Case("eps", _constant_example(_examples(rng)))
    yield Case("far", far_from_zero(rng, _examples(rng, dtype=np.float32)), tolerance=FAR)
    yield from contracts(lambda dtype: _sequences(rng, dtype=dtype))


layer_norm_forward = Exercise(
    id="norm.layer_norm_forward",
    title="Layer normalization",
    difficulty=2,
    minutes=10,
    aspects=(
        Aspect("normalize", 1, "each example of (N, D) over its features"),
        Aspect("scale", 1, "then gamma and beta, feature by feature"),
        Aspect("axes", 1, "any number of axes before the last"),
        Aspect("eps", 1, "eps under the root, small or large"),
        steady(),
        contract(),
    ),
    draw=_draw_forward,
    oracle=_forward,
    misconceptions=(
        Misconception(
            "over_the_batch",
            "The features are normalized over the batch.",
            "That is batch norm. Here every example looks at nobody but itself: the mean runs over the last axis.",
            _with(axes=lambda x: (0,)),
            revisit=REVISIT,
        ),
        Misconception(
            "over_everything",
            "All examples share one mean and one variance.",
            "Each has its own: the mean runs over the last axis alone.",
            _with(axes=lambda x: tuple(range(x.ndim))),
            revisit=REVISIT,
        ),
        Misconception(
            "all_but_the_first",
            "With more than two axes, all but the first are averaged.",
            "The features are the last axis: whatever comes before it counts examples.",
            _with(axes=lambda x: tuple(range(1, x.ndim)) or (0,)),
        ),
        Misconception(
            "axis_one",
            "The mean runs over axis 1, which is the last one only where there are two.",
            "Count from the end: axis=-1.",
            _with(axes=lambda x: (1,)),
        ),
        Misconception(
            "gamma_and_beta_forgotten",
            "gamma and beta are not used.",
            "Scale and shift follow the normalization, feature by feature.",
            _with(scale=lambda normal, gamma, beta: normal),
        ),
        Misconception(
            "gamma_by_example",
            "gamma and beta are lined up with the examples, not with the features.",
            "They have the shape (D,) and fit beside (N, D) as they are.",
            _with(scale=lambda normal, gamma, beta: _by_example(gamma, normal) * normal + _by_example(beta, normal)),
        ),
        Misconception(
            "shifted_before_scaled",
            "beta is added before gamma multiplies.",
            "Scale first, then shift: gamma * normal + beta.",
            _with(scale=lambda normal, gamma, beta: gamma * (normal + beta)),
        ),
        Misconception(
            "unbiased_variance",
            "The variance is divided by D - 1.",
            "It is divided by D: x.var as it is, without ddof.",
            _with(ddof=1),
        ),
        *wrong_roots(lambda root: _with(root=root)),
        float64_result(_forward),
    ),
    hints=(
        "What may an example know of the others in its batch? Nothing. So over which axis does the mean run?",
        "Mean and variance of the last axis, kept as an axis of length 1, so that they fit beside x. gamma and beta fit as they are.",
        "mean and var over axis -1 with keepdims; subtract, divide by the root of var + eps, times gamma, plus beta.",
    ),
)


# --- layer_norm_backward ----------------------------------------------------------------------------------------------


def _backward(dout, x, gamma, beta, eps=1e-5):
    import torch.nn.functional as F

    return by_autograd(lambda x, gamma, beta: F.layer_norm(x, x.shape[-1:], gamma, beta, eps), dout, x, gamma, beta)


def _geometry(x, over=(-1,), summed=None):
    examples = tuple(range(x.ndim)[:-1]) if summed is None else summed
    return Geometry(
        lambda a: a.mean(axis=over, keepdims=True), lambda v: v, lambda a: a.sum(axis=examples), int(np.prod([x.shape[a] for a in over]))
    )


def _gradients(over=lambda x: (-1,), summed=None, **slips):
    """Layer norm's gradients with parts replaced."""

    def wrong(dout, x, gamma, beta, eps=1e-5):
        return gradients(dout, x, gamma, eps, _geometry(x, over(x), summed), **slips)

    return wrong


def _corrected_by_examples(dnormal, normal, geometry):
    share = geometry.count / len(normal)
    return dnormal - share * (geometry.average(dnormal) + normal * geometry.average(dnormal * normal))


def _draw_backward(rng):
    parameters = ("dgamma", "dbeta")
    yield Case("parameters", with_dout(rng, _examples(rng)), compare=parameters, tolerance=LOOSE)
    yield Case("parameters", with_dout(rng, _examples(rng)), compare=parameters, tolerance=LOOSE)
    yield Case("dx", with_dout(rng, _examples(rng)), compare=("dx",), tolerance=LOOSE)
    yield Case("dx", with_dout(rng, _examples(rng, shape=(1, 5))), compare=("dx",), tolerance=LOOSE)
    yield Case("axes", with_dout(rng, _sequences(rng)), tolerance=LOOSE)
    yield Case("eps", with_dout(rng, _examples(rng, shape=(4, 3), eps=large_eps(rng))))
    yield Case("eps", with_dout(rng, _constant_example(_examples(rng))))
    yield Case("far", with_dout(rng, far_from_zero(rng, _examples(rng, dtype=np.float32))), tolerance=FAR)
    yield from contracts(lambda dtype: with_dout(rng, _sequences(rng, dtype=dtype)))


layer_norm_backward = Exercise(
    id="norm.layer_norm_backward",
    title="The gradients of layer normalization",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("parameters", 2, "the gradients of gamma and beta"),
        Aspect("dx", 2, "what flows back to x, through mean and variance too"),
        Aspect("axes", 1, "any number of axes before the last"),
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
        Misconception(
            "gamma_afterwards",
            "gamma multiplies dx at the end, as one may do in batch norm.",
            "There all numbers that share a mean share gamma too. Here each has its own: dout * gamma comes first, and its means are taken away.",
            _gradients(gamma_in_dx="after"),
            revisit=REVISIT,
        ),
        Misconception(
            "over_the_batch",
            "Mean and variance run over the batch, as in batch norm.",
            "Every example has its own: the means run over the last axis.",
            _gradients(over=lambda x: (0,)),
            revisit=REVISIT,
        ),
        Misconception(
            "divided_by_examples",
            "What flows back through mean and variance is divided by the count of examples, as in batch norm.",
            "The D numbers of one example share a mean: divide by D, the length of the last axis.",
            _gradients(correct=_corrected_by_examples),
            revisit=REVISIT,
        ),
        Misconception(
            "first_axis_summed_only",
            "With more than two axes, dgamma and dbeta are sums over the first alone.",
            "gamma and beta have D numbers, and so have their gradients: sum over every axis but the last.",
            _gradients(summed=0),
        ),
        float64_result(_backward),
    ),
    hints=(
        "Who shares a mean here, and who shares a gamma? In batch norm the same numbers did; here they are not the same.",
        "The gradients of gamma and beta are sums over all examples. Within dx, everything runs over the last axis, and dout is multiplied by gamma "
        "before anything is averaged.",
        "dbeta and dgamma: sums of dout, and of dout times normal, over every axis but the last. dnormal = dout times gamma; subtract its mean over "
        "axis -1, and normal times the mean over axis -1 of (dnormal times normal); divide by the root.",
    ),
)
