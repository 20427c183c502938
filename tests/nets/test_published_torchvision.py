"""torchvision's own networks, and timm's, in ours, where they are installed; and what is said where they are not.

Weights are random, batch norm's statistics too: nothing is downloaded. GoogLeNet's last pooling is made torchvision's first, as load_published asks.
"""

from __future__ import annotations

import functools
import importlib
import pickle
import re
import sys
import types
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.nets import torchvision_like as like
from tests.nets.test_published import difference, load_published, master, refused
from tests.test_kit import kit


def installed(name: str):
    """A package, or its test is skipped: also where it was built for another PyTorch, or where a stand-in took its place."""
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"{name} cannot be imported here: {error}")


def googlenet() -> nn.Module:
    model = master("GoogLeNet", "googlenet")(batch_norm=True)
    model.get_submodule("features.19").kernel_size = 2
    return model


OURS: dict[str, Callable[[], nn.Module]] = {
    **{f"resnet{depth}": functools.partial(lambda depth: master("resnet", "resnet")(depth), depth) for depth in (18, 34, 50, 101, 152)},
    "resnext50_32x4d": lambda: master("resnext", "resnext")(50),
    "wide_resnet50_2": lambda: master("resnext", "resnext")(50, 1000, 1, 128),
    "densenet121": lambda: master("densenet", "densenet")(121),
    "googlenet": googlenet,
    **{f"vgg{depth}": functools.partial(lambda depth: master("VGG", "vgg")(depth), depth) for depth in (11, 13, 16, 19)},
    **{f"vgg{depth}_bn": functools.partial(lambda depth: master("VGG", "vgg")(depth, batch_norm=True), depth) for depth in (11, 13, 16, 19)},
}
DTYPES = {torch.float64: 1e-9, torch.float32: 1e-4}


def made(name: str) -> nn.Module:
    """torchvision's, without the start of weights that takes minutes for GoogLeNet."""
    options = {"init_weights": False} if name == "googlenet" else {}
    return like.stir(installed("torchvision").models.get_model(name, weights=None, **options))


def unwritten(name: str) -> nn.Module:
    """Ours, with whatever numbers its memory had: each of them must be written."""
    with torch.device("meta"):
        model = OURS[name]()
    return model.to_empty(device="cpu")


@pytest.mark.parametrize("name", OURS)
def test_torchvisions_scores_are_ours(name: str) -> None:
    theirs, ours = made(name), unwritten(name)
    x = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(3))
    if hasattr(theirs, "transform_input"):
        theirs.transform_input = False
    for dtype, tolerance in DTYPES.items():
        load_published(ours.to(dtype), theirs.state_dict())
        with torch.no_grad():
            expected = theirs.to(dtype).eval()(x.to(dtype))
            assert (ours.eval()(x.to(dtype)) - expected).abs().max() <= tolerance * expected.abs().max()
        theirs.float()


@pytest.mark.parametrize("name", OURS)
def test_the_map_has_each_layer_and_shape_of_torchvisions(name: str) -> None:
    with torch.device("meta"):
        options = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
        theirs, ours = installed("torchvision").models.get_model(name, weights=None, **options).state_dict(), OURS[name]().state_dict()
    found = kit.our_names(dict.fromkeys(layer.rpartition(".")[0] for layer in theirs))
    assert sorted(found.values()) == sorted({layer.rpartition(".")[0] for layer in ours})
    for layer, our in found.items():
        if not layer.endswith("branch3.1.conv"):  # 3×3 where ours is 5×5
            assert theirs[f"{layer}.weight"].shape == ours[f"{our}.weight"].shape


def test_torchvisions_module_is_compared_and_alexnet_does_not_fit() -> None:
    theirs, ours = made("resnet18"), OURS["resnet18"]()
    load_published(nn.Sequential(ours), theirs)
    assert difference(ours.double(), theirs.double(), (3, 64, 64)) < 1e-9
    alexnet = master("AlexNet", "alexnet")(groups=1, lrn=False)
    assert "of 2014" in refused(alexnet, made("alexnet"), "does not fit their features.0 (convolution, 64×3×11×11)", (3, 224, 224))


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnext50_32x4d", "wide_resnet50_2", "densenet121", "vgg11", "vgg11_bn"])
def test_timms_scores_are_ours(name: str) -> None:
    theirs, ours = like.stir(installed("timm").create_model(name, pretrained=False)).double(), unwritten(name).double()
    load_published(ours, theirs.state_dict())
    assert difference(ours, theirs, (3, 224, 224)) < 1e-9


# --- A name alone: torchvision's weights -------------------------------------------------------------------------------


def stand_in(monkeypatch: pytest.MonkeyPatch, folder: Path, model: Callable[[], nn.Module]) -> list[str]:
    """In torchvision's place: the functions of torchvision.models that load_published uses, with one network. What get_model was asked for."""
    weights = types.SimpleNamespace(url="https://example.org/models/resnet18-f37072fd.pth", meta={"_file_size": 44.661})
    asked: list[str] = []

    def get_model_weights(name: str):
        if name != "resnet18":
            raise ValueError(f"Unknown model {name}")
        return types.SimpleNamespace(DEFAULT=weights)

    def get_model(name: str, weights):
        asked.append(name)
        return model()

    package, models = types.ModuleType("torchvision"), types.ModuleType("torchvision.models")
    package.models, models.get_model, models.get_model_weights = models, get_model, get_model_weights
    models.list_models = lambda module: ["resnet18", "resnet34", "vgg16"]
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.models", models)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(folder))
    return asked


def small() -> nn.Module:
    return master("ResNet", "resnet")(master("BasicBlock", "resnet"), (1, 2, 2, 1), 5, 4)


@pytest.mark.parametrize(
    ("version", "command"),
    [
        ("2.13.0+cpu", "pip install torchvision torch==2.13.0 --extra-index-url https://download.pytorch.org/whl/cpu; or hand in a dict"),
        ("2.13.0", "pip install torchvision torch==2.13.0; or hand in a dict"),
    ],
)
def test_without_torchvision_a_name_says_what_to_do(monkeypatch: pytest.MonkeyPatch, version: str, command: str) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setattr(torch, "__version__", version)
    refused(small(), "resnet18", command, error=ImportError)


def test_a_torchvision_of_another_pytorch_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')", encoding="utf-8")
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    refused(small(), "resnet18", "(operator torchvision::nms does not exist). The one for your PyTorch: pip install", error=ImportError)


def test_nothing_is_fetched_unasked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = stand_in(monkeypatch, tmp_path, lambda: like.stir(like.ResNet((1, 2, 2, 1), 1, 4)))
    said = refused(small(), "resnet18", "The weights of resnet18 are not on this computer", error=FileNotFoundError)
    assert "download=True) fetches them (45 MB, from https://example.org/models/resnet18-f37072fd.pth)" in said
    assert asked == []
    load_published(small(), "resnet18", download=True)
    assert asked == ["resnet18"]
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "resnet18-f37072fd.pth").touch()
    load_published(small(), "resnet18")  # it is there
    assert asked == ["resnet18"] * 2


def test_a_name_that_torchvision_does_not_have(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in(monkeypatch, tmp_path, small)
    refused(small(), "ResNet-43", "torchvision has no network 'ResNet-43'; it has resnet34")
    refused(small(), "", "torchvision has no network ''; it has ")


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        (urllib.error.URLError("no network"), OSError, "could not be fetched"),
        (RuntimeError("PytorchStreamReader failed"), ValueError, "cannot be read. Remove it"),
        (pickle.UnpicklingError("invalid load key"), ValueError, "cannot be read. Remove it"),
        (EOFError("Ran out of input"), ValueError, "cannot be read. Remove it"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_fetched_or_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: Exception, error: type[Exception], sentence: str
) -> None:
    def fails() -> nn.Module:
        raise fault

    stand_in(monkeypatch, tmp_path, fails)
    with pytest.raises(error, match=re.escape(sentence)) as caught:
        load_published(small(), "resnet18", download=True)
    assert str(tmp_path / "checkpoints") in str(caught.value)
