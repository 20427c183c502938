"""The checks of cnnlib/baseline.py."""

from tests.checks.common import proofs

TestProofs = proofs("baseline")
