"""GoogLeNet's published numbers, from our own network: table 1 of "Going deeper with convolutions" (Szegedy and others 2014), where it can be."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import nn

from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS

# Name: thousands of parameters (of 1,024 each: the last layer's 1,024,000 are "1000K"), millions of operations, as printed.
TABLE_1 = {
    "stem": (112, 360), "3a": (159, 128), "3b": (380, 304), "4a": (364, 73), "4b": (437, 88), "4c": (463, 100), "4d": (580, 119), "4e": (840, 170),
    "5a": (1072, 54), "5b": (1388, 71), "linear": (1000, 1),
}  # fmt: skip
FIRST = (2.7, 34)  # the row of the 7×7 convolution
PARAMETERS_OFF = {"4c", "5a"}  # more than 3 % from what the row's own filters have
OPERATIONS_OFF = {"5a"}


def master(id: str):
    return load_subject(load(id), SOLUTIONS)


@pytest.fixture(scope="module")
def counted() -> dict[str, Counter]:
    """Weights and operations by the rows of table 1, which counts no biases."""
    with torch.device("meta"):
        rows = master("nets.inspect.layer_table")(master("nets.googlenet.GoogLeNet")(), (3, 224, 224))
    modules, found = iter(list(TABLE_1)[1:-1]), {}
    learned = [(name, kind, shape, parameters, operations) for name, kind, shape, parameters, operations in rows if operations]
    place, now = "", ""
    for name, kind, shape, parameters, operations in learned:
        block = ".".join(name.split(".")[:2])
        if "branches" in name:
            place, now = (next(modules), block) if block != now else (place, now)
        else:
            place = "linear" if kind == "Linear" else "first" if shape[1] == 112 else "stem"
        biases = 0 if kind == "Linear" else shape[0]
        found.setdefault(place, Counter()).update(weights=parameters - biases, operations=operations, layers=1)
    return found


def test_all_parameters() -> None:
    with torch.device("meta"):
        for options, published in (({}, 6_998_552), ({"batch_norm": True}, 7_005_832)):
            assert sum(p.numel() for p in master("nets.googlenet.GoogLeNet")(**options).parameters()) == published


def test_the_rows_of_table_1(counted: dict[str, Counter]) -> None:
    for row, (thousands, millions) in TABLE_1.items():
        weights, operations = counted[row]["weights"], counted[row]["operations"]
        assert (abs(weights / 1024 - thousands) <= 0.03 * thousands) == (row not in PARAMETERS_OFF), (row, weights / 1024)
        assert (abs(operations / 1e6 - millions) < 1) == (row not in OPERATIONS_OFF), (row, operations / 1e6)


def test_the_first_row_is_of_a_convolution_in_two_steps(counted: dict[str, Counter]) -> None:
    """2.7K and 34M fit 7×7 filters for each colour, 8 a colour, and 1×1 behind them: not the 7×7 convolution that row and figure 3 draw."""
    separable = 7 * 7 * 3 * 8 + 3 * 8 * 64
    assert (round(separable / 1000, 1), round(separable * 112 * 112 / 1e6)) == FIRST
    assert counted["first"]["weights"] == 9_408 and counted["first"]["operations"] == 118_013_952


def test_one_and_a_half_billion_operations(counted: dict[str, Counter]) -> None:
    assert sum(row["operations"] for row in counted.values()) == 1_582_671_872  # the text says 1.5 billion
    assert sum(millions for _, millions in TABLE_1.values()) + FIRST[1] == 1502


def test_twenty_two_layers_one_behind_the_other(counted: dict[str, Counter]) -> None:
    assert counted["first"]["layers"] + counted["stem"]["layers"] + 2 * 9 + counted["linear"]["layers"] == 22
    assert all(counted[name]["layers"] == 6 for name in list(TABLE_1)[1:-1])


def test_twelve_times_fewer_than_alexnet_is_five_million_and_the_network_has_seven() -> None:
    """The paper's introduction says 12 times fewer than AlexNet's 60 million: 5. Its table adds up to 7, of which the last layer has 1."""
    assert 60 / 12 == 5
    assert round((sum(thousands for thousands, _ in TABLE_1.values()) + FIRST[0]) * 1024 / 1e6) == 7
    assert round((6_998_552 - 1_025_000) / 1e6, 2) == 5.97 and round(60_965_224 / 6_998_552, 1) == 8.7


def test_the_first_module(counted: dict[str, Counter]) -> None:
    module = master("nets.googlenet.Inception")(192, 64, 96, 128, 16, 32, 32)
    assert sum(p.numel() for p in module.parameters()) == 163_696
    assert module(torch.zeros(1, 192, 28, 28)).shape == (1, 256, 28, 28)


def test_naive_modules_cost_several_times_as_much() -> None:
    """3a with the reductions left out: 3×3 and 5×5 see 192 channels, and the pooling passes all 192 on."""
    reduced = (192 * 64 + 192 * 96 + 96 * 128 * 9 + 192 * 16 + 16 * 32 * 25 + 192 * 32) * 28 * 28
    naive = (192 * 64 + 192 * 128 * 9 + 192 * 32 * 25) * 28 * 28
    assert (reduced, naive) == (128_049_152, 303_464_448)


def test_images_of_any_size_from_32_on() -> None:
    network = master("nets.googlenet.GoogLeNet")(classes=7, width=8).eval()
    for size in ((32, 32), (33, 50), (224, 224)):
        assert network(torch.zeros(1, 3, *size)).shape == (1, 7)
    assert sum(isinstance(layer, nn.MaxPool2d) and layer.stride == 2 for layer in network.modules()) == 4
