"""What a check costs beside the learner's own code: the promise is an answer within a second.

For every function of the course, with the finished solution as the subject: seconds of the whole check, and how many times the
seconds of the subject's own calls that is. The rest is drawing, the oracle, comparing, and for wrong work the misconceptions.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from autograder import judge, runner
from autograder.course import load_course
from autograder.exercise import load

REPEATS = 3


def measure() -> Iterator[str]:
    course = load_course()
    solutions = course.root / "solutions" / "cnnlib"
    for id in course.exercise_ids:
        exercise = load(id)
        if not exercise.is_function:
            continue
        subject = runner.load_subject(exercise, solutions)
        check(exercise, subject, course.visible_seed)  # the first one also waits for PyTorch
        whole, own = zip(*(check(exercise, subject, course.visible_seed) for _ in range(REPEATS)))
        slow = "  slower than promised" if min(whole) > 1 else ""
        yield f"{id:28} {min(whole):6.3f} s   {min(whole) / max(min(own), 1e-6):8.1f} × the learner's own code{slow}"


def check(exercise, subject, seed) -> tuple[float, float]:
    """Seconds of one check, and of the subject's calls in it."""
    started = time.perf_counter()
    cases = exercise.cases(seed)
    answers = runner.run(exercise, cases, subject)
    verdict = judge.judge(exercise, cases, answers)
    seconds = time.perf_counter() - started
    if not verdict.passed:
        raise SystemExit(f"The solution of {exercise.id} does not pass, so its speed means nothing. See: stride build --prove")
    return seconds, sum(answer.seconds for answer in answers)
