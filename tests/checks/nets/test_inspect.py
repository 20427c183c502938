"""The check of cnnlib/nets/inspect.py."""

from __future__ import annotations

import torch

from autograder import check
from autograder.checks.nets.inspect import table
from tests.checks.common import proofs

TestProofs = proofs("nets.inspect")


def test_a_count_may_be_a_tensor() -> None:
    def layer_table(model, shape):
        return [(*names, torch.tensor(parameters), torch.tensor(operations)) for *names, parameters, operations in table()(model, shape)]

    assert check("nets.inspect.layer_table", layer_table, seed=1).passed
