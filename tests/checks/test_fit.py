"""The check of cnnlib/fit.py."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder import check
from autograder.exercise import load
from autograder.probes import arrange
from tests.checks.common import SOLUTIONS, check_misconception, proofs

TestProofs = proofs("fit", seeds=(1,))

COSTS = {
    "states_begin_anew": "epochs stop contract",
    "schedule_restarts": "epochs stop contract",
    "last_parameters": "stop",
    "never_stops": "stop",
    "shuffled_once": "order",
    "not_shuffled": "order",
    "with_replacement": "order",
    "labels_left_behind": "order",
    "seed_of_its_own": "order",
    "other_generator": "order",
    "in_place": "contract",
    "float64_result": "contract",
}


@pytest.mark.parametrize("slip", COSTS)
def test_a_slip_costs_its_own_aspects_only(slip: str) -> None:
    verdict = check_misconception(load("fit.fit"), slip, 1)
    assert " ".join(aspect.name for aspect in verdict.aspects if not aspect.passed) == COSTS[slip]


def test_numbers_do_not_depend_on_the_order() -> None:
    """What the cases that compare numbers rely on: with equal examples any generator gives the same run."""
    exercise = load("fit.fit")
    for case in exercise.cases(1):
        if case.inputs["loss_and_gradients"].name != "diary" and case.aspect != "contract":
            one, equal, other = exercise.oracle(**{name: arrange(value, "plain") for name, value in case.inputs.items()})
            assert one[1] == equal[1] == pytest.approx(other[1], rel=1e-12)


def test_runs_that_stop_have_their_best_epoch_in_the_middle() -> None:
    exercise = load("fit.fit")
    for case in (case for case in exercise.cases(1) if case.aspect == "stop"):
        _, losses = exercise.oracle(**{name: arrange(value, "plain") for name, value in case.inputs.items()})[0]
        assert 1 < losses.index(min(losses)) < len(losses) - 1 < case.inputs["epochs"] - 1


@pytest.fixture
def learner(tmp_path: Path) -> Path:
    """A folder with the solved fit.py and what it uses; the test changes one of them."""
    folder = tmp_path / "cnnlib"
    folder.mkdir()
    for module in ("fit", *load("fit.fit").uses):
        shutil.copy(SOLUTIONS / f"{module}.py", folder)
    return folder


def test_it_is_the_learners_own_pieces_that_run(learner: Path) -> None:
    assert check("fit.fit", seed=1, cnnlib=learner).passed
    path = learner / "optim.py"
    path.write_text(path.read_text(encoding="utf-8").replace("beta1=0.9", "beta1=0.5"), encoding="utf-8")
    assert not check("fit.fit", seed=1, cnnlib=learner).passed


def test_a_piece_that_is_not_written_is_named(learner: Path) -> None:
    path = learner / "schedules.py"
    stub = 'raise NotImplementedError("schedules.cosine_with_warmup: not written yet — stride hint schedules.cosine_with_warmup")'
    path.write_text(f"def cosine_with_warmup(step, steps, learning_rate, warmup_steps):\n    {stub}\n", encoding="utf-8")
    verdict = check("fit.fit", seed=1, cnnlib=learner)
    assert (verdict.status, verdict.points) == ("not_written", 0) and "schedules.cosine_with_warmup" in str(verdict)


PIECES = "from cnnlib.schedules import cosine_with_warmup"
STAYS_AT_ZERO = """
def cosine_with_warmup(step, steps, learning_rate, warmup_steps):
    if step < warmup_steps:
        return learning_rate * (step + 1) / (warmup_steps + 1)
    progress = min((step - warmup_steps) / max(steps - warmup_steps, 1), 1)
    return learning_rate * (1 + float(np.cos(np.pi * progress))) / 2
"""


@pytest.mark.parametrize("cosine", [PIECES, STAYS_AT_ZERO], ids=["comes up again", "stays at zero"])
@pytest.mark.parametrize("steps", ["epochs * (N // batch_size)", "N // batch_size * epochs"])
@pytest.mark.parametrize("seed", [1, 2, 2026])
def test_steps_rounded_down_are_named_however_the_schedule_goes_on_beyond_its_end(learner: Path, cosine: str, steps: str, seed: int) -> None:
    path = learner / "fit.py"
    source = path.read_text(encoding="utf-8").replace(PIECES, cosine)
    path.write_text(source.replace("epochs * len(range(0, N, batch_size))", steps), encoding="utf-8")
    verdict = check("fit.fit", seed=seed, cnnlib=learner)
    assert verdict.misconception == "schedule_of_full_batches" and "not down" in verdict.feedback
