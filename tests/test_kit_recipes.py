"""The course's recipes: each at its three sizes, with the published numbers, and a handful of steps of each through the engine."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from autograder.learning import training

ROOT = Path(__file__).resolve().parent.parent
NAMES = sorted(path.stem for path in (ROOT / "solutions" / "cnnlib" / "kit" / "recipes").glob("[!_]*.py"))
NETWORKS = {  # whose network each trains
    "alexnet": ("alexnet",), "alexnet_cifar": ("alexnet",), "alexnet_vgg_resnet": ("alexnet", "vgg", "resnet"), "bn_on_off": ("vgg",),
    "cifar_resnet": ("resnet",), "cifar_speed": ("resnet",), "lenet_mnist": ("lenet",), "resnet50": ("resnet",), "three_by_three": ("vgg",),
    "vgg16": ("vgg",),
}


@pytest.fixture(autouse=True)
def own_cnnlib():
    """Here cnnlib is the course's solution; afterwards it is what it was."""
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name == "cnnlib" or name.startswith("cnnlib.")}
    training.use(SimpleNamespace(cnnlib=ROOT / "solutions" / "cnnlib", root=ROOT))
    yield
    for name in [name for name in sys.modules if name == "cnnlib" or name.startswith("cnnlib.")]:
        del sys.modules[name]
    sys.modules.update(before)


def kit(name: str):
    return importlib.import_module(f"cnnlib.kit.{name}")


def load(name: str):
    for network in NETWORKS[name]:
        if not (ROOT / "solutions" / "cnnlib" / "nets" / f"{network}.py").is_file():
            pytest.skip(f"cnnlib.nets.{network} is not there yet")
    return kit("recipes").load(name)


def built(recipe) -> nn.Module:
    """The network without its memory."""
    with torch.device("meta"):
        return recipe.model(**recipe.model_options)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def few_images(monkeypatch: pytest.MonkeyPatch, train: int = 20, test: int = 10) -> None:
    """In place of the data sets, a few images of noise; the note of a copy stays."""
    rng = np.random.default_rng(0)

    def load(name):
        channels, size = (1, 28) if name == "mnist" else (3, 32)
        images = {part: rng.integers(0, 256, (count, channels, size, size), dtype=np.uint8) for part, count in (("train", train), ("test", test))}
        labels = {part: np.arange(len(images[part])) % 10 for part in images}
        note = "CIFAR-10 (JPEG copy)" if name == "cifar10" else ""
        return kit("data").Dataset(name, images["train"], labels["train"], images["test"], labels["test"], tuple("0123456789"), note)

    monkeypatch.setattr(kit("training.recipe_parts"), "load", load)


# --- All of them ---


def test_every_recipe_is_known_here() -> None:
    assert list(NETWORKS) == NAMES == kit("recipes").names()


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_builds_its_network_at_every_size(name: str) -> None:
    recipe = load(name)
    assert recipe.name == name and recipe.about.endswith(".")
    cpu, colab, gpu = (recipe.at(size) for size in ("cpu", "colab", "gpu"))
    assert cpu.precision == "float32" and not cpu.compile and not colab.compile and colab.precision != "bf16", "a T4 knows no bf16"
    assert gpu.sizes.get("gpu") or gpu.settings() == recipe.settings(), "the large size is the recipe itself"
    assert parameters(built(cpu)) <= parameters(built(colab)) <= parameters(built(gpu))
    for size in (cpu, colab, gpu):
        rates = [size.schedule(epoch, size.epochs) for epoch in np.linspace(0, size.epochs, 50, endpoint=False)]
        assert max(rates) == pytest.approx(1, abs=0.1) and min(rates) >= 0
        optimizer = size.optimizer(list(built(size).parameters()), **size.optimizer_options)
        assert optimizer.defaults["momentum"] == 0.9


@pytest.mark.parametrize("name", NAMES)
def test_a_handful_of_steps(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few_images(monkeypatch, train=5000, test=2000)
    recipe = load(name)
    whole = recipe.data("cpu")
    count = 2 if name in ("vgg16", "resnet50") else 10  # to test with: several looks at large images
    parts = {f"{part}_{what}": getattr(whole, f"{part}_{what}")[:n] for part, n in (("train", 20), ("test", count)) for what in ("images", "labels")}
    few = dataclasses.replace(whole, **parts)
    recipe = dataclasses.replace(recipe, data=lambda size: few)
    changes = {"epochs": 1, "batch_size": 5, "test_every": 1, "test_batch": count}
    result = kit("train").run_recipe(recipe, tmp_path / "run", size="cpu", changes=changes)
    assert result.status == "finished" and len(result.rows) == 1 and result.rows[0]["step"] == 4
    assert 0 <= result.test["error"] <= 1 and np.isfinite(result.test["loss"])
    facts = kit("training.logs").read(tmp_path / "run")
    assert ("JPEG copy" in facts["note"]) == (name != "lenet_mnist"), "what must be said of the data goes with every run"


# --- Published numbers ---


def test_the_large_sizes_are_the_published_networks() -> None:
    counts = {"alexnet": 60_965_224, "vgg16": 138_357_544, "resnet50": 25_557_032, "lenet_mnist": 61_706}
    for name, count in counts.items():
        assert parameters(built(load(name).at("gpu"))) == count, name


def test_plain_and_residual_twins_have_as_many_parameters_and_the_papers_steps() -> None:
    recipe = load("cifar_resnet")
    arms = kit("training.experiments").experiment("cifar_resnet").arms
    sizes = {arm: parameters(built(recipe.at("gpu").changed(changes))) for arm, changes in arms.items()}
    assert sizes == {"plain, 20 layers": 269_722, "plain, 56 layers": 853_018, "residual, 20 layers": 269_722, "residual, 56 layers": 853_018}
    per_epoch = -(-50_000 // recipe.batch_size)
    assert abs(recipe.epochs * per_epoch - 64_000) < per_epoch
    rates = {step: 0.1 * recipe.schedule(step / per_epoch, recipe.epochs) for step in (0, 31_900, 32_100, 47_900, 48_200, 64_000)}
    assert list(rates.values()) == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])
    assert (recipe.batch_size, dict(recipe.optimizer_options)) == (128, {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4})


def test_the_papers_rates_of_imagenet() -> None:
    for name, batch, lr, decay in (("alexnet", 128, 0.01, 5e-4), ("vgg16", 256, 0.01, 5e-4), ("resnet50", 256, 0.1, 1e-4)):
        recipe = load(name)
        assert (recipe.batch_size, recipe.optimizer_options["lr"], recipe.optimizer_options["weight_decay"]) == (batch, lr, decay)
        assert recipe.schedule(recipe.epochs - 0.01, recipe.epochs) == pytest.approx(1e-3), "divided by 10 three times"


@pytest.mark.parametrize("size", ("cpu", "gpu"))
def test_equal_budgets_are_equal(size: str) -> None:
    recipe = load("alexnet_vgg_resnet").at(size)
    operations, epochs = [], set()
    for changes in kit("training.experiments").experiment("alexnet_vgg_resnet").arms.values():
        arm = recipe.changed(changes)
        rows = importlib.import_module("cnnlib.nets.inspect").layer_table(arm.model(**arm.model_options), (3, 32, 32))
        operations.append(sum(row[4] for row in rows) / 1e6)
        epochs.add(arm.epochs)
    assert len(epochs) == 1 and max(operations) < 1.04 * min(operations)
    assert np.mean(operations) == pytest.approx(arm.model_options["budget"], rel=0.02)
    with pytest.raises(ValueError, match="choose alexnet, vgg or resnet, and"):
        recipe.model("zfnet")


def test_three_small_filters_see_as_far_as_a_large_one_with_fewer_numbers() -> None:
    recipe = load("three_by_three").at("gpu")
    small, large = (recipe.changed(changes).model_options for changes in kit("training.experiments").experiment("three_by_three").arms.values())
    networks = [recipe.model(**options).eval() for options in (small, large)]
    C = small["width"]
    weights = [sum(layer.weight.numel() for layer in network.modules() if isinstance(layer, nn.Conv2d)) for network in networks]
    assert weights == [27 * C + 2 * 27 * C * C, 27 * C + 2 * 49 * C * C]
    for network in networks:  # which pixels does one number behind the stem and the first stack depend on, before its pooling?
        layers = [layer for layer in network.modules() if not list(layer.children())]
        x = torch.randn(1, 3, 32, 32, dtype=torch.float64, requires_grad=True)
        y = x
        for layer in layers[: [isinstance(layer, nn.MaxPool2d) for layer in layers].index(True)]:
            y = nn.functional.softplus(y) if isinstance(layer, nn.ReLU) else layer.double()(y)
        y[0, :, 16, 16].sum().backward()
        seen = x.grad[0].abs().sum(dim=0).nonzero()
        assert (seen.max(dim=0).values - seen.min(dim=0).values + 1).tolist() == [9, 9]


def test_batch_norm_is_all_that_differs() -> None:
    recipe = load("bn_on_off")
    arms = kit("training.experiments").experiment("bn_on_off").arms
    assert len(arms) == 10 and len({changes["optimizer.lr"] for changes in arms.values()}) == 5
    kinds = [
        [type(layer).__name__ for layer in recipe.model(on, 8).modules() if not list(layer.children()) and not isinstance(layer, nn.BatchNorm2d)]
        for on in (False, True)
    ]
    assert kinds[0] == kinds[1] and sum(isinstance(layer, nn.BatchNorm2d) for layer in recipe.model(True, 8).modules()) == 6


def test_the_fast_network_is_made_of_the_learners_blocks() -> None:
    recipe = load("cifar_speed")
    block = importlib.import_module("cnnlib.nets.resnet").BasicBlock
    network = recipe.model(**{**recipe.model_options, "width": 8})
    assert sum(isinstance(module, block) for module in network.modules()) == 2
    weights = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    assert len(weights) == 9 and network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(network.eval()(x), network.classifier(network.features(x)) / 8)
    rates = [recipe.schedule(epoch, 24) for epoch in (0, 2.5, 5, 14.5, 24)]
    assert rates == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert recipe.predict(network, torch.zeros(3, 3, 32, 32)).sum(dim=1).tolist() == pytest.approx([1, 1, 1], abs=1e-5)


# --- Parts ---


def test_a_part_of_a_data_set_has_as_many_images_of_each_class() -> None:
    parts = kit("training.recipe_parts")
    labels = np.repeat([0, 1, 2], 4)  # sorted by class, as the copy's test images are
    images, chosen = parts.first_of_each(np.arange(12), labels, 6, 3)
    assert images.tolist() == [0, 1, 4, 5, 8, 9] and chosen.tolist() == [0, 0, 1, 1, 2, 2]
    with pytest.raises(ValueError, match="multiple of 3"):
        parts.first_of_each(np.arange(12), labels, 7, 3)
    with pytest.raises(ValueError, match="only 4 images"):
        parts.first_of_each(np.arange(12), labels, 15, 3)


def test_only_the_sizes_that_are_named_learn_from_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    few_images(monkeypatch, train=40)
    data = kit("training.recipe_parts").small_images("cifar10", {"cpu": (20, 10)}, enlarged=2)
    assert [len(data(size).train_images) for size in ("cpu", "colab", "gpu")] == [20, 40, 40]
    images = data("cpu").train_images
    assert images.shape == (20, 3, 64, 64) and (images[:, :, ::2, ::2] == images[:, :, 1::2, 1::2]).all()
    assert data("cpu").name == "CIFAR-10" and data("cpu").note == "CIFAR-10 (JPEG copy)"


def test_lenets_images_are_those_of_the_kit(monkeypatch: pytest.MonkeyPatch) -> None:
    few_images(monkeypatch)
    recipe = load("lenet_mnist")
    data = recipe.data("cpu")
    images = (data.train_images.astype(np.float32) - data.mean[0]) / data.std[0]
    np.testing.assert_allclose(images, kit("data").lenet_images(data.train_images[:, :, 2:30, 2:30]), atol=1e-6)
    black = torch.full((2, 1, 32, 32), -0.1)
    torch.testing.assert_close(recipe.augment(black, torch.Generator()), black, msg="the border that comes in is black")


def test_colours_of_normalised_images_move_as_those_of_plain_ones() -> None:
    parts, augmentation = kit("training.recipe_parts"), kit("training.augmentation")
    std = torch.tensor(parts.IMAGENET_STD).view(1, 3, 1, 1)
    images = torch.zeros(4, 3, 6, 6)
    moved = parts.imagenet_crop(6)(images, torch.Generator().manual_seed(5))
    generator = torch.Generator().manual_seed(5)
    augmentation.random_flip(augmentation.random_crop(images, 6, generator), generator)
    plain = augmentation.colour_shift(images, parts.IMAGENET_EIGENVALUES, parts.IMAGENET_EIGENVECTORS, generator)
    torch.testing.assert_close(moved * std, plain)
    assert parts.imagenet_crop(6, (8, 12))(torch.zeros(4, 3, 16, 20), torch.Generator()).shape == (4, 3, 6, 6)


def test_starts_are_drawn_as_published() -> None:
    starts = kit("training.starts")
    network = nn.Sequential(*[nn.Conv2d(64, 64, 3) for _ in range(5)], nn.Flatten(), nn.Linear(512, 256), nn.Linear(256, 100))
    convolutions, (hidden, last) = network[:5], network[6:]
    torch.manual_seed(0)
    assert starts.he(network) is network
    assert convolutions[2].weight.std().item() == pytest.approx((2 / 576) ** 0.5, rel=0.03) and hidden.bias.abs().max() == 0
    starts.glorot(network)
    assert hidden.weight.std().item() == pytest.approx((2 / 768) ** 0.5, rel=0.03) and hidden.weight.abs().max() <= (6 / 768) ** 0.5
    starts.alexnet(network)
    assert all(layer.weight.std().item() == pytest.approx(0.01, rel=0.03) for layer in (*convolutions, hidden, last))
    assert [layer.bias.mean().item() for layer in (*convolutions, hidden, last)] == [0, 1, 0, 1, 1, 1, 0]
