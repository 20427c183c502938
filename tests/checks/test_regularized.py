"""The check of cnnlib/regularized.py: crops, flips and masks are computed back from gradients."""

from tests.checks.common import proofs

TestProofs = proofs("regularized", seeds=(1, 2))
