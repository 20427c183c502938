"""The checks of cnnlib/early_stopping.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("early_stopping")
