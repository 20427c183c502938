"""One folder of marks, one secret: hidden cases drawn with another would give the same work other marks, and nobody would know why."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from autograder import files
from autograder.course import SECRET_VARIABLE, Course, CourseError

NAME = ".seed"  # a fingerprint of the secret, by which it cannot be found


def keep(course: Course, out: Path) -> None:
    """Note with which secret `out` is graded. Raises CourseError when it was begun with another, or when that is lost: no new one is made then."""
    path, place = out / NAME, course.root / "course.secret"
    known = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    put_back = f"Put the one back that was used (in {place} or {SECRET_VARIABLE}), then run the same command again"
    anew = f"To draw the cases anew for everybody: rm {path}"
    if known and not os.environ.get(SECRET_VARIABLE) and not place.exists():
        raise CourseError(f"{place} is missing, and the hidden cases in {out} were drawn with it. {put_back}. {anew}")
    now = hashlib.sha256(f"stride\n{course.secret_seed()}".encode()).hexdigest()
    if known and known != now:
        raise CourseError(f"The hidden cases in {out} were drawn with another secret than there is now. {put_back}. {anew}")
    if not known:
        files.write_all({path: f"{now}\n".encode()})
