"""The checks of cnnlib/optim.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("optim", seeds=(1, 2))
