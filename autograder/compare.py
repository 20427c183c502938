"""Comparing two plain values: type, shape, dtype, finiteness, then the numbers. The first difference is said in words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograder.exercise import Case
from autograder.verdict import plain_shape

# Relative to the largest expected number: room for another order of summation, far below any real mistake.
TOLERANCE = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 1e-4, np.dtype(np.float16): 2e-2}
WORDS = {"f": "numbers", "i": "whole numbers", "u": "whole numbers", "b": "True and False"}

FEW = 20  # so many numbers are told one by one
MOST_NAMES = 4
HANDFUL = 5  # so many are told where their count is the news
NO_RETURN = " (is a `return` missing?)"
REFUSED = "ValueError"  # what probes give where one was rightly raised

Finding = tuple[str, str]  # kind and text, as in `verdict.Difference`


def compare(expected: Any, got: Any, case: Case, *, exact_dtype: bool = False) -> Finding | None:
    """The first difference between what the oracle gives and a plain value, or None."""
    with np.errstate(all="ignore"):  # a learner's infinities are theirs, and a session may have turned warnings into errors
        return _compare(expected, got, case, exact_dtype)


def kind_of(value: Any) -> str:
    """What a plain value is, for "it is …"."""
    if isinstance(value, np.ndarray):
        return f"an array of {plain_shape(value)}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        return f"a dictionary of {len(value)}"
    return f"None{NO_RETURN}" if value is None else f"the {type(value).__name__} {brief(value)}"


def brief(value: Any) -> str:
    """A plain value in at most a line or two."""
    value = value.item() if isinstance(value, np.generic) else value  # 90.5, not np.float64(90.5)
    try:
        text = np.array2string(value, threshold=20, edgeitems=3) if isinstance(value, np.ndarray) else repr(value)
    except ValueError:  # Python refuses to write out an integer of thousands of digits
        return "of thousands of digits"
    return text if len(text) <= 200 else text[:200] + " …"


def _compare(expected: Any, got: Any, case: Case, exact_dtype: bool) -> Finding | None:
    if isinstance(expected, np.ndarray):
        return _arrays(expected, got, case, exact_dtype)
    if isinstance(expected, (bool, np.bool_)):
        if not isinstance(got, (bool, np.bool_)):
            return "type", f"should be True or False; it is {kind_of(got)}"
        return None if bool(got) == bool(expected) else ("value", f"got {bool(got)}, expected {bool(expected)}")
    if isinstance(expected, (int, np.integer)):
        if isinstance(got, (bool, np.bool_)) or not isinstance(got, (int, np.integer)):
            return "type", f"should be an integer; it is {kind_of(got)}"
        return None if int(got) == int(expected) else ("value", f"got {brief(int(got))}, expected {int(expected)}")
    if isinstance(expected, (float, np.floating)):
        return _floats(np.asarray(float(expected)), _number(got), case) if _is_number(got) else ("type", f"should be a number; it is {kind_of(got)}")
    if _is_list_of_names(expected) and _is_list_of_names(got):
        return _names(expected, got)
    if isinstance(expected, (tuple, list)):
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            return "type", f"should be {len(expected)} values; it is {kind_of(got)}"
        return _first(_compare(e, g, case, exact_dtype) for e, g in zip(expected, got))
    if isinstance(expected, dict):
        if not isinstance(got, dict) or not expected.keys() <= got.keys():
            missing = sorted(expected.keys() - (got.keys() if isinstance(got, dict) else ()))
            return "type", f"should be a dictionary with {', '.join(map(repr, missing))}"
        return _first(_at_key(key, _compare(expected[key], got[key], case, exact_dtype)) for key in expected)
    if expected == REFUSED and not isinstance(got, str):
        return "type", f"should raise ValueError; it is {kind_of(got)}"
    return None if type(got) is type(expected) and got == expected else ("value", f"got {brief(got)}, expected {brief(expected)}")


def _is_list_of_names(value: Any) -> bool:
    return type(value) is list and len(value) > 0 and all(type(item) is str for item in value)


def _names(expected: list[str], got: list[str]) -> Finding | None:
    """Lists of names, such as a network's parameters: their order says nothing, how often each occurs does."""
    missing, strange = Counter(expected) - Counter(got), Counter(got) - Counter(expected)
    found = [f"{what} {_counted(names)}" for what, names in (("missing:", missing), ("not asked for:", strange)) if names]
    return ("value", "; ".join(found)) if found else None


def _counted(names: Counter[str]) -> str:
    shown = [f"{count} times {name}" if count > 1 else name for name, count in sorted(names.items())]
    return ", ".join(shown[:MOST_NAMES]) + (f" and {len(shown) - MOST_NAMES} more" if len(shown) > MOST_NAMES else "")


def _arrays(expected: np.ndarray, got: Any, case: Case, exact_dtype: bool) -> Finding | None:
    if not isinstance(got, np.ndarray):
        if expected.ndim or not _is_number(got):
            return "type", f"should be a NumPy array; it is {kind_of(got)}"
        got = _number(got)
    if got.shape != expected.shape:
        if got.ndim == expected.ndim == 1:  # not "shape 2": it would read as a number of axes
            return "shape", f"got {_listed(got)}, expected {_listed(expected)}"
        return "shape", f"got {plain_shape(got)}, expected {plain_shape(expected)}"
    if exact_dtype and case.dtype is not None and expected.dtype.kind == "f" and got.dtype != case.dtype:
        return "dtype", f"got dtype {got.dtype}, expected {case.dtype}: the dtype that came in"
    # Whole numbers do for floats; the other way round, and for True and False, it would be another thing.
    if got.dtype.kind not in {"f": "fiu", "i": "iu", "u": "iu"}.get(expected.dtype.kind, "b"):
        return "dtype", f"got dtype {got.dtype}, expected {WORDS[expected.dtype.kind]}"
    if expected.dtype.kind == "f":
        return _floats(expected, got, case)
    return None if np.array_equal(expected, got) else ("value", _whole_numbers(expected, got))


def _listed(array: np.ndarray) -> str:
    """How many there are along the one axis, and a handful of numbers by name."""
    if not array.size:
        return "no numbers"
    listed = array.dtype.kind in "biuf" and array.size <= HANDFUL
    count = f"{array.size} {'number' if array.dtype.kind in 'iuf' else 'value'}{'s' * (array.size > 1)}"
    if not listed:
        return count
    return f"{count} ({', '.join(f'{value:.6g}' if array.dtype.kind == 'f' else str(value) for value in array)})"


def _whole_numbers(expected: np.ndarray, got: np.ndarray) -> str:
    """How two arrays of integers, or of True and False, differ: in full while they are short."""
    if expected.size <= FEW:
        return f"got {brief(got)}, expected {brief(expected)}"
    wrong = expected != got
    index = tuple(map(int, np.argwhere(wrong)[0]))
    return f"{int(wrong.sum())} of {wrong.size} numbers differ, the first {_at_index(index)}got {got[index]}, expected {expected[index]}"


def _floats(expected: np.ndarray, got: np.ndarray, case: Case) -> Finding | None:
    tolerance = case.tolerance
    if tolerance is None:
        tolerance = TOLERANCE.get(case.dtype, 1e-8)
        if got.dtype == np.float32:  # that it is float32 is for the dtype to decide, not for the values
            tolerance = max(tolerance, TOLERANCE[got.dtype])
    expected, got = expected.astype(np.float64), got.astype(np.float64)
    size = np.abs(expected)
    scale = size.max(initial=0.0)
    if math.isfinite(2 * scale) and (np.abs(got - expected) <= tolerance * (scale + size)).all():
        return None  # by far the most frequent end, without a look at what is not finite
    finite = np.isfinite(expected)
    odd = ~np.where(finite, np.isfinite(got), (got == expected) | (np.isnan(got) & np.isnan(expected)))
    if odd.any():
        index = tuple(map(int, np.argwhere(odd)[0]))
        return "not finite", f"{_at_index(index)}got {got[index]:.6g}, expected {expected[index]:.6g}"
    scale = np.abs(expected[finite]).max(initial=0.0)
    error = np.abs(np.where(finite, got - expected, 0.0))
    wrong = error > tolerance * (scale + np.abs(np.where(finite, expected, 0.0)))
    if not wrong.any():
        return None
    index = tuple(map(int, np.unravel_index(int(np.argmax(error)), error.shape)))
    share = f"{int(wrong.sum())} of {wrong.size} numbers differ, most " if wrong.size > 1 else ""
    digits = next((n for n in (6, 9, 12) if f"{got[index]:.{n}g}" != f"{expected[index]:.{n}g}"), 17)
    return "value", f"{share}{_at_index(index)}got {got[index]:.{digits}g}, expected {expected[index]:.{digits}g}"


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "iuf"
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _number(value: Any) -> np.ndarray:
    """A number as an array without axes, in the precision that it has."""
    if isinstance(value, int):  # Python's integers know no bounds, float64 does
        value = float(value) if abs(value) <= 2**1023 else math.inf if value > 0 else -math.inf
    return np.asarray(value)


def _first(findings: Iterable[Finding | None]) -> Finding | None:
    return next((finding for finding in findings if finding), None)


def _at_key(key: str, finding: Finding | None) -> Finding | None:
    return (finding[0], f"{key}: {finding[1]}") if finding else None


def _at_index(index: tuple[int, ...]) -> str:
    return f"at [{', '.join(map(str, index))}]: " if index else ""
