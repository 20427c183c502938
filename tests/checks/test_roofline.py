"""The checks of cnnlib/roofline.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("roofline")
