"""The checks of cnnlib/small_resnet.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("small_resnet", seeds=(1, 2))
