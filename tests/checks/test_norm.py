"""The checks of cnnlib/norm.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("norm", seeds=(1, 2))
