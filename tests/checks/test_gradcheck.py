"""The checks of cnnlib/gradcheck.py."""

from tests.checks.common import proofs

TestProofs = proofs("gradcheck")
