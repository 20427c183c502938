"""What torchvision calls its layers, and what our reference networks call them.

    torchvision                                   ours
    ResNet, ResNeXt, Wide ResNet                  nets.resnet.ResNet, with the blocks BasicBlock, Bottleneck, nets.resnext.ResNeXtBlock
      conv1, bn1                                    stem.0, stem.1
      layer1.0 … layer4.2                           blocks.0 … blocks.15: blocks are counted through all stages
      …conv1, bn1, conv2, bn2, conv3, bn3           …branch.0, 1, 3, 4, 6, 7
      …downsample.0, 1                              …shortcut.0, 1 (BasicBlock: projection.0, 1)
      fc                                            classifier
    VGG, with batch norm or without               nets.vgg.VGG
      features.0, 2, 5, 7, 10, …                    features.0.0, 0.2, 1.0, 1.2, 2.0, …: block, layer of the block
      classifier.0, 3, 6                            classifier.0, 3, 6
    GoogLeNet                                     nets.googlenet.GoogLeNet(batch_norm=True)
      conv1.conv, conv1.bn, conv2 …, conv3 …        features.0, 1, 4, 5, 7, 8
      inception3a, b, 4a … 4e, 5a, b                features.11, 12, 14 … 18, 20, 21
      …branch1, branch2.0, branch2.1, branch3.0, …  …branches.0, 1.0, 1.1, 2.0, …
      …branch4.1 (behind its pooling)               …branches.3.1
      ….conv, ….bn                                  ….0, ….1
      fc                                            classifier.3
    DenseNet                                      nets.densenet.DenseNet
      features.conv0, norm0                         features.0, 1
      features.denseblock1.denselayer1 …            features.4 …: layers and what stands between them are counted through
      …norm1, conv1, norm2, conv2                   ….new.0, 2, 4, 6
      features.transition1.norm, conv               features.10, 12 (DenseNet-121)
      features.norm5, classifier                    features.86 (DenseNet-121), classifier
    AlexNet                                       nets.alexnet.AlexNet, but see ALEXNET
      features.0, 3, 6, 8, 10                       features.0, 4, 8, 10, 12
      classifier.1, 4, 6                            classifier.0, 3, 6

timm has ResNets, ResNeXts, Wide ResNets and DenseNets under the same names. For its VGG see `as_torchvision`.
"""

import re

ALEXNET = (
    "torchvision's AlexNet is the variant for one GPU, of 2014, with 64, 192, 384, 256 and 256 filters, without groups and without LRN; that of "
    "2012 has 96, 256, 384, 384 and 256, and no option turns one into the other. A network of your own with those filters fits."
)
POOLS = [3, 3, 3, 2]  # sizes of those of torchvision's GoogLeNet that have stride 2; the last is 3, too, in the paper
MODULES = ("3a", "3b", "", "4a", "4b", "4c", "4d", "4e", "", "5a", "5b")  # GoogLeNet's, with the poolings in their places
FIRST_MODULE = 11  # the place of 3a in our GoogLeNet's features


def family(names):
    """Which of torchvision's families of networks has layers of these names: "resnet", "vgg", …; None for all others."""
    names = set(names)
    signs = {
        "resnet": {"conv1", "bn1", "layer1.0.conv1", "fc"},
        "googlenet": {"conv1.conv", "inception3a.branch1.conv", "fc"},
        "densenet": {"features.conv0", "features.denseblock1.denselayer1.norm1", "classifier"},
        "alexnet": {"features.0", "features.3", "classifier.1", "classifier.4", "classifier.6"},
        "vgg": {"features.0", "classifier.0", "classifier.3", "classifier.6"},
    }
    return next((family for family, sign in signs.items() if sign <= names), None)


def our_names(names):
    """The names that our reference network has for torchvision's layers.

    names    of layers with parameters, all of one network, in torchvision's order: "layer1.0.conv1", "layer1.0.bn1", …
    returns  dict from theirs to ours, in the same order: {"layer1.0.conv1": "blocks.0.branch.0", …}; empty for a network that is not in
             the table above. A name that torchvision's network does not have is left out.
    """
    names = list(names)
    translate = {"resnet": _resnet, "vgg": _vgg, "googlenet": _googlenet, "densenet": _densenet, "alexnet": _alexnet}.get(family(names))
    found = translate(names) if translate else {}
    return {name: found[name] for name in names if name in found}


def as_torchvision(state):
    """A state dict with torchvision's names: timm's VGG has convolutions in place of fully connected layers, which get the shape of those."""
    timm = {"pre_logits.fc1.": "classifier.0.", "pre_logits.fc2.": "classifier.3.", "head.fc.": "classifier.6."}
    if not any(name.startswith("pre_logits.fc1.") for name in state):
        return state
    renamed = {}
    for name, tensor in state.items():
        new = next((name.replace(old, ours) for old, ours in timm.items() if name.startswith(old)), name)
        renamed[new] = tensor.flatten(1) if new != name and tensor.ndim == 4 else tensor
    return renamed


def chain_of(name):
    """The block and the branch of it that a layer of torchvision's is in: ("layer1.0", "conv") for layer1.0.conv2; ("", "") for a layer outside of
    all blocks with branches."""
    found = re.match(r"(layer\d+\.\d+|inception\d\w)\.(conv|downsample|branch\d)", name)
    return found.groups() if found else ("", "")


def _resnet(names):
    blocks = list(dict.fromkeys(found[1] for name in names if (found := re.match(r"(layer\d+\.\d+)\.", name))))
    shortcut = "shortcut" if any(name.endswith(".conv3") for name in names) else "projection"
    ours = {"conv1": "stem.0", "bn1": "stem.1", "fc": "classifier"}
    for number, block in enumerate(blocks):
        for place in range(3):
            ours[f"{block}.conv{place + 1}"] = f"blocks.{number}.branch.{3 * place}"
            ours[f"{block}.bn{place + 1}"] = f"blocks.{number}.branch.{3 * place + 1}"
        ours |= {f"{block}.downsample.{place}": f"blocks.{number}.{shortcut}.{place}" for place in range(2)}
    return ours


def _vgg(names):
    """Each layer has a number there, those without parameters, too: what is missing between two of them is ReLU, and once a block a pooling."""
    places = [int(name.partition(".")[2]) for name in names if name.startswith("features.")]
    ours = {name: name for name in names if name.startswith("classifier.")}
    block = start = 0
    for before, place in zip([-1, *places], places):
        if place - before == 3:  # ReLU and pooling between them; with one layer less it is ReLU alone, or nothing
            block, start = block + 1, place
        ours[f"features.{place}"] = f"features.{block}.{place - start}"
    return ours


def _googlenet(names):
    ours = {"fc": "classifier.3"}
    for layer, place in {"conv1": 0, "conv2": 4, "conv3": 7}.items():
        ours |= {f"{layer}.conv": f"features.{place}", f"{layer}.bn": f"features.{place + 1}"}
    branches = {"branch1": "0", "branch2.0": "1.0", "branch2.1": "1.1", "branch3.0": "2.0", "branch3.1": "2.1", "branch4.1": "3.1"}
    for place, module in enumerate(MODULES, FIRST_MODULE):
        for theirs, branch in branches.items():
            for number, part in enumerate(("conv", "bn")):
                ours[f"inception{module}.{theirs}.{part}"] = f"features.{place}.branches.{branch}.{number}"
    return ours


def _densenet(names):
    ours = {"features.conv0": "features.0", "features.norm0": "features.1", "classifier": "classifier"}
    place = 4  # behind the stem: convolution, batch norm, ReLU, pooling
    counted = re.compile(r"features\.(denseblock\d+\.denselayer\d+|transition\d+|norm5)")
    for part in dict.fromkeys(found[0] for name in names if (found := counted.match(name))):
        if "denselayer" in part:
            ours |= {f"{part}.{layer}": f"features.{place}.new.{2 * number}" for number, layer in enumerate(("norm1", "conv1", "norm2", "conv2"))}
            place += 1
        elif "transition" in part:
            ours |= {f"{part}.norm": f"features.{place}", f"{part}.conv": f"features.{place + 2}"}
            place += 5  # batch norm, ReLU, convolution, dropout, pooling
        else:
            ours[part] = f"features.{place}"
    return ours


def _alexnet(names):
    places = {"features": {0: 0, 3: 4, 6: 8, 8: 10, 10: 12}, "classifier": {1: 0, 4: 3, 6: 6}}
    return {f"{part}.{theirs}": f"{part}.{ours}" for part, numbers in places.items() for theirs, ours in numbers.items()}
