from tests.checks.common import proofs
TestProofs = proofs("fast_conv")
