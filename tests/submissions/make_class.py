"""Make the sample class: correct work in several styles, every misconception once, broken and hostile submissions.

    python tests/submissions/make_class.py OUT [ASSIGNMENT …]

writes OUT/<assignment>/<learner>/… as a course's learners would hand it in, and OUT/expected.json with the verdict that each
must get. Where the members come from:

- `tests/styles/<style>/cnnlib/*.py`: correct solutions written in other styles than ours;
- `mistakes/<exercise>.toml`: for each misconception the few characters of our solution that a learner who has it would write
  otherwise (for trained weights: the noise that spoils them). A submission takes one misconception of every exercise, the next takes the next;
- `faults/<name>.py`: code that is appended to a correct file (its last definition of a name counts). The docstring is a
  small TOML table: what it is about, the file, and the verdict expected;
- `faults/<name>.toml`: the same for faults of the notebook or the archive, done by the deed of that name in `deeds.py`.
"""

from __future__ import annotations

import ast
import io
import json
import sys
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import numpy as np

from autograder.classroom.intake import learner_id
from autograder.course import Assignment, Course, load_course
from autograder.exercise import file_of, load

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import deeds  # noqa: E402 - beside this file, which may be run from anywhere

# What the end-to-end exercises call: their misconceptions go to submissions in which these are right.
USES = {
    "baseline.nearest_mean_error": ("preprocess.center_images", "metrics.top_k_error"),
    "mlp.mlp_loss_and_gradients": (
        *("linear.linear_forward", "linear.linear_backward", "activations.relu_forward", "activations.relu_backward"),
        "loss.softmax_cross_entropy",
    ),
    "template.find_template": ("conv.correlate2d",),
    "learn_filter.fit_filter": ("conv.conv2d_forward", "conv.conv2d_backward"),
    "augment.predict_multi_crop": ("augment.ten_crop",),
    "regularized.noisy_loss_and_gradients": (
        *("augment.random_crop", "augment.random_horizontal_flip"),
        *("dropout.dropout_forward", "dropout.dropout_backward"),
    ),
    "small_resnet.build_small_resnet": ("residual.BasicBlock",),
    "nets.googlenet.GoogLeNet": ("nets.googlenet.Inception",),
    "nets.resnet.CifarResNet": ("nets.resnet.BasicBlock",),
    "lenet.build_lenet5": ("pool.avg_pool2d_forward", "pool.avg_pool2d_backward"),
    "fit.fit": ("optim.adam_step", "schedules.cosine_with_warmup", "early_stopping.EarlyStopping"),
    "nets.vgg.VGG": ("nets.vgg.vgg_block",),
    "nets.densenet.DenseNet": ("nets.densenet.DenseLayer",),
    "trainer.Trainer": ("trainer.set_learning_rates", "trainer.accumulate_gradients"),
    "normalized.build_normalized_net": ("norm.batch_norm2d_forward", "norm.batch_norm2d_backward"),
}
WRITTEN = "Because the same small pattern may appear anywhere, one filter that slides over the image finds it everywhere."


@dataclass
class Member:
    """One submission: files by relative path, the deed done to them at the end, and the verdict expected.

    expect maps exercise ids to {"status": …, "misconception": …}; every exercise not named must pass.
    """

    learner: str
    assignment: str
    about: str
    files: dict[str, bytes]
    deed: str | None = None
    queued: bool = False
    called: str = ""  # what the folder is called, where that is no learner's id
    expect: dict[str, dict[str, str]] = field(default_factory=dict)


def make_class(course: Course, out: Path, only: Collection[str] = (), mistakes: slice = slice(None)) -> list[Member]:
    """Write the class under `out`, and what to expect of each member into `out`/expected.json.

    only      some assignments; all without any
    mistakes  which of the submissions with misconceptions
    """
    chosen = [assignment for assignment in course.assignments if not only or assignment.id in only]
    members = [m for a in chosen for m in (*correct(course, a), *list(mistaken(course, a))[mistakes], *faulty(course, a))]
    for member in members:
        folder = out / member.assignment / (member.called or member.learner)
        folder.mkdir(parents=True)
        for name, content in member.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if member.deed:
            getattr(deeds, member.deed)(folder)
    expected = {f"{m.assignment}/{m.learner}": {"about": m.about, "queued": m.queued, "expect": m.expect} for m in members}
    (out / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return members


def correct(course: Course, assignment: Assignment) -> Iterator[Member]:
    """Our own solution, and the same work in every other style."""
    yield Member("correct-reference", assignment.id, "The course's own solution.", solved(course, assignment))
    for style in sorted((HERE.parent / "styles").iterdir()):
        files = solved(course, assignment)
        own = {path.relative_to(style).as_posix(): path.read_bytes() for path in style.rglob("*.py")}
        if own.keys() & files.keys():
            about = f"Correct, in another style: {style.name}."
            yield Member(f"correct-{style.name}", assignment.id, about, files | {name: own[name] for name in own if name in files})


def mistaken(course: Course, assignment: Assignment) -> Iterator[Member]:
    """Every misconception once: submission k takes the k-th of every exercise."""
    columns = {}
    for exercise in assignment.exercises:
        path = HERE / "mistakes" / f"{exercise.id}.toml"
        patches = tomllib.loads(path.read_text(encoding="utf-8"))
        if patches.keys() != {m.id for m in exercise.misconceptions}:
            apart = patches.keys() ^ {m.id for m in exercise.misconceptions}
            raise ValueError(f"{path.name} and the misconceptions of {exercise.id} differ: {sorted(apart)}")
        clear = max((len(load(used).misconceptions) for used in USES.get(exercise.id, ()) if used in assignment.exercise_ids), default=0)
        columns[exercise.id] = [None] * clear + list(patches.items())
    for k in range(max(map(len, columns.values()))):
        files, expect = solved(course, assignment), {}
        for id, column in columns.items():
            if k < len(column) and column[k]:
                name, patch = column[k]
                _apply(files, assignment, id, patch)
                expect[id] = {"status": patch.get("status", "failed"), "misconception": name}
        for id in set(USES) & set(assignment.exercise_ids) - expect.keys():
            if any(used in expect for used in USES[id]):
                expect[id] = {"status": "any"}
        yield Member(f"mistaken-{k + 1:02}", assignment.id, "One misconception in each exercise.", files, expect=expect)


def faulty(course: Course, assignment: Assignment) -> Iterator[Member]:
    """Broken and hostile submissions: one file each under faults/."""
    for path in sorted((HERE / "faults").iterdir()):
        if path.suffix == ".toml":
            table, code = tomllib.loads(path.read_text(encoding="utf-8")), ""
        elif path.suffix == ".py":
            code = path.read_text(encoding="utf-8")
            table = tomllib.loads(ast.get_docstring(ast.parse(code), clean=False))
            code = code.split('"""', 2)[2]
        else:
            continue
        if table.get("assignment", "02") != assignment.id:
            continue
        files = solved(course, assignment)
        if "file" in table:
            source = files[table["file"]].decode()
            for old, new in table.get("replace", ()):
                if old not in source:
                    raise ValueError(f"{path.name}: {old!r} is not in {table['file']}")
                source = source.replace(old, new)
            files[table["file"]] = f"{source}\n{code}{table.get('append', '')}".encode()
        expect = {id: {"status": status} for id, status in table.get("expect", {}).items()}
        if "expect_all" in table:
            expect = {id: {"status": table["expect_all"]} for id in assignment.exercise_ids}
        learner = f"{table.get('kind', 'hostile' if path.suffix == '.py' else 'broken')}-{path.stem.replace('_', '-')}"
        called = table.get("called", "").replace("/", "\u2215")  # no file system takes a slash
        learner = learner_id(called)[0] if called else learner
        yield Member(learner, assignment.id, table["about"], files, table.get("deed"), table.get("queued", False), called, expect)


def solved(course: Course, assignment: Assignment) -> dict[str, bytes]:
    """The files of a learner who got everything right."""
    files = {name: (course.root / "solutions" / name).read_bytes() for name in map(file_of, (*assignment.modules, *assignment.uses))}
    files |= {name: (course.root / "solutions/artefacts" / name).read_bytes() for name in assignment.artefacts}
    master = (course.root / "solutions/notebooks" / f"{assignment.notebook}.py").read_text(encoding="utf-8")
    notebook = nbformat.read(course.root / "notebooks" / f"{assignment.notebook}.ipynb", as_version=4)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id.startswith("answer-"):
            region = master.split(f'answer="{grade_id.removeprefix("answer-").replace("-", ".", 1)}"')[1].split("### BEGIN SOLUTION")[1]
            cell.source += "\n" + region.split("### END SOLUTION")[0].strip() + "\n"
        elif grade_id in {written.id for written in assignment.written}:
            cell.source = WRITTEN
    return files | {f"{assignment.notebook}.ipynb": nbformat.writes(notebook).encode()}


def _apply(files: dict[str, bytes], assignment: Assignment, id: str, patch: dict) -> None:
    """Replace the few characters that make the misconception, in the exercise's own function (or answer cell)."""
    exercise = load(id)
    if exercise.answer:
        name = f"{assignment.notebook}.ipynb"
        notebook = nbformat.reads(files[name].decode(), as_version=4)
        (cell,) = (c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == f"answer-{id.replace('.', '-')}")
        cell.source += f"\n{patch['append']}\n"
        files[name] = nbformat.writes(notebook).encode()
        return
    if exercise.artefact:
        files[exercise.artefact] = _spoiled(files[exercise.artefact], **patch["noise"])
        return
    name = exercise.file
    source = files[name].decode()
    (node,) = (n for n in ast.parse(source).body if getattr(n, "name", "") == exercise.name)
    lines = source.splitlines(keepends=True)
    start = node.body[1].lineno - 1 if ast.get_docstring(node) is not None else node.body[0].lineno - 1
    body = _replaced("".join(lines[start : node.end_lineno]), patch["replace"], id)
    files[name] = ("".join(lines[:start]) + body + "".join(lines[node.end_lineno :])).encode()


def _spoiled(data: bytes, strength: float, seed: int) -> bytes:
    """Trained weights with noise in them: `strength` times what each array's numbers spread anyway."""
    rng, buffer = np.random.default_rng(seed), io.BytesIO()
    with np.load(io.BytesIO(data)) as stored:
        noisy = {name: stored[name] + (strength * stored[name].std() * rng.standard_normal(stored[name].shape)).astype(np.float32) for name in stored}
    np.savez(buffer, **noisy)
    return buffer.getvalue()


def _replaced(text: str, pairs: list[list[str]], id: str) -> str:
    for old, new in pairs:
        if old not in text:
            raise ValueError(f"mistakes/{id}.toml: {old!r} is not in the solution")
        text = text.replace(old, new)
    return text


if __name__ == "__main__":
    if len(sys.argv) < 2 or Path(sys.argv[1]).exists():
        sys.exit("usage: python tests/submissions/make_class.py OUT [ASSIGNMENT …]     (a folder that does not exist yet)")
    made = make_class(load_course(HERE.parent.parent), Path(sys.argv[1]), sys.argv[2:])
    print(f"{len(made)} submissions in {sys.argv[1]}")
