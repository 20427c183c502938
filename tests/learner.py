"""A learner's course of three exercises, none of them written, to run commands in."""

import json
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = ("conv.rotate180", "conv.dilate", "conv.conv2d_forward")
COURSE = f"""
[course]
name = "Toy"
title = "Convolution"
visible_seed = 7
repository = "https://example.org/toy"

[limits]
cpu_seconds = 5
wall_seconds = 20

[[assignment]]
id = "02"
title = "Convolution"
notebook = "02_convolution"
minutes = 5
points = 27
exercises = {json.dumps(EXERCISES)}
"""
STUB = 'def {name}(*args, **kwargs):\n    raise NotImplementedError("{id}: not written yet — stride hint {id}")\n\n\n'
ROTATE = "def rotate180(w):\n    return w[..., ::-1, ::-1]\n"
UPSIDE_DOWN = "def rotate180(w):\n    return w[..., ::-1, :]\n"

STRIDE = [sys.executable, "-m", "autograder"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
ENVIRONMENT.pop("STRIDE_CNNLIB", None)


def make_course(folder):
    """Fill an empty folder."""
    (folder / "cnnlib").mkdir()
    (folder / "course.toml").write_text(COURSE)
    stubs = "".join(STUB.format(id=id, name=id.partition(".")[2]) for id in EXERCISES)
    (folder / "cnnlib" / "conv.py").write_text(stubs, encoding="utf-8")
    return folder


def with_function(source, function):
    """The file's text with one stub, or function, replaced."""
    name = re.match(r"def (\w+)", function)[1]
    return re.sub(rf"def {name}\(.*?\n\n\n", lambda _: function + "\n\n", source, count=1, flags=re.DOTALL)


def write(course, function):
    """Save a function in the place of its stub."""
    path = course / "cnnlib" / "conv.py"
    path.write_text(with_function(path.read_text(encoding="utf-8"), function), encoding="utf-8")
