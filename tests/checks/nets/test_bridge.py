"""The check of cnnlib/nets/bridge.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("nets.bridge")
