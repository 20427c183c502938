"""The kit's pictures for normalization, and runs over a logarithmic axis."""

from __future__ import annotations

import numpy as np
import pytest

from tests.test_kit import figures, kit, words  # noqa: F401


@pytest.mark.parametrize(
    "kind, together",
    [
        ("batch norm", lambda n, c: c == 2),
        ("layer norm", lambda n, c: n == 1),
        ("group norm", lambda n, c: n == 1 and c in (2, 3)),
        ("instance norm", lambda n, c: (n, c) == (1, 2)),
    ],
)
def test_tinted_is_what_shares_a_mean(kind: str, together, figures) -> None:  # noqa: F811
    kit.show_shared_statistics(kinds=(kind,), images=3, channels=4, groups=2)
    (figure,) = figures()
    *pixels, frame = figure.axes[0].patches
    assert len(pixels) == 3 * 4 * 4
    for pixel in pixels:
        channel, image = int(pixel.get_x()), int(pixel.get_y())
        assert (min(pixel.get_facecolor()[:3]) < 0.9) == together(image, channel), (image, channel)
    assert (frame.get_x(), frame.get_y()) == (2, 1) and not frame.get_fill()
    assert any(kind in word for word in words(figure))


def test_all_kinds_stand_side_by_side(figures) -> None:  # noqa: F811
    kit.show_shared_statistics()
    (figure,) = figures()
    assert [axis.get_title() for axis in figure.axes] == ["batch norm", "layer norm", "group norm, 2 groups", "instance norm"]


def test_three_roads_lead_from_x_to_the_output(figures) -> None:  # noqa: F811
    kit.show_batch_norm_graph()
    (figure,) = figures()
    arrows = [text.arrow_patch for text in figure.axes[0].texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 10
    assert len({tuple(arrow.get_edgecolor()) for arrow in arrows}) == 4, "straight, by the mean, by the variance, and the parameters"
    assert {"straight", "by the mean", "by the variance", "$x$", "$\\gamma$"} <= set(words(figure))


def test_few_places_on_a_logarithmic_axis_are_all_named(figures) -> None:  # noqa: F811
    kit.show_runs({"a": [[1, 2, 3]], "b": [[1, 2]]}, x={"a": [0.03, 1, 10], "b": [1, 256]}, logx=True, marks=[(2, "limit")])
    (figure,) = figures()
    axis = figure.axes[0]
    assert axis.get_xscale() == "log"
    assert [label.get_text() for label in axis.get_xticklabels()] == ["0.03", "1", "10", "256"]
    np.testing.assert_allclose(axis.get_xticks(), [0.03, 1, 10, 256])


def test_many_places_on_a_logarithmic_axis_keep_its_own_marks(figures) -> None:  # noqa: F811
    kit.show_runs({"a": [np.arange(50)]}, x=np.arange(1, 51), logx=True)
    (figure,) = figures()
    assert figure.axes[0].get_xscale() == "log" and len(figure.axes[0].get_xticks()) < 50
