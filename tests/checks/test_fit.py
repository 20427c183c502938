"""The check of cnnlib/fit.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("fit", seeds=(1, 2))
