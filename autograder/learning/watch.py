"""`stride watch`: checks again whenever a file is saved, and leads from exercise to exercise.

Saving is noticed by looking at the files' dates, sizes and identities a few times a second. That needs no package, works on network
drives and mounted folders, where notifications of the system do not arrive, and is the same for editors that write in place and
those that write another file and rename it. A handful of small files costs nothing to look at.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from autograder import artefacts, files
from autograder.cards.terminal import painter, text, wants_colour
from autograder.course import Course, CourseError
from autograder.exercise import load
from autograder.learning import hints, progress, walk
from autograder.learning.keyboard import Keyboard
from autograder.verdict import PASSED, Verdict

POLL = 0.25  # seconds between two looks
SETTLE = 0.1  # a file is read when it has not changed for so long
PATIENCE = 2.0  # an empty or missing file is waited for so long: an editor may be about to put it in place
KEYS = "n next   h hint   l list   r reset   q quit"

Snapshot = dict[Path, tuple[int, int, int]]


class Watch:
    """Walks through `ids`, beginning with the first exercise that does not pass."""

    def __init__(self, course: Course, ids: list[str], keyboard: Keyboard) -> None:
        self._course = course
        self._ids = ids
        self._keyboard = keyboard
        self._paint = painter(wants_colour())
        self._passed = {id for id, status in progress.statuses(course).items() if status == PASSED and id in ids}
        self._current = ids[0]
        self._seen: Snapshot = {}

    def run(self) -> None:
        """Until q is pressed; without a keyboard, until everything passes."""
        self._say("Looking for your place …")
        self._go_on(self._ids)
        while self._keyboard.live or len(self._passed) < len(self._ids):
            saved = self._saved()
            if saved:
                verdict = self._check(self._meant(saved))
                if verdict.passed and not self._keyboard.live:
                    self._go_on(self._after())
            key = self._keyboard.key(POLL)
            if key == "q":
                return
            self._press(key)

    def _press(self, key: str) -> None:
        exercise = load(self._current)
        if key == "n":
            self._go_on(self._after())
        elif key == "h":
            self._say(hints.text(exercise, hints.reveal(self._course, exercise)).replace("Once more", "h"))
        elif key == "l":
            self._say("\n".join(walk.overview(self._course, self._ids)))
        elif key == "r":
            self._reset()

    def _reset(self) -> None:
        from autograder.authoring.reset import reset

        self._say(f"Put {self._current} back as it was handed out? Your version is kept beside it. y yes, any other key no")
        answer = ""
        while not answer:
            answer = self._keyboard.key(POLL)
        if answer != "y":
            self._say("Nothing was changed.")
            return
        try:
            self._say(f"Your version is kept: {reset(self._course, self._current)}")
        except CourseError as error:
            self._say(str(error))

    def _after(self) -> list[str]:
        """The exercises after the current one, then those before it, then itself."""
        place = self._ids.index(self._current) + 1
        return self._ids[place:] + self._ids[:place]

    def _go_on(self, ids: list[str]) -> None:
        """Make the first of them that does not pass the current one."""
        self._seen = self._look()
        found = walk.first_open(self._course, ids, lambda verdict: self._passed.add(verdict.exercise))
        if found is None:
            handin = " ".join(dict.fromkeys(self._course.assignment_of(id).id for id in self._ids))
            self._say(f"{self._paint('★', '32')} All {len(self._ids)} pass. Hand in: stride submit {handin}")
            return
        self._passed.discard(found.exercise)
        self._current = found.exercise
        self._show(found)

    def _check(self, id: str) -> Verdict:
        verdict = walk.verdict(self._course, id)
        (self._passed.add if verdict.passed else self._passed.discard)(id)
        self._show(verdict)
        return verdict

    def _show(self, verdict: Verdict) -> None:
        if self._keyboard.live and os.environ.get("TERM") != "dumb":
            sys.stdout.write("\x1b[2J\x1b[H")  # a fresh page; what scrolled away stays
        place = f"{self._ids.index(verdict.exercise) + 1} of {len(self._ids)}, {len(self._passed)} pass"
        self._say(self._paint(f"{verdict.exercise} ({place}). {walk.whereabouts(self._course, verdict.exercise)}", "2"))
        self._say(text(verdict))
        if self._keyboard.live:
            self._say(self._paint(("n next exercise   l list   q quit" if verdict.passed else KEYS) + "   (checks when you save)", "2"))

    def _say(self, line: str) -> None:
        print(line, flush=True)

    def _meant(self, saved: set[Path]) -> str:
        """The exercise that a save is about: the current one, or else the first of the saved file that is not known to pass."""
        here = load(self._current)
        there = [id for id in self._ids if load(id).is_function and self._course.place(load(id).module) in saved]
        if there and not saved & set(map(self._course.place, (here.module, *here.uses))):
            self._current = next((id for id in there if id not in self._passed), there[0])
        return self._current

    def _saved(self) -> set[Path]:
        """The files that were saved since the last look; waits until they are whole."""
        now = self._look()
        if now == self._seen:
            return set()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(SETTLE)
            before, now = now, self._look()
            gone = any(now.get(path, (0, 0, 0))[1] == 0 and size for path, (_, size, _) in self._seen.items())
            if now == before and not gone:
                break
        changed = {path for path in now.keys() | self._seen.keys() if now.get(path) != self._seen.get(path)}  # a save that was undone is none
        self._seen = now
        return changed

    def _look(self) -> Snapshot:
        exercise = load(self._current)
        paths = [path for path in files.walk(self._course.cnnlib) if path.suffix == ".py"]
        if exercise.answer is not None:
            paths.append(self._course.root / "notebooks" / f"{self._course.assignment_of(exercise.id).notebook}.ipynb")
        if exercise.artefact and (path := artefacts.place(exercise.artefact, self._course.cnnlib)):
            paths.append(path)
        found = {}
        for path in paths:
            try:
                status = path.stat()
            except OSError:  # an editor is just replacing it
                continue
            found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
        return found
