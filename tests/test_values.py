"""Plain values as bytes: everything plain comes back as it was, and nothing else is ever built."""

from __future__ import annotations

import json
import math
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder import values
from autograder.values import NotPlain, Seed, decode, encode

kinds = (hnp.integer_dtypes, hnp.unsigned_integer_dtypes, hnp.floating_dtypes)
arrays = hnp.arrays(
    st.one_of(hnp.boolean_dtypes(), *(kind(endianness="?") for kind in kinds)),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
numbers = arrays.map(lambda array: array.ravel()[0] if array.size else None)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), numbers)


def containers(inner):
    lists = st.lists(inner, max_size=4)
    return st.one_of(lists, lists.map(tuple), st.dictionaries(st.text(max_size=5), inner, max_size=4))


plain = st.recursive(st.one_of(scalars, arrays, st.integers(0, 2**64).map(Seed)), containers, max_leaves=12)


def same(a, b) -> bool:
    """Equal in type, shape, dtype (byte order aside) and every bit that can be told apart."""
    if isinstance(a, (np.ndarray, np.generic)):
        kinds = type(a) is type(b) if isinstance(a, np.ndarray) else isinstance(b, np.generic)
        return kinds and a.dtype.newbyteorder("=") == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return a == b or a != a and b != b


@settings(max_examples=300, deadline=None)
@given(plain)
@example(-(2**53))
@example(2**20000)
@example([math.inf, -0.0, math.nan])
@example("\ud800 \n \x1b[31m")
@example(np.zeros((0, 10**15)))
@example(np.array(5, ">i2"))
@example(np.arange(24).reshape(2, 3, 4)[:, ::-1, ::2])
def test_what_is_plain_comes_back(value) -> None:
    assert same(value, decode(encode(value)))


def test_minus_zero_keeps_its_sign_and_arrays_are_free() -> None:
    assert math.copysign(1, decode(encode(-0.0))) == -1
    array = decode(encode(np.arange(3.0)))
    array[0] = 7  # a copy of its own, not a view of the message
    assert array.flags.owndata or array.base.flags.owndata


class Subclass(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, bool)


class Chameleon:
    __array_interface__ = np.zeros(3).__array_interface__


class TwoFaced(float):
    pass


def cycle() -> list:
    found = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    "value, says",
    [
        (object(), "a object"),
        (np.zeros(3).view(Subclass), "Subclass"),
        (np.ma.masked_array([1.0]), "MaskedArray"),
        (np.zeros((2, 2)).view(np.matrix), "matrix"),
        (np.array([object()]), "dtype object"),
        (np.array(["text"]), "dtype <U4"),
        (np.zeros(2, complex), "dtype complex128"),
        (np.datetime64("2020-01-01"), "datetime64"),
        (np.zeros(2, [("a", "f8")]), "dtype"),
        (1j, "complex"),
        (b"bytes", "bytes"),
        ({1, 2}, "set"),
        ({1: 2}, "keys"),
        (TwoFaced(1), "TwoFaced"),
        (Chameleon(), "Chameleon"),
        (lambda: 1, "function"),
        ((i for i in range(3)), "generator"),
        (cycle(), "nested"),
        ([0] * (values.MAX_ITEMS + 1), "too many"),
        (np.zeros(values.MAX_BYTES // 8 + 1), "MiB"),
        ([np.zeros(values.MAX_BYTES // 16 + 1)] * 2, "MiB"),
        ("x" * (values.MAX_HEADER + 1), "MiB"),
        ("\x00" * (values.MAX_HEADER // 2), "MiB"),  # six letters each in JSON
        (1 << 8 * values.MAX_HEADER, "MiB"),
        (np.array([2], np.uint8).view(bool), "truth values"),  # encodes, but is refused on the way back
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_is_refused_by_name(value, says: str) -> None:
    with pytest.raises(NotPlain, match=says):
        decode(encode(value))


def test_a_tensor_is_not_an_array() -> None:
    import torch

    with pytest.raises(NotPlain, match="torch.Tensor"):
        encode(torch.zeros(3))


def test_the_limit_is_the_callers() -> None:
    with pytest.raises(NotPlain, match="MiB"):
        encode(np.zeros(1000), max_bytes=4000)
    assert len(encode(np.zeros(1000), max_bytes=8100)) <= 8100


def only_plain(data: bytes) -> None:
    """Whatever the bytes are, decoding gives a plain value or raises NotPlain, and nothing else."""
    try:
        value = decode(data)
    except NotPlain:
        return
    assert same(value, decode(encode(value)))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
@example(b"")
@example(b"\n")
@example(b"NaN\n")
@example(b"[" * 100_000 + b"\n")
@example(b'{"list": ' * 3000 + b"[]" + b"}" * 3000 + b"\n")
@example(b"1" * 5000 + b"\n")
@example(pickle.dumps([1, 2]) + b"\n")
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    only_plain(data)


@settings(max_examples=300, deadline=None)
@given(plain, st.data())
def test_mutated_bytes_are_refused_or_plain(value, data) -> None:
    mutant = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(mutant) - 1))
        mutant[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not mutant:
            break
    only_plain(bytes(mutant))


NAMES = ["list", "tuple", "dict", "int", "float", "seed", "array", "scalar", "object"]
words = st.one_of(st.text(max_size=8), st.sampled_from(["<f8", "|b1", "|O", "<U4", "f8", "(2,3)f8", "0x1f", "nan"]))
descriptions = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=2)),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(descriptions, st.binary(max_size=40))
def test_forged_descriptions_are_refused_or_plain(description, body: bytes) -> None:
    only_plain(json.dumps(description).encode() + b"\n" + body)


@pytest.mark.parametrize(
    "description, body",
    [
        ({"array": ["|O", [1]]}, bytes(8)),
        ({"array": ["<U4", [1]]}, bytes(16)),
        ({"array": [None, [1]]}, bytes(8)),  # np.dtype(None) would be float64
        ({"array": [[["a", "<f8"]], [1]]}, bytes(8)),
        ({"array": ["<f8", [-1]]}, b""),
        ({"array": ["<f8", [True]]}, bytes(8)),
        ({"array": ["<f8", [2]]}, bytes(8)),
        ({"array": ["<f8", [1]]}, bytes(9)),
        ({"array": ["<f8", [10**18]]}, bytes(8)),
        ({"array": ["<f8", [2**40, 2**40, 0]]}, b""),
        ({"array": ["<f8", [1] * 100]}, bytes(8)),
        ({"array": ["|b1", [1]]}, b"\x02"),
        ({"scalar": ["<f8", [2]]}, bytes(16)),
        ({"list": "text"}, b""),
        ({"dict": [["a", 1, 2]]}, b""),
        ({"dict": [[1, 1]]}, b""),
        ({"seed": -1}, b""),
        ({"seed": "1"}, b""),
        ({"int": 5}, b""),
        ({"int": "0x1", "float": "0x1p0"}, b""),
        ({"list": [None] * (values.MAX_ITEMS + 1)}, b""),
        (1.5, b""),
        ([], b""),
    ],
)
def test_impossible_descriptions_are_refused(description, body: bytes) -> None:
    with pytest.raises(NotPlain):
        decode(json.dumps(description).encode() + b"\n" + body)


@pytest.mark.parametrize(
    "data",
    [
        b'{"array": ["<f8", [1000000000]]}\n' + bytes(80),
        b'{"list": [' + b'{"array": ["<f8", [1000000000]]},' * 50 + b"null]}\n" + bytes(80),
        b" " * (64 << 20) + b"\n",
        b'"' + b"x" * (32 << 20) + b'"\n',
    ],
    ids=["one array", "many arrays", "an endless line", "an endless string"],
)
def test_lies_about_sizes_cost_no_memory(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(NotPlain):
            decode(data)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_what_stands_in_for_functions_comes_back_as_it_was():
    function = values.Given("weighted_sines", {"weights": np.arange(3.0), "seed": values.Seed(4)})
    back = values.decode(values.encode({"f": function}))["f"]
    assert type(back) is values.Given and back.name == function.name
    assert np.array_equal(back.parameters["weights"], np.arange(3.0)) and back.parameters["seed"] == values.Seed(4)


@pytest.mark.parametrize("content", [None, [], ["f"], ["f", None, 1], [3, None], "f"])
def test_a_broken_stand_in_is_refused(content):
    with pytest.raises(values.NotPlain):
        values.decode(json.dumps({"given": content}).encode() + b"\n")
