"""What a bare machine gets: the environment's files agree with each other and with what is installed, and make's set-up is robust."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import autograder

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONSTRAINTS = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
MAKE = shutil.which("make")


def requirements() -> dict[str, Requirement]:
    """Everything that pyproject.toml asks for, all extras together."""
    lines = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]
    return {canonicalize_name(r.name): r for r in map(Requirement, lines) if r.name != PROJECT["name"]}


def pins() -> dict[str, Version]:
    return {canonicalize_name(name): Version(version) for name, version in (line.split("==") for line in CONSTRAINTS)}


@cache
def everything_installed() -> frozenset[str]:
    """The requirements and all that they require in turn, on this machine."""
    found: set[tuple[str, str]] = set()
    todo = [(name, "") for name in requirements()]
    while todo:
        name, extra = todo.pop()
        if (name, extra) not in found:
            found.add((name, extra))
            below = [r for r in map(Requirement, metadata.requires(name) or ()) if r.marker is None or r.marker.evaluate({"extra": extra})]
            todo += [(canonicalize_name(r.name), extra) for r in below for extra in ("", *r.extras)]
    return frozenset(name for name, _ in found)


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.partition(".")[0] for name in names}


# --- the files ---------------------------------------------------------------------------------------------------------


def test_environment_yml_lists_what_pyproject_asks_for() -> None:
    python, pip, nested = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert python == f"python {PROJECT['requires-python']}"
    options = [line for line in nested["pip"] if line.startswith("-")]
    assert options == ["--constraint constraints.txt", "--editable ."]
    listed = {canonicalize_name(r.name): r for r in map(Requirement, (line for line in nested["pip"] if line not in options))}
    assert listed == requirements()


def test_constraints_are_exact_public_versions() -> None:
    assert [line for line in CONSTRAINTS if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)] == []
    assert len(pins()) == len(CONSTRAINTS), "a package is pinned twice"


@pytest.mark.parametrize("name", sorted(requirements()))
def test_pins_fit_the_ranges_and_are_what_is_installed(name: str) -> None:
    assert pins()[name] in requirements()[name].specifier
    assert Version(metadata.version(name)).public == str(pins()[name])


def test_nothing_below_the_requirements_is_unpinned() -> None:
    cuda = {name for name in everything_installed() if name.startswith(("nvidia-", "cuda-", "triton"))}  # torch pins these itself
    assert {"fqdn", "mpmath"} <= everything_installed() - cuda <= pins().keys()


def test_what_the_code_imports_is_installed_by_the_extras() -> None:
    providers = metadata.packages_distributions()
    fine = everything_installed() | {PROJECT["name"]}
    faults = ROOT / "tests" / "submissions" / "faults"
    files = [path for folder in ("autograder", "benchmarks", "solutions", "tests") for path in (ROOT / folder).rglob("*.py")]
    missing = {
        f"{package} in {path.relative_to(ROOT)}"
        for path in files if not path.is_relative_to(faults)
        for package in imported(path) & providers.keys()
        if not {canonicalize_name(name) for name in providers[package]} & fine
    }
    assert not missing, "pyproject.toml's extras do not bring these"


def test_the_extras_build_on_each_other() -> None:
    extras = PROJECT["optional-dependencies"]
    assert Requirement(extras["dev"][0]).extras == {"learner", "grader", "cluster", "tensorboard"}
    assert {"jupyterlab", "numpy", "torch", "matplotlib", "nbgrader", "pytest"} <= requirements().keys()
    assert not requirements()["jsonschema"].specifier.contains("4.25.0")


def test_version_is_said_once_and_has_its_changes() -> None:
    assert metadata.version(PROJECT["name"]) == autograder.__version__
    assert f"## {autograder.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_people_and_ci_call_the_same_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name in ("README.md", ".ci/run", ".github/workflows/ci.yml", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        called = set(re.findall(r"(?:^ *(?:- run: )?|`)make ([a-z]+)\b", text, re.MULTILINE))
        assert "test" in called, f"{name} does not call make test"
        assert called <= targets, f"{name} calls make {called - targets}"


# --- the installed course -----------------------------------------------------------------------------------------------


def test_the_console_script_is_installed() -> None:
    (script,) = metadata.entry_points(group="console_scripts", name="stride")
    assert script.load().__module__ == "autograder.cli"


@pytest.mark.parametrize(("python_path", "expected"), [(None, "cnnlib"), ("solutions", "solutions/cnnlib")])
def test_python_path_chooses_between_stubs_and_solutions(python_path: str | None, expected: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if python_path:
        environment["PYTHONPATH"] = str(ROOT / python_path)
    code = "import cnnlib; print(cnnlib.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).parent == ROOT / expected


# --- make's set-up, with stand-ins for the machine's programs ---------------------------------------------------------------


@pytest.fixture
def machine(tmp_path: Path):
    """A machine with nothing but a shell: `machine.program(name, script)` adds a program, `machine.make(...)` runs make there."""

    class Machine:
        bin = tmp_path / "bin"
        log = tmp_path / "log"

        def program(self, name: str, script: str) -> None:
            path = self.bin / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)

        def make(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
            environment = {"PATH": str(self.bin), "LOG": str(self.log), **variables}
            command = [MAKE, "-f", str(ROOT / "Makefile"), "--no-print-directory", *arguments]
            return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    machine = Machine()
    machine.bin.mkdir()
    for name in ("chmod", "mkdir", "rm", "touch"):
        (machine.bin / name).symlink_to(shutil.which(name))
    return machine


# Says what it was asked to do, and makes a .venv whose python says so too.
NEW_PYTHON = """
case "$*" in
  *ensurepip*) exit 0;;
  --version) echo Python 3.12.9;;
  -m\\ venv*)
    echo "$0 bytecode=$PYTHONDONTWRITEBYTECODE" >> "$LOG"
    mkdir -p .venv/bin
    echo 'echo "$*" >> "$LOG"' > .venv/bin/python
    chmod +x .venv/bin/python;;
esac
"""


def test_make_skips_shims_of_versions_that_are_not_there(machine, tmp_path: Path) -> None:
    machine.program("python3.11", "echo 'pyenv: python3.11: command not found' >&2; exit 127")
    machine.program("python3.12", NEW_PYTHON)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text("")
    done = machine.make(".venv/.stride-dev", PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stderr
    first, install = machine.log.read_text().splitlines()
    assert first == f"{machine.bin / 'python3.12'} bytecode="
    assert "--compile --constraint constraints.txt" in install and install.endswith("--editable .[dev]")

    machine.log.unlink()
    assert machine.make(".venv/.stride-dev", ".venv/.stride-learner").returncode == 0
    assert not machine.log.exists(), "a second run installs nothing"
    newer = (tmp_path / ".venv" / ".stride-dev").stat().st_mtime + 5
    os.utime(tmp_path / "constraints.txt", (newer, newer))
    machine.make(".venv/.stride-dev")
    assert machine.log.exists(), "other constraints are installed"


@pytest.mark.parametrize("arguments", [(), ("PYTHON=python3.9",)])
def test_make_names_the_pythons_that_fit(machine, arguments: tuple[str, ...], tmp_path: Path) -> None:
    machine.program("python3.9", "exit 1")
    done = machine.make(".venv/bin/python", *arguments)
    assert done.returncode != 0 and not (tmp_path / ".venv").exists()
    sentence = done.stderr.splitlines()[0]
    assert "3.11, 3.12 or 3.13" in sentence and "make PYTHON=" in sentence


def test_make_installs_bubblewrap_where_it_may(machine) -> None:
    machine.program("id", "echo 0")
    machine.program("true", "exit 0")
    machine.program("apt-get", 'echo "apt-get $*" >> "$LOG"')
    assert machine.make("sandbox").returncode == 0
    assert [line.split()[1] for line in machine.log.read_text().splitlines()] == ["update", "install"]
    assert "bubblewrap" in machine.log.read_text()

    machine.log.unlink()
    machine.program("bwrap", "exit 0")
    assert machine.make("sandbox").returncode == 0
    assert not machine.log.exists()


@pytest.mark.parametrize("sudo", ["exit 1", None])
def test_make_says_what_to_install_where_it_may_not(machine, sudo: str | None) -> None:
    machine.program("id", "echo 1000")
    machine.program("apt-get", 'echo "apt-get $*" >> "$LOG"')
    if sudo:
        machine.program("sudo", sudo)
    done = machine.make("sandbox")
    assert done.returncode != 0 and not machine.log.exists()
    assert "bubblewrap" in done.stderr.splitlines()[0]
