"""What one sees while a network trains: a bar and lines in a terminal, lines alone in a file, curves that grow in a notebook."""

import io
import sys
import time

from ..loops import _Bar

EVERY = 0.2  # seconds between two drawings of the bar


class Lines:
    """A line of text for all that is worth one: what a file or a pipe gets."""

    def __init__(self, write=print):
        self.write, self.begun, self.drawn = write, None, 0.0

    def say(self, text):
        """One line."""
        self.write(text)

    def step(self, done, total, text):
        """So many of all steps are done."""

    def row(self, row, rows, watched):
        """A row of the log has been written. watched: what is looked at, "test" or "held-out"."""
        self.say(told(row, watched))

    def end(self):
        """Nothing more comes."""

    def _bar(self, done, total, text):
        """The bar as it stands, or None where the last one is fresh enough."""
        now = time.perf_counter()
        if self.begun is None:
            self.begun = now, done  # the first step of this session tells nothing of the pace: it may compile
            return None
        if now - self.drawn < EVERY and done < total:
            return None
        self.drawn = now
        bar, (begun, before) = _Bar(), self.begun
        left = (now - begun) / max(done - before, 1) * (total - done)
        bar.share, bar.text = done / total, f"step {done:,} of {total:,} · {text} · {_clock(left)} to go"
        return bar


class Terminal(Lines):
    """Lines, and below them a bar in place."""

    width = 0

    def say(self, text):
        sys.stdout.write("\r" + " " * self.width + "\r")
        self.width = 0
        print(text, flush=True)

    def step(self, done, total, text):
        bar = self._bar(done, total, text)
        if bar is not None:
            shown = repr(bar)
            print("\r" + shown + " " * (self.width - len(shown)), end="", flush=True)
            self.width = len(shown)

    def end(self):
        if self.width:
            print(flush=True)
            self.width = 0


class Notebook(Lines):
    """A bar, and below it the curves so far, drawn anew in their place: nothing is loaded from anywhere, and the last picture stays."""

    bar = plot = None

    def step(self, done, total, text):
        bar = self._bar(done, total, text)
        if bar is not None:
            self.bar = _shown(bar, self.bar)

    def row(self, row, rows, watched):
        self.plot = _shown(_Picture(curves(rows, watched)), self.plot)


class Silent(Lines):
    """For all processes but the first."""

    def __init__(self):
        super().__init__(lambda text: None)


def screen():
    """The screen that fits where this runs."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and hasattr(shell, "kernel"):
        return Notebook()
    return Terminal() if sys.stdout.isatty() else Lines(lambda text: print(text, flush=True))


def told(row, watched):
    """A row of the log in words."""
    words = [f"epoch {row['epoch']:g}"]
    if row["train_loss"] is not None:
        words.append(f"training loss {row['train_loss']:.4f}, error {row['train_error']:.2%}")
    if row["watched_error"] is not None:
        top5 = f" (top-5 {row['watched_error_top5']:.2%})" if row["watched_error_top5"] is not None else ""
        words.append(f"{watched} loss {row['watched_loss']:.4f}, error {row['watched_error']:.2%}{top5}")
    return " · ".join([*words, f"rate {row['learning_rate']:.3g}", _clock(row["seconds"])])


def curves(rows, watched):
    """A figure: loss and error over the epochs, of training and of what is watched."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from ..images import BLUE, ORANGE

    figure = Figure(figsize=(9.5, 3.1), layout="constrained")  # not pyplot's: the notebook would show it a second time
    FigureCanvasAgg(figure)
    for axis, (name, factor) in zip(figure.subplots(1, 2), {"loss": 1, "error": 100}.items()):
        for part, words, colour in (("train", "training", BLUE), ("watched", watched, ORANGE)):
            points = [(row["epoch"], factor * row[f"{part}_{name}"]) for row in rows if row[f"{part}_{name}"] is not None]
            if points:
                axis.plot(*zip(*points), color=colour, marker="o", markersize=3, label=f"{words}, {points[-1][1]:.3g}")
        axis.set_xlabel("epoch")
        axis.set_title(name if factor == 1 else "error (%)", fontsize=10)
        axis.set_ylim(bottom=0)
        axis.legend(frameon=False, fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
    return figure


class _Picture:
    """A figure as a notebook shows it whether matplotlib's own way into notebooks has been loaded or not; sharp on screens with small pixels."""

    def __init__(self, figure):
        self.figure = figure

    def __repr__(self):
        return "Loss and error over the epochs: see log.csv in the run's folder."

    def _repr_png_(self):
        stream, (width, height) = io.BytesIO(), (round(inches * self.figure.dpi) for inches in self.figure.get_size_inches())
        self.figure.savefig(stream, format="png", dpi=2 * self.figure.dpi)
        return stream.getvalue(), {"width": width, "height": height}


def _shown(thing, handle):
    """Display something, or put it in the place of what the handle shows; the handle."""
    from IPython.display import display

    if handle is None:
        return display(thing, display_id=True)
    handle.update(thing)
    return handle


def _clock(seconds):
    """A time to read: "8 s", "12 min", "3 h 20 min"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
