"""fold_batch_norm."""

from __future__ import annotations

import numpy as np

from autograder.checks.norm.common import LOOSE, contracts, inside, large_eps, wrong_roots
from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, float64_result
from autograder.oracles import conv2d, tensor

REVISIT = "06, “Fold it away”"


def _layer(rng, dtype=np.float64, shape=None, **options):
    """A convolution, or a layer of another shape, with the batch norm behind it."""
    shape = shape or distinct(rng, (4, 5, 6), (3, 7), (2, 3), (1, 2, 3))
    f = shape[0]
    arrays = {
        "w": normal(rng, *shape),
        "b": normal(rng, f),
        "gamma": rng.uniform(0.5, 2, f) * rng.choice([-1, 1], f),
        "beta": normal(rng, f),
        "running_mean": normal(rng, f),
        "running_var": rng.uniform(0.5, 4, f),
    }
    return {name: array.astype(dtype) for name, array in arrays.items()} | options


def _draw(rng):
    yield Case("weights", _layer(rng), compare=("w",), tolerance=LOOSE)
    yield Case("weights", _layer(rng), compare=("w",), tolerance=LOOSE)
    # Square in every way: what lines up with the wrong axis does not raise here, it gives wrong numbers.
    yield Case("weights", _layer(rng, shape=(3, 3, 3, 3)), compare=("w",), tolerance=LOOSE)
    yield Case("bias", _layer(rng), compare=("b",), tolerance=LOOSE)
    yield Case("bias", _layer(rng), compare=("b",), tolerance=LOOSE)
    yield Case("dense", _layer(rng, shape=distinct(rng, (4, 5, 6), (3, 7, 11))), compare=("w",), tolerance=LOOSE)
    yield Case("eps", _layer(rng, eps=large_eps(rng)))
    yield Case("eps", _layer(rng))
    yield from contracts(lambda dtype: _layer(rng, dtype=dtype))


def _oracle(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    """What both layers together make of nothing, and of every single one among their inputs: the weights and the bias of one layer.

    The batch norm is PyTorch's, behind its convolution; nothing is multiplied into weights here.
    """
    import torch
    import torch.nn.functional as F

    size = w[0].size
    kernels = w.reshape(len(w), size, 1, 1)
    probes = torch.cat([torch.zeros(1, size), torch.eye(size)]).double().reshape(size + 1, size, 1, 1)
    out = conv2d(probes, tensor(kernels), tensor(b))
    out = F.batch_norm(out, tensor(running_mean), tensor(running_var), tensor(gamma), tensor(beta), False, 0.0, eps).numpy()[:, :, 0, 0]
    bias = out[0]
    return (out[1:] - bias).T.reshape(w.shape), bias


def _folded(*, root=inside, factor=None, bias=None, axis=0):
    """Folding by the formula, with parts replaced: factor(gamma, root), bias(b, mean, scale, beta), the axis that is scaled."""

    def fold(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
        w, b, gamma, beta, mean, var = (np.asarray(a, np.float64) for a in (w, b, gamma, beta, running_mean, running_var))
        scale = factor(gamma, root(var, eps)) if factor else gamma / root(var, eps)
        along = scale.reshape([-1 if a == axis % w.ndim else 1 for a in range(w.ndim)])
        return w * along, bias(b, mean, scale, beta) if bias else (b - mean) * scale + beta

    return fold


fold_batch_norm = Exercise(
    id="norm.fold_batch_norm",
    title="Fold a batch norm into the layer before it",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("weights", 2, "the filters of a convolution, each with its own factor"),
        Aspect("bias", 2, "the bias, with the running mean and beta"),
        Aspect("dense", 2, "the weights of a fully connected layer"),
        Aspect("eps", 1, "eps under the root, small or large"),
        contract(),
    ),
    draw=_draw,
    oracle=_oracle,
    returns=("w", "b"),
    misconceptions=(
        Misconception(
            "bias_not_scaled",
            "The old bias is not scaled.",
            "The batch norm sees the convolution's output, bias and all: (b - running_mean) has the factor too.",
            _folded(bias=lambda b, mean, scale, beta: b - mean * scale + beta),
            revisit=REVISIT,
        ),
        Misconception(
            "bias_dropped",
            "The old bias is gone.",
            "In use, the running mean is a constant, and b - running_mean need not be zero: keep b.",
            _folded(bias=lambda b, mean, scale, beta: beta - mean * scale),
        ),
        Misconception(
            "mean_forgotten",
            "running_mean is left out.",
            "The batch norm subtracts it before it scales: it belongs in the new bias.",
            _folded(bias=lambda b, mean, scale, beta: b * scale + beta),
            revisit=REVISIT,
        ),
        Misconception(
            "mean_not_scaled",
            "The running mean is subtracted without the factor.",
            "The mean is subtracted first, and what is left is scaled: (b - running_mean) * gamma / sqrt(running_var + eps).",
            _folded(bias=lambda b, mean, scale, beta: b * scale - mean + beta),
            revisit=REVISIT,
        ),
        Misconception(
            "mean_added",
            "The running mean is added.",
            "The batch norm subtracts it.",
            _folded(bias=lambda b, mean, scale, beta: (b + mean) * scale + beta),
        ),
        Misconception(
            "beta_forgotten",
            "beta is left out.",
            "What the batch norm adds at its end ends up in the new bias as it is.",
            _folded(bias=lambda b, mean, scale, beta: (b - mean) * scale),
        ),
        Misconception(
            "beta_scaled",
            "beta is scaled too.",
            "It is added at the very end, after the scale.",
            _folded(bias=lambda b, mean, scale, beta: (b - mean + beta) * scale),
        ),
        Misconception(
            "bias_left_alone",
            "The bias came back as it was.",
            "The batch norm also shifts: subtract the running mean, scale, add beta.",
            _folded(bias=lambda b, mean, scale, beta: b),
        ),
        Misconception(
            "gamma_forgotten",
            "gamma is not used.",
            "The factor of each filter is gamma / sqrt(running_var + eps).",
            _folded(factor=lambda gamma, root: 1 / root),
        ),
        Misconception(
            "only_gamma",
            "The filters are multiplied by gamma alone: the division by the root is missing.",
            "The factor of each filter is gamma / sqrt(running_var + eps).",
            _folded(factor=lambda gamma, root: gamma),
        ),
        Misconception(
            "along_the_width",
            "The factors are lined up with the columns of the filters, not with the filters.",
            "One factor for each filter, the first axis of w: it needs axes of length 1 behind it.",
            _folded(axis=-1),
        ),
        Misconception(
            "along_the_inputs",
            "The factors are lined up with the input channels.",
            "The batch norm follows this layer: its channels are the filters, the first axis of w.",
            _folded(axis=1),
            revisit=REVISIT,
        ),
        *wrong_roots(lambda root: _folded(root=root)),
        float64_result(_oracle, like="w"),
    ),
    hints=(
        "Write the two layers into one line, w·x + b where the batch norm has its x. What multiplies x, and what is added?",
        "In use a batch norm is a scale and a shift for each channel: gamma / root times (its input) plus the rest. The scale goes into the weights "
        "of that channel's filter; everything that does not depend on x makes the new bias.",
        "scale = gamma over the root of running_var + eps, one for each filter. New weights: each filter times its scale (mind the axes: w may have "
        "four or two). New bias: b minus running_mean, times scale, plus beta.",
    ),
)
