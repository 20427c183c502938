"""A progress bar for loops that take a while. In a notebook it is one line that changes; elsewhere, one line of text."""

import sys
import time


def progress(steps, words="", every=0.2):
    """Go through `steps` (anything with a length), and show how far it is, how long it took and how long it will take.

        for epoch in progress(range(30), "epochs"):
            ...

    steps    a range, list …; its elements come out one by one
    words    what is counted
    every    seconds between two drawings
    """
    total, begun, drawn = len(steps), time.perf_counter(), 0.0
    bar, draw = _Bar(), None
    for done, step in enumerate(steps):
        yield step
        now = time.perf_counter()
        if now - drawn >= every or done + 1 == total:
            drawn, spent = now, now - begun
            left = spent / (done + 1) * (total - done - 1)
            bar.share = (done + 1) / total
            bar.text = f"{done + 1} of {total} {words} · {spent:.0f} s" + (f", about {left:.0f} s to go" if left >= 1 else "")
            draw = draw or _drawer(bar)  # not before the first step is done: it may be waiting for your code
            draw(bar)
    if draw is _print:
        print()


class _Bar:
    """The bar as it stands: a line of text, or a line of HTML."""

    share, text = 0.0, ""

    def __repr__(self):
        full = round(20 * self.share)
        return "█" * full + "░" * (20 - full) + " " + self.text

    def _repr_html_(self):
        return f'<progress value="{self.share:.3f}" max="1" style="vertical-align: middle"></progress> <small>{self.text}</small>'


def _print(bar):
    print(f"\r{bar!r}", end="", flush=True)


def _drawer(bar):
    """A function that draws the bar in place: in a notebook's own way, or as a line of text. IPython is only asked where it runs already."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return _print
    return ipython.display.display(bar, display_id=True).update
