"""The checks of cnnlib/splits.py."""

from tests.checks.common import proofs

TestProofs = proofs("splits")
