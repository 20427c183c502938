"""`stride watch` in a terminal of its own: what a learner sees when saving, and what the keys do."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from tests.learner import ENVIRONMENT, ROTATE, STRIDE, UPSIDE_DOWN, make_course, with_function, write

PATIENCE = 30
DILATE = """def dilate(x, stride):
    import numpy as np
    sh, sw = (stride, stride) if isinstance(stride, int) else stride
    *batch, h, w = x.shape
    out = np.zeros((*batch, (h - 1) * sh + 1, (w - 1) * sw + 1), x.dtype)
    out[..., ::sh, ::sw] = x
    return out
"""


class Terminal:
    """A pseudo-terminal with `stride watch` in it."""

    def __init__(self, course, *arguments):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        environment = ENVIRONMENT | {"TERM": "xterm", "PYTHONUNBUFFERED": "1"}

        def own_terminal():
            os.setsid()
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it (nohup), and children inherit that
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        streams = dict.fromkeys(("stdin", "stdout", "stderr"), self.slave)
        command = [*STRIDE, "watch", *arguments]
        self.process = subprocess.Popen(command, cwd=course, env=environment, preexec_fn=own_terminal, **streams)
        self.seen = ""

    def sees(self, pattern):
        """Wait for the pattern in what is new on the screen, and leave what follows it for later."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.seen, re.DOTALL)):
            assert time.monotonic() < deadline and self.process.poll() is None, f"{pattern!r} does not come; there is {self.seen!r}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
        self.seen = self.seen[found.end() :]
        return found[0]

    def stays_quiet(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
        return not self.seen.strip()

    def press(self, key):
        os.write(self.master, key.encode())


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


@pytest.fixture
def terminal(course):
    opened = []

    def open_terminal(*arguments):
        opened.append(Terminal(course, *arguments))
        return opened[-1]

    yield open_terminal
    for one in opened:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        os.close(one.master)
        os.close(one.slave)


def quit_and_code(screen):
    screen.press("q")
    deadline = time.monotonic() + 10
    while screen.process.poll() is None and time.monotonic() < deadline:
        screen.stays_quiet(0.1)
    return screen.process.poll()


def test_the_loop_save_fail_save_pass_next_quit(course, terminal):
    screen = terminal()
    screen.sees(r"conv.rotate180 \(1 of 3, 0 pass\)")
    screen.sees("not written yet.*q quit")
    write(course, UPSIDE_DOWN)
    screen.sees("✗.*q quit")
    write(course, ROTATE)
    screen.sees("4 of 4 points. Everything holds.")
    screen.sees("q quit")
    screen.press("n")
    screen.sees(r"conv.dilate \(2 of 3, 1 pass\).*q quit")
    assert quit_and_code(screen) == 0
    assert termios.tcgetattr(screen.slave) == screen.before


def test_saving_another_file_turns_to_its_exercises(course, terminal):
    screen = terminal()
    screen.sees(r"conv.rotate180 \(1 of 3, 0 pass\)")
    screen.sees("q quit")
    write(course, "def dilate(array, stride):\n    return array\n")
    screen.sees(r"conv.rotate180 \(1 of 3, 0 pass\)")  # the same file: the exercise stays
    screen.sees("q quit")
    assert quit_and_code(screen) == 0


def test_what_is_known_to_pass_is_counted_from_the_start(course, terminal):
    write(course, ROTATE)
    first = terminal("conv.rotate180")
    first.sees("Everything passes|All 1 pass")
    second = terminal()
    second.sees(r"conv.dilate \(2 of 3, 1 pass\)")


def test_starts_at_the_first_exercise_that_does_not_pass(course, terminal):
    write(course, ROTATE)
    screen = terminal("02")
    screen.sees(r"conv.dilate \(2 of 3, 1 pass\)")


def test_keys_hint_list_and_one_that_means_nothing(terminal):
    screen = terminal("conv.rotate180")
    screen.sees("q quit")
    screen.press("h")
    assert "The method" not in screen.sees("A nudge.*left")
    screen.press("h")
    screen.sees("The method")
    screen.sees("left")
    screen.press("l")
    screen.sees("○ conv.rotate180.*to be checked")
    screen.press("x")
    screen.press("\x1b[A")
    screen.sees("$")
    assert screen.stays_quiet(0.8)
    assert quit_and_code(screen) == 0


def test_reset_asks_first_and_keeps_a_backup(course, terminal):
    path = course / "cnnlib" / "conv.py"
    pristine = course / ".stride" / "cnnlib" / "conv.py"
    pristine.parent.mkdir(parents=True)
    pristine.write_bytes(path.read_bytes())
    write(course, UPSIDE_DOWN)
    screen = terminal("conv.rotate180")
    screen.sees("✗.*q quit")
    mine = path.read_text()
    screen.press("r")
    screen.sees(r"Put conv.rotate180 back .*any other key no")
    screen.press("n")
    screen.sees("Nothing was changed.")
    assert path.read_text() == mine
    screen.press("r")
    screen.sees("any other key no")
    screen.press("y")
    screen.sees("Your version is kept: .*backup")
    screen.sees("not written yet")  # and it is checked again at once
    assert "conv.rotate180: not written yet" in path.read_text()
    assert [backup.read_text() for backup in path.parent.glob("*backup*")] == [mine]


def test_a_reset_that_cannot_be_is_a_sentence(terminal):
    screen = terminal("conv.rotate180")
    screen.sees("q quit")
    screen.press("r")
    screen.sees("any other key no")
    screen.press("y")
    screen.sees("get a new copy of the course")
    assert quit_and_code(screen) == 0


def by_rename(path, text):
    draft = path.with_name(".conv.py.swp")
    draft.write_text(text)
    os.replace(draft, path)


def by_deleting_first(path, text):
    path.unlink()
    time.sleep(0.4)
    path.write_text(text)


def by_emptying_first(path, text):
    path.write_text("")
    time.sleep(0.4)
    path.write_text(text)


def by_halves(path, text):
    with path.open("w") as file:
        for start in range(0, len(text), len(text) // 4):
            file.write(text[start : start + len(text) // 4])
            file.flush()
            time.sleep(0.06)


@pytest.mark.parametrize("save", [by_rename, by_deleting_first, by_emptying_first, by_halves])
def test_whatever_way_an_editor_saves_only_the_whole_file_is_checked(course, terminal, save):
    screen = terminal("conv.rotate180")
    screen.sees("q quit")
    path = course / "cnnlib" / "conv.py"
    save(path, with_function(path.read_text(), ROTATE))
    shown = screen.sees("^.*Everything holds")  # all that came before it, too
    assert "not found" not in shown and "SyntaxError" not in shown and "✗" not in shown


def test_code_that_cannot_be_read_or_exits_leaves_the_watch_alive(course, terminal):
    screen = terminal("conv.rotate180")
    screen.sees("q quit")
    path = course / "cnnlib" / "conv.py"
    stubs = path.read_text()
    path.write_text("def rotate180(w:\n")
    screen.sees("SyntaxError.*q quit")
    path.write_text("import sys\nsys.exit(3)\n")
    screen.sees("left Python with exit.*q quit")
    path.write_text(with_function(stubs, ROTATE))
    screen.sees("Everything holds")


def test_ctrl_c_stops_and_puts_the_terminal_back(terminal):
    screen = terminal("conv.rotate180")
    screen.sees("q quit")
    screen.press("\x03")
    screen.sees("Stopped")
    assert screen.process.wait(timeout=10) == 130
    assert termios.tcgetattr(screen.slave) == screen.before


def test_a_terminal_that_goes_away_ends_it(terminal):
    screen = terminal("conv.rotate180")
    screen.sees("q quit")
    os.killpg(screen.process.pid, signal.SIGHUP)
    assert screen.process.wait(timeout=10) != 0


def test_without_a_terminal_it_prints_on_change_goes_on_by_itself_and_ends_when_all_pass(course):
    log = course / "log"
    with log.open("wb") as out:
        command = [*STRIDE, "watch", "conv.rotate180", "conv.dilate"]
        process = subprocess.Popen(command, cwd=course, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        for expected, function in (("conv.rotate180: not written", ROTATE), ("conv.dilate: not written", DILATE)):
            deadline = time.monotonic() + PATIENCE
            while expected not in log.read_text():
                assert time.monotonic() < deadline and process.poll() is None, log.read_text()
                time.sleep(0.05)
            time.sleep(0.5)
            assert log.read_text().count(expected) == 1  # nothing is printed when nothing is saved
            write(course, function)
        assert process.wait(timeout=PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
    said = log.read_text()
    assert "★ All 2 pass" in said and "stride submit 02" in said and "\x1b" not in said
