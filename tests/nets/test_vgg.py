"""VGG, as published: Simonyan, Zisserman 2015 ("the paper"), tables 1 and 2; operations as He and others 2016 cite them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.nets.counting import bill, master, operations, parameters

VGG, vgg_block = master("nets.vgg.VGG"), master("nets.vgg.vgg_block")


@pytest.mark.parametrize("depth, count, millions", [(11, 132_863_336, 133), (13, 133_047_848, 133), (16, 138_357_544, 138), (19, 143_667_240, 144)])
def test_parameters(depth: int, count: int, millions: int) -> None:
    """The paper's table 2, in millions; to the digit as PyTorch's model library counts the same networks."""
    rows = bill(lambda: VGG(depth))
    assert parameters(rows) == count and round(count / 1e6) == millions
    assert sum(kind in ("Conv2d", "Linear") for _, kind, *_ in rows) == depth


def test_batch_norm_takes_the_place_of_the_biases() -> None:
    """A γ and a β for each of 4,224 filters, which lose their bias."""
    assert parameters(bill(lambda: VGG(16, batch_norm=True))) == 138_357_544 + 4_224


def test_operations() -> None:
    """"Deep residual learning", page 7: 15.3 (VGG-16) and 19.6 (VGG-19) billion. The former are the convolutions' alone."""
    sixteen, nineteen = bill(VGG), bill(lambda: VGG(19))
    assert round(operations(sixteen, "Conv2d") / 1e9, 1) == 15.3 and operations(sixteen) == 15_470_264_320
    assert round(operations(nineteen) / 1e9, 1) == 19.6


def test_where_parameters_and_work_lie() -> None:
    rows = bill(VGG)
    assert parameters(rows, "Conv2d") == 14_714_688
    assert max(row[3] for row in rows) == 25_088 * 4096 + 4096 and round(100 * 102_764_544 / 138_357_544) == 74


@pytest.mark.parametrize("convolutions", [1, 2, 3, 4])
def test_receptive_field_of_a_stack(convolutions: int) -> None:
    """Section 2.3: three 3×3 see 7×7, as one 7×7 does. Here: pixels by which one output changes, with weights that hide nothing."""
    stack = nn.Sequential(*list(vgg_block(1, 4, convolutions))[:-1])
    for parameter in stack.parameters():
        nn.init.constant_(parameter, 0.1)
    image = torch.ones(1, 1, 15, 15, requires_grad=True)
    stack(image)[0, :, 7, 7].sum().backward()
    seen = image.grad[0, 0].nonzero()
    assert (seen.max(dim=0).values - seen.min(dim=0).values + 1).tolist() == [2 * convolutions + 1] * 2


def test_three_small_filters_against_a_large_one() -> None:
    """Section 2.3: 27 C² weights against 49 C²; the large one has 81 % more."""
    weights = lambda layers: sum(layer.weight.numel() for layer in layers if isinstance(layer, nn.Conv2d))  # noqa: E731
    channels = 16
    small, large = weights(vgg_block(channels, channels, 3)), weights([nn.Conv2d(channels, channels, 7)])
    assert (small, large) == (27 * channels**2, 49 * channels**2) and round(100 * (large / small - 1)) == 81


@pytest.mark.parametrize("size, places", [(32, 1), (64, 2), (224, 7)])
def test_other_sizes(size: int, places: int) -> None:
    rows = bill(lambda: VGG(11, classes=5, width=4, hidden=6, size=size), size)
    assert next(row[3] for row in rows if row[1] == "Linear") == 32 * places**2 * 6 + 6 and rows[-1][2] == (5,)
