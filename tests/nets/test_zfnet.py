"""ZFNet, as published: Zeiler, Fergus 2014, figure 3 and table 2."""

from __future__ import annotations

import pytest

from tests.nets.counting import bill, master, operations, parameters

ZFNet = master("nets.zfnet.ZFNet")


@pytest.mark.parametrize("wide, count", [(False, 62_357_608), (True, 107_627_624)])
def test_parameters(wide: bool, count: int) -> None:
    """AlexNet's undivided ones, its first filters 7×7 for 11×11: 96 · 3 · (121 − 49) fewer; the wide one counted from its widths."""
    assert parameters(bill(lambda: ZFNet(wide=wide))) == count
    assert 62_378_344 - 96 * 3 * (121 - 49) - 62_357_608 == 0


def test_sizes_of_figure_3() -> None:
    sizes = [shape[-1] for _, kind, shape, _, _ in bill(ZFNet) if kind in ("Conv2d", "MaxPool2d")]
    assert sizes == [110, 55, 26, 13, 13, 13, 13, 6]


def test_lrn_stands_behind_pooling() -> None:
    kinds = [kind for _, kind, *_ in bill(ZFNet)]
    assert kinds[:8] == ["Conv2d", "ReLU", "MaxPool2d", "LocalResponseNorm"] * 2


def test_operations_by_hand() -> None:
    rest = 26**2 * 256 * 2400 + 13**2 * (384 * 2304 + 384 * 3456 + 256 * 3456) + 9216 * 4096 + 4096 * 4096 + 4096 * 1000
    assert operations(bill(lambda: ZFNet(wide=False))) == 110**2 * 96 * 147 + rest
