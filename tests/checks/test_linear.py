"""The checks of cnnlib/linear.py."""

from tests.checks.common import proofs

TestProofs = proofs("linear")
