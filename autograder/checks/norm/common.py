"""What the checks of normalization share: cases, PyTorch in float64 as the oracle, and ways to take the root wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Misconception, contract_cases
from autograder.oracles import gradients, tensor

# Where an aspect is not about eps, 1e-5 left out or put elsewhere should not cost its points: it changes numbers by about 1e-5.
LOOSE = 1e-4
# Far from zero, float32 has four digits left of a spread: the honest ways lose some of them, each others; x² - mean² loses all.
FAR = 0.05


def features(rng, n=None, d=None, dtype=np.float64):
    """x (N, D) of which each feature has a mean and a spread of its own, with its scale, shift and running statistics."""
    sizes = distinct(rng, (5, 7, 11), (3, 4, 6))
    n, d = n or sizes[0], d or sizes[1]
    return _with_statistics(rng, normal(rng, n, d) * _spreads(rng, d) + 2 * normal(rng, d), d, dtype)


def images(rng, n=2, c=None, size=None, dtype=np.float64):
    """x (N, C, H, W), likewise for each channel; no two axes are equally long unless asked for."""
    sizes = distinct(rng, (3, 5), (4, 7), (6, 11))
    c, (h, w) = c or sizes[0], size or sizes[1:]
    column = (c, 1, 1)
    x = normal(rng, n, c, h, w) * _spreads(rng, c).reshape(column) + 2 * normal(rng, c).reshape(column)
    return _with_statistics(rng, x, c, dtype)


def _spreads(rng, count):
    """Standard deviations; not so small that eps = 1e-5 matters."""
    return rng.uniform(1, 3, count)


def _with_statistics(rng, x, count, dtype):
    scale = {"gamma": rng.uniform(0.5, 2, count) * rng.choice([-1, 1], count), "beta": normal(rng, count)}
    running = {"running_mean": normal(rng, count), "running_var": rng.uniform(0.5, 4, count)}
    return {name: array.astype(dtype) for name, array in ({"x": x} | scale | running).items()}


def scaled_alone(inputs):
    """Without running statistics."""
    return {name: array for name, array in inputs.items() if not name.startswith("running")}


def unscaled(inputs):
    """With a scale of 1 and a shift of 0."""
    return inputs | {"gamma": np.ones_like(inputs["gamma"]), "beta": np.zeros_like(inputs["beta"])}


def with_dout(rng, inputs):
    """The inputs with a random gradient before them: its mean is not zero, and it goes with x, so that no part of dx vanishes."""
    x = inputs["x"]
    dout = normal(rng, *x.shape) + 0.5 + 0.3 * (x - x.mean()) / x.std()
    return {"dout": dout.astype(x.dtype)} | inputs


def constant_feature(inputs):
    """The first feature or channel is the same number everywhere: its variance is 0."""
    x = inputs["x"].copy()
    x[:, 0] = 1.5
    return inputs | {"x": x}


def far_from_zero(rng, inputs):
    """Mean 1000 and spread 0.1: of x², float32 keeps steps of 0.06, and the variance is 0.01."""
    return inputs | {"x": (1000 + 0.1 * normal(rng, *inputs["x"].shape)).astype(np.float32)}


def steady() -> Aspect:
    """The aspect that every normalization shares."""
    return Aspect("far", 1, "holds also where numbers lie far from zero (mean 1000, spread 0.1): the variance averages (x - mean)², not x²")


def contracts(make) -> Iterator[Case]:
    return (replace(case, tolerance=LOOSE) for case in contract_cases(make))


def large_eps(rng):
    """So large that nobody can do without it."""
    return float(rng.uniform(0.1, 0.9))


# --- Oracles ----------------------------------------------------------------------------------------------------------


def forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """PyTorch's batch norm; features and channels alike are its second axis."""
    import torch.nn.functional as F

    mean, var = tensor(running_mean).clone(), tensor(running_var).clone()
    out = F.batch_norm(tensor(x), mean, var, tensor(gamma), tensor(beta), training, momentum, eps)
    return out.numpy(), mean.numpy(), var.numpy()


def backward(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """Its gradients, by autograd."""
    import torch.nn.functional as F

    def out(x, gamma, beta):
        mean, var = tensor(running_mean).clone(), tensor(running_var).clone()
        return F.batch_norm(x, mean, var, gamma, beta, training, momentum, eps)

    return gradients(out, dout, x, gamma, beta)


# --- Wrong roots ------------------------------------------------------------------------------------------------------


def inside(var, eps):
    """As it should be."""
    return np.sqrt(var + eps)


def outside(var, eps):
    return np.sqrt(var) + eps


def forgotten(var, eps):
    return np.sqrt(var)


def fixed(var, eps):
    return np.sqrt(var + 1e-5)


def no_root(var, eps):
    return var + eps


def wrong_roots(make) -> tuple[Misconception, ...]:
    """The misconceptions about what one divides by; make(root) -> the function with another root."""
    return (
        Misconception(
            "eps_outside_root",
            "eps is added to the root, not under it.",
            "Divide by sqrt(var + eps): added outside, a small variance is raised much less than it should be.",
            make(outside),
        ),
        Misconception(
            "eps_forgotten",
            "eps is left out.",
            "What is the same everywhere has variance 0: without eps you divide by zero. Divide by sqrt(var + eps).",
            make(forgotten),
        ),
        Misconception(
            "eps_fixed",
            "eps is always 1e-5, whatever is handed in.",
            "1e-5 is only its default: use the argument.",
            make(fixed),
        ),
        Misconception(
            "divided_by_variance",
            "The numbers are divided by the variance instead of its root.",
            "The standard deviation has the unit of x, the variance its square: divide by sqrt(var + eps).",
            make(no_root),
        ),
    )
