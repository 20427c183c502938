"""The checks of cnnlib/norm.py."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import check
from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, check_misconception, proofs

TestProofs = proofs("norm", seeds=(1, 2))


def solution(name: str):
    return load_subject(load(f"norm.{name}"), SOLUTIONS)


def by_torch(function, dout: np.ndarray, *arrays: np.ndarray):
    """The value and the gradients of a function of tensors."""
    leaves = [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]
    out = function(*leaves)
    return out.detach().numpy(), [g.numpy() for g in torch.autograd.grad(out, leaves, torch.from_numpy(dout))]


def assert_close(found, expected) -> None:
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9)


sizes = st.integers(1, 4)


@settings(max_examples=60, deadline=None)
@given(sizes, sizes, st.none() | st.tuples(sizes, sizes), st.booleans(), st.floats(0.01, 1), st.floats(1e-3, 2), st.integers(0, 99))
def test_batch_norm_is_pytorchs_for_any_shape(n, c, size, training, momentum, eps, seed) -> None:
    rng = np.random.default_rng(seed)
    shape, kind = (n, c, *(size or ())), "batch_norm2d" if size else "batch_norm"
    if np.prod(shape) // c < 2:
        training = False
    x, dout = rng.standard_normal((2, *shape))
    gamma, beta, mean = rng.standard_normal((3, c))
    var = rng.random(c)
    kept = torch.from_numpy(mean.copy()), torch.from_numpy(var.copy())
    out, gradients = by_torch(lambda x, g, b: F.batch_norm(x, *(k.clone() for k in kept), g, b, training, momentum, eps), dout, x, gamma, beta)
    F.batch_norm(torch.from_numpy(x), *kept, None, None, training, momentum, eps)
    inputs = (x, gamma, beta, mean, var, training, momentum, eps)
    assert_close(solution(f"{kind}_forward")(*inputs), [out, kept[0].numpy(), kept[1].numpy()])
    assert_close(solution(f"{kind}_backward")(dout, *inputs), gradients)


@settings(max_examples=40, deadline=None)
@given(st.lists(sizes, max_size=3), st.integers(1, 5), st.floats(1e-3, 2), st.integers(0, 99))
def test_layer_norm_is_pytorchs_for_any_shape(before, d, eps, seed) -> None:
    rng = np.random.default_rng(seed)
    x, dout = rng.standard_normal((2, *before, d))
    gamma, beta = rng.standard_normal((2, d))
    out, gradients = by_torch(lambda x, g, b: F.layer_norm(x, (d,), g, b, eps), dout, x, gamma, beta)
    assert_close([solution("layer_norm_forward")(x, gamma, beta, eps)], [out])
    assert_close(solution("layer_norm_backward")(dout, x, gamma, beta, eps), gradients)


@settings(max_examples=40, deadline=None)
@given(sizes, sizes, sizes, sizes, sizes, st.floats(1e-3, 2), st.integers(0, 99))
def test_group_norm_is_pytorchs_for_any_shape(n, groups, each, h, w, eps, seed) -> None:
    rng = np.random.default_rng(seed)
    x, dout = rng.standard_normal((2, n, groups * each, h, w))
    gamma, beta = rng.standard_normal((2, groups * each))
    # In training, batch norm of one number raises in PyTorch, and so does group norm: there the output is beta, and dx is zero.
    if each * h * w * n < 2:
        np.testing.assert_allclose(solution("group_norm_forward")(x, groups, gamma, beta, eps), np.broadcast_to(beta[:, None, None], x.shape))
        return
    out, gradients = by_torch(lambda x, g, b: F.group_norm(x, groups, g, b, eps), dout, x, gamma, beta)
    assert_close([solution("group_norm_forward")(x, groups, gamma, beta, eps)], [out])
    assert_close(solution("group_norm_backward")(dout, x, groups, gamma, beta, eps), gradients)


def test_scale_and_shift_can_undo_the_normalization() -> None:
    """gamma = sigma and beta = mu give x back."""
    x = np.random.default_rng(0).standard_normal((50, 3)) * [1, 5, 0.2] + [0, -3, 10]
    out, _, _ = solution("batch_norm_forward")(x, np.sqrt(x.var(axis=0) + 1e-5), x.mean(axis=0), np.zeros(3), np.ones(3), True)
    np.testing.assert_allclose(out, x)


def test_running_statistics_come_to_be_those_of_all_data() -> None:
    """The unbiased variance of small batches averages to the variance of the data: 4, whatever their size."""
    rng, forward = np.random.default_rng(0), solution("batch_norm_forward")
    mean, var, variances = np.zeros(1), np.ones(1), []
    for step in range(6000):
        _, mean, var = forward(3 + 2 * rng.standard_normal((4, 1)), np.ones(1), np.zeros(1), mean, var, True, 0.01)
        variances += [var[0]] if step >= 1000 else []
    # The spread of this average of 5000 batches of 4 is 4 * sqrt(2/3 / 5000) = 0.05; the biased one would come to 3.
    assert np.mean(variances) == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize("shape, apply", [((5, 3, 2, 4), lambda x, w, b: F.conv2d(x, w, b, 2, 1)), ((5, 3), F.linear)])
def test_the_folded_layer_computes_what_both_did(shape, apply) -> None:
    rng = np.random.default_rng(1)
    w, x = rng.standard_normal(shape), rng.standard_normal((2, *shape[1:2], *((7, 6) if len(shape) > 2 else ())))
    b, gamma, beta, mean = rng.standard_normal((4, 5))
    var = rng.random(5)
    before = F.batch_norm(apply(*map(torch.from_numpy, (x, w, b))), *map(torch.from_numpy, (mean, var, gamma, beta)), False, 0.1, 0.3)
    for fold in (solution("fold_batch_norm"), load("norm.fold_batch_norm").oracle):
        after = apply(*map(torch.from_numpy, (x, *fold(w, b, gamma, beta, mean, var, 0.3))))
        np.testing.assert_allclose(after.numpy(), before.numpy())


def test_alexnets_sum_is_not_pytorchs_mean() -> None:
    x = np.full((1, 3, 1, 1), 10.0)
    found = solution("local_response_norm")(x, size=3, alpha=0.01, beta=1, k=2)
    np.testing.assert_allclose(found.ravel(), [10 / 4, 10 / 5, 10 / 4])  # 2 + 0.01 * (200, 300, 200)


@pytest.mark.parametrize(
    "name, earned",
    [("batch_norm_forward", "9/14"), ("batch_norm_backward", "12/14"), ("layer_norm_forward", "5/6"), ("group_norm_backward", "6/7")],
)
def test_a_slip_about_eps_costs_no_more_than_what_it_touches(name: str, earned: str) -> None:
    """At 1e-5 it changes numbers in the fifth or sixth digit: the aspects that are about something else are still earned."""
    verdict = check_misconception(load(f"norm.{name}"), "eps_fixed", 1)
    assert f"{verdict.points:g}/{verdict.max_points:g}" == earned


LONG_FORM = """
def batch_norm_backward(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    N = len(x)
    mean, var = (x.mean(axis=0), x.var(axis=0)) if training else (running_mean, running_var)
    xmu, inv = x - mean, (var + eps) ** -0.5
    dbeta, dgamma, dnormal = dout.sum(axis=0), (dout * xmu * inv).sum(axis=0), dout * gamma
    if not training:
        return dnormal * inv, dgamma, dbeta
    dvar = (dnormal * xmu).sum(axis=0) * -0.5 * (var + eps) ** -1.5
    dmean = (-dnormal * inv).sum(axis=0) + dvar * (-2 * xmu).sum(axis=0) / N
    return dnormal * inv + dvar * 2 * xmu / N + dmean / N, dgamma, dbeta
"""
LONG_SLIPS = {  # what is written otherwise in the gradients step by step, and what it is called
    "nothing": ("", "", None),
    "the way through the mean alone": (" + dvar * 2 * xmu / N", "", "variance_constant"),
    "1/N forgotten": ("xmu / N + dmean / N", "xmu / N + dmean", "mean_not_divided"),
    "a mean for a sum": ("(dnormal * xmu).sum", "(dnormal * xmu).mean", "variance_divided_twice"),
    "-1 for -0.5": ("* -0.5 *", "* -1 *", "variance_counted_double"),
    "0.5 for -0.5": ("* -0.5 *", "* 0.5 *", "variance_added"),
    "the power not lowered": ("** -1.5", "** -0.5", "power_not_lowered"),
    "x - mean forgotten in dvar": ("(dnormal * xmu).sum", "dnormal.sum", "dvar_without_centred"),
    "x - mean forgotten in dx": ("dvar * 2 * xmu / N", "dvar * 2 / N", "square_without_centred"),
    "normal for x - mean": ("dvar * 2 * xmu / N", "dvar * 2 * xmu * inv / N", "normal_for_centred"),
    "2 forgotten": ("dvar * 2 *", "dvar *", "square_not_differentiated"),
    "the mean's sign": ("(-dnormal * inv)", "(dnormal * inv)", "mean_added"),
    "a power of nobody's": ("** -1.5", "** -0.75", None),  # near variance_constant where numbers lie far from zero, and only there
}


@pytest.mark.parametrize("slip", LONG_SLIPS)
def test_a_slip_in_the_long_way_back_has_a_name_of_its_own_or_none(slip: str) -> None:
    old, new, name = LONG_SLIPS[slip]
    assert old in LONG_FORM
    theirs: dict = {"np": np}
    exec(LONG_FORM.replace(old, new), theirs)
    verdict = check("norm.batch_norm_backward", theirs["batch_norm_backward"], seed=1)
    assert (verdict.misconception, verdict.passed) == (name, slip == "nothing"), str(verdict)


NORMALIZATIONS = [f"{kind}_{way}" for kind in ("batch_norm", "batch_norm2d", "layer_norm", "group_norm") for way in ("forward", "backward")]


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_the_variance_as_a_difference_of_squares_costs_one_aspect(name: str, seed: int) -> None:
    """mean(x²) - mean² is right on paper, and near zero: only far from it float32 has no digit left of it."""
    ours = (SOLUTIONS / "norm.py").read_text(encoding="utf-8")
    squares = re.sub(r"\b(x|parts)\.var\((axis=(?:\([^)]*\)|[^()])*)\)", r"((\1 * \1).mean(\2) - \1.mean(\2) ** 2)", ours)
    assert ".var(" not in squares
    theirs: dict = {}
    exec(squares, theirs)
    with np.errstate(all="ignore"):
        verdict = check(f"norm.{name}", theirs[name], seed=seed)
    assert [aspect.name for aspect in verdict.aspects if aspect.difference] == ["far"], str(verdict)
    assert verdict.points == verdict.max_points - 1
