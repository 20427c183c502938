"""The checks of cnnlib/mlp.py."""

from tests.checks.common import proofs

TestProofs = proofs("mlp")
