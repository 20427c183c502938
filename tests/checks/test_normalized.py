"""The checks of cnnlib/normalized.py."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder import check
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("normalized", seeds=(1, 2))

IN_STAGES = '''
from cnnlib import kit


def build_normalized_net(rng):
    channels, stages = [1, 8, 16, 32], []
    for i in range(3):
        stage = kit.Sequential(
            kit.Conv2d(channels[i], channels[i + 1], (3, 3), stride=1, padding=(1, 1), rng=rng),
            kit.BatchNorm2d(channels[i + 1]),
        )
        stages += [stage, *((kit.MaxPool2d(2, 2), kit.ReLU()) if i < 2 else (kit.ReLU(), kit.GlobalAvgPool2d()))]
    return kit.Sequential(kit.Sequential(*stages), kit.Linear(32, 10, rng=rng))
'''
LEFT_IN_TRAINING = '''
from cnnlib import kit
from cnnlib.normalized_by_us import build_normalized_net as ours


class Always(kit.BatchNorm2d):
    training = property(lambda self: True, lambda self, training: None)


def build_normalized_net(rng):
    net = ours(rng)
    net.steps = [Always(len(step.parameters["gamma"])) if isinstance(step, kit.BatchNorm2d) else step for step in net.steps]
    return net
'''


def checked(folder: Path, source: str, *, without: str = ""):
    """The verdict on this source, beside the solutions of the other modules."""
    cnnlib = shutil.copytree(SOLUTIONS, folder / "cnnlib", ignore=shutil.ignore_patterns("__pycache__", without))
    shutil.copy(SOLUTIONS / "normalized.py", cnnlib / "normalized_by_us.py")
    (cnnlib / "normalized.py").write_text(source, encoding="utf-8")
    return check("normalized.build_normalized_net", seed=1, cnnlib=cnnlib)


def test_stages_within_stages_are_as_good(tmp_path: Path) -> None:
    """ReLU and max pooling may change places: neither changes which number of a window is the largest."""
    verdict = checked(tmp_path, IN_STAGES)
    assert verdict.passed, str(verdict)


def test_a_network_that_never_stops_training_is_found_out(tmp_path: Path) -> None:
    verdict = checked(tmp_path, LEFT_IN_TRAINING)
    assert [aspect.name for aspect in verdict.aspects if aspect.difference] == ["use"], str(verdict)


def test_nobody_stands_in_for_a_batch_norm_that_is_not_written(tmp_path: Path) -> None:
    verdict = checked(tmp_path, (SOLUTIONS / "normalized.py").read_text(encoding="utf-8"), without="norm.py")
    assert verdict.status == "not_written" and "norm.batch_norm2d_forward" in verdict.feedback, str(verdict)
