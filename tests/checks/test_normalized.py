"""The checks of cnnlib/normalized.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("normalized", seeds=(1, 2))
