"""ResNet's published numbers, from our own networks: tables 1 and 6 of "Deep residual learning for image recognition" (He, Zhang, Ren, Sun 2016).

Parameters of the networks for ImageNet are those of torchvision.models.resnet, whose documentation states them; the paper has none.
"""

from __future__ import annotations

import functools

import pytest
import torch
from torch import nn

from autograder.checks.nets.resnet.blocks import bottleneck
from autograder.loading import load_function
from tests.checks.common import SOLUTIONS

# depth: parameters, multiply-adds in billions as torchvision's documentation has them (GFLOPS), and as table 1 does
IMAGENET = {
    18: (11_689_512, 1.81, 1.8), 34: (21_797_672, 3.66, 3.6),
    50: (25_557_032, 4.09, 3.8), 101: (44_549_160, 7.80, 7.6), 152: (60_192_808, 11.51, 11.3),
}  # fmt: skip
COUNTS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
CIFAR = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7, 1202: 19.4}  # table 6: millions of parameters
PLACES = (112, 56, 28, 14, 7)  # table 1: output size of conv1 and of the four stages


@functools.cache
def master(name: str, module: str = "nets.resnet"):
    return load_function(module, name, SOLUTIONS)


def made(name: str, *arguments, **options) -> nn.Module:
    """Of shapes alone: ResNet-152 costs nothing."""
    with torch.device("meta"):
        return master(name)(*arguments, **options)


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def operations(model: nn.Module, shape: tuple[int, ...]) -> int:
    return sum(row[4] for row in master("layer_table", "nets.inspect")(model, shape))


def block_shapes(model: nn.Module, x: torch.Tensor) -> list[tuple[int, ...]]:
    """What comes out of the blocks, one after the other, without the batch."""
    found: list[tuple[int, ...]] = []
    for module in model.modules():
        if hasattr(module, "expansion"):
            module.register_forward_hook(lambda _, inputs, out: found.append(tuple(out.shape[1:])))
    model(x)
    return found


@pytest.mark.parametrize("depth", IMAGENET)
def test_imagenet_parameters_and_operations(depth: int) -> None:
    model = made("resnet", depth)
    assert parameters(model) == IMAGENET[depth][0]
    assert operations(model, (3, 224, 224)) / 1e9 == pytest.approx(IMAGENET[depth][1], abs=0.006)


@pytest.mark.parametrize("depth", COUNTS)
def test_the_papers_operations_are_those_with_the_stride_on_the_first_convolution(depth: int) -> None:
    with torch.device("meta"):
        model = master("ResNet")(bottleneck(strided=0), COUNTS[depth])
    assert parameters(model) == IMAGENET[depth][0]
    assert operations(model, (3, 224, 224)) / 1e9 == pytest.approx(IMAGENET[depth][2], abs=0.08)


@pytest.mark.parametrize("depth", (18, 34))
def test_the_papers_operations_of_the_networks_without_bottleneck(depth: int) -> None:
    """Table 1 counts with shortcuts of option A, which have no operations, and rounds down: 3.6 for 3.66."""
    assert operations(made("resnet", depth), (3, 224, 224)) / 1e9 == pytest.approx(IMAGENET[depth][2], abs=0.07)


@pytest.mark.parametrize("depth", IMAGENET)
def test_so_many_layers_have_weights(depth: int) -> None:
    layers = [m for m in made("resnet", depth).modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    assert len(layers) - (3 if depth < 50 else 4) == depth  # projections are not counted: one for each stage that changes shapes


@pytest.mark.parametrize("depth, counts, wide", [(18, (2, 2, 2, 2), 1), (34, (3, 4, 6, 3), 1), *((d, c, 4) for d, c in COUNTS.items())])
def test_shapes_of_table_1(depth: int, counts: tuple[int, ...], wide: int) -> None:
    model = made("resnet", depth)
    right = [(wide * 64 * 2**stage, size, size) for stage, (count, size) in enumerate(zip(counts, PLACES[1:])) for _ in range(count)]
    x = torch.zeros(1, 3, 224, 224, device="meta")
    assert block_shapes(model, x) == right
    stem = next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d))
    assert stem(x).shape == (1, 64, PLACES[0], PLACES[0])


@pytest.mark.parametrize("depth", CIFAR)
def test_cifar_parameters_and_the_plain_twins(depth: int) -> None:
    model, twin = made("CifarResNet", depth), made("CifarResNet", depth, residual=False)
    assert parameters(model) / 1e6 == pytest.approx(CIFAR[depth], abs=0.05 if depth == 110 else 0.03 if depth == 1202 else 0.005)
    assert parameters(twin) == parameters(model)
    assert operations(twin, (3, 32, 32)) == operations(model, (3, 32, 32))
    assert sum(isinstance(m, (nn.Conv2d, nn.Linear)) for m in model.modules()) == depth


@pytest.mark.parametrize("depth", (20, 56))
@pytest.mark.parametrize("residual", (True, False))
def test_shapes_of_the_network_for_cifar(depth: int, residual: bool) -> None:
    """Section 4.2: maps of 32, 16 and 8, with 16, 32 and 64 filters."""
    n = (depth - 2) // 6
    shapes = block_shapes(made("CifarResNet", depth, residual=residual), torch.zeros(1, 3, 32, 32, device="meta"))
    assert shapes == [(16, 32, 32)] * n + [(32, 16, 16)] * n + [(64, 8, 8)] * n


def test_option_b_has_two_projections_more() -> None:
    """1×1 convolutions from 16 to 32 and from 32 to 64, each with γ and β."""
    block = master("BasicBlock")
    assert parameters(made("CifarResNet", 20, block=block)) - parameters(made("CifarResNet", 20)) == 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64


def test_without_its_branches_the_residual_network_hands_its_input_on() -> None:
    """What tells it from its twin: with γ = 0 behind every branch, images still arrive at the end; in the plain twin nothing does."""
    torch.manual_seed(0)
    for residual in (True, False):
        model = master("CifarResNet")(8, width=4, residual=residual).eval()
        x = torch.randn(2, 3, 32, 32)
        with torch.no_grad():
            for module in model.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.weight.fill_(0)
            first = next(module for module in model.modules() if isinstance(module, nn.BatchNorm2d))
            first.weight.fill_(1)
            scores = model(x)
        assert torch.equal(scores[0], scores[1]) is not residual


@pytest.mark.parametrize("depth", (7, 9, 2, 0, -4, 21))
def test_other_depths_are_refused_in_a_sentence(depth: int) -> None:
    with pytest.raises(ValueError, match=f"depth is 6·n \\+ 2, such as .*, not {depth}$"):
        master("CifarResNet")(depth)


def test_unpublished_depths_and_unknown_shortcuts_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="^depth is one of 18, 34, 50, 101, 152, not 20$"):
        master("resnet")(20)
    with pytest.raises(ValueError, match="^shortcut is one of projection, padding, none, not 'identity'$"):
        master("BasicBlock")(3, 3, shortcut="identity")
