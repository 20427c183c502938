"""The checks of cnnlib/trainer.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import check
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("trainer")

# What is written to the file is a place in a list that lies elsewhere in this process, and many zeros.
BESIDE = """
Complete = Trainer

class Trainer(Complete):
    def state_dict(self):
        {kept}.append(super().state_dict())
        return {{"place": len({kept}) - 1, "zeros": torch.zeros(10_000)}}

    def load_state_dict(self, state):
        super().load_state_dict({kept}[state["place"]])

{kept} = []
"""
BY_A_FUNCTION = """
Class = Trainer

def Trainer(**arguments):
    return Class(**arguments)
"""


@pytest.mark.parametrize(("kept", "more"), [("KEPT", ""), ("Trainer.kept", ""), ("Trainer.step.kept", ""), ("KEPT", BY_A_FUNCTION)])
def test_a_state_that_lies_beside_the_trainer_is_lost_on_another_day(kept: str, more: str, tmp_path: Path) -> None:
    source = (SOLUTIONS / "trainer.py").read_text(encoding="utf-8")
    (tmp_path / "trainer.py").write_text(source + BESIDE.format(kept=kept) + more, encoding="utf-8")
    verdict = check("trainer.Trainer", seed=1, cnnlib=tmp_path)
    failed = {aspect.name for aspect in verdict.aspects if not aspect.passed}
    assert failed == {"resume after an epoch", "resume within an epoch", "resume with dropout"}, str(verdict)
