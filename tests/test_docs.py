"""What the documents say exists: files and headings that links lead to, commands, and the fields of course.toml."""

from __future__ import annotations

import argparse
import re
import tomllib
from pathlib import Path

import pytest

from autograder.cli import make_parser

ROOT = Path(__file__).resolve().parent.parent
PARTS = sorted(path.parent.name for path in (ROOT / "autograder").glob("*/__init__.py") if path.parent.name != "checks")
DOCUMENTS = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])]
LINK = re.compile(r"\]\(([^)\s]+)\)")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def headings(path: Path) -> set[str]:
    """The anchors of a document, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def code(text: str) -> list[str]:
    """What stands in code, inline or in blocks, line by line."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    return [line for part in [*blocks, *re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))] for line in part.splitlines()]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_links_lead_somewhere(path: Path) -> None:
    dead = []
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or anchor and anchor not in headings(target):
            dead.append(link)
    assert not dead


@pytest.mark.parametrize("path", DOCUMENTS)
def test_commands_exist_with_their_options(path: Path) -> None:
    (commands,) = (action for action in make_parser()._actions if isinstance(action, argparse._SubParsersAction))
    unknown = []
    for line in code(path.read_text(encoding="utf-8")):
        for command, rest in re.findall(r"\bstride ([a-z]+)\b([^#&|]*)", line):
            parser = commands.choices.get(command)
            known = set(parser._option_string_actions) if parser else set()
            if not parser or not set(re.findall(r"--[a-z]+", rest)) <= known:
                unknown.append(line)
    assert not unknown


def test_every_notebook_that_the_readme_opens_is_an_assignment() -> None:
    course = tomllib.loads((ROOT / "course.toml").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    opened = re.findall(r"colab\.research\.google\.com/github/(\S+?)/blob/main/notebooks/(\w+)\.ipynb", readme)
    repository = course["course"]["repository"].removeprefix("https://github.com/")
    assert opened == [(repository, assignment["notebook"]) for assignment in course["assignment"]]


def test_every_field_of_course_toml_is_explained() -> None:
    course = tomllib.loads((ROOT / "course.toml").read_text(encoding="utf-8"))
    section = ARCHITECTURE.split("## course.toml")[1].split("\n## ")[0]
    fields = {*course["course"], *course["limits"], *(field for assignment in course["assignment"] for field in assignment)}
    assert {field for field in fields if f"`{field}`" not in section} == set()


def test_every_module_has_its_place_in_the_layout() -> None:
    layout = ARCHITECTURE.split("## Layout")[1].split("\n## ")[0]
    modules = {path.name for path in (ROOT / "autograder").rglob("*.py") if path.parent.name in ("autograder", *PARTS)} - {"__init__.py"}
    assert {name for name in modules if name not in layout} == set()
