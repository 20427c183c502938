"""The check of AlexNet."""

from __future__ import annotations

import pytest

from autograder import check
from autograder.checks.nets.alexnet import alexnet
from tests.checks.common import proofs

TestProofs = proofs("nets.alexnet", seeds=(1,))


@pytest.mark.parametrize("width", [48, 90])
def test_other_widths_are_told_by_their_arrays(width: int) -> None:
    verdict = check("nets.alexnet.AlexNet", lambda **options: alexnet()(**options | {"width": width}), seed=1)
    assert not verdict.passed and "Conv2d.bias 96" in " ".join(str(verdict).split())


def test_what_ignores_its_options_is_told_before_it_fills_the_memory() -> None:
    verdict = check("nets.alexnet.AlexNet", lambda **options: alexnet()(), seed=1)
    assert "60,965,224 parameters" in str(verdict)
    assert {aspect.name for aspect in verdict.aspects if aspect.passed} == set()


def test_where_halves_are_asked_for_a_width_of_6_has_them() -> None:
    network = alexnet()(width=6, groups=2, hidden=10)
    assert [layer.groups for layer in network if hasattr(layer, "groups")] == [1, 2, 1, 2, 2]
