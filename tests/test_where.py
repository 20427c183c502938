"""`where.describe`: a pattern that is there is named, and a pattern that is named is there."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.where import describe

SHAPE = (2, 3, 7, 9)


@pytest.fixture
def expected():
    return np.random.default_rng(0).standard_normal(SHAPE)


def spoiled(expected, *index):
    """`expected` with other numbers at `index`."""
    got = expected.copy()
    got[index] += np.random.default_rng(1).uniform(0.5, 1, SHAPE)[index]
    return got


EVERY = slice(None)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda e: 0 * e, "Every number is zero."),
        (lambda e: np.full_like(e, 3), "Every number is the same: 3."),
        (lambda e: -e, "Every number has the wrong sign."),
        (lambda e: 2 * e, "Every number is 2.00 times what is expected."),
        (lambda e: e / 63, "Every number is 1/63 of what is expected."),
        (lambda e: e * np.pi, "Every number is 3.14159 times what is expected."),
        (lambda e: e + 0.25, "Every number is 0.25 too large."),
        (lambda e: e - 1.5, "Every number is 1.5 too small."),
        (lambda e: e + np.array([0.1, 0, -2])[:, None, None], "Along axis 1, each index is off by a constant of its own."),
        (lambda e: e[:, :, ::-1], "Compared with what is expected, the rows are in reverse order."),
        (lambda e: e[..., ::-1], "Compared with what is expected, the columns are in reverse order."),
        (lambda e: e[..., ::-1, ::-1], "Compared with what is expected, rows and columns are in reverse order: turned by 180 degrees."),
        (lambda e: np.roll(e, (1, -2), (2, 3)), "Everything is shifted by (1, -2): 1 row down and 2 columns to the left."),
        (lambda e: np.roll(e, -1, 2), "Everything is shifted by (-1, 0): 1 row up."),
        (lambda e: spoiled(e, EVERY, EVERY, -1), "Only the last row is wrong."),
        (lambda e: spoiled(e, EVERY, EVERY, EVERY, slice(2)), "Only the first 2 columns are wrong."),
        (lambda e: spoiled(spoiled(e, EVERY, EVERY, 0), EVERY, EVERY, EVERY, -1), "Only the first row and the last column are wrong."),
        (lambda e: np.pad(e[:, :, 1:-1, 1:-1], ((0, 0), (0, 0), (1, 1), (1, 1))), "Only the border is wrong, 1 number thick on all sides."),
        (lambda e: spoiled(e, EVERY, EVERY, slice(1, None, 2)), "Only every second row is wrong, from row 1 on."),
        (lambda e: spoiled(e, EVERY, EVERY, EVERY, slice(0, None, 3)), "Only every third column is wrong, from column 0 on."),
        (lambda e: spoiled(e, EVERY, EVERY, slice(0, None, 2), slice(1, None, 3)),
         "Only every third number of every second row is wrong, from [0, 1] on."),
        (lambda e: e * ((np.arange(7) % 2 == 0)[:, None] & (np.arange(9) % 2 == 0)),
         "Only every second number of every second row is right, from [0, 0] on."),
        (lambda e: spoiled(e, EVERY, 2), "Only [:, 2] is wrong."),
        (lambda e: spoiled(e, 1), "Only [1] is wrong."),
        (lambda e: spoiled(e, EVERY, slice(1, None)), "Only [:, 0] is right."),
        (lambda e: spoiled(e, EVERY, 2, 0), "Only [:, 2] is wrong, and there only the first row is wrong."),
    ],
)
def test_names_the_pattern(expected, change, sentence):
    assert describe(change(expected), expected) == sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda e: e[::-1], "The numbers are in reverse order."),
        (lambda e: np.roll(e, 2), "Everything is shifted by (0, 2): 2 numbers to the right."),
        (lambda e: np.append(e[:-2], [9, 9]), "Only the last 2 numbers are wrong."),
        (lambda e: e + np.arange(8) % 2 * np.arange(1, 9), "Only every second number is wrong, from number 1 on."),
    ],
)
def test_one_axis_has_numbers_instead_of_columns(change, sentence):
    expected = np.random.default_rng(0).standard_normal(8)
    assert describe(change(expected), expected) == sentence


def test_square_arrays_may_be_transposed():
    expected = np.random.default_rng(0).standard_normal((2, 5, 5))
    assert describe(expected.swapaxes(1, 2), expected) == "Rows and columns are exchanged (transposed)."
    filters = np.random.default_rng(0).standard_normal((3, 3, 2, 4))
    assert describe(filters.swapaxes(0, 1), filters) == "Axes 0 and 1 are exchanged."


@pytest.mark.parametrize("scale", [1e-9, 1, 1e9])
def test_is_exact_at_any_scale_and_forgives_rounding_of_float32(expected, scale):
    expected = expected * scale
    assert describe((2 * expected).astype(np.float32), expected) == "Every number is 2.00 times what is expected."
    assert describe(expected.astype(np.float32), expected) == ""


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (3, 4),
        ("a", "b"),
        (np.zeros(3), np.ones(3)),
        (np.zeros((2, 3)), np.ones((3, 2))),
        (np.array([np.nan, 1, 2, 3]), np.array([0.0, 1, 2, 3])),
        (np.array([None] * 5), np.zeros(5)),
        (np.zeros((0, 4)), np.zeros((0, 4))),
        (np.ones((4, 5)), np.ones((4, 5))),
    ],
)
def test_says_nothing_where_there_is_nothing_to_say(got, expected):
    assert describe(got, expected) == ""


def test_says_nothing_of_scattered_errors(expected):
    got = expected + (np.random.default_rng(5).random(SHAPE) < 0.3) * np.random.default_rng(6).standard_normal(SHAPE)
    assert describe(got, expected) == ""


def test_a_corner_is_no_border(expected):
    assert describe(spoiled(expected, EVERY, EVERY, 0, 0), expected) == ""


def test_a_shift_with_other_errors_is_no_shift(expected):
    assert describe(spoiled(np.roll(expected, 1, 2), EVERY, EVERY, EVERY, 4), expected) == ""


def test_of_equal_numbers_a_factor_is_not_told_from_an_offset():
    assert describe(np.array([2.0, 2, 2, 2, 2 + 1e-9]), np.ones(5)) == ""


# --- whatever is said is true ------------------------------------------------------------------------------------------

NUMBER = {"second": 2, "third": 3, "fourth": 4}


def claimed(clause, wrong):
    """The mask that a clause speaks of, read from its words alone, over the last two axes; True where it allows wrong numbers."""
    if wrong.ndim == 1:
        wrong = wrong[None]
    h, w = wrong.shape[-2:]
    rows, columns = np.ogrid[:h, :w]
    if found := re.fullmatch(r"every (\w+) (row|column|number) is (wrong|right), from \w+ (\d+) on", clause):
        step, name, verb, first = found.groups()
        line = np.broadcast_to((rows if name == "row" else columns) % NUMBER[step] == int(first), (h, w))
        return line if verb == "wrong" else ~line
    if found := re.fullmatch(r"every (\w+) number of every (\w+) row is (wrong|right), from \[(\d+), (\d+)\] on", clause):
        sw, sh, verb, p, q = found.groups()
        lattice = (rows % NUMBER[sh] == int(p)) & (columns % NUMBER[sw] == int(q))
        return lattice if verb == "wrong" else ~lattice
    if found := re.fullmatch(r"the border is wrong, (\d) numbers? thick on all sides", clause):
        n = int(found[1])
        return (rows < n) | (rows >= h - n) | (columns < n) | (columns >= w - n)
    mask = np.zeros((h, w), bool)
    for end, n, name in re.findall(r"the (first|last) (?:(\d) )?(row|column|number)s?", clause):
        line, size = (rows, h) if name == "row" else (columns, w)
        mask |= line < int(n or 1) if end == "first" else line >= size - int(n or 1)
    assert re.search("(is|are) wrong$", clause) and mask.any()
    return mask


def holds(sentence, got, expected):
    """Whether a sentence about a part is true: outside of what it names, nothing is wrong; what it names, is."""
    wrong = got != expected
    if found := re.fullmatch(r"Only \[((?::, )*)(\d+)\] is (wrong|right)(?:, and there only (.*))?\.", sentence):
        colons, index, verb, clause = found.groups()
        inside = np.moveaxis(wrong, len(colons) // 3, 0)
        rest = np.delete(inside, int(index), 0)
        if verb == "right":
            return not inside[int(index)].any() and all(part.any() for part in rest)
        return inside[int(index)].any() and not rest.any() and (not clause or not (inside[int(index)] & ~claimed(clause, inside[int(index)])).any())
    mask = claimed(re.fullmatch(r"Only (.*)\.", sentence)[1], wrong)
    return not (wrong & ~mask).any() and (wrong & mask).any()


shapes = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple).filter(lambda s: np.prod(s) >= 4)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_claimed_part_is_true(data):
    shape = data.draw(shapes)
    expected = np.random.default_rng(data.draw(st.integers(0, 99))).integers(1, 100, shape).astype(float)
    # A mask made of whole lines and single cells, so that patterns, near-patterns and noise all appear.
    mask = np.zeros(shape, bool)
    for axis, size in enumerate(shape):
        lines = data.draw(st.lists(st.integers(0, size - 1), max_size=3))
        mask[(slice(None),) * axis + (lines,)] = True
    cells = data.draw(st.lists(st.integers(0, mask.size - 1), max_size=3))
    mask.flat[cells] ^= True
    got = np.where(mask, expected + np.random.default_rng(7).integers(200, 300, shape), expected)
    sentence = describe(got, expected)
    if sentence.startswith("Only"):
        assert holds(sentence, got, expected)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_claim_about_everything_is_true(data):
    """Small integers make accidental patterns common; each claim is checked against its own words."""
    shape = data.draw(st.sampled_from([(4,), (6,), (3, 3), (2, 4), (2, 2, 3, 3), (1, 3, 4)]))
    expected = np.array(data.draw(st.lists(st.integers(-3, 3), min_size=int(np.prod(shape)), max_size=int(np.prod(shape)))), float).reshape(shape)
    change = data.draw(st.sampled_from(["shift", "scale", "offset", "flip", "noise"]))
    step = data.draw(st.integers(-2, 2))
    got = {
        "shift": lambda: np.roll(expected, step, -1),
        "scale": lambda: expected * step,
        "offset": lambda: expected + step,
        "flip": lambda: np.flip(expected, -1),
        "noise": lambda: expected + np.random.default_rng(step + 2).integers(-1, 2, shape),
    }[change]()
    sentence = describe(got, expected)
    than = "Compared with what is expected, "
    flips = {f"{than}the rows": (-2,), f"{than}the columns": (-1,), f"{than}rows and": (-2, -1), "The numbers are in reverse": (-1,)}
    if flip := next((axes for word, axes in flips.items() if sentence.startswith(word)), None):
        assert np.array_equal(got, np.flip(expected, flip))
    elif sentence.startswith("Every number is zero"):
        assert not got.any() and expected.any()
    elif found := re.match(r"Every number is the same: (.*)\.", sentence):
        assert (got == float(found[1])).all()
    elif sentence == "Every number has the wrong sign.":
        assert np.array_equal(got, -expected)
    elif found := re.match(r"Every number is (.*) times", sentence):
        assert np.array_equal(got, float(found[1]) * expected)
    elif found := re.match(r"Every number is (.*) too (large|small)", sentence):
        assert np.array_equal(got, expected + float(found[1]) * (1 if found[2] == "large" else -1))
    elif found := re.match(r"Along axis (\d)", sentence):
        assert (np.ptp(got - expected, axis=tuple(a for a in range(got.ndim) if a != int(found[1]))) == 0).all()
    elif "exchanged" in sentence:
        assert any(np.array_equal(got, expected.swapaxes(a, b)) for a, b in itertools.combinations(range(got.ndim), 2))
    elif found := re.match(r"Everything is shifted by \((-?\d), (-?\d)\)", sentence):
        dy, dx = map(int, found.groups())
        got, expected = np.atleast_2d(got), np.atleast_2d(expected)
        for index in np.ndindex(got.shape):
            source = (*index[:-2], index[-2] - dy, index[-1] - dx)
            if 0 <= source[-2] < got.shape[-2] and 0 <= source[-1] < got.shape[-1]:
                assert got[index] == expected[source]
    else:
        assert sentence == "" or holds(sentence, got, expected)
