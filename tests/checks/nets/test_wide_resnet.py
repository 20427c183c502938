"""The check of wide residual networks."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("nets.wide_resnet")
