"""Weights that others have published, in a network of yours.

Which layer is which is known by name in our reference networks (published_names.py). Names in your network are your own, so there it is the
order of definition that counts: your first convolution is their first one, and so on, convolutions, batch norms and fully connected layers
each for themselves. Only inside a block with branches may your order be another one, where shapes leave no doubt.
"""

import copy
import difflib
import itertools
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from .published_names import ALEXNET, POOLS, as_torchvision, block_of, family, our_names

KINDS = {"convolution": "convolutions", "batch norm": "batch norms", "fully connected layer": "fully connected layers"}
TOLERANCES = {torch.float64: 1e-9, torch.float32: 1e-3}  # of the largest score; for shorter numbers a tenth
UNSEEN = ("num_batches_tracked",)  # counts batches; no output depends on it


def load_published(model, theirs, download=False, image=(3, 224, 224)):
    """Put published weights into a network: parameters, and batch norm's running statistics.

    model     nn.Module, yours or ours, as it is published: with its 1000 classes and full width
    theirs    where the numbers come from:
                  nn.Module  such as torchvision.models.resnet50(weights="IMAGENET1K_V1"), or a model of timm
                  text       torchvision's name of the network, such as "resnet50": its best weights (torchvision's DEFAULT)
                  dict       of names and tensors, as torch.load("resnet50-….pth", weights_only=True) gives it: torchvision is not needed then
    download  for a text alone: whether torchvision may fetch the weights, if they are not on this computer yet (up to 550 MB)
    image     what both networks can take, (C, H, W). Unless `theirs` is a dict, both compute their scores for one such image of noise, and
              must agree: this finds what no shape tells, such as a stride in another place
    returns   model. Its tensors are the same objects as before, in their dtype and on their device; its mode has not changed

    What is written differently is converted, and computes the same in eval mode: convolutions ahead of batch norm with a bias and without;
    another eps; the 3×3 convolutions that torchvision's GoogLeNet has in place of 5×5.
    GoogLeNet needs two things more. Its last pooling of stride 2 is 2×2 in torchvision, 3×3 in the paper: set its kernel_size to 2. And
    the trained one wants pixels x in 0…1 as (x - 0.5) / 0.5, all others as (x - mean) / std of ImageNet.

    Raises ValueError, naming the first layer that does not fit, FileNotFoundError for weights that are not here, ImportError where
    torchvision is missing. The model is then as it was.
    """
    reference = _network(theirs, download) if isinstance(theirs, str) else theirs
    if isinstance(reference, nn.Module) and reference.state_dict():
        state = reference.state_dict()
    elif isinstance(reference, Mapping) and reference and all(isinstance(value, torch.Tensor) for value in reference.values()):
        state = reference
    else:
        raise ValueError("theirs is a name of torchvision's, an nn.Module with weights, or a dict of names and tensors: some files have it a level deeper")
    source, target = _layers(as_torchvision(state)), _layers(model.state_dict())
    source = {name: layer for name, layer in source.items() if not name.startswith(("aux1.", "aux2."))}  # GoogLeNet's, thrown away after training
    _no_tensor_twice(target)
    eps = _eps(reference if isinstance(reference, nn.Module) else None, source)
    if family(source) == "googlenet":
        _check_pooling(model)
        source = _with_5x5(source, target)
    copies = _copies(model, source, target, _pairs(source, target), eps)
    before = [tensor.clone() for tensor, _ in copies]
    with torch.no_grad():
        for tensor, value in copies:
            tensor.copy_(value)
    if isinstance(reference, nn.Module):
        try:
            _must_agree(model, reference, image)
        except BaseException:
            with torch.no_grad():
                for (tensor, _), value in zip(copies, before):
                    tensor.copy_(value)
            raise
    return model


# --- Where the numbers come from ---------------------------------------------------------------------------------------


def _network(name, download):
    """torchvision's network of this name with its weights; nothing is fetched unless it may be."""
    try:
        from torchvision import models
    except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision that was built for another PyTorch
        raise ImportError(
            f"torchvision cannot be imported ({error}). `pip install torchvision` brings the one for your PyTorch; or hand in a dict of the weights."
        ) from error
    try:
        weights = models.get_model_weights(name).DEFAULT
    except ValueError:
        near = difflib.get_close_matches(name.lower(), models.list_models(module=models)) or ["resnet50", "vgg16", "densenet121"]
        raise ValueError(f"torchvision has no network {name!r}; it has {', '.join(near)} and others: torchvision.models.list_models()") from None
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
    if not (path.is_file() or download):
        raise FileNotFoundError(
            f"The weights of {name} are not on this computer. load_published(model, {name!r}, download=True) fetches them "
            f"({weights.meta['_file_size']:.0f} MB, from {weights.url}) into {path.parent}"
        )
    try:
        return models.get_model(name, weights=weights)
    except OSError as error:
        raise OSError(f"The weights of {name} could not be fetched ({error}). Get {weights.url} by hand, and put it into {path.parent}") from error
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(f"{path} cannot be read. Remove it, then load with download=True.") from error


def _layers(state):
    """Tensors by layer and by their name there: {"conv1": {"weight": …}, …}."""
    layers = {}
    for name, tensor in state.items():
        layer, _, part = name.rpartition(".")
        layers.setdefault(layer, {})[part] = tensor
    return layers


def _no_tensor_twice(layers):
    seen = {}
    for name, layer in layers.items():
        for part, tensor in layer.items():
            if tensor.numel() and tensor.device.type != "meta":
                first = seen.setdefault((tensor.device, tensor.data_ptr()), f"{name}.{part}")
                if first != f"{name}.{part}":
                    raise ValueError(f"{name}.{part} is the same tensor as {first} in your network; in theirs each layer has its own")


def _eps(reference, source):
    """eps of each of their batch norms, by name. Without their network we know it for torchvision's: PyTorch's default, but for GoogLeNet."""
    known = 1e-3 if family(source) == "googlenet" else 1e-5
    modules = dict(reference.named_modules()) if reference else {}
    return {name: getattr(modules.get(name), "eps", known) for name, layer in source.items() if _kind(layer) == "batch norm"}


# --- What torchvision's GoogLeNet has otherwise -------------------------------------------------------------------------


def _check_pooling(model):
    """Its last pooling of stride 2 is one of 2×2, where the paper has 3×3: no weights make up for that."""
    pools = [(name, module) for name, module in model.named_modules() if isinstance(module, nn.MaxPool2d) and module.stride in (2, (2, 2))]
    theirs = "torchvision's GoogLeNet pools 2×2 ahead of module 5a, where the paper has 3×3, and no weights make up for it"
    if len(pools) != POOLS:
        raise ValueError(f"{theirs}. Your network needs {POOLS} nn.MaxPool2d of stride 2, and has {len(pools)}; the last of them with kernel_size=2")
    name, pool = pools[-1]
    if pool.kernel_size not in (2, (2, 2)):
        raise ValueError(f"{theirs}. Set kernel_size = 2 of yours, {name} (model.get_submodule({name!r}).kernel_size = 2), then load again")


def _with_5x5(source, target):
    """Zeros around the 3×3 kernels that stand in for 5×5, if the target has any of 5×5."""
    if not any(_kind(layer) == "convolution" and layer["weight"].shape[-2:] == (5, 5) for layer in target.values()):
        return source
    grown = {name: layer | {"weight": F.pad(layer["weight"], (1, 1, 1, 1))} for name, layer in source.items() if name.endswith("branch3.1.conv")}
    return source | grown


# --- Which layer is which ---------------------------------------------------------------------------------------------


def _kind(layer):
    if "running_mean" in layer:
        return "batch norm"
    axes = layer["weight"].ndim if "weight" in layer else 0
    return {4: "convolution", 2: "fully connected layer"}.get(axes, "other layer")


def _shape(layer):
    return tuple(layer["weight"].shape) if "weight" in layer else tuple(next(iter(layer.values())).shape)


def _said(name, layer):
    return f"{name} ({_kind(layer)}, {'×'.join(map(str, _shape(layer)))})"


def _pairs(source, target):
    """Pairs of names, theirs and ours: by the names that we know, else by order of definition."""
    names = our_names(source)
    if names and len(names) == len(source) and set(names.values()) == set(target):
        return list(names.items())
    pairs = []
    orders = _orders(source, target)
    for kind in (*KINDS, "other layer"):
        theirs = [name for name in source if _kind(source[name]) == kind]
        for their, our in itertools.zip_longest(theirs, orders.get(kind, [])):
            if their is None or our is None or _shape(source[their]) != _shape(target[our]):
                raise ValueError(_does_not_fit(kind, source, target, their, our))
            pairs.append((their, our))
    return pairs


def _orders(source, target):
    """Our layers of each kind in the order of theirs.

    That is the order of definition, but for blocks with branches (a shortcut, Inception): there one may define the branches in another order.
    The same rearrangement has to fit all blocks that are made alike, and it is the convolutions' that counts: the n-th batch norm of a block
    belongs to its n-th convolution.
    """
    ours = {kind: [name for name in target if _kind(target[name]) == kind] for kind in (*KINDS, "other layer")}
    convolutions = [name for name in source if _kind(source[name]) == "convolution"]
    norms = [name for name in source if _kind(source[name]) == "batch norm"]
    if len(convolutions) != len(ours["convolution"]):
        return ours
    blocks, alike = {}, {}
    for place, name in enumerate(convolutions):
        if block_of(name):
            block, part = block_of(name)
            blocks.setdefault(block, {})[part] = place
    for parts in blocks.values():
        alike.setdefault(tuple(parts), []).append(list(parts.values()))
    together = len(norms) == len(convolutions) == len(ours["batch norm"])
    found = {kind: list(names) for kind, names in ours.items()}
    for parts, places in alike.items():
        fitting = [
            order
            for order in itertools.permutations(range(len(parts)))
            if all(_shape(source[convolutions[b[to]]]) == _shape(target[ours["convolution"][b[at]]]) for b in places for to, at in enumerate(order))
        ]
        if not fitting or tuple(range(len(parts))) in fitting:
            continue  # as they are: what does not fit is told by name
        if len(fitting) > 1:
            name = ours["convolution"][places[0][0]]
            raise ValueError(
                f"{name} is in a block whose convolutions are defined in another order than theirs, and shapes do not tell which is which. "
                f"Define them in this order: {', '.join(parts)}"
            )
        for block in places:
            for kind in ("convolution", "batch norm") if together else ("convolution",):
                for to, at in enumerate(fitting[0]):
                    found[kind][block[to]] = ours[kind][block[at]]
    return found


def _does_not_fit(kind, source, target, their, our):
    """One sentence on the first two layers that do not go together, either of which may be missing."""
    hint = f" {ALEXNET}" if family(source) == "alexnet" else ""
    if kind == "other layer":
        return f"{their or our} is neither convolution nor batch norm nor fully connected layer: only these can be carried over.{hint}"
    counts = [sum(_kind(layer) == kind for layer in layers.values()) for layers in (source, target)]
    numbers = f"theirs has {counts[0] or 'no'} {KINDS[kind]}, yours {counts[1] or 'none'}"
    if our is None:
        return f"Your network has nothing for their {_said(their, source[their])}: {numbers}.{hint}"
    if their is None:
        return f"{_said(our, target[our])} has no partner: {numbers}.{hint}"
    more = f" ({numbers})" if counts[0] != counts[1] else ""
    return f"{_said(our, target[our])} does not fit their {_said(their, source[their])}, which stands in the same place{more}.{hint}"


# --- What is copied ----------------------------------------------------------------------------------------------------


def _copies(model, source, target, pairs, eps):
    """Pairs (tensor of ours, its new value); nothing has changed yet."""
    values = {their: dict(layer) for their, layer in source.items()}
    following = dict(zip(source, [*source][1:]))
    modules = dict(model.named_modules())
    for their, our in pairs:
        theirs, ours = values[their], target[our]
        if _shape(theirs) != _shape(ours):
            raise ValueError(_does_not_fit(_kind(theirs), source, target, their, our))
        if "bias" in theirs and "bias" not in ours and _kind(theirs) == "convolution":
            norm = values.get(following.get(their), {})
            if "running_mean" in norm and norm["running_mean"].shape == theirs["bias"].shape:  # which would subtract the bias: so it does without
                norm["running_mean"] = norm["running_mean"].double() - theirs.pop("bias").double()
        if "bias" in ours and "bias" not in theirs and _kind(theirs) == "convolution":
            theirs["bias"] = torch.zeros_like(ours["bias"])
        if their in eps:
            theirs["running_var"] = theirs["running_var"].double() + (eps[their] - getattr(modules.get(our), "eps", eps[their]))
    copies = []
    for their, our in pairs:
        theirs, ours = values[their], target[our]
        odd = [part for part in dict.fromkeys([*ours, *theirs]) if part not in UNSEEN and (part in ours) != (part in theirs)]
        if odd:
            has, lacks = ("Yours", "theirs") if odd[0] in ours else ("Theirs", "yours")
            raise ValueError(f"{_said(our, ours)} does not fit their {_said(their, source[their])}. {has} has a {odd[0]}, {lacks} has none")
        for part, tensor in ours.items():
            if part in theirs:
                if tensor.shape != theirs[part].shape:
                    raise ValueError(f"{our}.{part} {tuple(tensor.shape)} does not fit their {their}.{part} {tuple(theirs[part].shape)}")
                copies.append((tensor, theirs[part]))
    return copies


# --- Do both compute the same? -----------------------------------------------------------------------------------------


def _must_agree(model, reference, image):
    """Scores of both for one image of noise, in eval mode and in our dtype."""
    example = next(model.parameters())
    reference = copy.deepcopy(reference).to(example.device, example.dtype)
    reference.transform_input = False  # GoogLeNet's own way to scale its pixels, ahead of the network
    x = torch.randn(1, *image, generator=torch.Generator().manual_seed(0)).to(example.device, example.dtype)
    modes = {module: module.training for module in model.modules()}
    try:
        with torch.no_grad():
            ours, theirs = model.eval()(x), reference.eval()(x)
    except RuntimeError as error:
        said = f"All layers fit, but an image of {tuple(image)} does not go through ({error}). Say with image=… what both networks can take"
        raise ValueError(said) from error
    finally:
        for module, training in modes.items():
            module.training = training
    if ours.shape != theirs.shape:
        raise ValueError(f"All layers fit, but theirs gives scores of shape {tuple(theirs.shape)}, yours {tuple(ours.shape)}")
    difference = ((ours - theirs).abs().max() / theirs.abs().max()).item()
    if not difference <= TOLERANCES.get(example.dtype, 0.1):
        raise ValueError(
            f"All layers fit, but the scores differ by {difference:.2g} times the largest. Something without weights is otherwise in your network: "
            "a stride, a padding, a pooling, where ReLU stands; or layers of one shape are defined in another order. Its weights are as they were."
        )
