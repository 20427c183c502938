"""The checks of cnnlib/schedules.py."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import check
from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("schedules", seeds=(1, 2))


def solution(name: str):
    return load_subject(load(f"schedules.{name}"), SOLUTIONS)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=14), st.integers(0, 4), st.sampled_from([0.0, 0.5, 1.5]), st.sampled_from([0.1, 0.5]))
def test_the_plateau_is_pytorchs(losses, patience, threshold, factor) -> None:
    """Losses of few different values: ties everywhere, and never closer to the threshold than a half."""
    losses = [float(loss) for loss in losses]
    exercise = load("schedules.reduce_on_plateau")
    ours = solution("reduce_on_plateau")(losses, 0.2, patience, factor, threshold)
    assert ours == pytest.approx(exercise.oracle(losses, 0.2, patience, factor, threshold))


@given(st.integers(0, 60), st.integers(1, 13))
def test_the_staircase_is_pytorchs(step, every) -> None:
    made = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    stairs = torch.optim.lr_scheduler.StepLR(made, every, gamma=0.5)
    for _ in range(step):
        made.step()
        stairs.step()
    assert solution("step_decay")(step, 0.3, every, 0.5) == pytest.approx(made.param_groups[0]["lr"])


def test_the_whole_course_of_warm_up_and_cosine() -> None:
    """By hand: three equal steps up to the highest rate, then half a wave whose middle is half the rate."""
    rates = [solution("cosine_with_warmup")(step, 6, 1.0, 2) for step in range(7)]
    assert rates == pytest.approx([1 / 3, 2 / 3, 1, (1 + 2**-0.5) / 2, 0.5, (1 - 2**-0.5) / 2, 0])


@pytest.mark.parametrize("name", ["step_decay", "reduce_on_plateau", "cosine_with_warmup"])
def test_rates_as_they_come_in_are_not_enough(name: str) -> None:
    verdict = check(f"schedules.{name}", lambda learning_rate, **_: learning_rate, seed=1)
    assert verdict.points <= 2


@pytest.mark.parametrize("name", ["step_decay", "reduce_on_plateau", "cosine_with_warmup"])
def test_text_and_arrays_are_no_rates(name: str) -> None:
    for rate in ("0.1", [0.1], None):
        assert check(f"schedules.{name}", lambda rate=rate, **_: rate, seed=1).points == 0
