"""Single keys from a terminal, without waiting for Enter; a quiet pause where there is no terminal."""

from __future__ import annotations

import os
import sys
import time
from typing import Any


class Keyboard:
    """A context manager. `live` says whether anybody can press a key; the terminal is put back on the way out, however that happens."""

    def __init__(self) -> None:
        self.live = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
        self._before: Any = None

    def __enter__(self) -> Keyboard:
        if self.live and os.name == "posix":
            import termios
            import tty

            self._descriptor = sys.stdin.fileno()
            if os.tcgetpgrp(self._descriptor) == os.getpgrp():  # in the background, touching the terminal would stop us
                self._before = termios.tcgetattr(self._descriptor)
                tty.setcbreak(self._descriptor)
            else:
                self.live = False
        return self

    def __exit__(self, *_: Any) -> None:
        if self._before is not None:
            import termios

            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    def key(self, seconds: float) -> str:
        """The key that is pressed within so many seconds, in lower case; "" for none; "q" when the terminal is gone."""
        if not self.live:
            time.sleep(seconds)
            return ""
        if os.name == "posix":
            import select

            if not select.select([self._descriptor], [], [], seconds)[0]:
                return ""
            pressed = os.read(self._descriptor, 64)
            return pressed[:1].decode("ascii", "ignore").lower() if pressed else "q"
        import msvcrt

        deadline = time.monotonic() + seconds
        while not msvcrt.kbhit():
            if time.monotonic() > deadline:
                return ""
            time.sleep(0.02)
        return msvcrt.getwch().lower()
