"""Probes for PyTorch: modules whatever their layers are called, and functions that take models, data loaders and optimizers.

Torch is imported by the call of a probe and not before: in NumPy's exercises it is not there. Modules compute in
float64, given models as they say; and what random layers drop is a fixed pattern, so that a network in training has one right answer too.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from autograder import values
from autograder.torch_numbers import arrays_of, by_kind, fill, fixed_dropout, numbers_of, shown

LARGEST = 3_000_000  # parameters of a network that computes: what ignores its options is noticed before it fills the memory
# How torch's layers refuse float64 numbers when their own are float32: made by a layer that .double() has not reached.
UNREACHED = re.compile(r"\(double\) and \w+ type \(float\)|Double but found Float|share same datatype|Double and Float|double != float")


def module(subject: Any, inputs: dict[str, Any]) -> Any:
    """The subject is a class of `nn.Module`: what it is made of, and what it computes with numbers that are handed in.

    options   arguments of the class, by name (may be left out)
    seed      of the numbers that fill parameters and running statistics, see `filling`
    training  the mode
    x         what goes forward (may be left out: nothing is computed then)
    dout      what comes back (may be left out: nothing is differentiated then)
    images    the shape of what goes forward, where nothing does: lazy layers get their sizes from it (may be left out: there may be none then)
    class_attributes  names of attributes that the class itself should have (may be left out)

    Returns its parameters, a list of kinds and shapes; the output; dx; the parameters' gradients by kind and shape, those of the same added
    up; the running statistics afterwards, in the same way; and each of the class's attributes that are named. What was not asked for is None.
    RuntimeError where a parameter has no part in the output; ValueError where images are handed in and the network is far larger than any that
    is asked for with them.
    """
    made = _made(subject, inputs)
    if made is None:
        return None
    parameters = sorted(shown(key) for key, _, tensor in arrays_of(made) if tensor.requires_grad)
    attributes = [_attribute(name, subject, type(made)) for name in inputs.get("class_attributes", ())]
    computed = _computed(fill(made, inputs["seed"]).train(inputs["training"]), inputs) if "x" in inputs else (None,) * 4
    return parameters, *computed, *attributes


def _made(subject: Any, inputs: dict[str, Any]) -> Any:
    """The module, its numbers missing where nothing is computed; None where there is none."""
    import torch

    options = inputs.get("options", {})
    made = _sized(_without_memory(subject, options), inputs)
    if made is not None and not isinstance(made, torch.nn.Module):
        raise TypeError(f"{type(made).__name__} is no nn.Module")
    if made is None or "x" not in inputs:
        return made
    size = sum(tensor.numel() for tensor in made.parameters())
    if size > LARGEST:
        raise ValueError(f"{size:,} parameters: that is not the small network which these options ask for")
    return _sized(subject(**options), inputs)  # once more, with numbers this time


def _computed(made: Any, inputs: dict[str, Any]) -> tuple[Any, ...]:
    """The output, dx, the parameters' gradients and the running statistics."""
    import torch

    arrays = arrays_of(made)
    x = torch.from_numpy(inputs["x"]).double().requires_grad_()
    with fixed_dropout(), torch.backends.nnpack.flags(enabled=False):  # which complains of a sandbox's missing /proc
        out = _forward(made, x)
    if out is None:
        raise TypeError("forward gives None (is a `return` missing?)")
    if not isinstance(out, torch.Tensor):
        raise TypeError(f"forward gives a {type(out).__name__}, not a tensor: gradients end there")
    dx = gradients = None
    if "dout" in inputs:
        learned = [(key, name, tensor) for key, name, tensor in arrays if tensor.requires_grad]
        dout = torch.from_numpy(inputs["dout"]).double()
        dx, *slopes = gradients_of(out, [x, *(tensor for _, _, tensor in learned)], dout)
        idle = [name for (_, name, _), slope in zip(learned, slopes) if slope is None]
        if idle:
            raise RuntimeError(f"{', '.join(idle)}: no part in the output: forward never calls that layer, or detaches what it gives")
        dx = np.zeros(x.shape) if dx is None else dx.numpy()
        gradients = by_kind((key, slope) for (key, _, _), slope in zip(learned, slopes))
    statistics = by_kind((key, tensor) for key, _, tensor in arrays if not tensor.requires_grad and tensor.is_floating_point())
    return out.detach().numpy(), dx, gradients, statistics


def _attribute(name: str, subject: Any, made: type) -> Any:
    """What a class says of itself, before it has made anything: a number, None where it says nothing, or else in a word what it is.

    Where the subject is a function that makes modules, the class of these may say it.
    """
    value = getattr(subject, name, getattr(made, name, None))
    return value if value is None or type(value) in (bool, int, float) else f"a {type(value).__name__}"


def gradients_of(out: Any, tensors: Iterable[Any], dout: Any) -> tuple[Any, ...]:
    """The gradients that dout gives each tensor through out, None where it has no part in it. RuntimeError where out has another shape than dout."""
    import torch

    if out.shape != dout.shape:
        raise RuntimeError(f"the output has the shape {'×'.join(map(str, out.shape))}, not {'×'.join(map(str, dout.shape))}")
    # As a sum, and not with `grad_outputs=dout`: for that, torch loads a computer algebra system first, in every sandbox anew.
    return torch.autograd.grad((out * dout).sum(), tuple(tensors), allow_unused=True)


def _forward(made: Any, x: Any) -> Any:
    """made(x). Where a layer is out of the module's sight, the error says so: that its dtype differs is no mistake of the learner's."""
    try:
        return made(x)
    except RuntimeError as error:
        if UNREACHED.search(str(error)):
            mend = "in __init__, make it an attribute, or give it to nn.Sequential or nn.ModuleList"
            error.args = (f"{_out_of_sight(made)} ({mend}). PyTorch says: {error}",)
        raise


def _out_of_sight(made: Any) -> str:
    """Which layer the module does not know of, as far as can be told."""
    import torch

    parts = set(made.modules())
    for part in made.modules():  # in their order: the same work is told the same
        for name, value in vars(part).items():
            held = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
            if any(isinstance(item, torch.nn.Module) and item not in parts for item in held):
                return f"self.{name} is a plain Python {type(value).__name__}, where the module does not see its layers"
    return "the module does not know one of the layers that forward uses: it is in a plain Python list or dictionary, or made in forward itself"


def _without_memory(subject: Any, options: dict[str, Any]) -> Any:
    """What the subject makes, of tensors that have shapes and no numbers: so VGG's 138 million parameters are looked at in no time.

    A class that needs numbers on its way (`.item()`, say) is called a second time, with all of them.
    """
    import torch

    try:
        with torch.device("meta"):
            return subject(**options)
    except Exception:  # the learner's own exceptions come again
        return subject(**options)


def _sized(made: Any, inputs: dict[str, Any]) -> Any:
    """The same module; lazy layers (nn.LazyLinear and the like) have got their sizes, as in use, from what goes forward first.

    RuntimeError where some are left that nothing has reached.
    """
    import torch

    if not _lazy(made):
        return made
    shape = inputs["x"].shape if "x" in inputs else inputs.get("images")
    if shape is not None:
        device = next((tensor.device for tensor in made.parameters()), None)
        trained = made.training
        with torch.no_grad(), torch.backends.nnpack.flags(enabled=False):
            made.eval()(torch.zeros(shape, device=device))
        made.train(trained)
    left = _lazy(made)
    if left:
        raise RuntimeError(f"{', '.join(left)}: no size yet. Lazy layers get theirs when forward is called; here, write the number of inputs down")
    return made


def _lazy(made: Any) -> list[str]:
    """The names of its parameters that have no shape yet."""
    import torch

    parameters = made.named_parameters() if isinstance(made, torch.nn.Module) else ()
    return [name for name, tensor in parameters if isinstance(tensor, torch.nn.parameter.UninitializedParameter)]


def of_model(subject: Any, inputs: dict[str, Any]) -> Any:
    """The subject is a function of a model, such as an epoch of training: what it returns, and what has become of the model.

    model      a `Given` model, which says what dtype it computes with
    optimizer  name of a class of torch.optim and its options, as a dictionary with "name" (may be left out): made for the model's parameters
    refuses    True where a ValueError is the right answer: "ValueError" counts as returned then (may be left out)
    all other inputs are handed on; arrays, also in lists, as tensors

    Returns what the subject returned, with arrays for tensors and "the model" for the model; the model's parameters and running statistics
    afterwards; its mode and those of its modules; for every forward pass whether the model was in training and whether gradients were recorded;
    whether the parameters are the objects that they were, and whether their memory is their own; how many hooks were left behind; the dtypes of
    parameters and running statistics; and for every parameter whether it can learn.
    """
    import torch

    model = inputs["model"]
    handed = {name: model if value is model else tensors(value) for name, value in inputs.items() if name != "refuses"}
    if "optimizer" in inputs:
        handed["optimizer"] = made_optimizer(inputs["optimizer"], model.parameters())
    before, passes = list(model.parameters()), []
    hook = model.register_forward_pre_hook(lambda module, _: passes.append([module.training, torch.is_grad_enabled()]))
    returned, right = "ValueError", [ValueError] if "refuses" in inputs else []
    with fixed_dropout(), torch.backends.nnpack.flags(enabled=False), contextlib.suppress(*right):
        returned = subject(**handed)
    hook.remove()
    parameters, statistics = numbers_of(model)
    handed_in = [array for value in inputs.values() for array in _numpy_in(value)]
    kept = [id(tensor) for tensor in model.parameters()] == [id(tensor) for tensor in before]
    own = not any(np.may_share_memory(array, other) for array in (*parameters, *statistics) for other in handed_in)
    modes = [made.training for made in model.modules()]
    hooks = sum(len(made._forward_hooks) + len(made._forward_pre_hooks) for made in model.modules())
    dtypes, learns = [str(array.dtype) for array in (*parameters, *statistics)], [tensor.requires_grad for tensor in model.parameters()]
    return "the model" if returned is model else _plain(returned), parameters, statistics, modes, passes, kept, own, hooks, dtypes, learns


def made_optimizer(described: dict[str, Any], parameters: Iterable[Any]) -> Any:
    """The optimizer of torch.optim that "name" names, with the other options, for parameters or groups of them."""
    import torch

    _name_a_folder_for_temporary_files()
    options = dict(described)
    return getattr(torch.optim, options.pop("name"))(parameters, **options)


def warm_up() -> None:
    """Have PyTorch load what it loads on first use only: with the first optimizer its compiler, which takes longer than PyTorch itself."""
    import torch

    layer = torch.nn.Conv2d(1, 1, 3)
    optimizer = made_optimizer({"name": "SGD", "lr": 0.1}, layer.parameters())
    layer(torch.zeros(1, 1, 3, 3)).sum().backward()
    optimizer.step()


def _name_a_folder_for_temporary_files() -> None:
    """Optimizers load torch's compiler, which asks for one and never uses it here. In a sandbox nothing can be written, so there is none."""
    import tempfile  # here, or every sandbox would load it, and what it needs

    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        tempfile.tempdir = os.environ["TORCHINDUCTOR_CACHE_DIR"] = os.curdir


def tensors(value: Any) -> Any:
    """Arrays as tensors, also in lists."""
    import torch

    if isinstance(value, np.ndarray):
        return torch.from_numpy(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(tensors, value))
    return value


def _numpy_in(value: Any) -> Iterator[np.ndarray]:
    """The arrays in an input: itself, in lists and dictionaries, or those of a network of NumPy layers."""
    if isinstance(value, np.ndarray):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        yield from _numpy_in(part)
    for layer in value.layers() if hasattr(value, "layers") else ():
        yield from _numpy_in(vars(layer))


def _plain(value: Any) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        if value.requires_grad:
            raise values.NotPlain("a tensor that keeps all that its gradient needs (take .item())")
        return value.numpy()
    if isinstance(value, (list, tuple)):
        return (list if isinstance(value, list) else tuple)(map(_plain, value))
    return {name: _plain(part) for name, part in value.items()} if isinstance(value, dict) else value
