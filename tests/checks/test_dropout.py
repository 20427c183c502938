"""The checks of cnnlib/dropout.py: whatever right way to drop at random gets full marks, and only those."""

from tests.checks.common import proofs

TestProofs = proofs("dropout", seeds=(1, 2))
