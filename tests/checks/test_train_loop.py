"""The checks of cnnlib/train_loop.py."""

from tests.checks.common import proofs

TestProofs = proofs("train_loop")
