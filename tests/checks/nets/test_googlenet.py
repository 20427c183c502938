"""The checks of GoogLeNet and its Inception module."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("nets.googlenet")
