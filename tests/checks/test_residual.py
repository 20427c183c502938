"""The checks of cnnlib/residual.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("residual", seeds=(1, 2))
