"""What goes out: the learner's copy of the course as a folder and a zip, and nbgrader's `source/` and `release/` trees.

The learner's copy has everything that `make lab` and `stride check` need, and neither `solutions/` nor anything secret. It also
carries its own stubs under `.stride/`, so that `stride reset` works there.

nbgrader copies whatever lies beside a source notebook to learners unstripped, and over their submissions when it grades:
so each assignment's folder there holds its notebook and nothing else.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import autograder
from autograder import files
from autograder.authoring import build, leaks
from autograder.authoring.notebooks import ANSWER_STUB, WRITTEN_STUB
from autograder.authoring.reset import PRISTINE
from autograder.course import SECRET_VARIABLE, Course, CourseError

# What a learner needs beside cnnlib/, notebooks/ and autograder/, where the course has it.
TOP_FILES = ("course.toml", "README.md", "LICENSE*", "pyproject.toml", "constraints.txt", "environment.yml", "Makefile", ".gitignore")
NAME = "stride"  # of the folder, and of the one folder in the zip
STAMP = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold: the same bytes every time
NBGRADER_CONFIG = f'''# Read by nbgrader when it is started in this folder.
c = get_config()  # noqa: F821
c.ClearSolutions.code_stub = {{"python": "{ANSWER_STUB}"}}  # an empty answer must not stop the notebook
c.ClearSolutions.text_stub = "{WRITTEN_STUB}"
c.HTMLExporter.sanitize_html = True  # a submission's scripts must not run in the grader's browser
'''


@dataclass(frozen=True)
class Release:
    """Where the parts of a release lie."""

    folder: Path
    archive: Path
    nbgrader: Path

    @property
    def paths(self) -> list[Path]:
        return [self.folder, self.archive, self.nbgrader / "source", self.nbgrader / "release"]


def release(course: Course, out: Path) -> Release:
    """Write `out`/stride, `out`/stride.zip and `out`/nbgrader/{source,release}; an earlier release there is replaced.

    Everything is made from the masters, not from this copy's cnnlib/ and notebooks/. Raises CourseError when a file to be
    released gives something away, and when somebody has worked in the earlier `out`/stride.
    """
    out = out.resolve()
    outside(course, out)
    content = bundle(course)
    problems = secrets(course, content)
    if problems:
        raise CourseError(f"Nothing was released: {problems[0]}; take it out of the master, then: stride build --prove")

    result = Release(out / NAME, out / f"{NAME}.zip", out / "nbgrader")
    try:
        _write(course, result, content)
    except OSError as error:
        raise CourseError(f"{out} cannot be written ({error.strerror}). Make room, or name another folder: stride release DIR") from error
    return result


def _write(course: Course, result: Release, content: Mapping[str, bytes]) -> None:
    _untouched(result.folder)
    _replace_folder(result.folder, content)
    trees = {
        "source": build.generate_notebooks(course, solutions=True),
        "release": {name: content[name] for name in content if name.startswith("notebooks/")},
    }
    for tree, made in trees.items():
        for assignment in course.assignments:
            notebook = f"{assignment.notebook}.ipynb"
            if f"notebooks/{notebook}" in made:
                _replace_folder(result.nbgrader / tree / assignment.id, {notebook: made[f"notebooks/{notebook}"]})
    loose = {result.archive: archive(content)}
    if not (result.nbgrader / "nbgrader_config.py").exists():  # an instructor may have added to it
        loose[result.nbgrader / "nbgrader_config.py"] = NBGRADER_CONFIG.encode()
    files.write_all(loose)


def outside(course: Course, out: Path) -> None:
    """Raise CourseError when a release in this folder would become part of the course."""
    if any(out.is_relative_to(course.root / name) for name in ("solutions", "cnnlib", "notebooks", "autograder", "data")) or out == course.root:
        raise CourseError(f"A release in {out} would become part of the course; write it elsewhere, for example: stride release out/release")


def bundle(course: Course) -> dict[str, bytes]:
    """The learner's copy: content of every file by its path."""
    generated = build.generate(course)
    content = {**generated, build.MANIFEST: build.manifest_of(generated), **{f"{PRISTINE}/{name}": generated[name] for name in generated}}
    content |= our_own()
    content |= {path.relative_to(course.root).as_posix(): path.read_bytes() for path in files.walk(course.root / "data")}
    content |= {path.name: path.read_bytes() for pattern in TOP_FILES for path in course.root.glob(pattern) if path.is_file()}
    guide = course.root / "docs" / "learners.md"
    if guide.is_file():  # the README is for those who also grade and write the course; its links would lead nowhere here
        content["README.md"] = guide.read_text(encoding="utf-8").replace("../README.md", course.repository).encode()
    return dict(sorted(content.items()))


def our_own() -> dict[str, bytes]:
    """The autograder itself: content of every file by its path."""
    package = Path(autograder.__file__).parent
    return {f"autograder/{path.relative_to(package).as_posix()}": path.read_bytes() for path in files.walk(package)}


def archive(content: Mapping[str, bytes], folder: str = f"{NAME}/", programs: Collection[str] = ()) -> bytes:
    """A zip of the files in one folder: sorted, without dates, the same bytes for the same content. `programs` can be executed."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(content):
            entry = zipfile.ZipInfo(f"{folder}{name}", STAMP)
            entry.create_system, entry.external_attr = 3, (0o100755 if name in programs else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content[name])
    return buffer.getvalue()


def secrets(course: Course, content: Mapping[str, bytes]) -> list[str]:
    """A sentence for everything in a learner's copy that should not be there."""
    found = [f"{name} is not for learners" for name in content if name.startswith(("solutions/", "tests/")) or name.endswith("course.secret")]
    stored = course.root / "course.secret"
    seeds = {os.environ.get(SECRET_VARIABLE, ""), stored.read_text(encoding="utf-8") if stored.is_file() else ""}
    # A short seed ("7") stands in every file by chance; one that anybody would guess keeps no secret anyway.
    seeds = {seed.strip().encode() for seed in seeds if len(seed.strip()) >= 6}
    found += [f"{name} holds the secret seed" for name, data in content.items() if any(seed in data for seed in seeds)]
    return found + leaks.leaks(course, content)


def _untouched(folder: Path) -> None:
    """Raise CourseError when somebody has worked in an earlier release."""
    for name, digest in build.read_manifest(folder).items():
        path = folder / name
        if path.is_file() and files.sha256(path.read_bytes()) != digest:
            raise CourseError(f"{path} was changed since it was released, so nothing was written; move {folder} away, then: stride release")


def _replace_folder(folder: Path, content: Mapping[str, bytes]) -> None:
    """Make the folder hold these files and no others; the old one stands until the new one is complete."""
    draft, old = (folder.with_name(f".{folder.name}.{os.getpid()}.{kind}") for kind in ("new", "old"))
    try:
        files.write_all({draft / name: data for name, data in content.items()})
        if folder.exists():
            os.replace(folder, old)
        os.replace(draft, folder)
    except BaseException:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
