"""The checks of cnnlib/preprocess.py."""

from tests.checks.common import proofs

TestProofs = proofs("preprocess")
