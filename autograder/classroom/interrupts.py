"""Ctrl-C, which a terminal sends to a program and to all that it has started: only the program itself shall hear it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Here Ctrl-C waits, until what is being started is known and can be stopped; and what is started is born deaf to it."""
    resource_tracker.ensure_running()  # before, because that would let the signal through again
    came: list[int] = []
    handler = signal.getsignal(signal.SIGINT)
    ours = handler is not None and threading.current_thread() is threading.main_thread()
    if ours:  # another of our threads may get the signal that this one does not, and it is always this one that is interrupted
        signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if ours:
            signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(came[0])
