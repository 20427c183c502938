"""The checks of cnnlib/pool.py."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("pool", seeds=(1, 2))


def solution(name: str):
    return load_subject(load(f"pool.{name}"), SOLUTIONS)


def test_the_example_of_the_lecture() -> None:
    """A 4×4 image, windows of 2×2 side by side: 6 8 / 3 4."""
    x = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])[None, None]
    np.testing.assert_array_equal(load("pool.max_pool2d_forward").oracle(x, 2), [[[[6, 8], [3, 4]]]])
    np.testing.assert_array_equal(solution("max_pool2d_forward")(x, 2), [[[[6, 8], [3, 4]]]])
    np.testing.assert_array_equal(solution("avg_pool2d_forward")(x, 2), [[[[3.25, 5.25], [2, 2]]]])


def test_of_equal_maxima_the_first_row_by_row_gets_the_gradient() -> None:
    x = np.array([[1.0, 7, 7], [7, 7, 7]])[None, None]
    dx = load("pool.max_pool2d_backward").oracle(np.array([[[[5.0, 9.0]]]]), x, 2, 1)
    np.testing.assert_array_equal(dx, [[[[0, 14, 0], [0, 0, 0]]]])


kernels = st.tuples(st.integers(1, 4), st.integers(1, 4))


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(4, 9), st.integers(4, 9)), kernels, kernels, st.booleans(), st.integers(0, 99))
@pytest.mark.parametrize("kind", ["max_pool2d", "avg_pool2d"])
def test_solutions_are_pytorchs_pooling_for_any_geometry(kind: str, shape, kernel_size, stride, pads, seed) -> None:
    rng = np.random.default_rng(seed)
    padding = tuple(k // 2 for k in kernel_size) if pads else 0
    x = rng.integers(-3, 3, shape).astype(np.float64)  # few different numbers: ties everywhere
    leaf = torch.from_numpy(x.copy()).requires_grad_()
    out = getattr(F, kind)(leaf, kernel_size, stride, padding)
    dout = rng.standard_normal(out.shape)
    out.backward(torch.from_numpy(dout))
    np.testing.assert_allclose(solution(f"{kind}_forward")(x, kernel_size, stride, padding), out.detach().numpy())
    np.testing.assert_allclose(solution(f"{kind}_backward")(dout, x, kernel_size, stride, padding), leaf.grad.numpy(), atol=1e-12)
