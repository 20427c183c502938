"""AlexNet, as published: Krizhevsky, Sutskever, Hinton 2012 ("the paper"), and what others have counted."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tests.nets.counting import bill, master, operations, parameters

AlexNet = master("nets.alexnet.AlexNet")


@pytest.mark.parametrize("groups, count", [(1, 62_378_344), (2, 60_965_224)])
def test_parameters(groups: int, count: int) -> None:
    """Section 1 of the paper: 60 million. Counted by hand from its section 3.5, as the docstring's table does."""
    assert parameters(bill(lambda: AlexNet(groups=groups))) == count


def test_neurons_of_each_layer() -> None:
    """Section 3.5: "… 186,624–64,896–64,896–43,264–4096–4096–1000". (Its first number, 253,440, is 55·48·96 and not 55·55·96.)"""
    shapes = [shape for _, kind, shape, _, _ in bill(AlexNet) if kind in ("Conv2d", "Linear")]
    assert [int(np.prod(shape)) for shape in shapes] == [55 * 55 * 96, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]


def test_operations() -> None:
    """With groups 0.72 billion, as is commonly cited; without, 1.14 billion, each counted as places · filters · weights of a filter."""
    divided, whole = bill(AlexNet), bill(lambda: AlexNet(groups=1))
    assert operations(divided) == 724_406_816 and round(operations(divided) / 1e9, 2) == 0.72
    by_hand = 55**2 * 96 * 363 + 27**2 * 256 * 2400 + 13**2 * (384 * 2304 + 384 * 3456 + 256 * 3456) + 9216 * 4096 + 4096 * 4096 + 4096 * 1000
    assert operations(whole) == by_hand


def test_takeaways_of_the_notebook() -> None:
    rows = bill(AlexNet)
    assert round(100 * parameters(rows, "Linear") / parameters(rows)) == 96
    assert round(100 * operations(rows, "Conv2d") / operations(rows)) == 92


def test_the_lectures_table_and_what_it_leaves_out() -> None:
    """46M parameters and 1G operations: padding 1 in the first layer, no groups, and the last layer's parameters left away."""
    convolutions = [(3, 96, 11, 54), (96, 256, 5, 26), (256, 384, 3, 12), (384, 384, 3, 12), (384, 256, 3, 12)]
    weights = [i * o * k * k for i, o, k, _ in convolutions]
    work = [weight * places**2 for weight, (*_, places) in zip(weights, convolutions)]
    assert [round(w / 1e3) for w in weights[:2]] == [35, 614] and round(sum(weights[2:]) / 1e6) == 3
    assert int(work[0] / 1e6) == 101 and round(work[1] / 1e6) == 415 and round(sum(work[2:]) / 1e6) == 446  # the lecture cuts off: 445
    dense = [256 * 5 * 5 * 4096, 4096 * 4096]
    assert [int(d / 1e6) for d in dense] == [26, 16] and int((sum(weights) + sum(dense)) / 1e6) == 46
    assert round((sum(work) + sum(dense)) / 1e9) == 1
    lecture = sum(weights) + 96 + 256 + 384 + 384 + 256 + sum(dense) + 4096 + 4096 + 4096 * 1000 + 1000
    assert round(lecture / 1e6, 1) == 50.8
    assert lecture + (36 - 25) * 256 * 4096 == 62_378_344  # 6×6 places for 5×5: all that lies between the lecture's and the paper's undivided one


def test_lrn_is_that_of_06() -> None:
    """nn.LocalResponseNorm in AlexNet's convention: the numbers of our own function with the paper's constants."""
    x = 40 * torch.randn(2, 7, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    layer = next(layer for layer in AlexNet(width=6, hidden=5).modules() if isinstance(layer, nn.LocalResponseNorm))
    assert np.allclose(layer(x).numpy(), master("norm.local_response_norm")(x.numpy(), 5, 1e-4, 0.75, 2.0), rtol=1e-12)


def test_groups_are_two_networks_side_by_side() -> None:
    """A filter of the second convolution sees its own half of the channels: the other half may change as it likes."""
    second = [layer for layer in AlexNet(width=6, hidden=5).modules() if isinstance(layer, nn.Conv2d)][1]
    x = torch.randn(1, 6, 9, 9, generator=torch.Generator().manual_seed(0))
    other = x.clone()
    other[:, 3:] += 1
    same = (second(x) == second(other)).all(dim=(0, 2, 3))
    assert same[:8].all() and not same[8:].any()


@pytest.mark.parametrize("width", [6, 48, 96])
def test_an_image_gives_scores(width: int) -> None:
    with torch.device("meta"):
        assert AlexNet(classes=11, width=width, hidden=12)(torch.zeros(2, 3, 224, 224)).shape == (2, 11)
