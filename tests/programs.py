"""Programs for the tests to run, and what they run with: nbgrader as its users start it, in a graded course's folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

from nbgrader.plugins import BasePlugin

ROOT = Path(__file__).parent.parent


class HalfForLate(BasePlugin):
    """A policy as an instructor might write it: late work is worth half."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 2


def run(folder: Path, *command: str) -> str:
    """What a program printed to stdout. Fails, with what it said, when it does."""
    program = Path(sys.executable).parent / command[0]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([program, *command[1:]], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def formgrader(assignment: str, notebook: str) -> dict:
    """What the formgrader's pages are made of: nbgrader's API with the configuration in the working directory."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=".").load_config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    return {
        "assignments": [[a["name"], a["num_submissions"], a["max_score"]] for a in api.get_assignments()],
        "submissions": {s["student"]: [s["autograded"], s["score"], s["needs_manual_grade"]] for s in api.get_submissions(assignment)},
        "notebooks": len(api.get_notebook_submissions(assignment, notebook)),
    }


if __name__ == "__main__":
    print(json.dumps({"formgrader": formgrader}[sys.argv[1]](*sys.argv[2:])))
