"""The check of cnnlib/nets/inspect.py."""

from __future__ import annotations

from tests.checks.common import proofs

TestProofs = proofs("nets.inspect")
