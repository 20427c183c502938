"""The check of DenseNet."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("nets.densenet")
