"""Convolutions in several styles: CPU time as a multiple of the judge's baseline, beside what the speed aspects allow.

The limit should stand well above every style with one matrix product or less, and well below a loop over pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder import runner
from autograder.course import load_course
from autograder.exercise import load


def einsum(x, w, b):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("ncijuv,fcuv->nfij", windows, w) + b[:, None, None]


def index_arrays(x, w, b):
    (n, c, h, width), (f, _, kh, kw) = x.shape, w.shape
    k, u, v = (a.reshape(-1, 1) for a in np.indices((c, kh, kw)))
    i, j = (a.reshape(1, -1) for a in np.indices((h - kh + 1, width - kw + 1)))
    return (w.reshape(f, -1) @ x[:, k, i + u, j + v] + b[:, None]).reshape(n, f, h - kh + 1, width - kw + 1)


def measure() -> Iterator[str]:
    course = load_course()
    for name in ("conv2d_forward", "conv2d_backward"):
        exercise = load(f"fast_conv.{name}")
        styles = {
            style: runner.load_subject(load(f"{module}.{name}"), course.root / "solutions" / "cnnlib")
            for style, module in (("solution", "fast_conv"), ("loop over pixels", "conv"))
        }
        if name == "conv2d_forward":
            styles |= {"einsum": einsum, "index arrays": index_arrays}
        case = next(case for case in exercise.cases(course.visible_seed) if case.max_slowdown is not None)
        yield f"{exercise.id}, at most {case.max_slowdown:g}"
        for style, function in styles.items():
            (answer,) = runner.run(exercise, [case], function)
            yield f"  {style:20} {answer.slowdown:6.2f} × the baseline"
