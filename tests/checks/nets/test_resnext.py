"""The check of ResNeXt's block."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("nets.resnext")
