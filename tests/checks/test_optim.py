"""The checks of cnnlib/optim.py."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import check
from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, check_misconception, proofs

TestProofs = proofs("optim", seeds=(1, 2))


def solution(name: str):
    return load_subject(load(f"optim.{name}"), SOLUTIONS)


TORCH = {
    "sgd_step": lambda p, **o: torch.optim.SGD(p, lr=0.1, weight_decay=o["weight_decay"]),
    "momentum_step": lambda p, **o: torch.optim.SGD(p, lr=0.1, **o),
    "adagrad_step": lambda p, **o: torch.optim.Adagrad(p, lr=0.1, eps=o["eps"]),
    "rmsprop_step": lambda p, **o: torch.optim.RMSprop(p, lr=0.1, alpha=o["decay"], eps=o["eps"]),
    "adam_step": lambda p, **o: torch.optim.Adam(p, lr=0.1, betas=(o["beta1"], o["beta2"]), eps=o["eps"]),
}
OPTIONS = {
    "sgd_step": ("weight_decay",),
    "momentum_step": ("momentum", "weight_decay"),
    "adagrad_step": ("eps",),
    "rmsprop_step": ("decay", "eps"),
    "adam_step": ("beta1", "beta2", "eps"),
}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 99), st.integers(1, 8), st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.sampled_from([1e-8, 1e-5, 0.1]))
@pytest.mark.parametrize("name", TORCH)
def test_solutions_are_pytorchs_optimisers_at_a_constant_rate(name: str, seed: int, count: int, one: float, two: float, eps: float) -> None:
    given = {"momentum": one, "decay": one, "beta1": one, "beta2": two, "weight_decay": two, "eps": eps}
    options = {option: given[option] for option in OPTIONS[name]}
    rng = np.random.default_rng(seed)
    w, state, rule = rng.standard_normal((3, 2)), {}, solution(name)
    parameter = torch.nn.Parameter(torch.from_numpy(w.copy()))
    theirs = TORCH[name]([parameter], **options)
    for grad in rng.standard_normal((count, 3, 2)):
        w, state = rule(w, grad, state, 0.1, **options)
        parameter.grad = torch.from_numpy(grad.copy())
        theirs.step()
    np.testing.assert_allclose(w, parameter.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_nesterov_asks_where_the_velocity_leads() -> None:
    """By hand: w = 1, f(w) = w**2 / 2, rate 0.1, momentum 0.5. v = -0.1, w = 0.9; asked at 0.85: v = -0.05 - 0.085, w = 0.765."""
    asked = []
    w, state, rule = np.array([1.0]), {}, solution("nesterov_step")
    for _ in range(2):
        w, state = rule(w, lambda place: asked.append(place.item()) or place, state, 0.1, 0.5)
    assert asked == pytest.approx([1.0, 0.85]) and w.item() == pytest.approx(0.765)


def test_momentum_and_pytorchs_part_where_the_rate_changes() -> None:
    w, state, rule = np.array([0.0]), {}, solution("momentum_step")
    for rate in (1.0, 0.1):
        w, state = rule(w, np.array([1.0]), state, rate, momentum=0.5)
    assert w.item() == pytest.approx(-1 - 0.5 - 0.1)  # PyTorch: -1 - 0.1 * (0.5 + 1)


# --- What a slip costs ------------------------------------------------------------------------------------------------

COSTS = {
    "sgd_step": {"no_decay": "weight decay contract", "decay_twice": "weight decay contract", "uphill": "step weight decay contract"},
    "momentum_step": {
        "forgets": "velocity changing rate weight decay contract",
        "rate_outside": "changing rate",
        "no_decay": "weight decay contract",
        "always_0_9": "velocity changing rate weight decay contract",
        "in_place": "contract",
        "same_state": "contract",
        "float64_result": "contract",
    },
    "nesterov_step": {"no_look_ahead": "look ahead changing rate contract", "rate_outside": "changing rate", "moved_to_look": "contract"},
    "adagrad_step": {"no_eps": "eps contract", "forgets": "sum of squares eps contract", "same_state": "contract"},
    "rmsprop_step": {"no_eps": "eps contract", "corrected": "running average eps contract", "float64_result": "contract"},
    "adam_step": {
        "forgets": "averages eps contract",
        "not_corrected": "first step averages eps contract",
        "no_eps": "eps contract",
        "eps_before_correction": "eps contract",
        "same_state": "contract",
    },
}


@pytest.mark.parametrize("name, slip", [(name, slip) for name, slips in COSTS.items() for slip in slips])
def test_a_slip_costs_its_own_aspects_only(name: str, slip: str) -> None:
    verdict = check_misconception(load(f"optim.{name}"), slip, 1)
    lost = [aspect.name for aspect in verdict.aspects if not aspect.passed]
    assert " ".join(lost) == COSTS[name][slip]


# --- What people hand in ----------------------------------------------------------------------------------------------


def verdict(name: str, subject):
    return check(f"optim.{name}", subject, seed=1)


def test_a_memory_outside_of_the_state_is_none() -> None:
    memory = {}

    def momentum_step(w, grad, state, learning_rate, momentum=0.9, weight_decay=0.0):
        v = memory.get(w.shape, 0.0)
        memory[w.shape] = v = momentum * v - learning_rate * (grad + weight_decay * w)
        return w + v, {}

    assert not verdict("momentum_step", momentum_step).passed


def test_a_count_of_steps_outside_of_the_state_is_none() -> None:
    count = [0]

    def adam_step(w, grad, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
        count[0] += 1
        s = beta1 * state.get("s", 0.0) + (1 - beta1) * grad
        r = beta2 * state.get("r", 0.0) + (1 - beta2) * grad**2
        step = s / (1 - beta1 ** count[0]) / (np.sqrt(r / (1 - beta2 ** count[0])) + eps)
        return w - learning_rate * step, {"s": s, "r": r}

    assert sum(aspect.points for aspect in verdict("adam_step", adam_step).aspects) <= 3


def test_an_array_of_the_old_state_written_over_is_named() -> None:
    def momentum_step(w, grad, state, learning_rate, momentum=0.9, weight_decay=0.0):
        v = state.get("v", np.zeros_like(w))
        v *= momentum
        v -= learning_rate * (grad + weight_decay * w)
        return w + v, {"v": v}

    found = verdict("momentum_step", momentum_step)
    assert found.misconception == "same_state" and [aspect.name for aspect in found.aspects if not aspect.passed] == ["contract"]


def test_a_gradient_written_over_is_said() -> None:
    def sgd_step(w, grad, state, learning_rate, weight_decay=0.0):
        if grad.flags.writeable:
            grad += weight_decay * w
            return w - learning_rate * grad, {}
        return w - learning_rate * (grad + weight_decay * w), {}

    found = verdict("sgd_step", sgd_step)
    assert [aspect.name for aspect in found.aspects if not aspect.passed] == ["contract"] and "`grad`" in str(found)


NO_PAIRS = [(lambda w: None, "is a `return` missing?"), (lambda w: w, "it is an array of"), (lambda w: {}, "dictionary")]


@pytest.mark.parametrize("returned, said", NO_PAIRS)
def test_what_is_no_pair_earns_nothing_and_is_said(returned, said: str) -> None:
    found = verdict("sgd_step", lambda w, **_: returned(w))
    assert (found.status, found.points) == ("failed", 0) and said in str(found)


def test_amsgrad_is_not_adam() -> None:
    def adam_step(w, grad, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
        t = state.get("t", 0) + 1
        s = beta1 * state.get("s", 0.0) + (1 - beta1) * grad
        r = beta2 * state.get("r", 0.0) + (1 - beta2) * grad**2
        largest = np.maximum(state.get("largest", 0.0), r)
        new = w - learning_rate * s / (1 - beta1**t) / (np.sqrt(largest / (1 - beta2**t)) + eps)
        return new, {"t": t, "s": s, "r": r, "largest": largest}

    assert not verdict("adam_step", adam_step).passed


def test_lists_in_the_state_and_a_list_for_the_pair_are_fine() -> None:
    def adagrad_step(w, grad, state, learning_rate, eps=1e-8):
        squares = [*state.get("squares", []), grad**2]
        return [w - learning_rate * grad / (eps + np.sqrt(sum(squares))), {"squares": squares}]

    assert verdict("adagrad_step", adagrad_step).passed
