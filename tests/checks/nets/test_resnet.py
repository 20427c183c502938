"""The checks of residual networks as nn.Module."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("nets.resnet")
