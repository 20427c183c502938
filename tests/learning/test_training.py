"""`stride train` through its own door: the learner's own files are what is trained, and every slip is answered in a sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import CourseError
from autograder.learning.training import setting
from tests.learner import ROOT, make_course

RECIPE = '''
import torch
from cnnlib.kit.data import load
from cnnlib.kit.training.recipe import Data, Recipe


def model(width=4):
    from cnnlib.nets.mine import Net

    return Net(width)


def data(size):
    digits = load("digits")
    return Data(digits.train_images[:100], digits.train_labels[:100], digits.test_images[:30], digits.test_labels[:30], 10, name=f"digits ({size})")


RECIPE = Recipe(
    name="mine", about="A network of mine.", model=model, data=data, epochs=2, batch_size=50,
    optimizer=torch.optim.SGD, optimizer_options={"lr": 0.1}, sizes={"gpu": {"epochs": 3}},
)
'''
NET = '''
import torch


def Net(width):
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, width), torch.nn.ReLU(), torch.nn.Linear(width, 10))
'''
STUB = 'def Net(width):\n    raise NotImplementedError("nets.mine.Net: not written yet — stride hint nets.mine.Net")\n'


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A learner's course with a network, a recipe and the kit, as the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STRIDE_CNNLIB", raising=False)
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "cnnlib"}
    make_course(tmp_path)
    (tmp_path / "cnnlib" / "kit").symlink_to(ROOT / "solutions" / "cnnlib" / "kit")
    (tmp_path / "cnnlib" / "nets").mkdir()
    (tmp_path / "cnnlib" / "nets" / "mine.py").write_text(NET)
    (tmp_path / "mine.py").write_text(RECIPE)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "cnnlib"]:
        del sys.modules[name]
    sys.modules.update(before)


def facts(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text())


def test_the_learners_own_network_is_trained_and_tested(course: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["train", "mine.py", "--size", "cpu", "--set", "model.width=5", "--set", "optimizer.lr=0.05"]) == 0
    out = capsys.readouterr().out
    assert "digits (cpu): 100 images" in out and "epoch 2 ·" in out and "Test error" in out
    assert facts(course / "runs" / "mine")["parameters"] == 64 * 5 + 5 + 5 * 10 + 10
    assert facts(course / "runs" / "mine")["settings"]["optimizer.lr"] == 0.05


def test_a_size_may_be_chosen_against_the_machine(course: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["train", "mine.py", "--size", "gpu", "--out", "here"]) == 0
    assert "epoch 3 ·" in capsys.readouterr().out and facts(course / "here")["size"] == "gpu"


def test_the_files_that_stride_cnnlib_names_are_trained(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    elsewhere = course / "handed in"
    (elsewhere / "nets").mkdir(parents=True)
    (elsewhere / "nets" / "mine.py").write_text(NET.replace("(64, width)", "(64, width, bias=False)"))
    monkeypatch.setenv("STRIDE_CNNLIB", str(elsewhere))
    assert main(["train", "mine.py", "--size", "cpu"]) == 0  # its kit is the course's own
    assert facts(course / "runs" / "mine")["parameters"] == 64 * 4 + 4 * 10 + 10


def test_a_stub_is_answered_with_the_exercise_to_write(course: Path, capsys: pytest.CaptureFixture) -> None:
    (course / "cnnlib" / "nets" / "mine.py").write_text(STUB)
    assert main(["train", "mine.py", "--size", "cpu"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "your own nets.mine.Net, which is not written yet: write it in cnnlib/nets/mine.py" in said
    (course / "cnnlib" / "nets" / "mine.py").unlink()
    for name in [name for name in sys.modules if name.startswith("cnnlib.nets")]:
        del sys.modules[name]
    assert main(["train", "mine.py", "--size", "cpu"]) == 2
    assert "cnnlib/nets/mine.py, and there is no such file" in capsys.readouterr().err


LOOP = '''
def train_one_epoch(model, loader, optimizer, loss_function):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss_function(model(images), labels).backward()
        optimizer.step()
    return 1.25, 0.5


def evaluate(model, loader, loss_function):
    return 2.5, 0.25
'''


def test_the_learners_own_loop_is_plugged_in(course: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["train", "mine.py", "--size", "cpu", "--set", "loop=own"]
    stub = 'raise NotImplementedError("training.train_one_epoch: not written yet — stride hint training.train_one_epoch")'
    (course / "cnnlib" / "training.py").write_text(f"def train_one_epoch(*_):\n    {stub}\n\n\ndef evaluate(*_):\n    pass\n")
    assert main(arguments) == 2
    assert "training.train_one_epoch, which is not written yet: write it in cnnlib/training.py" in capsys.readouterr().err
    del sys.modules["cnnlib.training"]
    (course / "cnnlib" / "training.py").write_text(LOOP)
    assert main(arguments) == 0
    assert "training loss 1.2500, error 50.00% · test loss 2.5000, error 25.00%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Which recipe? See them all: stride train --list"),
        (["nobodys"], "There is no recipe 'nobodys'. There are: "),
        (["nobodys.py"], "There is no file nobodys.py"),
        (["mine.py", "--set", "epoch=3"], "no setting 'epoch': there are batch_size,"),
        (["mine.py", "--set", "epochs=many"], "epochs should be a whole number, it is 'many'"),
        (["mine.py", "--set", "epochs"], "--set epochs says nothing"),
        (["mine.py", "--set", "model.height=3"], "model does not take one of its options (height)"),
        (["mine.py", "--size", "huge"], "no size 'huge': there are colab, cpu, gpu"),
        (["mine.py", "--resume"], "There is no run of mine in "),
        (["mine.py", "--resume", "--out", "nowhere"], "nothing to go on from"),
        (["mine.py", "--out", "mine.py"], "cannot be written"),
    ],
)
def test_every_slip_is_answered_in_one_line(arguments: list[str], says: str, course: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["train", *arguments]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1


def test_a_refused_run_leaves_no_folder_that_is_taken_for_one(course: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["train", "mine.py", "--set", "epochs=many"]) == 2
    assert main(["train", "mine.py", "--set", "model.height=3"]) == 2
    assert main(["train", "mine.py", "--size", "cpu"]) == 0
    assert [path.name for path in (course / "runs").iterdir()] == ["mine"]


def test_recipes_are_listed(course: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["train", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(
        path.stem for path in (ROOT / "solutions" / "cnnlib" / "kit" / "recipes").glob("*.py") if not path.stem.startswith("_")
    )
    assert all(line.endswith(".") for line in lines)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("3", 3), ("1e-3", 0.001), ("true", True), ("False", False), ("None", None), ("null", None)),
        *(("bf16", "bf16"), ("'x'", "x"), ("a=b", "a=b"), ("über", "über"), ("[1,2]", [1, 2]), ("(1, 2)", (1, 2))),
    ],
)
def test_values_of_settings(text: str, value: object) -> None:
    assert setting(f"key={text}") == ("key", value)
    assert type(setting(f" key = {text} ")[1]) is type(value)


@pytest.mark.parametrize("text", ["", "key", "=3", "key=", " = "])
def test_what_is_no_setting(text: str) -> None:
    with pytest.raises(CourseError, match="should be key=value"):
        setting(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import torch\n\n\nclass Net(torch.nn.Module):\n    def __init__(self, width):\n        self.layer = torch.nn.Linear(64, width)\n",
         "Your cnnlib/nets/mine.py, line 6 (Net.__init__): AttributeError: cannot assign module before Module.__init__() call. "
         "What does its check say? stride check nets.mine.Net"),
        (NET.replace("Linear(64", "Linear(63"), "mat1 and mat2 shapes cannot be multiplied"),
        ("import torch\nx = = 3\n", "Your cnnlib/nets/mine.py, line 2: SyntaxError: invalid syntax. Mend it, then try again."),
        ("import torch\nimport numppy\n", "numppy"),
    ],
)  # fmt: skip
def test_an_error_in_a_file_of_ones_own_is_a_sentence_with_its_line(text: str, says: str, course: Path, capsys: pytest.CaptureFixture) -> None:
    (course / "cnnlib" / "nets" / "mine.py").write_text(text)
    if "mat1" in says:
        with pytest.raises(RuntimeError, match=says):  # no line of theirs was running: PyTorch's own layers have
            main(["train", "mine.py"])
        return
    assert main(["train", "mine.py"]) == 2
    assert says in capsys.readouterr().err


def test_what_trains_where_is_said_before_the_data_are_read(course: Path, capsys: pytest.CaptureFixture) -> None:
    text = RECIPE.replace('digits = load("digits")', 'raise OSError("a.bin could not be fetched.")')
    (course / "mine.py").write_text(text)
    assert main(["train", "mine.py"]) == 2
    out, err = capsys.readouterr()
    assert "mine: A network of mine." in out and "On CPU" in out and "a.bin could not be fetched" in err
    assert not (course / "runs" / "mine").exists()
