"""A container of Gradescope's, simulated: a folder that stands for /autograder, in the layout and with the format that Gradescope documents.

In place of what setup.sh installs it has an environment with links to the very packages that setup.sh names and what they require, and no others.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
import zipfile
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import jsonschema

from autograder.authoring import gradescope_zip
from autograder.sandboxing import confinement

VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
TEST = {
    "type": "object",
    "properties": {
        "score": {"type": "number"},
        "max_score": {"type": "number"},
        "status": {"enum": ["passed", "failed"]},
        "name": {"type": "string"},
        "name_format": FORMAT,
        "number": {"type": "string"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "tags": {"type": "array", "items": {"type": "string"}},
        "visibility": VISIBILITY,
        "extra_data": {"type": "object"},
    },
    "additionalProperties": False,
}
# results.json as https://gradescope-autograders.readthedocs.io/en/latest/specs/ describes it: a score, or tests that have one each.
SCHEMA = {
    "type": "object",
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {"type": "array", "items": TEST},
        "leaderboard": {"type": "array"},
    },
    "additionalProperties": False,
    "anyOf": [
        {"required": ["score"]},
        {"required": ["tests"], "properties": {"tests": {"minItems": 1, "items": {"required": ["score"]}}}},
    ],
}


def image(path: Path, root: Path) -> Path:
    """What Gradescope builds once: the zip in source/, and what setup.sh would have installed there."""
    unpack(path, root / "source")
    shutil.copy(root / "source" / "run_autograder", root)
    environment = root / "source" / ".venv"
    venv.create(environment, symlinks=True)
    (place,) = environment.glob("lib/python3*/site-packages")
    packages = confinement._packages(gradescope_zip.PACKAGES)
    for name, path in packages.items():
        (place / name).symlink_to(path)
    for package in distributions():
        if {file.parts[0] for file in package.files or ()} & set(packages):
            (place / package._path.name).symlink_to(package._path)
    return root


def unpack(path: Path, target: Path) -> None:
    """As `unzip` does it, programs included."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            archive.extract(entry, target)
            (target / entry.filename).chmod(entry.external_attr >> 16 & 0o777)


def read(container: Path) -> dict[str, Any]:
    """results.json, which must be as documented."""
    results = json.loads((container / "results" / "results.json").read_text())
    jsonschema.validate(results, SCHEMA)
    return results


def run(container: Path, *prefix: str, **variables: str) -> subprocess.CompletedProcess:
    """Gradescope's own way: run_autograder, with nothing of ours in its environment."""
    environment = {"PATH": os.environ["PATH"], "STRIDE_AUTOGRADER": str(container), "LANG": "C.UTF-8"} | variables
    return subprocess.run([*prefix, container / "run_autograder"], cwd=container, env=environment, capture_output=True, text=True, timeout=120)


def without_bubblewrap(folder: Path) -> str:
    """A PATH with a bwrap that says what it says in a container without user namespaces."""
    program = folder / "bwrap"
    says = 'echo "bwrap: No permissions to create new namespace" >&2; exit 1'
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit\n{says}\n')
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"
