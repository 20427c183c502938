"""Published numbers of DenseNet, from our own: torchvision.models.densenet, and table 2 of Huang and others 2017 for CIFAR-10 (in millions)."""

from __future__ import annotations

import pytest
import torch

from autograder.loading import load_function
from tests.checks.common import SOLUTIONS

IMAGENET = {121: 7_978_856, 169: 14_149_480, 201: 20_013_928}
CIFAR = {(40, 12, 0): 1.0, (100, 12, 0): 7.0, (100, 24, 0): 27.2, (100, 12, 4): 0.8, (250, 24, 4): 15.3, (190, 40, 4): 25.6}


def given(name: str, module: str = "densenet"):
    return load_function(f"nets.{module}", name, SOLUTIONS)


def made(name: str, *options):
    with torch.device("meta"):
        return given(name)(*options)


def size(model: torch.nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("depth", IMAGENET)
def test_published_numbers_of_parameters(depth: int) -> None:
    model = made("densenet", depth)
    layers = [layer for layer in model.modules() if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear))]
    assert size(model) == IMAGENET[depth] and len(layers) == depth


@pytest.mark.parametrize("depth, growth, bottleneck", CIFAR)
def test_published_numbers_of_parameters_for_small_images(depth: int, growth: int, bottleneck: int) -> None:
    assert round(size(made("cifar_densenet", depth, growth, 10, bottleneck)) / 1e6, 1) == CIFAR[depth, growth, bottleneck]


def test_the_numbers_of_the_docstring() -> None:
    assert size(made("cifar_densenet")) == 1_019_722


def test_shapes_and_operations_of_table_1() -> None:
    with torch.device("meta"):
        rows = given("layer_table", "inspect")(given("densenet")(121), (3, 224, 224))
    assert round(sum(row[4] for row in rows) / 1e9, 2) == 2.83  # torchvision's GFLOPS
    poolings = [shape for _, kind, shape, _, _ in rows if "Pool" in kind]
    assert poolings == [(64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7)]
    assert next(shape for _, kind, shape, _, _ in reversed(rows) if kind == "BatchNorm2d") == (1024, 7, 7)


def test_depths_that_do_not_fit_are_refused() -> None:
    for name, depth, says in (("densenet", 161, "121, 169, 201"), ("cifar_densenet", 41, "3·n [+] 4"), ("cifar_densenet", 4, "3·n [+] 4")):
        with pytest.raises(ValueError, match=says):
            given(name)(depth)
    with pytest.raises(ValueError, match="6·n [+] 4"):
        given("cifar_densenet")(43, bottleneck=4)
