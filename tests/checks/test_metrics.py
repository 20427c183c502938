"""The checks of cnnlib/metrics.py."""

from tests.checks.common import proofs

TestProofs = proofs("metrics")
