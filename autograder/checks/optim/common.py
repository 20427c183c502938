"""What the checks of all update rules share: drawn gradients, the probe's answer, PyTorch's optimisers as oracles, common slips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.draw import normal
from autograder.exercise import Case, Misconception, float64_result
from autograder.oracles import tensor

Rule = Callable[..., tuple[np.ndarray, dict[str, Any]]]
STEP = "after step {}"


# --- Cases ------------------------------------------------------------------------------------------------------------


def steps_of(rng: np.random.Generator, shape: tuple[int, ...], count: int, dtype: type = np.float64, **options: Any) -> dict[str, Any]:
    """`count` steps from a drawn parameter along drawn gradients, no number near zero. An option that is a list has an item for each."""
    grad = normal(rng, count, *shape)
    grad = (grad + 0.3 * np.sign(grad)).astype(dtype)
    each = ("grad", *(name for name, value in options.items() if isinstance(value, list)))
    return {"w": normal(rng, *shape, dtype=dtype), "grad": grad, "state": {}} | options | {"each": each}


def whatever_eps(aspect: str, inputs: dict[str, Any]) -> Case:
    """A case in which the place of an eps of 1e-8 makes no difference: that costs its own aspect only."""
    return Case(aspect, inputs, tolerance=1e-6)


def rates(rng: np.random.Generator, count: int) -> list[float]:
    """As many learning rates, each another one."""
    return [round(float(rate), 3) for rate in rng.permutation(np.linspace(0.05, 0.35, count))]


def rate(rng: np.random.Generator) -> float:
    return float(rng.choice([0.1, 0.15, 0.2, 0.25]))


def after_each_step(inputs: dict[str, Any], output: Any) -> dict[str, Any]:
    """The view of all update rules: w after every step, or an error where there was no pair of w and state."""
    if not isinstance(output, dict) or STEP.format(1) not in output:
        raise TypeError("no pair of w and state")
    return output


# --- Oracles ----------------------------------------------------------------------------------------------------------


def optimiser(make: Callable[..., Any]) -> Callable[..., dict[str, np.ndarray]]:
    """The oracle that follows an optimiser of PyTorch in float64: make(parameters, **options) -> torch.optim.Optimizer."""

    def oracle(w: np.ndarray, grad: np.ndarray, state: dict, each: tuple[str, ...], learning_rate: Any, **options: Any) -> dict[str, np.ndarray]:
        import torch

        parameter = torch.nn.Parameter(tensor(w).clone())
        found, made = {}, make([parameter], **options)
        for k, slope in enumerate(grad):
            made.param_groups[0]["lr"] = learning_rate[k] if "learning_rate" in each else learning_rate
            parameter.grad = tensor(slope).clone()
            made.step()
            found[STEP.format(k + 1)] = parameter.detach().numpy().copy()
        return found

    return oracle


# --- Slips that any rule can have -------------------------------------------------------------------------------------


def uphill(rule: Rule, hint: str = "The gradient points to where the loss grows: go the other way.") -> Misconception:
    """A right rule with the wrong sign of the step."""
    return Misconception(
        "uphill",
        "The parameter moves along the gradient: uphill.",
        hint,
        lambda **inputs: rule(**inputs | {"learning_rate": -inputs["learning_rate"]}),
    )


def forgets(rule: Rule, what: str, hint: str, revisit: str = "") -> Misconception:
    """A right rule that remembers nothing: every step is the first one."""
    says = f"Nothing is remembered from step to step: {what}."
    return Misconception("forgets", says, hint, lambda **inputs: rule(**inputs | {"state": {}}), revisit=revisit)


def overwrites_w(rule: Rule) -> Misconception:
    def step(w: np.ndarray, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        new, state = rule(w=w, **options)
        w[...] = new
        return w, state

    return Misconception(
        "in_place",
        "The parameter that came in has been overwritten.",
        "w -= … changes the caller's array: w = w - … makes a new one.",
        step,
    )


def overwrites_state(rule: Rule) -> Misconception:
    def step(state: dict[str, Any], **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        new, found = rule(state=state, **options)
        state.update(found)
        return new, state

    return Misconception(
        "same_state",
        "The state that came in has been changed.",
        "state[...] = … changes the caller's dictionary, and v *= … the array in it: make a new dictionary with new arrays (v = v * …).",
        step,
    )


def always_float64(rule: Rule) -> Misconception:
    """A right rule that computes in float64 whatever comes in."""
    slip = float64_result(lambda w, **inputs: rule(w=w.astype(np.float64), **inputs), like="w")
    hint = "Leave the dtype to w and grad: an array made by np.zeros, or a number like np.sqrt(0.5), is float64 and makes all others so."
    return replace(slip, hint=hint)
