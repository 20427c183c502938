"""What exercises of PyTorch hand to the subject."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autograder.torch_givens import elsewhere

BATCH = elsewhere([(np.ones((2, 3)), np.arange(2))])[0]


MOVES = (
    lambda x: x.to("cpu"),
    lambda x: x.to(torch.device("cpu"), torch.float32),
    lambda x: x.to(torch.ones(1)),
    lambda x: x.to(device="cpu", non_blocking=True),
    lambda x: x.float().to("cpu"),
)
USES = (
    lambda x: x + 1,
    lambda x: torch.ones(2, 3) * x,
    lambda x: x.to(torch.float32) @ torch.ones(3, 1),
    lambda x: x.sum(),
    lambda x: nn.functional.linear(x, torch.ones(4, 3)),
    lambda x: x.double().mean(),
    lambda x: x[0],
    lambda x: x.numpy(),
)


@pytest.mark.parametrize("move", MOVES)
def test_what_lies_elsewhere_can_be_moved(move: Any) -> None:
    assert type(move(BATCH[0])) is torch.Tensor and move(BATCH[0]).sum().item() == 6


@pytest.mark.parametrize("use", USES)
def test_what_lies_elsewhere_cannot_be_computed_with(use: Any) -> None:
    with pytest.raises(RuntimeError, match="on the same device"):
        use(BATCH[0])


def test_what_lies_elsewhere_can_be_looked_at() -> None:
    images, labels = BATCH
    assert (len(images), images.shape, images.size(1), images.dim(), images.dtype, labels.numel()) == (2, (2, 3), 3, 2, torch.float64, 2)
