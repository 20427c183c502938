"""Ctrl-C (or a scheduler's SIGTERM) while training: the step is finished and a checkpoint written before anything ends."""

import contextlib
import signal
import threading


class Stop:
    """`asked` becomes True at the first Ctrl-C; the second one stops at once."""

    asked = False

    def _hear(self, number, frame):
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextlib.contextmanager
def stoppable():
    """Within, Ctrl-C is only noted, in the Stop that comes out. Outside the main thread, where Python hears no signals, nothing changes."""
    stop, before = Stop(), {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, stop._hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
