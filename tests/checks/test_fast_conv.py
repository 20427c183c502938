"""The checks of cnnlib/fast_conv.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import check
from autograder.checks.fast_conv import baseline
from autograder.exercise import Exercise, load
from autograder.runner import load_subject
from autograder.sandboxing.sandbox import Sandbox
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("fast_conv", seeds=(1, 2))


def solution(name: str):
    return load_subject(load(f"fast_conv.{name}"), SOLUTIONS)


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
paddings = st.tuples(st.integers(0, 2), st.integers(0, 2))
shapes = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(3, 8), st.integers(3, 8))


@settings(max_examples=60, deadline=None)
@given(shapes, pairs, pairs, paddings, st.integers(0, 99))
def test_col2im_is_the_adjoint_of_im2col(shape, kernel_size, stride, padding, seed) -> None:
    """<im2col(x), c> == <x, col2im(c)>: of the oracles, and of the solutions, which are also equal to each other."""
    rng = np.random.default_rng(seed)
    x, how = rng.standard_normal(shape), (kernel_size, stride, padding)
    rows = load("fast_conv.im2col").oracle(x, *how)
    cols = rng.standard_normal(rows.shape)
    image = load("fast_conv.col2im").oracle(cols, shape, *how)
    assert np.allclose((rows * cols).sum(), (x * image).sum())
    assert np.array_equal(solution("im2col")(x, *how), rows) and np.allclose(solution("col2im")(cols, shape, *how), image)


def test_rows_times_filters_are_a_convolution() -> None:
    """The order of the rows and within them, held against the sum in the docstring."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 7, 6)), rng.standard_normal((5, 3, 2, 3))
    out = load("fast_conv.im2col").oracle(x, (2, 3), (2, 1)) @ w.reshape(5, -1).T
    n, i, j, f = 1, 2, 3, 4
    assert np.isclose(out[(n * 3 + i) * 4 + j, f], (x[n, :, 2 * i : 2 * i + 2, j : j + 3] * w[f]).sum())


@pytest.mark.parametrize("name, plain", [("conv2d_forward", baseline.forward), ("conv2d_backward", baseline.backward)])
def test_the_baseline_is_right_itself(name: str, plain) -> None:
    verdict = check(f"fast_conv.{name}", plain, seed=4)
    assert verdict.passed, str(verdict)


# --- speed ------------------------------------------------------------------------------------------------------------


def six_loops(x, w, b, stride=1, padding=0):
    (sh, sw), (ph, pw) = ((v, v) if isinstance(v, int) else v for v in (stride, padding))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    (images, channels, height, width), (filters, _, kh, kw) = x.shape, w.shape
    out = np.zeros((images, filters, (height - kh) // sh + 1, (width - kw) // sw + 1), x.dtype)
    for n, f, i, j in np.ndindex(*out.shape):
        total = b[f]
        for c in range(channels):
            for u in range(kh):
                for v in range(kw):
                    total += x[n, c, i * sh + u, j * sw + v] * w[f, c, u, v]
        out[n, f, i, j] = total
    return out


def four_loops(x, w, b, stride=1, padding=0):
    (sh, sw), (ph, pw) = ((v, v) if isinstance(v, int) else v for v in (stride, padding))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    (images, _, height, width), (filters, _, kh, kw) = x.shape, w.shape
    out = np.zeros((images, filters, (height - kh) // sh + 1, (width - kw) // sw + 1), x.dtype)
    for n, f, i, j in np.ndindex(*out.shape):
        out[n, f, i, j] = np.sum(x[n, :, i * sh : i * sh + kh, j * sw : j * sw + kw] * w[f]) + b[f]
    return out


def pixel_loop(x, w, b, stride=1, padding=0):
    return load_subject(load("conv.conv2d_forward"), SOLUTIONS)(x, w, b, stride, padding)


def im2col_by_pixels(x, w, b, stride=1, padding=0):
    """One product at the end, but the rows are cut out of the image one by one."""
    (sh, sw), (ph, pw) = ((v, v) if isinstance(v, int) else v for v in (stride, padding))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    (images, _, height, width), (filters, _, kh, kw) = x.shape, w.shape
    oh, ow = (height - kh) // sh + 1, (width - kw) // sw + 1
    rows = [x[n, :, i * sh : i * sh + kh, j * sw : j * sw + kw].ravel() for n in range(images) for i in range(oh) for j in range(ow)]
    return (np.array(rows) @ w.reshape(filters, -1).T + b).reshape(images, oh, ow, filters).transpose(0, 3, 1, 2)


def index_arrays(x, w, b, stride=1, padding=0):
    """im2col with index arrays, as many courses write it."""
    (sh, sw), (ph, pw) = ((v, v) if isinstance(v, int) else v for v in (stride, padding))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    (n, c, h, width), (f, _, kh, kw) = x.shape, w.shape
    oh, ow = (h - kh) // sh + 1, (width - kw) // sw + 1
    k, u, v = (a.reshape(-1, 1) for a in np.indices((c, kh, kw)))
    i, j = (a.reshape(1, -1) for a in np.indices((oh, ow)))
    cols = x[:, k, i * sh + u, j * sw + v]  # (N, C*KH*KW, OH*OW)
    return (w.reshape(f, -1) @ cols + b.reshape(-1, 1)).reshape(n, f, oh, ow)


def einsum(x, w, b, stride=1, padding=0):
    (sh, sw), (ph, pw) = ((v, v) if isinstance(v, int) else v for v in (stride, padding))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::sh, ::sw]
    return np.einsum("ncijuv,fcuv->nfij", windows, w) + b[:, None, None]


@pytest.mark.parametrize("slow", [six_loops, four_loops, pixel_loop, im2col_by_pixels])
def test_loops_over_pixels_lose_the_speed_and_nothing_else(slow) -> None:
    verdict = check("fast_conv.conv2d_forward", slow, seed=1)
    assert [a.name for a in verdict.aspects if not a.passed] == ["speed"], str(verdict)
    assert verdict.misconception is None and "times the CPU time" in verdict.feedback


def test_a_pixel_loop_backwards_loses_the_speed_and_nothing_else() -> None:
    verdict = check("fast_conv.conv2d_backward", load_subject(load("conv.conv2d_backward"), SOLUTIONS), seed=1)
    assert [a.name for a in verdict.aspects if not a.passed] == ["speed"], str(verdict)


@pytest.mark.parametrize("style", [index_arrays, einsum])
def test_other_fast_styles_pass(style) -> None:
    verdict = check("fast_conv.conv2d_forward", style, seed=1)
    assert verdict.passed, str(verdict)


def add_at(dout, x, w, b, stride=1, padding=0):
    """The way back with index arrays: np.add.at, the slowest of the honest ways."""
    (sh, sw), (ph, pw) = ((v, v) if isinstance(v, int) else v for v in (stride, padding))
    (n, f, oh, ow), (_, c, kh, kw), (h, width) = dout.shape, w.shape, x.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    k, u, v = (a.reshape(-1, 1) for a in np.indices((c, kh, kw)))
    i, j = (a.reshape(1, -1) for a in np.indices((oh, ow)))
    cols = x[:, k, i * sh + u, j * sw + v].transpose(1, 2, 0).reshape(c * kh * kw, -1)
    rows = dout.transpose(1, 2, 3, 0).reshape(f, -1)
    dcols = (w.reshape(f, -1).T @ rows).reshape(c * kh * kw, -1, n).transpose(2, 0, 1)
    dx = np.zeros_like(x)
    np.add.at(dx, (slice(None), k, i * sh + u, j * sw + v), dcols)
    return dx[:, :, ph : ph + h, pw : pw + width], (rows @ cols.T).reshape(w.shape), dout.sum(axis=(0, 2, 3))


def test_the_slowest_honest_way_back_passes() -> None:
    verdict = check("fast_conv.conv2d_backward", add_at, seed=1)
    assert verdict.passed, str(verdict)


@pytest.mark.parametrize("name", ["conv2d_forward", "conv2d_backward"])
def test_handing_the_work_to_the_naive_version_loses_the_speed_in_a_sandbox_too(name: str) -> None:
    files = {f"cnnlib/{path.name}": path.read_bytes() for path in SOLUTIONS.glob("*.py")}
    exercise = load(f"fast_conv.{name}")
    (timed,) = (case for case in exercise.cases(1) if case.max_slowdown)
    limits = {"cpu_seconds": 30, "wall_seconds": 60, "memory_mb": 1024, "output_mb": 64, "submission_mb": 32}
    for delegated in (False, True):
        more = f"\nfrom cnnlib.conv import {name}\n".encode() if delegated else b""
        with Sandbox(files | {"cnnlib/fast_conv.py": files["cnnlib/fast_conv.py"] + more}, limits) as box:
            *_, answer = box.run(exercise, [exercise.cases(1)[0], timed])
        assert answer.status == "ok" and (answer.slowdown > timed.max_slowdown if delegated else answer.slowdown < timed.max_slowdown)


def test_fast_and_wrong_earns_no_speed() -> None:
    verdict = check("fast_conv.conv2d_forward", lambda x, w, b, **_: np.zeros((len(x), len(w), x.shape[2] - 2, x.shape[3] - 2)), seed=1)
    assert verdict.points == 0


def test_both_timed_exercises_say_how_much_slower_is_allowed() -> None:
    timed: list[Exercise] = [load("fast_conv.conv2d_forward"), load("fast_conv.conv2d_backward")]
    for exercise in timed:
        limits = {case.max_slowdown for case in exercise.cases(1) if case.max_slowdown}
        aspect = next(a for a in exercise.aspects if a.name == "speed")
        assert len(limits) == 1 and f"{limits.pop()} times" in aspect.says
