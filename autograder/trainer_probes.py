"""Probes for training in PyTorch that goes on from step to step: rates that are set, gradients that add up, trainers that are stopped.

Torch is imported by the call of a probe and not before, as in `torch_probes`.
"""

from __future__ import annotations

import copy
import io
from typing import Any

import numpy as np

from autograder.torch_probes import fixed_dropout, made_optimizer, tensors


def rates(subject: Any, inputs: dict[str, Any]) -> list[list[float]]:
    """Call the subject with an optimizer and one factor after the other: the rates of its groups after each call.

    groups   the learning rates that the optimizer is made with, one for each group
    default  the rate of groups that are made without one; there is none
    factors  what the subject is called with
    moved    None, or after how many calls the optimizer's state is loaded into another one, which has other rates so far
    """
    import torch

    def made(scale: float) -> Any:
        groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate * scale} for rate in inputs["groups"]]
        return made_optimizer({"name": "SGD", "lr": inputs["default"]}, groups)

    optimizer, found = made(1.0), []
    for number, factor in enumerate(inputs["factors"]):
        if number == inputs["moved"]:
            state, optimizer = optimizer.state_dict(), made(3.0)
            optimizer.load_state_dict(state)
        subject(optimizer=optimizer, factor=factor)
        found.append([float(group["lr"]) for group in optimizer.param_groups])
    return found


def accumulated(subject: Any, inputs: dict[str, Any]) -> Any:
    """Call the subject, whose gradients go into the parameters of a model.

    model    a `Given` model
    already  the number that all gradients have before, or None where there are none
    all other inputs are handed on; arrays as tensors

    Returns what the subject returned, the gradients (None where a parameter has none), the parameters, the number of images in each forward
    pass, and for every module whether it is in training.
    """
    import torch

    model = inputs["model"]
    for parameter in model.parameters():
        parameter.grad = None if inputs["already"] is None else torch.full_like(parameter, inputs["already"])
    handed = {name: model if value is model else tensors(value) for name, value in inputs.items() if name != "already"}
    sizes: list[int] = []
    hook = model.register_forward_pre_hook(lambda _, images: sizes.append(len(images[0])))
    with fixed_dropout():
        returned = subject(**handed)
    hook.remove()
    gradients = [None if parameter.grad is None else parameter.grad.numpy() for parameter in model.parameters()]
    parameters = [parameter.detach().numpy() for parameter in model.parameters()]
    return returned, gradients, parameters, sizes, [module.training for module in model.modules()]


def resumed(subject: Any, inputs: dict[str, Any]) -> Any:
    """The subject is a class of trainers: how one trains, and how another one goes on from its state.

    model, other        `Given` models of one kind, for the first trainer and for those that go on
    optimizer           name of a class of torch.optim and its options, as a dictionary with "name"
    before, after       how many steps the first one makes until it is asked for its state, and how many all make from there
    random              the number that torch's own generator starts from
    all other inputs are arguments of the class; arrays as tensors

    The first trainer makes its `after` steps before the state is written as bytes and read again. Two others go on from what was read, after
    torch's generator was moved on; the second of them after the first has made its steps. Returns of the first its losses, the rates in each
    step, the number of images in each forward pass, the model's parameters and running statistics and whether it is in training; of
    the second its losses, parameters and running statistics; of the third its losses. What was not asked for (after = 0) is None.
    """
    import torch

    known = ("model", "other", "optimizer", "before", "after", "random")
    arguments = {name: tensors(value) for name, value in inputs.items() if name not in known}

    def made(model: Any) -> Any:
        optimizer = made_optimizer(inputs["optimizer"], model.parameters())
        optimizer.register_step_pre_hook(lambda *_: used.append([float(group["lr"]) for group in optimizer.param_groups]))
        return subject(model=model, optimizer=optimizer, **arguments)

    used: list[list[float]] = []
    sizes: list[int] = []
    torch.manual_seed(inputs["random"])
    model = inputs["model"]
    hook = model.register_forward_pre_hook(lambda _, images: sizes.append(len(images[0])))
    first = made(model)
    if first is None:
        return None
    losses = [first.step() for _ in range(inputs["before"])]
    state = first.state_dict() if inputs["after"] else None
    losses += [first.step() for _ in range(inputs["after"])]
    hook.remove()
    seen = (losses, used.copy(), sizes, *_numbers(model), model.training)
    if not inputs["after"]:
        return *seen, None, None, None, None
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    state = torch.load(file, weights_only=True)
    others = []
    for number in range(2):
        torch.manual_seed(inputs["random"] + 1 + number)
        model = copy.deepcopy(inputs["other"])
        other = made(model)
        other.load_state_dict(state)
        others.append(([other.step() for _ in range(inputs["after"])], *_numbers(model)))
    return *seen, *others[0], others[1][0]


def _numbers(model: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    parameters = [tensor.detach().numpy().copy() for tensor in model.parameters()]
    return parameters, [tensor.numpy().copy() for tensor in model.buffers() if tensor.is_floating_point()]
