"""The kit's pictures for optimization: paths over a loss, activations by layer, searches."""

from __future__ import annotations

import numpy as np
import pytest

from tests.test_kit import figures, kit, words  # noqa: F401

RED = "#c4453c"


def test_paths_are_drawn_where_they_went_and_those_that_left_are_told(figures) -> None:  # noqa: F811
    stays, leaves, broken = [(0, 0), (1, 2)], [(0, 0), (9, 0)], [(0, 0), (np.nan, np.nan)]
    arrows = {"stays": [((0, 0), (1, 1), RED, "push")]}
    kit.show_paths(
        lambda w: w @ w, {"stays": stays, "leaves": leaves, "broken": broken}, (-3, -2), (3, 2), ("a", "b"), lowest=(0.5, -0.5), arrows=arrows
    )
    (figure,) = figures()
    one, two, three = figure.axes
    assert [line.get_xydata().tolist() for line in one.lines] == [[[0.5, -0.5]], [[0, 0], [1, 2]], [[0, 0]]]
    assert "push" in [text.get_text() for text in one.texts] and "left the picture" not in [text.get_text() for text in one.texts]
    assert all("left the picture" in [text.get_text() for text in axis.texts] for axis in (two, three))
    assert one.get_xlim() == (-3, 3) and one.get_ylim() == (-2, 2)
    assert {"stays", "leaves", "broken", "a", "b"} <= set(words(figure))


def test_activations_are_shares_with_their_spread_and_nothing_falls_off(figures) -> None:  # noqa: F811
    wide = np.array([-9.0, 0, 0, 9])
    kit.show_layer_histograms({"one": [wide, wide / 9], "two": [wide, wide]}, (-1, 1), "T", bins=3)
    (figure,) = figures()
    assert len(figure.axes) == 4 and figure.get_suptitle() == "T"
    for axis in figure.axes:
        assert [bar.get_height() for bar in axis.patches] == pytest.approx([0.25, 0.5, 0.25])
    assert {f"std {wide.std():.2g}", f"std {wide.std() / 9:.2g}", "one", "two", "layer 1", "layer 2"} <= set(words(figure))


def test_a_search_circles_its_best_trial(figures) -> None:  # noqa: F811
    tried = {"grid": [(0.1, 1e-3, 0.5), (0.01, 1e-2, 0.2)], "random": [(1.0, 1e-1, 0.3), (0.3, 1e-4, 0.4)]}
    kit.show_search(tried, ("rate", "decay"), "wrong", "T")
    (figure,) = figures()
    grid, random = figure.axes[:2]
    assert grid.collections[1].get_offsets().tolist() == [[0.01, 0.01]] and random.collections[1].get_offsets().tolist() == [[1.0, 0.1]]
    assert grid.collections[0].get_clim() == random.collections[0].get_clim() == (0.2, 0.5), "one scale of colours for both"
    assert {"grid: best 0.200", "random: best 0.300", "rate", "decay", "wrong"} <= set(words(figure)) and grid.get_xscale() == "log"


def test_runs_may_have_a_logarithmic_axis(figures) -> None:  # noqa: F811
    kit.show_runs({"a": [[1, 2], [3, 4]]}, x=[0.01, 1], logx=True)
    assert figures()[0].axes[0].get_xscale() == "log"
