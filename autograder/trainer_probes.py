"""Probes for training in PyTorch that goes on from step to step: rates that are set, gradients that add up, trainers that are stopped.

Torch is imported by the call of a probe and not before, as in `torch_probes`.
"""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import numpy as np

from autograder.torch_numbers import fixed_dropout, numbers_of
from autograder.torch_probes import made_optimizer, tensors


def rates(subject: Any, inputs: dict[str, Any]) -> list[list[float]]:
    """Call the subject with an optimizer and one factor after the other: the rates of its groups after each call.

    groups   the learning rates that the optimizer is made with, one for each group
    default  the rate of groups that are made without one; there is none
    factors  what the subject is called with
    moved    None, or after how many calls the optimizer's state is loaded into another one, which has other rates so far
    noted    None, or the rates that stand under "initial_lr" of the groups from the start, as PyTorch's schedulers leave them
    """
    import torch

    def made(scale: float) -> Any:
        groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate * scale} for rate in inputs["groups"]]
        for group, rate in zip(groups, inputs.get("noted") or ()):
            group["initial_lr"] = rate
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
    pass (the largest first: which part is the larger one is nobody's business), the most images at a time that had gone forward and not yet
    backward, the first number of each image in the order in which they came, and for every module whether it is in training.
    """
    import torch

    model = inputs["model"]
    for parameter in model.parameters():
        parameter.grad = None if inputs["already"] is None else torch.full_like(parameter, inputs["already"])
    handed = {name: model if value is model else tensors(value) for name, value in inputs.items() if name != "already"}
    came: list[np.ndarray] = []
    waiting = most = 0

    def passed(_: Any, images: Any, scores: Any) -> None:
        nonlocal waiting, most
        came.append(images[0].detach().flatten(1)[:, 0].numpy().copy())
        if scores.requires_grad:  # its graph is kept until backward comes by
            waiting, most = waiting + len(scores), max(most, waiting + len(scores))
            scores.register_hook(gone)

    def gone(gradient: Any) -> None:
        nonlocal waiting
        waiting -= len(gradient)

    hook = model.register_forward_hook(passed)
    with fixed_dropout():
        returned = _loss(subject(**handed))
    hook.remove()
    sizes, order = sorted(map(len, came), reverse=True), np.concatenate([*came, np.zeros(0)])
    gradients = [None if parameter.grad is None else parameter.grad.numpy() for parameter in model.parameters()]
    parameters, _ = numbers_of(model)
    return returned, gradients, parameters, sizes, most, order, [module.training for module in model.modules()]


def resumed(subject: Any, inputs: dict[str, Any]) -> Any:
    """The subject is a class of trainers: how one trains, and how another one goes on from its state.

    model, other        `Given` models of one kind, for the first trainer and for those that go on
    optimizer           name of a class of torch.optim and its options, as a dictionary with "name"
    before, after       how many steps the first one makes until it is asked for its state, and how many all make from there
    random              the number that torch's own generator starts from
    all other inputs are arguments of the class; arrays as tensors

    The first trainer makes its `after` steps, and is asked for a state once more, before the first state is written as bytes and read again. Two
    others, of a class that is loaded anew and made with another seed, go on from what was read, after torch's generator was moved on; the second
    of them after the first has made its steps. The first one's model is put into evaluation before each step, as by somebody who tests it in
    between. Returns of the first its losses, the rates in each step, the number of images in each forward pass (the largest first), the model's
    parameters and running statistics and whether it was in training in each pass; of the second its losses, parameters and running statistics; of
    the third its losses. What was not asked for (after = 0) is None. A state that torch.load(weights_only=True) does not read is an
    UnpicklingError.
    """
    import torch

    passes: list[tuple[int, bool]] = []
    torch.manual_seed(inputs["random"])
    model = inputs["model"]
    hook = model.register_forward_pre_hook(lambda _, images: passes.append((len(images[0]), model.training)))
    first, used = _made(subject, inputs, model)
    if first is None:
        return None

    def stepped() -> Any:
        model.eval()
        return _loss(first.step())

    losses = [stepped() for _ in range(inputs["before"])]
    state = first.state_dict() if inputs["after"] else None
    losses += [stepped() for _ in range(inputs["after"])]
    hook.remove()
    seen = losses, used, sorted((size for size, _ in passes), reverse=True), *copy.deepcopy(numbers_of(model)), [mode for _, mode in passes]
    if not inputs["after"]:
        return *seen, None, None, None, None
    first.state_dict()  # another picture, of another time: the first one must not change with it
    state = _written_and_read(state)
    if _count(state) < sum(parameter.numel() for parameter in model.parameters()):  # it lies elsewhere in this process, say
        raise ValueError("the state holds fewer numbers than the model has parameters: another process could not go on from it")
    return *seen, *_gone_on(subject, inputs, state)


def _made(subject: Any, inputs: dict[str, Any], model: Any, **other: Any) -> tuple[Any, list[list[float]]]:
    """A trainer of the model, with other arguments than the inputs' where they are given; and the rates of its steps, which are yet to come."""
    optimizer, used = made_optimizer(inputs["optimizer"], model.parameters()), []
    optimizer.register_step_pre_hook(lambda *_: used.append([float(group["lr"]) for group in optimizer.param_groups]))
    known = ("model", "other", "optimizer", "before", "after", "random")
    arguments = {name: tensors(value) for name, value in inputs.items() if name not in known}
    return subject(model=model, optimizer=optimizer, **arguments | other), used


def _gone_on(subject: Any, inputs: dict[str, Any], state: Any) -> tuple[Any, ...]:
    """What two trainers do that are given the state: the first one's losses, parameters and running statistics; the second one's losses.

    Their class comes from a file that is loaded anew, where that is known. So what a trainer keeps in its class or its module is lost, as in
    another process.
    """
    import torch

    subject, found = getattr(subject, "loaded_anew", lambda: subject)(), []
    for number in (1, 2):
        torch.manual_seed(inputs["random"] + number)
        model = copy.deepcopy(inputs["other"])
        other, _ = _made(subject, inputs, model, seed=inputs["seed"] + 1)
        other.load_state_dict(state)
        found.append(([_loss(other.step()) for _ in range(inputs["after"])], *copy.deepcopy(numbers_of(model))))
    return *found[0], found[1][0]


def _written_and_read(state: Any) -> Any:
    import torch

    file = io.BytesIO()
    try:
        torch.save(state, file)
        file.seek(0)
        return torch.load(file, weights_only=True)
    except Exception:
        strange = _strange(state, "state")
        if strange is None:
            raise
        unread = "which torch.load(…, weights_only=True) does not read: keep dictionaries, lists, numbers and tensors"
        raise pickle.UnpicklingError(f"{strange}, {unread}") from None


def _count(value: Any) -> int:
    """How many numbers there are in a state."""
    if isinstance(value, dict):
        return sum(map(_count, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(_count, value))
    return len(value) if isinstance(value, (bytes, str)) else value.numel() if hasattr(value, "numel") else 1


def _strange(value: Any, place: str) -> str | None:
    """The first thing in a state that is neither dictionary, list, number, text nor tensor, and where."""
    import torch

    if isinstance(value, dict):
        parts = ((part, f"{place}[{key!r}]") for key, part in value.items())
    elif isinstance(value, (list, tuple)):
        parts = ((part, f"{place}[{number}]") for number, part in enumerate(value))
    elif value is None or type(value) in (bool, int, float, str, bytes) or isinstance(value, torch.Tensor):
        return None
    else:
        kind = type(value)
        return f"{place} is a {kind.__name__ if kind.__module__ == 'builtins' else f'{kind.__module__}.{kind.__name__}'}"
    return next((found for part, where in parts if (found := _strange(part, where))), None)


def _loss(returned: Any) -> Any:
    """What was returned as a loss. A tensor costs the points for the loss alone, not those of the whole call."""
    import torch

    return "a tensor: take .item()" if isinstance(returned, torch.Tensor) else returned
