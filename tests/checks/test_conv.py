"""The checks of cnnlib/conv.py."""

from tests.checks.common import proofs

TestProofs = proofs("conv", seeds=(1, 2))
