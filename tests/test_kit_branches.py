"""The kit's picture of branches side by side."""

from __future__ import annotations

import pytest

from tests.test_kit import figures, kit, words  # noqa: F401


def test_every_branch_is_a_column_from_x_up_to_what_is_joined(figures) -> None:  # noqa: F811
    kit.show_branches({"A": [["one"], ["two", "three"]], "B": [["four"]]}, top="joined", caption="below")
    (figure,) = figures()
    left, right = figure.axes
    assert {"A", "B", "x", "joined", "one", "two", "three", "four"} <= set(words(figure)) and figure.get_supxlabel() == "below"
    place = {text.get_text(): text.get_position() for text in left.texts if text.get_text()}
    assert place["two"][0] == place["three"][0] != place["one"][0] and place["one"][1] == place["two"][1] < place["three"][1] < place["joined"][1]
    assert place["x"][1] < place["one"][1] and place["x"][0] == pytest.approx((place["one"][0] + place["two"][0]) / 2)
    arrows = [len([text for text in axis.texts if getattr(text, "arrow_patch", None)]) for axis in (left, right)]
    assert arrows == [3 + 2, 1 + 1]  # into every box, and out of every branch


def test_boxes_stay_inside_the_picture(figures) -> None:  # noqa: F811
    kit.show_branches({"A": [["conv 1×1"] * 4] * 4})
    (axis,) = figures()[0].axes
    low, high = axis.get_xlim()
    assert all(low < box.get_x() and box.get_x() + box.get_width() < high for box in axis.patches if hasattr(box, "get_boxstyle"))
    assert axis.get_ylim()[1] > max(text.get_position()[1] for text in axis.texts)
