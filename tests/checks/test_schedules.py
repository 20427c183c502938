"""The checks of cnnlib/schedules.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("schedules")
