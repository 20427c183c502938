"""Gradescope's autograder of one assignment: the zip that an instructor uploads there.

Gradescope unpacks it in /autograder/source of a container with Ubuntu, runs setup.sh once as root, and then for each submission a copy of
run_autograder; what that does is in `classroom.gradescope`. The zip holds the judge, the assignment's master and the secret seed, so it is
for graders only.
Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import math
from pathlib import Path

from autograder import files
from autograder.authoring import release
from autograder.classroom import master
from autograder.course import SECRET_LENGTH, SECRET_VARIABLE, Assignment, Course, CourseError
from autograder.sandboxing.limits import Limits

PACKAGES = ("numpy", "torch", "nbformat")  # that judging imports, and whatever they require
SETUP = f"""\
#!/usr/bin/env bash
# Run once by Gradescope, as root, when it builds the image: Python with the packages that judging needs, and bubblewrap.
set -euo pipefail
cd "${{STRIDE_AUTOGRADER:-/autograder}}/source"
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1
apt-get update -q
apt-get install -qy --no-install-recommends bubblewrap python3 python3-venv

python=python3
if ! python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
  python=python3.11  # Ubuntu 22.04 has it beside its own, older one
  apt-get install -qy --no-install-recommends python3.11 python3.11-venv
fi
"$python" -m venv --clear .venv
# The small build of PyTorch: the usual one brings gigabytes along for graphics cards.
.venv/bin/python -m pip install --quiet --compile --constraint constraints.txt \\
  --extra-index-url https://download.pytorch.org/whl/cpu {" ".join(PACKAGES)}
.venv/bin/python -m compileall -q autograder
.venv/bin/python -c 'import autograder.judge, autograder.classroom.gradescope'  # what is missing is said now, not to the first learner
chmod 700 .
"""
RUN = """\
#!/usr/bin/env bash
# Run by Gradescope, as root, for each submission.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
root="${{STRIDE_AUTOGRADER:-/autograder}}"
mkdir -p "$root/results" && chmod 700 "$root/source" "$root/results" && cd "$root/source" || exit
exec .venv/bin/python -m autograder.classroom.gradescope "$root" {assignment} {visibility}
"""


def content(course: Course, assignment: Assignment, visibility: str) -> dict[str, bytes]:
    """What the zip holds, by path. Raises CourseError when the course lacks something."""
    seed = course.secret_seed()
    if len(seed.strip()) < SECRET_LENGTH:
        raise CourseError(f"{SECRET_VARIABLE} is too short to keep a secret in a container. Set it to a long random text, or unset it.")
    library, notebook = master.sources(course, assignment)
    found = release.our_own() | library | {f"notebooks/{assignment.notebook}.ipynb": notebook}
    for place in ("data", "course.toml", "constraints.txt", "LICENSE"):
        path = course.root / place
        inside = files.walk(path) if path.is_dir() else [path] if path.is_file() else ()
        found |= {file.relative_to(course.root).as_posix(): file.read_bytes() for file in inside}
    run = RUN.format(assignment=assignment.id, visibility=visibility)
    return found | {"course.secret": f"{seed.strip()}\n".encode(), "setup.sh": SETUP.encode(), "run_autograder": run.encode()}


def write(course: Course, assignment_id: str, out: Path, visibility: str) -> tuple[Path, str]:
    """Write `out`/gradescope-<assignment>.zip, readable by its owner alone. Gives its path, and what its user has to know.

    The same course gives the same bytes. Raises CourseError for a folder within the course, and when the course lacks something.
    """
    assignment = course.assignment(assignment_id)
    out = out.resolve()
    release.outside(course, out)
    path = out / f"gradescope-{assignment.id}.zip"
    packed = release.archive(content(course, assignment, visibility), folder="", programs=("setup.sh", "run_autograder"))
    try:
        files.write_all({path: packed})
        path.chmod(0o600)
    except OSError as error:
        again = f"stride release --gradescope {assignment.id} --out DIR"
        raise CourseError(f"{path} cannot be written ({error.strerror}). Make room, or name another folder: {again}") from error
    return path, _to_know(course, assignment)


def _to_know(course: Course, assignment: Assignment) -> str:
    limits = [Limits.of(course.limits, exercise.limits) for exercise in assignment.exercises]
    minutes = math.ceil(sum(limit.wall_seconds for limit in limits) / 60) + 2
    memory = math.ceil(max(limit.memory_mb for limit in limits) / 1024) + 1
    points = sum(exercise.points for exercise in assignment.exercises)
    lines = [
        "It holds the secret seed: upload it to Gradescope, and give it to graders only.",
        f"There: Ubuntu 24.04 (or 22.04), autograder points {points:g}, memory at least {memory} GB, timeout at least {minutes} minutes.",
    ]
    if assignment.written:
        by_hand = ", ".join(f"{written.id} ({written.points:g} points)" for written in assignment.written)
        lines.append(f"Marked by people there, as manual grading: {by_hand}.")
    return "\n".join(lines)
