from tests.checks.common import proofs
TestProofs = proofs("learn_filter")
