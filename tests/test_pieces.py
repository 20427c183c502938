"""Which piece of the learner's own an exercise fails for: named on their card, found without running what is not used."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder import check, pieces, runner
from autograder.cards.card import html, text
from autograder.exercise import load
from autograder.verdict import Verdict

SOLUTIONS = Path(__file__).resolve().parent.parent / "solutions" / "cnnlib"
WRONG = {  # module: (what stands there, what is written in its place, the exercise that does not pass then)
    "optim": ("beta1=0.9", "beta1=0.5", "optim.adam_step"),
    "schedules": ("(step + 1) / (warmup_steps + 1)", "(step + 1) / warmup_steps", "schedules.cosine_with_warmup"),
    "early_stopping": ("> self.patience", ">= self.patience", "early_stopping.EarlyStopping"),
}


@pytest.fixture
def learner(tmp_path: Path) -> Path:
    """All files solved; the test changes some of them."""
    folder = tmp_path / "cnnlib"
    shutil.copytree(SOLUTIONS, folder, ignore=shutil.ignore_patterns("kit", "__pycache__"))
    return folder


def spoil(learner: Path, module: str, old: str, new: str) -> None:
    path = learner / f"{module}.py"
    source = path.read_text(encoding="utf-8")
    assert old in source
    path.write_text(source.replace(old, new), encoding="utf-8")


def checked(id: str, learner: Path) -> Verdict:
    return check(id, seed=1, cnnlib=learner)


@pytest.mark.parametrize("module", WRONG)
def test_a_run_that_fails_for_a_piece_names_it_on_the_card(module: str, learner: Path) -> None:
    old, new, id = WRONG[module]
    spoil(learner, module, old, new)
    verdict = checked("fit.fit", learner)
    assert not verdict.passed and verdict.piece == id
    assert f"`{id}` does not pass yet: check that first." in text(verdict)
    assert f"{id}</code> does not pass yet: check that first." in html(verdict)


def test_the_card_says_nothing_of_pieces_that_pass(learner: Path) -> None:
    spoil(learner, "fit", "rng.permutation(N)", "np.arange(N)")
    verdict = checked("fit.fit", learner)
    assert verdict.misconception == "not_shuffled" and verdict.piece == ""
    assert "check that first" not in text(verdict) + html(verdict)


def test_a_piece_that_is_not_used_is_not_blamed(learner: Path) -> None:
    spoil(learner, "fit", "rng.permutation(N)", "np.arange(N)")
    spoil(learner, "optim", "def sgd_step", "def sgd_step(*args, **kwargs):\n    return None\n\n\ndef unused")
    assert not checked("optim.sgd_step", learner).passed
    assert checked("fit.fit", learner).piece == ""


def test_what_a_piece_is_made_of_comes_before_it(learner: Path) -> None:
    spoil(learner, "linear", "dx = dout @ w", "dx = 2 * dout @ w")
    assert checked("mlp.mlp_loss_and_gradients", learner).piece == "linear.linear_backward"
    (learner / "learn_filter.py").write_text(
        "from cnnlib.conv import *\nfrom cnnlib import conv\ndef fit_filter(*a):\n    return conv.conv2d_backward(*a)\n"
    )
    spoil(learner, "conv", "def conv2d_backward(", "def conv2d_backward(*a):\n    return dilate(*a), rotate180(*a)\n\n\ndef before(")
    assert pieces.pieces(load("learn_filter.fit_filter"), learner) == ["conv.dilate", "conv.rotate180", "conv.conv2d_backward"]


def test_the_kits_layers_lead_to_the_functions_that_they_compute_with(learner: Path) -> None:
    checked("lenet.build_lenet5", learner)  # loads the kit
    found = pieces.pieces(load("lenet.build_lenet5"), learner)
    assert {"fast_conv.conv2d_forward", "activations.tanh_backward", "pool.avg_pool2d_forward", "linear.linear_backward"} <= set(found)
    assert not {"activations.relu_forward", "pool.max_pool2d_forward"} & set(found)


BLOCK = """
from cnnlib.kit import Conv2d, Layer

def residual_forward(x, branch, shortcut=None):
    return x

class BasicBlock(Layer):
    def forward(self, x):
        return residual_forward(x, Conv2d(1, 1, 3))
"""


def test_a_piece_that_is_only_slow_is_not_blamed(learner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked("lenet.build_lenet5", learner)
    tried, run = [], runner.run
    monkeypatch.setattr(
        runner, "run", lambda exercise, cases, *args, **kwargs: tried.append((exercise, cases)) or run(exercise, cases, *args, **kwargs)
    )
    assert pieces.first_open(load("lenet.build_lenet5"), learner, 1, seconds=60) == ""
    assert any(case.max_slowdown for exercise, _ in tried for case in exercise.cases(1))
    assert not any(case.max_slowdown for _, cases in tried for case in cases)


def test_a_block_is_judged_with_given_layers_so_those_are_no_pieces(learner: Path) -> None:
    (learner / "residual.py").write_text(BLOCK, encoding="utf-8")
    checked("residual.BasicBlock", learner)
    assert pieces.pieces(load("residual.BasicBlock"), learner) == ["residual.residual_forward"]
    network = pieces.pieces(load("small_resnet.build_small_resnet"), learner)  # there they are
    assert network.index("fast_conv.conv2d_forward") < network.index("residual.BasicBlock")


IMPORTS = {
    "from cnnlib.optim import adam_step as move": "move",
    "from cnnlib import optim": "optim.adam_step",
    "import cnnlib.optim": "cnnlib.optim.adam_step",
    "import cnnlib.optim as o": "o.adam_step",
    "from .optim import adam_step": "adam_step",
    "from . import optim": "optim.adam_step",
}


@pytest.mark.parametrize("statement", IMPORTS)
@pytest.mark.parametrize("inside", [False, True])
def test_every_spelling_of_an_import_is_followed(statement: str, inside: bool, tmp_path: Path) -> None:
    body = f"    {statement}\n" if inside else ""
    (tmp_path / "fit.py").write_text(f"{'' if inside else statement}\ndef fit(*args):\n{body}    return helper(args)\n")
    with (tmp_path / "fit.py").open("a") as file:
        file.write(f"def helper(args):\n    return {IMPORTS[statement]}(*args)\n")
    assert pieces.pieces(load("fit.fit"), tmp_path) == ["optim.adam_step"]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "def fit(",
        "\x00",
        "def fit(*a):\n    return fit(*a)\n",
        "from cnnlib.nowhere import thing\nfit = thing\n",
        "def fit():\n    return " + "+" * 99_999 + "1",
    ],
)
def test_files_of_any_kind_have_no_pieces_and_do_no_harm(source: str, tmp_path: Path) -> None:
    (tmp_path / "fit.py").write_text(source)
    assert pieces.pieces(load("fit.fit"), tmp_path) == []


def test_a_piece_without_an_end_is_not_waited_for(learner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(learner, "schedules", "    if step < warmup_steps:\n", "    while step == 0:\n        pass\n    if step < warmup_steps:\n")
    spoil(learner, "fit", "rng.permutation(N)", "np.arange(N)")
    given, run = [], runner.run
    monkeypatch.setattr(runner, "run", lambda *args, seconds: given.append(seconds) or run(*args, seconds=seconds))
    assert pieces.first_open(load("fit.fit"), learner, 1, seconds=0.3) == ""
    assert given and max(given) <= 0.3  # its own check would wait for twenty seconds


def test_a_verdict_that_is_kept_knows_no_piece(learner: Path) -> None:
    spoil(learner, "optim", "beta1=0.9", "beta1=0.5")
    verdict = checked("fit.fit", learner)
    assert verdict.piece and Verdict.from_dict(verdict.to_dict()).piece == "" and "piece" not in verdict.to_dict()
