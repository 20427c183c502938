"""The checks of cnnlib/init.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("init", seeds=(1, 2))
