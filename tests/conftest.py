"""What every test may rely on: one BLAS thread, no display, our own programs on PATH, Ctrl-C that is heard, and a secret seed that is no file."""

import os
import signal
import sys
from pathlib import Path

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # read when NumPy and torch are loaded: two workers must not fight for the same cores
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "JUPYTER_PLATFORM_DIRS": "1",
    "STRIDE_SECRET_SEED": "the seed of the tests",  # otherwise a test run would leave a course.secret in the checkout
}
for name, value in ENVIRONMENT.items():
    os.environ.setdefault(name, value)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a child process without bytecode compiles Jupyter anew

programs = str(Path(sys.executable).parent)  # nbgrader looks alembic up on PATH
if programs not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", "")])

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's `pytest &` is deaf to Ctrl-C, and so would be every program that a test starts
    signal.signal(signal.SIGINT, signal.default_int_handler)
