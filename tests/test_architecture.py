"""The direction of imports that docs/architecture.md states, held against the source and against a fresh interpreter."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import load_course
from autograder.exercise import load

ROOT = Path(__file__).resolve().parent.parent
STANDARD = set(sys.stdlib_module_names)
PARTS = ("authoring", "cards", "classroom", "learning", "sandboxing")
PACKAGES = ("autograder", "autograder.checks", "cnnlib", *(f"autograder.{part}" for part in PARTS))  # `from PACKAGE import name` imports a module
# What the sandbox can see of us. These import nothing of ours but each other.
SANDBOXED = {
    *("autograder", "autograder.sandboxing"),
    *(f"autograder.{name}" for name in ("torch_blocks", "given_pieces", "givens", "loading", "values")),
    *(f"autograder.{name}" for name in ("probes", "network_probes", "random_probes", "repeated_probes", "torch_givens")),
    *("autograder.torch_numbers", "autograder.torch_probes", "autograder.trainer_probes"),
    *(f"autograder.sandboxing.{name}" for name in ("frames", "seccomp", "spawner", "worker")),
}
# From the vocabulary up to the screens: a module imports only from lines above its own, or from its own line.
# Modules not named here are parts of the line "grading".
LAYERS = (
    ("values", "torch_numbers", "torch_probes", "torch_blocks", "given_pieces", "definitions", "files", "unpack", "frames", "seccomp", "escape"),
    ("repeated_probes", "network_probes", "torch_givens", "random_probes", "trainer_probes"),
    ("givens",),
    ("probes", "exercise"),
    ("loading", "draw", "oracles", "where", "made_of", "verdict"),
    ("worker", "spawner", "checks", "compare", "expectations", "recognise", "judge", "course"),
    ("runner", "artefacts", "picture", "terminal", "card", "limits", "cgroups", "process", "confinement"),
    ("forked", "other_user"),
    ("pieces", "checking", "sandbox", "stubs", "notebooks"),
    ("grading",),
    ("cli", "__main__"),
)
# The files of the kit that compute with PyTorch: what stands in for pieces not yet written, and the training engine. All are loaded on use.
COMPUTES = ("standins", "train", "training", "recipes", "published", "published_order")  # of the kit: files, and folders, that may import PyTorch
DOORS = {("__init__", "checking"), ("verdict", "card")}  # upwards, but opened on first use only: `check`, and a verdict's looks
RANK = {name: number for number, layer in enumerate(LAYERS) for name in layer}


def rank(module: str) -> int:
    return RANK.get(module, RANK["grading"])


def imports(path: Path, *, top_level_only: bool = False) -> set[str]:
    """Full names of the modules that the file imports; `from autograder import judge` counts as autograder.judge."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = [part for part in path.relative_to(ROOT).parent.parts if part != "solutions"] if path.is_relative_to(ROOT) else ["cnnlib"]
    found: set[str] = set()
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            found |= {f"{base}.{alias.name}" for alias in node.names} if base in PACKAGES else {base}
    return found


def first(name: str) -> str:
    return name.partition(".")[0]


def ours(name: str) -> str | None:
    """The module of autograder that `name` is, wherever it lies: "autograder.cards.card" -> "card"; all checks are "checks"."""
    parts = name.split(".")
    if parts[0] != "autograder" or len(parts) == 1:
        return None
    return parts[2] if parts[1] in PARTS and len(parts) > 2 else parts[1]


def files(pattern: str) -> list:
    found = sorted(ROOT.glob(pattern))
    assert found, f"no file matches {pattern}: the layout has changed, change this test with it"
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in found]


def test_imports_are_found_in_every_spelling(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text("import a.b\nfrom autograder import judge\nfrom . import conv\ndef f():\n    from autograder.checks import conv as c\n")
    assert imports(path) == {"a.b", "autograder.judge", "cnnlib.conv", "autograder.checks.conv"}
    assert imports(path, top_level_only=True) == {"a.b", "autograder.judge", "cnnlib.conv"}


@pytest.mark.parametrize("path", [*files("solutions/cnnlib/*.py"), *files("solutions/cnnlib/nets/*.py")])
def test_a_learners_file_imports_numpy_and_what_its_exercises_name(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT / "solutions" / "cnnlib").with_suffix("").parts)
    named = {name for id in load_course(ROOT).exercise_ids if load(id).module == module for name in load(id).imports}
    assert {first(name) for name in imports(path)} <= {"numpy", "cnnlib"} | named | STANDARD


@pytest.mark.parametrize("path", files("solutions/cnnlib/kit/**/*.py"))
def test_the_kit_imports_no_more_than_pictures_need(path: Path) -> None:
    theirs = {"torchvision"} if path.stem == "published" else set()
    computes = {"torch", "filelock"} if path.stem in COMPUTES or path.parent.name in COMPUTES else set()
    assert {first(name) for name in imports(path)} - STANDARD <= {"numpy", "matplotlib", "PIL", "cnnlib", "IPython"} | computes | theirs


@pytest.mark.parametrize("name", sorted(SANDBOXED - {"autograder", "autograder.sandboxing"}))
def test_what_enters_the_sandbox_knows_nothing_secret(name: str) -> None:
    found = imports(ROOT / f"{name.replace('.', '/')}.py")
    assert {n for n in found if first(n) == "autograder"} <= SANDBOXED
    computes = {"torch"} if any(kind in name for kind in (".torch_", ".random_", ".trainer_")) else set()
    assert {first(n) for n in found} - STANDARD <= {"numpy", "autograder"} | computes
    assert "torch" not in {first(n) for n in imports(ROOT / f"{name.replace('.', '/')}.py", top_level_only=True)}


@pytest.mark.parametrize("path", files("autograder/checks/**/*.py"))
def test_checks_state_what_is_expected_and_run_nothing(path: Path) -> None:
    found = imports(path)
    probes = {"torch_probes", "random_probes", "trainer_probes"}
    assert {ours(name) for name in found} - {None} <= {"exercise", "draw", "oracles", "values", "checks"} | probes
    assert {first(name) for name in found} - STANDARD <= {"numpy", "torch", "autograder"}


@pytest.mark.parametrize("path", [path for part in (".", *PARTS) for path in files(f"autograder/{part}/*.py")])
def test_imports_run_one_way(path: Path) -> None:
    above = {name for name in map(ours, imports(path)) if name and rank(name) > rank(path.stem)}
    above -= {upper for lower, upper in DOORS if lower == path.stem}
    assert not above, f"{path.name} imports {above}, which stand above it: see docs/architecture.md"


def loaded_by(statement: str) -> set[str]:
    """Names of all modules that a fresh interpreter holds after the statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


def test_the_worker_loads_only_what_the_sandbox_holds() -> None:
    assert {name for name in loaded_by("import autograder.sandboxing.spawner") if first(name) == "autograder"} <= SANDBOXED


@pytest.mark.parametrize("statement", ["import autograder.cli", "import autograder.checks.conv, autograder.course", "import cnnlib.conv"])
def test_heavy_packages_wait_until_they_are_needed(statement: str) -> None:
    heavy = {"torch", "nbgrader", "nbformat", "jupytext", "matplotlib", "IPython"}
    assert not heavy & loaded_by(statement), "import it inside the function that needs it: every command would wait for it"
