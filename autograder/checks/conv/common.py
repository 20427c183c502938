"""What the checks of several convolutions share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.draw import distinct, normal
from autograder.exercise import Case, Misconception


def layer(rng, n=1, c=1, f=1, dtype=np.float64, sizes=(7, 11, 13), kernels=((2, 3, 5), (2, 3, 5))):
    """Inputs of a convolution layer whose heights, widths and kernel sizes all differ."""
    h, w, kh, kw = distinct(rng, sizes, sizes, *kernels)
    return {"x": normal(rng, n, c, h, w, dtype=dtype), "w": normal(rng, f, c, kh, kw, dtype=dtype), "b": normal(rng, f, dtype=dtype)}


def contract_cases(make: Callable[[type], dict[str, Any]]) -> Iterator[Case]:
    """Cases of the contract aspect; `make` draws the inputs in a dtype."""
    for layout, dtype in (("read-only", np.float64), ("strided", np.float32), ("plain", np.float32)):
        yield Case("contract", make(dtype), layout=layout, exact_dtype=True)


def float64_result(oracle: Callable[..., Any], like: str = "x") -> Misconception:
    """Right numbers, always in float64."""
    return Misconception(
        "float64_result",
        "The result is float64 whatever came in.",
        f"np.zeros makes float64 unless told otherwise: give it the dtype of {like}.",
        oracle,
        keeps_dtype=False,
    )


def swapped(value: Any) -> Any:
    """An (h, w) pair the other way round; anything else as it is."""
    return value[::-1] if isinstance(value, tuple) else value
