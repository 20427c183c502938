"""Weights that others have published, in a network of yours.

Which layer is which is known by name in our reference networks (published_names.py). Names in your network are your own: there it is the order in
which layers compute that counts, with their shapes (published_order.py).
"""

import copy
import difflib
import functools
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from .published_names import POOLS, as_torchvision, family
from .published_order import CONVOLUTION, NORM, Trace, does_not_fit, kind_of, layers_of, pairs_of, said, scores, shape_of

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
        raise ValueError("theirs is a name of torchvision's, an nn.Module with weights, or a dict of names and tensors")
    source, target = layers_of(as_torchvision(state)), layers_of(model.state_dict())
    source = {name: layer for name, layer in source.items() if not name.startswith(("aux1.", "aux2."))}  # GoogLeNet's, thrown away after training
    if not target:
        raise ValueError("Your network has no weights")
    _no_tensor_twice(target)
    example = next(tensor for layer in target.values() for tensor in layer.values() if tensor.is_floating_point())
    if example.is_meta:
        raise ValueError("Your network is on the device meta, where tensors have no numbers: model.to_empty(device='cpu') gives it some")
    noise = torch.randn(1, *image, generator=torch.Generator().manual_seed(0)).to(example.device, example.dtype)
    trace = functools.cache(lambda: Trace(model, noise))
    eps = _eps(reference, source)
    if family(source) == "googlenet":
        source = _with_5x5(source, target)
    copies = _copies(model, source, target, pairs_of(source, target, trace), eps)
    if family(source) == "googlenet":
        _check_pooling(trace().pools)
    before = [tensor.clone() for tensor, _ in copies]
    with torch.no_grad():
        for tensor, value in copies:
            tensor.copy_(value)
    if isinstance(reference, nn.Module):
        try:
            _must_agree(model, reference, noise)
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
        version, _, build = torch.__version__.partition("+")
        index = f" --extra-index-url https://download.pytorch.org/whl/{build}" if build else ""
        raise ImportError(
            f"torchvision cannot be imported ({error}). The one for your PyTorch: pip install torchvision torch=={version}{index}; "
            "or hand in a dict of the weights"
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
    modules = dict(reference.named_modules()) if isinstance(reference, nn.Module) else {}
    return {name: getattr(modules.get(name), "eps", known) for name, layer in source.items() if kind_of(layer) == NORM}


# --- What torchvision's GoogLeNet has otherwise -------------------------------------------------------------------------


def _check_pooling(pools):
    """Its last pooling of stride 2 is one of 2×2, where the paper has 3×3: no weights make up for that."""
    sizes = [module.kernel_size[0] if isinstance(module.kernel_size, tuple) else module.kernel_size for _, module in pools]
    if sizes == POOLS:
        return
    theirs = "torchvision's GoogLeNet pools 2×2 ahead of module 5a, where the paper has 3×3, and no weights make up for it."
    names = [name for name, _ in pools]
    if len(pools) == len(POOLS) and names[-1] not in names[:-1]:
        raise ValueError(f"{theirs} Say model.get_submodule({names[-1]!r}).kernel_size = 2, then load again")
    raise ValueError(f"{theirs} Make that pooling an nn.MaxPool2d(2, stride=2, ceil_mode=True), the three before it an nn.MaxPool2d(3, …) each")


def _with_5x5(source, target):
    """Zeros around the 3×3 kernels that stand in for 5×5, if the target has any of 5×5."""
    if not any(kind_of(layer) == CONVOLUTION and layer["weight"].shape[-2:] == (5, 5) for layer in target.values()):
        return source
    grown = {name: layer | {"weight": F.pad(layer["weight"], (1, 1, 1, 1))} for name, layer in source.items() if name.endswith("branch3.1.conv")}
    return source | grown


# --- What is copied ----------------------------------------------------------------------------------------------------


def _copies(model, source, target, pairs, eps):
    """Pairs (tensor of ours, its new value); nothing has changed yet."""
    values = {their: dict(layer) for their, layer in source.items()}
    following = dict(zip(source, [*source][1:]))
    modules = dict(model.named_modules())
    for their, our in pairs:
        theirs, ours = values[their], target[our]
        if shape_of(theirs) != shape_of(ours):
            raise ValueError(does_not_fit(source, target, their, our))
        if "bias" in theirs and "bias" not in ours and kind_of(theirs) == CONVOLUTION:
            norm = values.get(following.get(their), {})
            if "running_mean" in norm and norm["running_mean"].shape == theirs["bias"].shape:  # which would subtract the bias: so it does without
                norm["running_mean"] = norm["running_mean"].double() - theirs.pop("bias").double()
        if "bias" in ours and "bias" not in theirs and kind_of(theirs) == CONVOLUTION:
            theirs["bias"] = torch.zeros_like(ours["bias"])
        if their in eps:
            theirs["running_var"] = theirs["running_var"].double() + (eps[their] - getattr(modules.get(our), "eps", eps[their]))
    copies = []
    for their, our in pairs:
        theirs, ours = values[their], target[our]
        odd = [part for part in dict.fromkeys([*ours, *theirs]) if part not in UNSEEN and (part in ours) != (part in theirs)]
        if odd:
            has, lacks = ("Yours", "theirs") if odd[0] in ours else ("Theirs", "yours")
            raise ValueError(f"{said(our, ours)} does not fit their {said(their, source[their])}. {has} has a {odd[0]}, {lacks} has none")
        for part, tensor in ours.items():
            if part in theirs:
                if tensor.shape != theirs[part].shape:
                    raise ValueError(f"{our}.{part} {tuple(tensor.shape)} does not fit their {their}.{part} {tuple(theirs[part].shape)}")
                copies.append((tensor, theirs[part]))
    return copies


# --- Do both compute the same? -----------------------------------------------------------------------------------------


def _must_agree(model, reference, image):
    """Scores of both for one image of noise, in eval mode and in our dtype."""
    reference = copy.deepcopy(reference).to(image.device, image.dtype)
    reference.transform_input = False  # GoogLeNet's own way to scale its pixels, ahead of the network
    ours, theirs = scores(model, image), scores(reference, image)
    if ours.shape != theirs.shape:
        raise ValueError(f"All layers fit, but theirs gives scores of shape {tuple(theirs.shape)}, yours {tuple(ours.shape)}")
    difference, largest = (ours - theirs).abs().max().item(), theirs.abs().max().item()
    if not difference <= TOLERANCES.get(image.dtype, 0.1) * largest:  # not a number is no agreement
        raise ValueError(
            f"All layers fit, but the scores differ by up to {difference:.2g}, where the largest is {largest:.2g}. Something without weights is "
            "otherwise in your network: a stride, a padding, a pooling, where ReLU stands. Its weights are as they were"
        )
