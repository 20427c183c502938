"""Ctrl-C (or a scheduler's SIGTERM) while training: the step is finished and a checkpoint written before anything ends."""

import contextlib
import os
import signal
import threading
import time

ECHO = 2.0  # seconds: a terminal sends Ctrl-C to torchrun and to its processes, and torchrun passes it on to them once more


class Stop:
    """`asked` becomes True at the first Ctrl-C; the second one stops at once."""

    def __init__(self):
        self.asked, self.since = False, 0.0
        self.echo = ECHO if "RANK" in os.environ else 0.0

    def _hear(self, number, frame):
        if not self.asked:
            self.asked, self.since = True, time.monotonic()
        elif time.monotonic() - self.since >= self.echo:
            raise KeyboardInterrupt


@contextlib.contextmanager
def stoppable():
    """Within, Ctrl-C is only noted, in the Stop that comes out. Outside the main thread, where Python hears no signals, nothing changes."""
    stop, before = Stop(), {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, stop._hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    except Exception:
        if "RANK" in os.environ:
            before.pop(signal.SIGTERM, None)  # torchrun ends all at the first one's end; what this one has to say shall still be heard
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
