"""The checks of cnnlib/perceptron.py."""

from tests.checks.common import proofs

TestProofs = proofs("perceptron")
