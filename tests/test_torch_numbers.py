"""Numbers in modules of PyTorch: what random layers drop is a fixed pattern. (What fills modules is seen in test_torch_probes.py.)"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from autograder.torch_numbers import fixed_dropout, pattern


def test_features_are_dropped_alike_before_and_after_they_are_flattened() -> None:
    x = torch.rand(3, 40, dtype=torch.float64)
    with fixed_dropout():
        flat = nn.Dropout(0.4)(x)
        assert 0 < (flat == 0).sum() < x.numel()
        for drop in (nn.Dropout(0.4), nn.Dropout2d(0.4)):
            assert torch.equal(drop(x[:, :, None, None]).flatten(1), flat)
        assert not torch.equal(nn.Dropout(0.4)(torch.ones(3, 40, 2))[:, :, 0], nn.Dropout(0.4)(torch.ones(3, 40)))


def test_a_fixed_pattern_drops_its_share_and_the_real_dropout_comes_back() -> None:
    kept = pattern((100, 100), 0.3)
    assert set(np.unique(kept)) == {0, 1 / 0.7} and abs((kept == 0).mean() - 0.3) < 0.03
    before = nn.functional.dropout
    with pytest.raises(ZeroDivisionError), fixed_dropout():
        assert nn.functional.dropout is not before
        channels = nn.functional.dropout2d(torch.ones(2, 50, 4, 4), 0.5)
        assert all(len(channel.unique()) == 1 for image in channels for channel in image)
        raise ZeroDivisionError
    assert nn.functional.dropout is before
