"""The kit's pictures of noise and its remedies: clouds of answers, gaps between training and test, thinned networks."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.test_kit import figures, kit, words  # noqa: F401


def test_clouds_have_their_dots_their_mean_and_the_answer_at_test_time(figures) -> None:  # noqa: F811
    kit.show_clouds({"a": ([1.0, 2.0, 6.0], 5.0), "b": ([0.5, 0.5], None)}, "T", "X")
    (figure,) = figures()
    axis = figure.axes[0]
    dots = [collection.get_offsets()[:, 0].tolist() for collection in axis.collections]
    assert dots == [[1, 2, 6], [0.5, 0.5]]
    assert [list(line.get_xdata()) for line in axis.lines] == [[3, 3], [5], [0.5, 0.5]], "b has no answer at test time"
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a", "b"]
    assert axis.get_title() == "T" and axis.get_xlabel() == "X"


def test_gaps_reach_from_training_to_test_with_a_spread_at_both_ends(figures) -> None:  # noqa: F811
    kit.show_gaps({"none": ([0.0, 0.2], [1.0, 1.4]), "some": ([0.5, 0.5], [0.75, 0.75])}, "T", "X")
    (figure,) = figures()
    axis = figure.axes[0]
    assert [(bar.get_x(), bar.get_width()) for bar in axis.patches] == [pytest.approx((0.1, 1.1)), pytest.approx((0.5, 0.25))]
    said = words(figure)
    assert "1.20, gap 1.10" in said and "0.75, gap 0.25" in said
    ends = [container.lines[2][0].get_segments()[0][:, 0] for container in axis.containers if hasattr(container, "has_xerr")]
    np.testing.assert_allclose(ends[0], [0.1 - np.sqrt(0.02), 0.1 + np.sqrt(0.02)])
    dots = [collection.get_offsets()[:, 0].tolist() for collection in axis.collections if len(collection.get_offsets()) == 2]
    assert [0.0, 0.2] in dots and [1.0, 1.4] in dots


def test_one_seed_has_no_spread(figures) -> None:  # noqa: F811
    kit.show_gaps({"none": ([0.1], [0.4])})
    (figure,) = figures()
    assert "0.40, gap 0.30" in words(figure)


def test_a_thinned_network_has_no_lines_at_its_dropped_units(figures) -> None:  # noqa: F811
    layers, weights = [["x", "y"], ["a"]], [[["w1", "w2"]]]
    kit.show_thinned(layers, [[[True, True], [True]], [[True, False], [True]], [[True, True], [False]]], weights, ("whole", "no y", "nothing"))
    (figure,) = figures()
    whole, no_y, nothing = figure.axes[:3]
    assert [text.get_text() for text in whole.texts] == ["w1", "w2", "x", "y", "a"]
    assert [text.get_text() for text in no_y.texts] == ["w1", "x", "y", "a"]
    assert len(whole.lines) == 2 and len(no_y.lines) == 1 + 2 and len(nothing.lines) == 2, "a cross is two lines"
    assert [axis.get_title() for axis in (whole, no_y, nothing)] == ["whole", "no y", "nothing"]
    plt.close("all")


def test_thinned_networks_go_on_in_the_next_row(figures) -> None:  # noqa: F811
    kit.show_thinned([["1"], ["2"]], [[[True], [True]]] * 5, columns=3)
    (figure,) = figures()
    assert len(figure.axes) == 6 and not figure.axes[5].texts
