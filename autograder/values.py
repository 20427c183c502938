"""Plain values as bytes, and back: the only things that cross the border of a sandbox.

Plain means: None, bool, int, float, str, lists, tuples and dictionaries of them, NumPy scalars and NumPy arrays of numbers
or booleans, and two stand-ins for what is made where it is used: `Seed` for a generator, `Given` for a function. No pickle:
`decode` builds nothing but these, refuses everything else, and never allocates more than the bytes that it was given. The
format is a JSON line that describes the structure, followed by the arrays' raw bytes.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_BYTES = 64 << 20
MAX_HEADER = 8 << 20  # the line of JSON: a parsed one takes many times its length
MAX_DEPTH = 16
MAX_ITEMS = 100_000
# Booleans, integers and floats by their names in NumPy's own notation; no objects, strings, dates, structures, complex numbers.
DTYPES = {np.dtype(code).newbyteorder("<").str for code in "?bBhHiIlLqQefdg"}


class NotPlain(TypeError):
    """A value that is not plain, or bytes that do not describe one. The message says what was found."""


@dataclass(frozen=True)
class Seed:
    """Stands for `numpy.random.default_rng(number)`: generators are made where they are used."""

    number: int

    def generator(self) -> np.random.Generator:
        return np.random.default_rng(self.number)


@dataclass(frozen=True)
class Given:
    """Stands for `autograder.givens.NAME(**parameters)`: a function or layer that an exercise hands to the subject."""

    name: str
    parameters: dict[str, Any]


def encode(value: Any, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a plain value. Raises NotPlain for anything else, or when they are more than `max_bytes`."""
    blobs: list[bytes] = []
    size = header_size = items = 0

    def describe(value: Any, depth: int) -> Any:
        nonlocal size, header_size, items
        items += 1
        if depth > MAX_DEPTH or items > MAX_ITEMS:
            raise NotPlain("a value nested too deeply or with too many parts")
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            return count(len(value), value)
        if kind is int:
            return {"int": hex(count(value.bit_length() // 4, value))} if abs(value) >= 2**53 else value
        if kind is float:
            return {"float": value.hex()}
        if kind in (list, tuple):
            return {kind.__name__: [describe(item, depth + 1) for item in value]}
        if kind is dict:
            if not all(type(key) is str for key in value):
                raise NotPlain("a dictionary whose keys are not all strings")
            return {"dict": [[count(len(key), key), describe(item, depth + 1)] for key, item in value.items()]}
        if kind is Seed:
            return {"seed": value.number}
        if kind is Given:
            return {"given": [count(len(value.name), value.name), describe(value.parameters, depth + 1)]}
        if kind is np.ndarray or isinstance(value, np.generic):
            array = np.asarray(value)
            little = array.dtype.newbyteorder("<")
            if little.str not in DTYPES:
                raise NotPlain(f"an array of dtype {array.dtype}")
            size += array.nbytes
            if size > max_bytes:
                raise NotPlain(f"a value of more than {max_bytes >> 20} MiB")
            blobs.append(array.astype(little, copy=False).tobytes())
            return {"array" if kind is np.ndarray else "scalar": [little.str, list(array.shape)]}
        raise NotPlain(f"a {kind.__module__}.{kind.__qualname__}".replace("builtins.", ""))

    def count(length: int, value: Any) -> Any:
        nonlocal header_size
        header_size += length
        if header_size > MAX_HEADER:
            raise NotPlain(f"text, or whole numbers, of more than {MAX_HEADER >> 20} MiB")
        return value

    header = json.dumps(describe(value, 0)).encode()
    if len(header) > MAX_HEADER or len(header) + 1 + size > max_bytes:
        raise NotPlain(f"a value of more than {min(MAX_HEADER, max_bytes) >> 20} MiB")
    return header + b"\n" + b"".join(blobs)


def decode(data: bytes) -> Any:
    """The plain value that `encode` made these bytes from. Raises NotPlain for any other bytes, whoever wrote them."""
    end = data.find(b"\n", 0, MAX_HEADER + 1)
    if end < 0:
        raise NotPlain("bytes that were cut short")
    body = memoryview(data)[end + 1 :]
    offset = items = 0

    def take(dtype: Any, shape: Any) -> np.ndarray:
        nonlocal offset
        if type(dtype) is not str or dtype not in DTYPES or type(shape) is not list or any(type(n) is not int or n < 0 for n in shape):
            raise NotPlain("an array with an impossible description")
        kind, count = np.dtype(dtype), math.prod(shape)
        if count * kind.itemsize > len(body) - offset:
            raise NotPlain("an array that is longer than its bytes")
        raw = body[offset : offset + count * kind.itemsize]
        offset += len(raw)
        if kind.kind == "b" and np.frombuffer(raw, np.uint8).max(initial=0) > 1:
            raise NotPlain("truth values that are neither 0 nor 1")  # they would compare equal to what they are not
        return np.frombuffer(raw, kind).reshape(shape).astype(kind.newbyteorder("="))  # a copy of its own

    def build(node: Any, depth: int) -> Any:
        nonlocal items
        items += 1
        if depth > MAX_DEPTH or items > MAX_ITEMS:
            raise NotPlain("a value nested too deeply or with too many parts")
        if node is None or type(node) in (bool, int, str):
            return node
        if type(node) is not dict or len(node) != 1:
            raise NotPlain("a description that is not ours")
        ((kind, content),) = node.items()
        if kind == "int":
            return int(content, 16)
        if kind == "float":
            return float.fromhex(content)
        if type(content) is list:
            if kind == "list":
                return [build(item, depth + 1) for item in content]
            if kind == "tuple":
                return tuple(build(item, depth + 1) for item in content)
            if kind == "dict" and all(type(pair) is list and len(pair) == 2 and type(pair[0]) is str for pair in content):
                return {key: build(item, depth + 1) for key, item in content}
            if kind in ("array", "scalar") and len(content) == 2:
                array = take(*content)
                return array if kind == "array" else array.reshape(())[()]
        if kind == "given" and type(content) is list and len(content) == 2 and type(content[0]) is str:
            return Given(content[0], build(content[1], depth + 1))
        if kind == "seed" and type(content) is int and content >= 0:
            return Seed(content)
        raise NotPlain("a description that is not ours")

    try:
        value = build(json.loads(data[:end]), 0)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise error if isinstance(error, NotPlain) else NotPlain("bytes that are not a plain value") from error
    if offset != len(body):
        raise NotPlain("bytes beyond the value's end")
    return value
