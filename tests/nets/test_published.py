"""Published weights in our networks and in a learner's: scores agree, or one sentence names what does not fit and nothing has changed.

Without torchvision, small networks with its names stand in for its own (torchvision_like.py); test_published_torchvision.py takes the real ones.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from autograder.loading import load_function
from tests.checks.common import SOLUTIONS
from tests.nets import torchvision_like as like
from tests.test_kit import kit

load_published = kit.load_published


@functools.cache
def master(name: str, module: str):
    return load_function(f"nets.{module}", name, SOLUTIONS)


def resnet(block: str) -> nn.Module:
    return master("ResNet", "resnet")(master(block, "resnet"), (1, 2, 2, 1), 5, 4)


def googlenet() -> nn.Module:
    model = master("GoogLeNet", "googlenet")(5, 8, batch_norm=True)
    model.get_submodule("features.19").kernel_size = 2  # as the sentence of load_published says, see below
    return model


# name: theirs, ours, size of images
NETWORKS: dict[str, tuple[Callable[[], nn.Module], Callable[[], nn.Module], int]] = {
    "basic": (lambda: like.ResNet((1, 2, 2, 1), 1, 4), lambda: resnet("BasicBlock"), 37),
    "bottleneck": (lambda: like.ResNet((1, 2, 2, 1), 4, 4), lambda: resnet("Bottleneck"), 37),
    "vgg11": (lambda: like.VGG((1, 1, 2, 2, 2), 2, 6, False), lambda: master("VGG", "vgg")(11, 5, False, 2, 6, 32), 32),
    "vgg16": (lambda: like.VGG((2, 2, 3, 3, 3), 2, 6, False), lambda: master("VGG", "vgg")(16, 5, False, 2, 6, 32), 32),
    "vgg11_bn": (lambda: like.VGG((1, 1, 2, 2, 2), 2, 6, True), lambda: master("VGG", "vgg")(11, 5, True, 2, 6, 32), 32),
    "vgg16_bn": (lambda: like.VGG((2, 2, 3, 3, 3), 2, 6, True), lambda: master("VGG", "vgg")(16, 5, True, 2, 6, 32), 32),
    "googlenet": (lambda: like.GoogLeNet(8), googlenet, 67),
    "densenet": (lambda: like.DenseNet((1, 3, 2), 3, 6), lambda: master("DenseNet", "densenet")((1, 3, 2), 3, 5, stem=6), 65),
}


def both(name: str) -> tuple[nn.Module, nn.Module, tuple[int, int, int]]:
    theirs, ours, size = NETWORKS[name]
    return like.stir(theirs().double()), ours().double(), (3, size, size)


def difference(ours: nn.Module, theirs: nn.Module, image: tuple[int, int, int]) -> float:
    """Of their scores in eval mode, relative to the largest."""
    theirs.transform_input = False
    x = torch.randn(2, *image, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        expected = theirs.eval()(x)
        return ((ours.eval()(x) - expected).abs().max() / expected.abs().max()).item()


def refused(model: nn.Module, theirs, sentence: str, image: tuple[int, int, int] = (3, 37, 37), error: type[Exception] = ValueError) -> str:
    """What it says, in one sentence; the model is as it was."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    with pytest.raises(error, match=re.escape(sentence)) as caught:
        load_published(model, theirs, image=image)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes
    assert not any(module._forward_hooks for module in model.modules())
    return str(caught.value)


@pytest.mark.parametrize("as_dict", [True, False], ids=["dict", "module"])
@pytest.mark.parametrize("named", [True, False], ids=["by-name", "by-order"])
@pytest.mark.parametrize("name", NETWORKS)
def test_scores_agree(name: str, named: bool, as_dict: bool) -> None:
    theirs, ours, image = both(name)
    model = ours if named else nn.Sequential(ours)  # in which every name is another one
    assert difference(ours, theirs, image) > 0.01
    ours.train()
    assert load_published(model, theirs.state_dict() if as_dict else theirs, image=image) is model
    assert all(module.training for module in model.modules())
    assert difference(ours, theirs, image) < 1e-12


@pytest.mark.parametrize("name", NETWORKS)
def test_the_map_has_each_layer_of_both(name: str) -> None:
    theirs, ours, _ = both(name)
    layers = [name for name in dict.fromkeys(n.rpartition(".")[0] for n in theirs.state_dict()) if not name.startswith("aux")]
    found = kit.our_names(layers)
    assert list(found) == layers
    assert sorted(found.values()) == sorted({n.rpartition(".")[0] for n in ours.state_dict()})


def test_names_of_no_network_we_know_have_no_partner() -> None:
    assert kit.our_names(["body.0", "body.1"]) == {}
    assert kit.our_names([]) == {}


# --- A network of somebody else's ---------------------------------------------------------------------------------------


class Mine(nn.Module):
    """A block with the shortcut first, and everything defined from behind."""

    expansion = 4

    def __init__(self, given: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.third_norm, self.second_norm, self.first_norm = nn.BatchNorm2d(4 * width), nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.third = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.second = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.first = nn.Conv2d(given, width, 1, bias=True)  # one bias that is not theirs: it becomes 0
        self.way_norm = nn.BatchNorm2d(4 * width, eps=1e-3) if stride != 1 or given != 4 * width else None
        self.way = nn.Conv2d(given, 4 * width, 1, stride, bias=False) if self.way_norm else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        way = self.way(x) if self.way else x
        out = F.relu(self.first_norm(self.first(x)))
        out = self.third(F.relu(self.second_norm(self.second(out))))
        return F.relu((self.way_norm(way) if self.way_norm else way) + self.third_norm(out))


@pytest.mark.parametrize("as_dict", [True, False])
def test_a_network_in_another_order_of_definition_and_of_branches(as_dict: bool) -> None:
    theirs, _, image = both("bottleneck")
    ours = like.stir(nn.Sequential(master("ResNet", "resnet")(Mine, (1, 2, 2, 1), 5, 4)).double(), seed=2)
    load_published(ours, theirs.state_dict() if as_dict else theirs, image=image)
    assert difference(ours, theirs, image) < 1e-12


def test_branches_that_shapes_do_not_tell_apart_are_refused() -> None:
    """One bottleneck alone: its last convolution and its shortcut have one shape, and no other block tells which is which."""
    theirs, _, _ = both("bottleneck")
    state = {name: tensor for name, tensor in theirs.state_dict().items() if re.match(r"(conv1|bn1|layer1|fc)\.", name)}
    state["fc.weight"] = state["fc.weight"][:, :16]
    block = master("Bottleneck", "resnet")(4, 4)
    ours = nn.Sequential(nn.Conv2d(3, 4, 7, bias=False), nn.BatchNorm2d(4), block, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5)).double()
    said = refused(ours, state, "shapes do not tell which is which of their layer1.0.conv1, layer1.0.conv2, layer1.0.conv3, layer1.0.downsample.0")
    assert said.startswith("2.branch.0 is in a block with branches")
    renamed = {name.replace("conv1.", "0.").replace("bn1.", "1.").replace("fc.", "5."): t for name, t in state.items() if "layer" not in name}
    renamed |= {f"2.branch.{3 * n}.weight": state[f"layer1.0.conv{n + 1}.weight"] for n in range(3)}
    for n in range(3):
        renamed |= {f"2.branch.{3 * n + 1}.{name}": getattr(getattr(theirs.layer1[0], f"bn{n + 1}"), name) for name in block.branch[1].state_dict()}
    renamed |= {f"2.shortcut.{name}": tensor.detach() for name, tensor in theirs.layer1[0].downsample.state_dict().items()}
    load_published(ours, renamed)  # as the sentence says
    assert torch.equal(block.shortcut[0].weight, theirs.layer1[0].downsample[0].weight)


def test_equal_names_go_before_order() -> None:
    theirs = like.stir(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)))

    class Backwards(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self[0](self[1](x))

    ours = Backwards(nn.Linear(4, 4), nn.Linear(4, 4))
    load_published(ours, theirs.state_dict())
    assert all(torch.equal(tensor, theirs.state_dict()[name]) for name, tensor in ours.state_dict().items())


def test_a_layer_that_computes_twice_has_one_place() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last, self.first = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(self.first(self.first(x)))

    theirs, ours = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)), Twice()
    load_published(ours, theirs.state_dict(), image=(3, 4, 4))
    assert torch.equal(ours.first.weight, theirs[0].weight)
    assert torch.equal(ours.last.weight, theirs[1].weight)


def test_their_network_stays_as_it_was() -> None:
    theirs, ours, image = both("googlenet")
    theirs = theirs.float().train()
    before = {name: tensor.clone() for name, tensor in theirs.state_dict().items()}
    load_published(ours, theirs, image=image)
    assert theirs.transform_input
    assert all(module.training for module in theirs.modules())
    assert all(tensor.dtype == before[name].dtype and torch.equal(tensor, before[name]) for name, tensor in theirs.state_dict().items())


@pytest.mark.parametrize("value", [0.0, torch.nan])
def test_scores_of_zero_agree_and_those_that_are_no_numbers_do_not(value: float) -> None:
    theirs, ours, image = both("basic")
    nn.init.constant_(theirs.fc.weight, value)
    nn.init.zeros_(theirs.fc.bias)
    if value == 0:
        load_published(ours, theirs, image=image)
        assert not ours.classifier.weight.any()
    else:
        refused(ours, theirs, "All layers fit, but the scores differ by up to nan", image)


# --- What else a source may look like -----------------------------------------------------------------------------------


def test_torchvisions_files_of_old_and_timm_have_other_names() -> None:
    theirs, ours, image = both("densenet")
    older = {re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", name): tensor for name, tensor in theirs.state_dict().items()}
    assert "features.denseblock1.denselayer1.norm.1.weight" in older
    load_published(ours, {name: tensor for name, tensor in older.items() if not name.endswith("num_batches_tracked")})
    assert difference(ours, theirs, image) < 1e-12

    theirs, ours, image = both("vgg11_bn")
    timm = {"classifier.0": "pre_logits.fc1", "classifier.3": "pre_logits.fc2", "classifier.6": "head.fc"}
    state = {re.sub(r"classifier\.\d", lambda found: timm[found[0]], name): tensor for name, tensor in theirs.state_dict().items()}
    for name in ("pre_logits.fc1.weight", "pre_logits.fc2.weight"):
        state[name] = state[name][:, :, None, None]
    load_published(ours, state)
    assert difference(ours, theirs, image) < 1e-12


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_tensors_stay_the_same_objects_of_their_dtype(dtype: torch.dtype) -> None:
    theirs, ours, _ = both("basic")
    ours = ours.to(dtype)
    ours.stem.eval()
    ours.classifier.weight.requires_grad_(False)
    before = {name: (id(tensor), tensor.dtype, tensor.data_ptr(), tensor.requires_grad) for name, tensor in ours.state_dict(keep_vars=True).items()}
    load_published(ours, theirs, image=(3, 37, 37))
    assert {name: (id(t), t.dtype, t.data_ptr(), t.requires_grad) for name, t in ours.state_dict(keep_vars=True).items()} == before
    assert not ours.stem.training and ours.blocks.training
    assert torch.equal(ours.stem[1].running_mean, theirs.bn1.running_mean.to(dtype))
    assert ours.stem[1].num_batches_tracked == 7
    assert all(parameter.grad is None and parameter.grad_fn is None for parameter in ours.parameters())
    theirs.fc.weight.data.zero_()
    assert ours.classifier.weight.abs().max() > 0  # no memory in common


# --- What does not fit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [nn.Identity, nn.Sequential])
def test_the_first_layer_of_another_shape_is_named(wrap: type[nn.Module]) -> None:
    theirs, ours, _ = both("basic")
    ours.classifier = nn.Linear(32, 7).double()
    said = refused(nn.Sequential(ours) if wrap is nn.Sequential else ours, theirs, "classifier (fully connected layer, 7×32) does not fit their fc")
    assert "(fully connected layer, 5×32), which stands in the same place" in said
    ours.stem[0] = nn.Conv2d(3, 4, 5, 2, 2, bias=False).double()
    refused(ours, theirs, "stem.0 (convolution, 4×3×5×5) does not fit their conv1 (convolution, 4×3×7×7)")


def test_layers_without_a_partner_are_named() -> None:
    theirs, ours, _ = both("basic")
    state = theirs.state_dict()
    headless = {name: tensor for name, tensor in state.items() if not name.startswith("fc.")}
    refused(ours, headless, "classifier (fully connected layer, 5×32) has no partner in theirs: theirs has no fully connected layers, yours 1")
    refused(ours, state | {"extra.weight": torch.zeros(2, 5)}, "Your network has nothing for their extra (fully connected layer, 2×5): theirs has 2")
    refused(ours, state | {"scale": torch.zeros(2)}, "scale (other layer, 2) is neither convolution")
    refused(ours, {name: tensor for name, tensor in state.items() if name != "fc.bias"}, "Yours has a bias, theirs has none")
    plain = master("VGG", "vgg")(11, 5, False, 2, 6, 32).double()
    sentence = "Your network has nothing for their features.1 (batch norm, 2): theirs has 8 batch norms, yours none"
    refused(plain, both("vgg11_bn")[0], sentence, (3, 32, 32))


def test_a_bias_that_no_batch_norm_takes_in_is_missed() -> None:
    theirs, ours = nn.Sequential(nn.Conv2d(3, 2, 1)), nn.Sequential(nn.Conv2d(3, 2, 1, bias=False))
    refused(ours, theirs, "Theirs has a bias, yours has none")


def test_what_no_shape_tells_is_found_by_computing() -> None:
    theirs, ours, image = both("bottleneck")
    ours.blocks[1].branch[0].stride, ours.blocks[1].branch[3].stride = (2, 2), (1, 1)  # the paper's ResNet-50
    refused(ours, theirs, "All layers fit, but the scores differ by", image)
    load_published(ours, theirs.state_dict())  # without their network nobody can tell
    flat = nn.Sequential(both("basic")[1], nn.Unflatten(1, (5, 1))).double()
    refused(flat, both("basic")[0], "theirs gives scores of shape (1, 5), yours (1, 5, 1)")


def test_an_image_that_does_not_go_through_is_said() -> None:
    theirs, ours, _ = both("vgg11")
    refused(ours, theirs, "An image of (3, 37, 370) does not go through", (3, 37, 370))
    load_published(ours, theirs.state_dict(), image=(3, 37, 370))  # names suffice: nothing is computed


def test_layers_that_are_not_called_or_shared_are_named() -> None:
    theirs, ours, _ = both("basic")
    extra = nn.Sequential(ours)
    ours.spare = nn.Linear(2, 2).double()
    refused(extra, theirs.state_dict(), "0.spare (fully connected layer, 2×2) is not called when your network computes")
    _, ours, _ = both("basic")
    ours.blocks[2] = ours.blocks[1]
    refused(ours, theirs, "blocks.2.branch.0.weight is the same tensor as blocks.1.branch.0.weight")


@pytest.mark.parametrize("theirs", [{}, {"state_dict": {}}, None, 3, nn.ReLU(), ["conv1"]], ids=repr)
def test_what_holds_no_weights_is_refused(theirs) -> None:
    refused(nn.Linear(2, 2), theirs, "theirs is a name of torchvision's, an nn.Module with weights, or a dict of names and tensors")


def test_networks_without_numbers_are_refused() -> None:
    state = nn.Linear(2, 2).state_dict()
    refused(nn.ReLU(), state, "Your network has no weights")
    with pytest.raises(ValueError, match="device meta"):
        load_published(nn.Linear(2, 2, device="meta"), state)


# --- Networks that are not the same -----------------------------------------------------------------------------------


def test_googlenets_pooling_is_told_and_the_sentence_helps() -> None:
    theirs, ours, image = both("googlenet")
    ours.features[19].kernel_size = 3
    said = refused(ours, theirs, "pools 2×2 ahead of module 5a", image)
    ours.get_submodule(re.search(r"get_submodule\('(.+?)'\)", said)[1]).kernel_size = 2
    load_published(ours, theirs, image=image)
    assert difference(ours, theirs, image) < 1e-12
    shared = ours.features[19]
    ours.features[3] = ours.features[10] = ours.features[13] = shared
    refused(ours, theirs, "Make that pooling an nn.MaxPool2d(2, stride=2, ceil_mode=True)", image)


def test_googlenet_with_their_3x3_takes_them_as_they_are() -> None:
    theirs, ours, image = both("googlenet")
    for module in ours.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (5, 5):
            module.weight = nn.Parameter(torch.zeros(*module.weight.shape[:2], 3, 3, dtype=torch.float64))
            module.kernel_size, module.padding = (3, 3), (1, 1)
    load_published(ours, theirs, image=image)
    assert difference(ours, theirs, image) < 1e-12


def test_alexnet_of_2014_fits_a_network_of_its_own_kind_alone() -> None:
    theirs = like.stir(like.AlexNet((4, 12, 24, 16, 16), 8).double())
    ours = master("AlexNet", "alexnet")(5, 6, 8, 1, False).double()
    said = refused(ours, theirs, "features.0 (convolution, 6×3×11×11) does not fit their features.0 (convolution, 4×3×11×11)", (3, 224, 224))
    assert "variant for one GPU, of 2014" in said
    mine = nn.Sequential(like.AlexNet((4, 12, 24, 16, 16), 8).double())
    load_published(mine, theirs)
    assert difference(mine, theirs, (3, 224, 224)) == 0
