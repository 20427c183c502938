"""The checks of cnnlib/lenet.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("lenet", seeds=(1, 2))
