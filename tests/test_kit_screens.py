"""What one sees while a network trains: in a terminal, in a file, in a notebook."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.training_runs import part, recipe, train

screens = part("screens")


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that screens see: the one element."""
    now = [0.0]
    monkeypatch.setattr(screens, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    return now


def row(epoch: int, **changes: object) -> dict:
    names = part("logs").COLUMNS
    return dict(zip(names, (epoch, 7 * epoch, 3.2 * epoch, 0.05, 1 / epoch, 0.5 / epoch, 2 / epoch, 0.6 / epoch, None))) | changes


def test_a_row_in_words() -> None:
    assert screens.told(row(2), "test") == (
        "epoch 2 · training loss 0.5000, error 25.00% · test loss 1.0000, error 30.00% · rate 0.05 · 6 s"
    )
    assert "held-out loss" in screens.told(row(2), "held-out") and "(top-5 1.00%)" in screens.told(row(2, watched_error_top5=0.01), "test")
    assert "test" not in screens.told(row(2, watched_error=None), "test")


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 s"), (99, "99 s"), (100, "2 min"), (3540, "59 min"), (12000, "3 h 20 min")])
def test_times_to_read(seconds: float, words: str) -> None:
    assert screens._clock(seconds) == words


def test_a_terminal_has_a_bar_in_place_below_its_lines(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    out = Tty()
    monkeypatch.setattr(sys, "stdout", out)
    screen = screens.screen()
    assert type(screen) is screens.Terminal
    for step in range(1, 12):
        clock[0] += 1.0
        screen.step(step, 100, "loss 1")
    first = out.getvalue()
    assert "\n" not in first and first.count("\r") == 10 and "step 11 of 100 · loss 1 · 89 s to go" in first
    screen.say("a line")
    assert out.getvalue().endswith("\ra line\n") and set(out.getvalue().removesuffix("\ra line\n").rpartition("\r")[2]) == {" "}
    screen.end()
    assert out.getvalue().endswith("a line\n")


def test_a_bar_is_drawn_five_times_a_second_at_most_and_when_all_is_done(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    out = Tty()
    monkeypatch.setattr(sys, "stdout", out)
    screen = screens.screen()
    clock[0] = 100.0
    for step in range(1, 1001):
        clock[0] += 0.001
        screen.step(step, 1000, "")
    assert 5 <= out.getvalue().count("\r") <= 7 and "step 1,000 of 1,000" in out.getvalue()


def test_a_file_gets_lines_alone(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    train(recipe(), tmp_path / "run")
    out = capsys.readouterr().out
    assert "\r" not in out and "█" not in out and out.count("· rate") == 2


def test_a_notebook_has_one_bar_and_one_picture_that_change_in_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython
    import IPython.display
    import matplotlib.pyplot as plt
    from IPython.core.formatters import DisplayFormatter

    shown, updated = [], []

    class Handle:
        def __init__(self, thing: object) -> None:
            self.kind = type(thing).__name__
            shown.append(self.kind)

        def update(self, thing: object) -> None:
            assert type(thing).__name__ == self.kind
            updated.append(thing)

    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=1))
    monkeypatch.setattr(IPython.display, "display", lambda thing, display_id: Handle(thing))
    monkeypatch.setattr(screens, "EVERY", 0.0)
    train(recipe(epochs=3), tmp_path / "run")
    assert sorted(shown) == ["_Bar", "_Picture"] and not plt.get_fignums()
    pictures = [thing for thing in updated if type(thing).__name__ == "_Picture"]
    assert len(pictures) == 2 and [len(line.get_xdata()) for line in pictures[-1].figure.axes[0].lines] == [3, 3]
    assert pictures[-1].figure.axes[1].get_title() == "error (%)"
    data, how = DisplayFormatter().format(pictures[-1])  # of a kernel that has not loaded matplotlib's own way into notebooks
    assert data["image/png"].startswith(b"\x89PNG") and how["image/png"] == {"width": 950, "height": 310}


def test_a_notebook_shows_what_can_be_mended_as_a_sentence() -> None:
    assert part("recipe").TrainingError("Choose a smaller batch.")._render_traceback_() == ["Choose a smaller batch."]


def test_curves_leave_out_what_was_not_looked_at() -> None:
    figure = screens.curves([row(1, watched_loss=None, watched_error=None), row(2)], "held-out")
    training, watched = figure.axes[1].lines
    assert list(training.get_xdata()) == [1, 2] and list(watched.get_xdata()) == [2] and list(watched.get_ydata()) == [30.0]
    assert watched.get_label() == "held-out, 30"


def test_the_bar_of_a_run_that_goes_on_counts_its_own_pace_only(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    out = Tty()
    monkeypatch.setattr(sys, "stdout", out)
    screen = screens.screen()
    clock[0] = 50.0
    screen.step(900, 1000, "")
    clock[0] = 60.0
    screen.step(910, 1000, "")
    assert "90 s to go" in out.getvalue()
