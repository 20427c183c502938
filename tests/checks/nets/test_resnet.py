"""The checks of residual networks as nn.Module."""

from __future__ import annotations

from typing import Any

import pytest

from autograder import check
from autograder.verdict import Verdict
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("nets.resnet")


def judged(name: str, *changes: tuple[str, str]) -> Verdict:
    """The verdict on our own class where its file says something else."""
    source = (SOLUTIONS / "nets" / "resnet.py").read_text(encoding="utf-8")
    before, begin, own = source.partition(f"class {name}(")
    own, end, after = own.partition("\n\n\n")
    for old, new in changes:
        assert old in own, old
        own = own.replace(old, new)
    space: dict[str, Any] = {"__name__": "resnet"}
    exec(before + begin + own + end + after, space)
    return check(f"nets.resnet.{name}", space[name], seed=3)


def lost(verdict: Verdict) -> set[str]:
    return {aspect.name for aspect in verdict.aspects if not aspect.passed}


@pytest.mark.parametrize("name, expansion", [("BasicBlock", 1), ("Bottleneck", 4), ("PreActBlock", 1)])
@pytest.mark.parametrize("says", ["", "expansion = 3", "expansion = \"1\"", "expansion = 1.0", "expansion = property(lambda self: 1)"])
def test_networks_ask_the_class_for_its_expansion(name: str, expansion: int, says: str) -> None:
    of_its_own = [("self.expansion", str(expansion))] if name == "Bottleneck" else []
    verdict = judged(name, *of_its_own, (f"    expansion = {expansion}\n", f"    {says}\n"))
    assert lost(verdict) == {"parameters"}
    assert "`expansion`" in verdict.feedback


@pytest.mark.parametrize("name, again", [
    ("Bottleneck", ("nn.Conv2d(in_channels, width, 1, bias", "nn.Conv2d(in_channels, width, 1, stride, bias")),
    ("PreActBlock", ("nn.Conv2d(width, width, 3, padding", "nn.Conv2d(width, width, 3, stride, padding")),
])
def test_a_branch_that_has_the_stride_twice_is_named(name: str, again: tuple[str, str]) -> None:
    assert judged(name, again).misconception == "shortcut_without_stride"


@pytest.mark.parametrize("name, features, places", [("ResNet", "features", 7), ("CifarResNet", "self.features(x)", 8)])
def test_images_larger_than_the_published_are_images_too(name: str, features: str, places: int) -> None:
    verdict = judged(name, (f"{features}.mean(", f"{features}[:, :, :{places}, :{places}].mean("))
    assert lost(verdict) == {"forward"}


DEFAULTS = [("width: int = 64", "width: int = 32"), ("classes: int = 1000", "classes: int = 10"), ("(2, 2, 2, 2)", "(3, 4, 6, 3)")]


@pytest.mark.parametrize("right, wrong", DEFAULTS)
def test_what_is_left_out_makes_resnet_18(right: str, wrong: str) -> None:
    assert lost(judged("ResNet", (right, wrong))) == {"parameters"}
