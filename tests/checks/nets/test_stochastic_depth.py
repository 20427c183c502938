"""The check of stochastic depth."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("nets.stochastic_depth")
