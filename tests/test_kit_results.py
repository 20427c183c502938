"""Experiments and their page: what is run, what is kept, and that docs/results.md says what the kept runs say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder import cli
from autograder.course import CourseError
from autograder.learning import results, training

ROOT = Path(__file__).resolve().parent.parent

TOY = '''"""A toy."""
import numpy as np
import torch
from cnnlib.kit.training.recipe import Data, Recipe

BEGUN = []

def model(wide=4, scale=1.0):
    BEGUN.append(wide)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, wide), torch.nn.ReLU(), torch.nn.Linear(wide, 3))
    with torch.no_grad():
        net[1].weight *= scale
    return net

def data(size):
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 3
    images = (rng.integers(0, 60, (40, 3, 2, 2)) + 60 * labels[:, None, None, None]).astype(np.uint8)
    return Data(images, labels, images[:9], labels[:9], 3, name="Toys", note="a note")

RECIPE = Recipe(name="toy", about="Toys told apart.", model=model, data=data, epochs=3, batch_size=8, optimizer=torch.optim.SGD,
    optimizer_options={"lr": 0.1}, model_options={"wide": 4, "scale": 1.0}, sizes={"cpu": {"epochs": 2}})
ARMS = {"narrow": {"model.wide": 2}, "wide": {"model.wide": 8}, "lost": {"model.scale": float("inf")}}
REACH = 1.0
PUBLISHED = {"wide": "0 %, a paper | a table"}
'''
ONE = TOY.replace('name="toy"', 'name="one"').split("ARMS =")[0].replace('"wide": 4, "scale": 1.0', '"wide": 5')


@pytest.fixture(autouse=True)
def own_cnnlib():
    """Whatever a test takes for cnnlib: afterwards it is what it was."""
    before = {name: sys.modules[name] for name in sys.modules if name == "cnnlib" or name.startswith("cnnlib.")}
    yield
    for name in [name for name in sys.modules if name == "cnnlib" or name.startswith("cnnlib.")]:
        del sys.modules[name]
    sys.modules.update(before)


@pytest.fixture()
def course(tmp_path: Path):
    """A course whose kit has two recipes, `toy` and `one`."""
    kit = tmp_path / "cnnlib" / "kit"
    kit.mkdir(parents=True)
    for path in (*(ROOT / "solutions" / "cnnlib" / "kit").glob("*.py"), ROOT / "solutions" / "cnnlib" / "kit" / "training"):
        (kit / path.name).symlink_to(path)
    (kit / "recipes").mkdir()
    (kit / "recipes" / "__init__.py").write_bytes((ROOT / "solutions" / "cnnlib" / "kit" / "recipes" / "__init__.py").read_bytes())
    (kit / "recipes" / "toy.py").write_text(TOY, encoding="utf-8")
    (kit / "recipes" / "one.py").write_text(ONE, encoding="utf-8")
    return SimpleNamespace(cnnlib=tmp_path / "cnnlib", root=tmp_path)


def rows(course, name: str) -> list[dict[str, str]]:
    """The table of an experiment, as the page shows it."""
    lines = results.place(course).read_text(encoding="utf-8").split(f"## {name}\n")[1].split("## ")[0].splitlines()
    cells = [[cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [dict(zip(cells[0], row)) for row in cells[1:]]


def begun(course) -> list[int]:
    return sys.modules["cnnlib.kit.recipes.toy"].BEGUN


def test_a_page_without_runs_has_a_row_for_everything_and_a_number_for_nothing(course) -> None:
    assert results.write(course) == []
    found = rows(course, "toy")
    assert [(row["what"], row["size"], row["test error"]) for row in found] == [
        (arm, size, "not run") for arm in ("narrow", "wide", "lost") for size in ("cpu", "colab", "gpu")
    ]
    assert not any(row[column] for row in found for column in row.keys() - {"what", "size", "test error", "published"})
    assert [row["published"] for row in found if row["published"]] == ["0 %, a paper ¦ a table"], "beside the published size alone"
    assert [row["size"] for row in rows(course, "one")] == ["cpu", "colab", "gpu"] and "what" not in rows(course, "one")[0]


def test_every_arm_runs_with_every_seed_once_and_its_numbers_stand_in_the_page(course) -> None:
    results.run(course, ["toy"], "cpu", 2)
    results.write(course)
    kept = sorted(path.name for path in (results.kept(course) / "toy").iterdir())
    assert kept == [f"cpu-{arm}-{seed}.json" for arm in ("lost", "narrow", "wide") for seed in (0, 1)]
    narrow, _, _, wide, *_, lost, _, _ = rows(course, "toy")
    assert {json.loads(path.read_text())["arm"] for path in (results.kept(course) / "toy").iterdir()} == {"narrow", "wide", "lost"}
    runs = [json.loads((results.kept(course) / "toy" / f"cpu-wide-{seed}.json").read_text()) for seed in (0, 1)]
    errors = [100 * run["result"]["error"] for run in runs]
    mean, spread = sum(errors) / 2, abs(errors[0] - errors[1]) / 2**0.5
    assert wide["test error"] == f"{mean:.2f} ± {spread:.2f} %"
    assert (wide["seeds"], wide["epochs"], wide["parameters"], wide["top-5 error"]) == ("0, 1", "2", "131", "")
    assert narrow["parameters"] == "35" and wide["steps to 100%"] == "5" and wide["data"] == "Toys (a note), 40 + 9"
    assert wide["machine"].endswith("thread") or wide["machine"].endswith("threads")
    assert (lost["test error"], lost["steps to 100%"], lost["training error"], lost["minutes"]) == ("2 of 2 diverged", "never", "", "")
    assert runs[0]["seed"] == 0 and runs[0]["log"]["train_error"] != runs[1]["log"]["train_error"], "another seed, another run"

    for run, error, watched in zip(runs, (0.1, 0.4), ([None, 1.0], [1.5, 1.2])):
        kept = results.kept(course) / "toy" / f"cpu-wide-{run['seed']}.json"
        kept.write_text(json.dumps({**run, "result": {**run["result"], "error": error}, "log": {**run["log"], "watched_error": watched}}))
    results.write(course)
    wide = rows(course, "toy")[3]
    assert (wide["test error"], wide["steps to 100%"]) == ("25.00 ± 21.21 %", "10 (1 of 2)")

    done = len(begun(course))
    text = results.place(course).read_bytes()
    results.run(course, ["toy"], "cpu", 2)
    results.write(course)
    assert len(begun(course)) == done and results.place(course).read_bytes() == text and results.stale(course) == []
    results.run(course, ["toy"], "cpu", 3)
    assert len(begun(course)) == done + 3, "only what is new"


def test_one_seed_has_no_deviation_and_several_sizes_have_rows_of_their_own(course) -> None:
    results.run(course, ["one"], "cpu", 1)
    results.run(course, ["one"], "colab", 1)
    results.write(course)
    cpu, colab, gpu = rows(course, "one")
    assert cpu["test error"].endswith(" %") and "±" not in cpu["test error"]
    assert (cpu["epochs"], colab["epochs"], gpu["test error"]) == ("2", "3", "not run")


def test_a_run_that_was_killed_goes_on_and_one_that_is_finished_is_taken_over(course, monkeypatch: pytest.MonkeyPatch) -> None:
    results.run(course, ["one"], "cpu", 1)
    path = results.kept(course) / "one" / "cpu-0.json"
    kept = path.read_bytes()
    path.unlink()  # as if the power had failed before it was written
    recipes = sys.modules["cnnlib.kit.recipes.one"]
    done = len(recipes.BEGUN)
    results.run(course, ["one"], "cpu", 1)
    assert path.read_bytes() == kept and len(recipes.BEGUN) == done
    experiments = sys.modules["cnnlib.kit.training.experiments"]
    monkeypatch.setattr(experiments, "run_recipe", lambda *_, **__: SimpleNamespace(status="stopped"))
    with pytest.raises(KeyboardInterrupt):
        results.run(course, ["one"], "cpu", 2)
    assert [file.name for file in path.parent.iterdir()] == ["cpu-0.json"]


def test_runs_with_other_settings_than_today_are_named_and_not_shown(course) -> None:
    results.run(course, ["one"], "cpu", 1)
    path = results.kept(course) / "one" / "cpu-0.json"
    record = json.loads(path.read_text())
    del record["settings"]["patience"]  # a setting that has come since
    path.write_text(json.dumps(record))
    assert results.write(course) == [] and rows(course, "one")[0]["seeds"] == "0"
    record["settings"]["batch_size"] = 9
    path.write_text(json.dumps(record))
    (path.parent / "cpu-1.json").write_text("{")
    (path.parent / "cpu-2.json").write_text(json.dumps({**record, "arm": ["wide"]}))
    (results.kept(course) / "gone").mkdir()
    remarks = results.write(course)
    assert rows(course, "one")[0]["test error"] == "not run"
    assert len(remarks) == 4 and "cpu-2.json is not a run" in remarks[2] and "docs/results/one/cpu-0.json was run with other settings" in remarks[0]
    assert "cpu-1.json is not a run that can be read" in remarks[1] and "gone: there is no recipe of that name" in remarks[3]
    results.run(course, ["one"], "cpu", 1)
    assert json.loads(path.read_text())["settings"]["batch_size"] == 8
    assert rows(course, "one")[0]["test error"] == "not run" and results.stale(course)
    assert results.write(course) and rows(course, "one")[0]["test error"] != "not run"


def test_what_cannot_be_run_is_said_in_a_sentence(course) -> None:
    for names, size, seeds, words in (
        ([], "cpu", 1, "Which experiments"),
        (["one"], "cpu", 0, "at least 1"),
        (["two"], "cpu", 1, "no recipe 'two'"),
        (["mine.py"], "cpu", 1, "own recipes: one, toy. Train yours with stride train mine.py"),
    ):
        with pytest.raises(CourseError, match=words):
            results.run(course, names, size, seeds)
    with pytest.raises(CourseError, match="no size 'huge'"):
        results.run(course, ["one"], "huge", 1)


def test_arms_have_names_of_files_of_their_own() -> None:
    training.use(SimpleNamespace(cnnlib=ROOT / "solutions" / "cnnlib", root=ROOT))
    from cnnlib.kit import recipes
    from cnnlib.kit.training import experiments

    for name in recipes.names():
        one = experiments.experiment(name)
        paths = {experiments.kept_path("kept", name, size, arm, 0) for size in ("cpu", "gpu") for arm in one.arms}
        assert len(paths) == 2 * len(one.arms) and set(one.published) <= {*one.arms, ""}


def test_the_page_says_what_the_kept_runs_say() -> None:
    course = SimpleNamespace(cnnlib=ROOT / "solutions" / "cnnlib", root=ROOT)
    assert results.stale(course) == [], "docs/results.md is stale: stride results"


def test_the_command_runs_writes_and_checks(course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(cli, "load_course", lambda: course)
    assert cli.main(["results", "--check"]) == 1, "there is no page yet"
    assert cli.main(["results", "one", "--run", "--size", "cpu", "--seeds", "1"]) == 0
    assert capsys.readouterr().out.endswith("docs/results.md is written.\n")
    assert rows(course, "one")[0]["seeds"] == "0"
    assert cli.main(["results", "--check"]) == 0 and cli.main(["results"]) == 0
    capsys.readouterr()
    assert cli.main(["results", "one"]) == 2 and "add --run" in capsys.readouterr().err
    assert cli.main(["results", "--run"]) == 2 and "Which experiments" in capsys.readouterr().err
