"""The checks of cnnlib/augment.py: whatever right way to draw places, chances and colours gets full marks, and only those."""

from tests.checks.common import proofs

TestProofs = proofs("augment", seeds=(1, 2))
