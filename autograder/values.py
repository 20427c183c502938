"""Plain values as bytes, and back: the only things that cross the border of a sandbox.

Plain means: None, bool, int, float, str, lists, tuples and dictionaries of them, NumPy scalars and NumPy arrays of numbers
or booleans. No pickle: `decode` builds nothing but these, refuses everything else, and never allocates more than the bytes
that it was given. The format is a JSON line that describes the structure, followed by the arrays' raw bytes.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_BYTES = 64 << 20
MAX_DEPTH = 16
MAX_ITEMS = 100_000
NUMBER_KINDS = "biuf"  # booleans, integers, floats; no objects, strings, dates, structures


class NotPlain(TypeError):
    """A value that is not plain, or bytes that do not describe one. The message says what was found."""


@dataclass(frozen=True)
class Seed:
    """Stands for `numpy.random.default_rng(number)`: generators are made where they are used."""

    number: int

    def generator(self) -> np.random.Generator:
        return np.random.default_rng(self.number)


def encode(value: Any, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a plain value. Raises NotPlain for anything else, or when they are more than `max_bytes`."""
    blobs: list[bytes] = []
    size = items = 0

    def describe(value: Any, depth: int) -> Any:
        nonlocal size, items
        items += 1
        if depth > MAX_DEPTH or items > MAX_ITEMS:
            raise NotPlain("a value nested too deeply or with too many parts")
        kind = type(value)
        if value is None or kind in (bool, str):
            size += len(value) if kind is str else 1
            if size > max_bytes:
                raise NotPlain(f"a value of more than {max_bytes >> 20} MiB")
            return value
        if kind is int:
            return {"int": hex(value)} if abs(value) >= 2**53 else value
        if kind is float:
            return {"float": value.hex()}
        if kind in (list, tuple):
            return {kind.__name__: [describe(item, depth + 1) for item in value]}
        if kind is dict:
            if not all(type(key) is str for key in value):
                raise NotPlain("a dictionary whose keys are not all strings")
            return {"dict": [[key, describe(item, depth + 1)] for key, item in value.items()]}
        if kind is Seed:
            return {"seed": value.number}
        if kind is np.ndarray or isinstance(value, np.generic):
            array = np.asarray(value)
            if array.dtype.kind not in NUMBER_KINDS:
                raise NotPlain(f"an array of dtype {array.dtype}")
            size += array.nbytes
            if size > max_bytes:
                raise NotPlain(f"a value of more than {max_bytes >> 20} MiB")
            array = array.astype(array.dtype.newbyteorder("<"), copy=False)
            blobs.append(array.tobytes())
            return {"array" if kind is np.ndarray else "scalar": [array.dtype.str, list(array.shape)]}
        raise NotPlain(f"a {kind.__module__}.{kind.__qualname__}".replace("builtins.", ""))

    header = json.dumps(describe(value, 0)).encode()
    return header + b"\n" + b"".join(blobs)


def decode(data: bytes) -> Any:
    """The plain value that `encode` made these bytes from. Raises NotPlain for any other bytes."""
    header, newline, body = data.partition(b"\n")
    offset = 0

    def take(dtype: str, shape: list[int]) -> np.ndarray:
        nonlocal offset
        kind = np.dtype(dtype)
        if kind.kind not in NUMBER_KINDS or len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape):
            raise NotPlain("an array with an impossible description")
        count = math.prod(shape)
        if count * kind.itemsize > len(body) - offset:
            raise NotPlain("an array that is longer than its bytes")
        array = np.frombuffer(body, kind, count, offset).reshape(shape).copy()
        offset += array.nbytes
        return array.astype(kind.newbyteorder("="), copy=False)

    def build(node: Any) -> Any:
        if node is None or type(node) in (bool, int, str):
            return node
        if type(node) is not dict or len(node) != 1:
            raise NotPlain("a description that is not ours")
        ((kind, content),) = node.items()
        if kind == "int":
            return int(content, 16)
        if kind == "float":
            return float.fromhex(content)
        if kind in ("list", "tuple"):
            built = [build(item) for item in content]
            return built if kind == "list" else tuple(built)
        if kind == "dict":
            return {str(key): build(item) for key, item in content}
        if kind == "seed":
            return Seed(int(content))
        if kind in ("array", "scalar"):
            array = take(*content)
            return array if kind == "array" else array.reshape(())[()]
        raise NotPlain("a description that is not ours")

    if not newline:
        raise NotPlain("bytes that were cut short")
    try:
        value = build(json.loads(header))
    except NotPlain:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise NotPlain("bytes that are not a plain value") from error
    if offset != len(body):
        raise NotPlain("bytes beyond the value's end")
    return value
