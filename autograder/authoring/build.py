"""From `solutions/` to what learners get: stubs in `cnnlib/`, notebooks in `notebooks/`, byte for byte the same every time.

`cnnlib/.generated.json` remembers the sha256 of every generated file. A file that is neither as we left it nor as we would
write it now holds somebody's work: `build` says so and writes nothing at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from autograder import files
from autograder.authoring import notebooks, stubs
from autograder.course import Assignment, Course, CourseError

MANIFEST = "cnnlib/.generated.json"
KIT = "kit"  # given to learners as it is


@dataclass(frozen=True)
class BuildResult:
    """What a build wrote or removed (`changed`), or with check=True would have to (`stale`): paths relative to the course."""

    changed: list[str]
    stale: list[str]
    backups: list[str]

    @property
    def message(self) -> str:
        """One sentence for the terminal."""
        if self.stale:
            return f"Not what the masters in solutions/ give: {', '.join(self.stale)}. Bring them up to date with: stride build"
        if self.changed:
            kept = f" Changed by hand before, kept as: {', '.join(self.backups)}." if self.backups else ""
            return f"Built {len(self.changed)} file{'s' * (len(self.changed) > 1)}: {', '.join(self.changed)}.{kept}"
        return "Everything is up to date."


def build(course: Course, *, check: bool = False, force: bool = False) -> BuildResult:
    """Bring `cnnlib/` and `notebooks/` up to date with `solutions/`.

    check   write nothing, only say what is stale
    force   overwrite files that were changed by hand too, each after a numbered backup

    Raises CourseError when a generated file was changed by hand (nothing is written then), or when a master is not as it should be.
    """
    new = generate(course)
    old = read_manifest(course.root)
    changed_by_hand, stale = [], []
    for name in sorted(new.keys() | old.keys()):
        path = course.root / name
        content = path.read_bytes() if path.is_file() else None
        if content == new.get(name):
            continue
        stale.append(name)
        if content is not None and files.sha256(content) != old.get(name):
            changed_by_hand.append(name)
    manifest = manifest_of(new)
    if not stale and _read(course.root / MANIFEST) != manifest:
        stale.append(MANIFEST)
    if check or not stale:
        return BuildResult([], stale, [])
    if changed_by_hand and not force:
        raise CourseError(
            f"{', '.join(changed_by_hand)} {'were' if len(changed_by_hand) > 1 else 'was'} changed by hand, so nothing was written; "
            "to overwrite and keep a backup: stride build --force"
        )

    backups = [files.back_up(course.root / name).relative_to(course.root).as_posix() for name in changed_by_hand]
    files.write_all({course.root / name: new[name] for name in stale if name in new} | {course.root / MANIFEST: manifest})
    for name in stale:
        if name not in new and name != MANIFEST:
            (course.root / name).unlink()
    return BuildResult(stale, [], backups)


def generate(course: Course) -> dict[str, bytes]:
    """Every generated file, by its path relative to the course. Reads `solutions/` and writes nothing."""
    return generate_library(course) | generate_notebooks(course)


def generate_library(course: Course) -> dict[str, bytes]:
    """The stubs, and the kit as it is."""
    library = masters_of(course) / "cnnlib"
    generated: dict[str, bytes] = {}
    for path in files.walk(library):
        relative = path.relative_to(library)
        if relative.parts[0] == KIT:
            content = path.read_bytes() if path.suffix != ".py" else read_text(path).encode()
        elif path.suffix == ".py":
            content = stubs.make_stub(read_text(path), ".".join(relative.with_suffix("").parts)).encode()
        else:
            raise CourseError(f"solutions/cnnlib/{relative.as_posix()} is not Python; move it to data/ or into cnnlib/kit, then: stride build")
        generated[f"cnnlib/{relative.as_posix()}"] = content
    return generated


def generate_notebooks(course: Course, *, solutions: bool = False) -> dict[str, bytes]:
    """The learners' notebooks, or with `solutions` the instructors'."""
    return {
        f"notebooks/{assignment.notebook}.ipynb": notebooks.make_notebook(master, assignment, solutions=solutions)
        for assignment, master in notebook_masters(course).items()
    }


def notebook_masters(course: Course) -> dict[Assignment, str]:
    """The text of each assignment's master notebook. Raises CourseError for a master that course.toml does not name."""
    folder = masters_of(course) / "notebooks"
    known = {f"{assignment.notebook}.py": assignment for assignment in course.assignments}
    strays = [path.name for path in files.walk(folder) if path.name not in known]
    if strays:
        raise CourseError(f"course.toml names no assignment with the notebook solutions/notebooks/{strays[0]}; add it there, then: stride build")
    return {assignment: read_text(folder / name) for name, assignment in known.items() if (folder / name).is_file()}


def masters_of(course: Course) -> Path:
    """The folder `solutions/`. Raises CourseError in a learner's copy, which has none."""
    folder = course.root / "solutions"
    if not (folder / "cnnlib").is_dir():
        raise CourseError(
            "This copy of the course has no solutions/, so there is nothing to build from; to put an exercise back as it was: stride reset EXERCISE"
        )
    return folder


def read_text(path: Path) -> str:
    """A master's text, with LF whatever the checkout made of it."""
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise CourseError(f"{path} is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8, then: stride build") from error


def read_manifest(root: Path) -> dict[str, str]:
    """sha256 of each generated file as it was written last, by path; nothing when there is no readable manifest."""
    try:
        table = json.loads(_read(root / MANIFEST) or b"{}")
        return {str(name): str(digest) for name, digest in table.items() if _inside(name)}
    except (ValueError, AttributeError):
        return {}


def _inside(name: str) -> bool:
    """Whether a manifest's path is one that we would write: a damaged manifest must not make us remove anything else."""
    parts = Path(name).parts
    return bool(parts) and parts[0] in ("cnnlib", "notebooks") and ".." not in parts


def manifest_of(new: dict[str, bytes]) -> bytes:
    """The bytes of the manifest of these generated files."""
    return (json.dumps({name: files.sha256(new[name]) for name in sorted(new)}, indent=1) + "\n").encode()


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
