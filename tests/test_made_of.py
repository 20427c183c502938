"""What is said of layers that are not those asked for: true of every list of shapes, and short whatever came back."""

from __future__ import annotations

import pytest

from autograder.made_of import describe

ASKED = ((2, 3, 3, 3), (2,), (2,), (2, 3, 1, 1), (2,), (2,), (7, 2), (7,))
PROJECTION = "the weights of a 1×1 convolution from 3 to 2 channels (2×3×1×1)"


@pytest.mark.parametrize(
    "got, says",
    [
        ((), "layers() gives no layer that has parameters; 8 parameter arrays are asked for"),
        (ASKED[:3] + ASKED[6:], f"layers() gives 5 parameter arrays in place of 8; missing: {PROJECTION} and 2 arrays of 2 numbers (a bias, "),
        (ASKED[:1] + ASKED[3:4] + ASKED[6:7], "missing: 4 arrays of 2 numbers and an array of 7 numbers (a bias, gamma or beta)"),
        (ASKED[:1], "layers() gives 1 parameter array in place of 8; missing: "),
        (ASKED + ((7,),), "layers() gives 9 parameter arrays in place of 8; too many: an array of 7 numbers (a bias, gamma or beta)"),
        (ASKED[:1] * 2 + ASKED, "too many: the weights of 2 3×3 convolutions from 3 to 2 channels (2×3×3×3)"),
        (ASKED[:6] + ((2, 7), (7,)), "other parameter arrays; missing: the weights of a fully connected layer from 2 to 7 features (7×2); too"),
        (ASKED[:3] + ((1,) * 5,), "; too many: an array of shape 1×1×1×1×1"),
        (ASKED[1:] + ASKED[:1], "in another order: of their parameter arrays, number 1 should be the weights of a 3×3 convolution from 3 to 2"),
    ],
)
def test_what_is_missing_or_too_many_is_named(got: tuple, says: str) -> None:
    assert says in describe("shapes", ASKED, got)


def test_the_order_names_the_first_that_differs() -> None:
    swapped = (*ASKED[:3], *ASKED[6:], *ASKED[3:6])
    assert f"number 4 should be {PROJECTION}, and is the weights of a fully connected layer" in describe("shapes", ASKED, swapped)


def test_many_kinds_of_arrays_are_counted_not_listed() -> None:
    told = describe("shapes", ASKED, tuple((1, n, 1, 1) for n in range(100, 5000)))
    assert told.endswith("and 4897 more") and len(told) < 600


@pytest.mark.parametrize("forged", [7, "layers", (7,), ((2.5,),), ((True,),), (("a",),), ((-1,),), ((1,) * 9,), ((1,),) * 10_001, {"w": (1,)}])
def test_what_are_no_shapes_is_left_to_the_usual_words(forged) -> None:
    assert describe("shapes", ASKED, forged) == ""


def test_results_that_were_not_computed_say_why_and_wrong_ones_nothing() -> None:
    assert describe("out", 1.0, None) == "nothing was computed: the layers that layers() gives are not those asked for"
    assert describe("out", 1.0, 2.0) == describe("from_rng", True, False) == describe("out", None, None) == ""
