"""The checks of cnnlib/trainer.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("trainer")
