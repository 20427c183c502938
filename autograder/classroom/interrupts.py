"""Ctrl-C, which a terminal sends to a program and to all that it has started: only the program itself shall hear it. And SIGTERM, with a word."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
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


@contextlib.contextmanager
def last_words(sentence: str) -> Iterator[None]:
    """Here SIGTERM (a shutdown, a queue's time limit) ends the program at once, as it always does, but not without this sentence on stderr."""

    def end(number: int, _: object) -> None:
        with contextlib.suppress(OSError):  # nobody may be listening any more
            os.write(sys.__stderr__.fileno(), f"\n{sentence}\n".encode())
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield  # somebody else's program, with a handler of its own
        return
    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
