"""What a class of `nn.Module` is judged by: its parameters, its output, its gradients, in training and in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder import torch_probes

RETURNS = ("parameters", "out", "dx", "gradients", "statistics")  # of the probe `module`
OF_MODEL = ("returned", "parameters", "statistics", "modes", "passes", "kept", "own", "hooks", "dtypes", "learns")  # of the probe `of_model`


def expected(build: Callable[..., Any]) -> Callable[..., tuple]:
    """The oracle: what the probe `module` should give back. `build(**options)` makes the judge's own network."""
    return lambda **inputs: torch_probes.module(build, inputs)
