"""`nbgrader autograde` with our judge: the second door to the same marks.

nbgrader's own way is to execute a learner's notebook and read the marks from its outputs. Configured by `configure`, it
rebuilds the notebook from the master instead, and the check cells' outputs are our verdicts from the sandbox.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbformat import NotebookNode
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, NbGraderPreprocessor, OverwriteKernelspec, SaveAutoGrades
from traitlets import Unicode

from autograder.classroom import cells, gradebook, intake, job, master
from autograder.classroom.late import LatePolicy
from autograder.course import load_course

LOOKS = (
    *("color", "background-color", "border", "border-left", "border-radius", "padding", "margin", "max-width", "max-height", "overflow"),
    *("box-sizing", "display", "vertical-align", "white-space", "overflow-wrap", "text-align"),
    *("font-family", "font-size", "font-weight", "line-height"),
)
CLEARS = ("LockCells", "ClearOutput", "CheckCellMetadata", "ComputeChecksums", "SaveCells")


def configure(c: Any, course: str, sandbox: str) -> None:
    """Set an nbgrader configuration up: called by the nbgrader_config.py that `stride grade` writes."""
    import nbgrader.preprocessors as own

    gradebook.find_programs()
    for each in (Rebuild, Judge):
        c[each.__name__].course = course
    c.Judge.sandbox = sandbox
    c.LatePolicy.course = course
    if load_course(Path(course)).late:
        c.AssignLatePenalties.plugin_class = LatePolicy
    c.Autograde.sanitize_preprocessors = [Rebuild, OverwriteKernelspec, CheckCellMetadata]
    c.Autograde.autograde_preprocessors = [Judge, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata]
    # source/ holds the released notebook: there are no solutions to clear, and nbgrader would clear whole answer cells.
    c.GenerateAssignment.preprocessors = [getattr(own, name) for name in CLEARS]
    c.HTMLExporter.sanitize_html = True  # a submission's scripts must not run in a grader's browser
    c.HTMLExporter.filters = {"clean_html": f"{__name__}.clean"}


def clean(element: str | bytes) -> str:
    """nbconvert's own sanitiser, which leaves our cards their looks: colours, borders, sizes, and nothing that could hide or fetch."""
    text = element.decode() if isinstance(element, bytes) else str(element)
    attributes = {**bleach.ALLOWED_ATTRIBUTES, "*": ["class", "id", "style"]}
    tags = [*bleach.ALLOWED_TAGS, *("div", "pre", "code", "span", "table", "tr", "td")]
    return bleach.clean(text, tags=tags, attributes=attributes, css_sanitizer=CSSSanitizer(allowed_css_properties=LOOKS))


class Rebuild(NbGraderPreprocessor):
    """Puts the learner's answer and written cells into the master notebook: nothing else of a submission counts."""

    course = Unicode(help="the folder with course.toml").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        _, _, origin = _find(self.course, resources)
        return copy.deepcopy(cells.rebuild(origin.notebook, cells.from_tree(nb).cells)), resources


class Judge(NbGraderPreprocessor):
    """Stands where nbgrader executes notebooks: writes each check's verdict into its cell, judged in the sandbox.

    A fault of ours is an exception, by which nbgrader leaves the submission unmarked and says so.
    """

    course = Unicode(help="the folder with course.toml").tag(config=True)
    sandbox = Unicode(job.BUBBLEWRAP, help="bubblewrap, or none").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        course, assignment, origin = _find(self.course, resources)
        # nbgrader has copied the files beside the notebook into the folder that it is now converting.
        folder = Path(resources["metadata"]["path"])
        submission = intake.read(resources["nbgrader"]["student"], [folder], course, assignment)
        submission.notebook = cells.from_tree(nb)
        for problem in submission.problems:
            self.log.warning("%s: %s", submission.learner, problem)
        verdicts = job.run(job.prepare(course, submission, origin.folder(submission), origin.digest, self.sandbox))
        return gradebook.show(nb, verdicts), resources


def _find(root: str, resources: dict[str, Any]):
    course = load_course(Path(root))
    assignment = course.assignment(resources["nbgrader"]["assignment"])
    return course, assignment, master.load(course, assignment)
