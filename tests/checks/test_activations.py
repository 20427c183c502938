"""The checks of cnnlib/activations.py."""

from tests.checks.common import proofs

TestProofs = proofs("activations")
