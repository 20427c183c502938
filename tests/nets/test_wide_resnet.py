"""Published numbers of wide residual networks, from our own: Zagoruyko, Komodakis 2016, tables 4 and 5 (parameters in millions)."""

from __future__ import annotations

import pytest
import torch

from autograder.loading import load_function
from tests.checks.common import SOLUTIONS

PUBLISHED = {(40, 1): 0.6, (40, 2): 2.2, (40, 4): 8.9, (16, 8): 11.0, (22, 8): 17.2, (28, 10): 36.5}


def wide_resnet(*options, **more):
    with torch.device("meta"):
        return load_function("nets.wide_resnet", "WideResNet", SOLUTIONS)(*options, **more)


def size(model: torch.nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("depth, widen", PUBLISHED)
def test_published_numbers_of_parameters(depth: int, widen: int) -> None:
    assert round(size(wide_resnet(depth, widen)) / 1e6, 1) == PUBLISHED[depth, widen]


def test_the_numbers_of_the_docstring_and_the_depth_of_its_name() -> None:
    assert [size(wide_resnet(*plan)) for plan in ((16, 8), (28, 10), (40, 4))] == [10_961_370, 36_479_194, 8_949_210]
    for depth in (16, 28, 40):  # a first convolution, two in every block, and the projections of three stages
        assert sum(isinstance(layer, torch.nn.Conv2d) for layer in wide_resnet(depth, 10).modules()) == depth


def test_a_depth_that_does_not_fit_is_refused() -> None:
    for depth in (27, 4, 30):
        with pytest.raises(ValueError, match="6·n [+] 4"):
            wide_resnet(depth)


def test_shapes_of_the_stages() -> None:
    model, shapes = wide_resnet(28, 10), []
    for layer in model.features:
        layer.register_forward_hook(lambda made, given, out: shapes.append(tuple(out.shape[1:])))
    assert model(torch.zeros(1, 3, 32, 32, device="meta")).shape == (1, 10)
    assert [shapes[i] for i in (0, 4, 8, 12)] == [(16, 32, 32), (160, 32, 32), (320, 16, 16), (640, 8, 8)]
