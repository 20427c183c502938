"""Published numbers of ResNeXt and of the wide ResNet-50, from our own: torchvision.models.resnet (num_params and GFLOPS of its weights)."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from autograder.loading import load_function
from tests.checks.common import SOLUTIONS

PUBLISHED = {  # depth, cardinality, base width: parameters, thousands of millions of multiply-adds
    (50, 1, 64): (25_557_032, 4.09), (50, 32, 4): (25_028_904, 4.23), (50, 1, 128): (68_883_240, 11.40), (101, 32, 8): (88_791_336, 16.41),
}  # fmt: skip


def given(name: str, module: str = "resnext"):
    return load_function(f"nets.{module}", name, SOLUTIONS)


@pytest.mark.parametrize("depth, cardinality, base_width", PUBLISHED)
def test_published_sizes(depth: int, cardinality: int, base_width: int) -> None:
    parameters, operations = PUBLISHED[depth, cardinality, base_width]
    with torch.device("meta"):
        model = given("resnext")(depth, cardinality=cardinality, base_width=base_width)
        rows = given("layer_table", "inspect")(model, (3, 224, 224))
    assert sum(p.numel() for p in model.parameters()) == parameters
    assert round(sum(row[4] for row in rows) / 1e9, 2) == operations


def test_other_depths_are_refused() -> None:
    with pytest.raises(ValueError, match="50, 101, 152"):
        given("resnext")(34)


def test_the_three_forms_compute_the_same() -> None:
    """Form (c), a grouped convolution, against forms (a) and (b) of the docstring, path by path with the same weights."""
    groups, depth, width = 3, 4, 16
    block = given("ResNeXtBlock")(64, width, cardinality=groups, base_width=depth * 64 // width).double().eval()
    for layer in block.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for numbers in (layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var):
                numbers.uniform_(0.5, 1.5)
    narrow, first, _, grouped, second, _, widen, last = block.branch
    x = torch.randn(2, 64, 5, 6, dtype=torch.float64)
    with torch.no_grad():
        paths = []
        for group in range(groups):
            own = slice(group * depth, (group + 1) * depth)

            def normed(norm: nn.BatchNorm2d, out: torch.Tensor, own: slice = own) -> torch.Tensor:
                numbers = (norm.running_mean[own], norm.running_var[own], norm.weight[own], norm.bias[own])
                return nn.functional.batch_norm(out, *numbers, eps=norm.eps).relu()

            out = normed(first, nn.functional.conv2d(x, narrow.weight[own]))
            paths.append(normed(second, nn.functional.conv2d(out, grouped.weight[own], padding=1)))
        added = sum(nn.functional.conv2d(path, widen.weight[:, g * depth : (g + 1) * depth]) for g, path in enumerate(paths))
        joined = nn.functional.conv2d(torch.cat(paths, dim=1), widen.weight)
        for total in (added, joined):
            assert torch.allclose((last(total) + x).relu(), block(x), rtol=1e-10, atol=1e-12)
