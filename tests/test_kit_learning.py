"""The kit's helpers for learning: progress, letters, and pictures of runs, regions, networks and gradients."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.test_kit import figures, kit, words  # noqa: F401


def test_progress_hands_every_step_on_and_says_how_far_it_is(capsys: pytest.CaptureFixture) -> None:
    assert list(kit.progress(["a", "b", "c"], "letters", every=0)) == ["a", "b", "c"]
    out = capsys.readouterr()
    assert out.err == "", "a check cell's stderr would cost points"
    assert out.out.endswith("\n") and "1 of 3 letters" in out.out and out.out.rstrip().split("\r")[-1].startswith("█" * 20 + " 3 of 3 letters")


def test_progress_draws_seldom_and_nothing_before_the_first_step_is_done(capsys: pytest.CaptureFixture) -> None:
    steps = iter(kit.progress(range(1000), "steps", every=60))
    next(steps)
    assert capsys.readouterr().out == ""
    list(steps)
    assert capsys.readouterr().out.count("\r") == 2  # after the first, and after the last


def test_progress_is_one_line_that_changes_in_a_notebook(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    shown = []
    handle = SimpleNamespace(update=lambda bar: shown.append((bar._repr_html_(), repr(bar))))
    display = SimpleNamespace(display=lambda bar, display_id: handle)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=None), display=display))
    list(kit.progress(range(2), "epochs", every=0))
    assert capsys.readouterr().out == ""
    assert [words for _, words in shown] == ["█" * 10 + "░" * 10 + " 1 of 2 epochs · 0 s", "█" * 20 + " 2 of 2 epochs · 0 s"]
    assert '<progress value="0.500" max="1"' in shown[0][0] and "1 of 2 epochs" in shown[0][0]


def test_letters_are_ink_on_paper_and_differ() -> None:
    x, o = kit.print_letter("X"), kit.print_letter("O")
    assert x.shape == o.shape == (20, 20) and x.min() >= 0 and x.max() <= 1
    assert x[9:11, 9:11].mean() > 0.8 > 0.2 > o[9:11, 9:11].mean(), "X has ink in the middle, O has none"
    down = kit.print_letter("X", shift=(3, 0))
    np.testing.assert_allclose(down[3:], x[:-3], atol=0.35)
    images, labels = kit.draw_letters("XO", 4, np.random.default_rng(0))
    assert images.shape == (8, 20, 20) and sorted(labels) == [0] * 4 + [1] * 4
    assert len({image.tobytes() for image in images}) == 8
    middle = images[:, 8:12, 8:12].mean(axis=(1, 2))
    assert middle[labels == 0].min() > middle[labels == 1].max()
    np.testing.assert_array_equal(kit.draw_letters("XO", 4, np.random.default_rng(0))[0], images)


def test_runs_are_drawn_as_mean_and_spread(figures) -> None:  # noqa: F811
    kit.show_runs({"a": [[1, 2], [3, 6]], "b": [[5, 5], [5, 5]]}, "T", "X", "Y", x=[10, 20], marks=[(4, "limit")])
    (figure,) = figures()
    a, b, _ = figure.axes[0].lines
    assert a.get_ydata().tolist() == [2, 4] and b.get_ydata().tolist() == [5, 5] and a.get_xdata().tolist() == [10, 20]
    band = figure.axes[0].collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(2 - np.sqrt(2)) and band.max() == pytest.approx(4 + np.sqrt(8))
    assert {"T", "X", "Y", "limit"} <= set(words(figure))
    assert figure.legends[0].get_title().get_text() == "mean of 2 seeds\n± standard deviation"


def test_bars_of_runs_have_error_bars_and_dots(figures) -> None:  # noqa: F811
    kit.show_run_bars({"a": [1.0, 3.0], "b": [4.0, 4.0]}, "T", "Y")
    (figure,) = figures()
    assert [bar.get_height() for bar in figure.axes[0].patches] == [2, 4]
    assert "2.00 ± 1.41" in words(figure) and "T" in words(figure)
    assert figure.axes[0].get_ylim()[0] == 0


def test_one_run_alone_is_drawn_without_a_spread(figures) -> None:  # noqa: F811
    kit.show_runs({"a": [[1, 2]]})
    kit.show_run_bars({"a": [1.0]})
    curve, bars = figures()
    assert curve.legends[0].get_title().get_text() == "1 seed: no spread"
    assert "1.00" in words(bars) and not any("±" in word for word in words(bars))
    assert bars.axes[0].collections[0].get_offsets().tolist() == [[0, 1]]


def test_regions_are_where_the_classifier_says_so(figures) -> None:  # noqa: F811
    points, labels = np.array([[0.0, 0], [1, 1]]), np.array([0, 1])
    asked = []

    def classify(plane):
        asked.append(plane)
        return plane[:, 0] - 0.5

    kit.show_regions(points, labels, [classify, lambda plane: -np.ones(len(plane))], ("half", "none"), names=("no", "yes"), axes_names=("x", "y"))
    (figure,) = figures()
    assert {"half", "none", "x", "y"} <= set(words(figure))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["no", "yes"]
    assert asked[0].min() < 0 and asked[0].max() > 1, "the plane reaches beyond the points"
    no, yes = (path.vertices[:, 0] for path in figure.axes[0].collections[0].get_paths())
    assert no.max() <= 0.51 and yes.min() >= 0.49


def test_a_network_shows_its_numbers_both_ways(figures) -> None:  # noqa: F811
    kit.show_network((["1", "2"], ["3"]), [[["w0", "w1"]]], (["g1", "g2"], ["g3"]), ("in", "out"), "why")
    assert {"1", "2", "3", "w0", "w1", "g1", "g2", "g3", "in", "out", "why"} <= set(words(figures()[0]))


def test_agreement_counts_what_differs(figures) -> None:  # noqa: F811
    measured = np.array([[1.0, -2.0], [0.5, 0.0]])
    kit.show_agreement(measured, {"right": measured + 1e-9, "wrong": measured * [[1, 2], [1, 1]]})
    assert {"right:\nall agree", "wrong:\n1 of 4 differ"} <= set(words(figures()[0]))
    assert plt.get_fignums()
