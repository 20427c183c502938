"""The checks of cnnlib/loss.py."""

from tests.checks.common import proofs

TestProofs = proofs("loss")
