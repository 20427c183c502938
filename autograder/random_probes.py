"""The probe for modules of PyTorch that draw random numbers at every call.

Torch is imported by the call of a probe and not before, as in `torch_probes`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.torch_numbers import arrays_of, by_kind, fill
from autograder.torch_probes import gradients_of

MOST_OUTPUTS = 16  # different ones that are looked at: what gives more is random in its parts
REPEATED_CALLS = 40  # so many random decisions are not alike by accident


def random_module(subject: Any, inputs: dict[str, Any]) -> Any:
    """The subject is a class of `nn.Module` that draws random numbers at every call: which results there are, and how often each comes.

    options   arguments of the class, by name
    seed      of the numbers that fill parameters and running statistics, and of PyTorch's generator
    training  the mode
    x, dout   what goes forward, and what comes back
    calls     how many there are

    Returns the different outputs, in the order of their first appearance (the first MOST_OUTPUTS of them); dx and the parameters' gradients of
    each, 0 where nothing comes back; how often each module among the options ran for it; and which output each call gave, for the seed, for
    the same seed once more (the first REPEATED_CALLS), and for another one.
    """
    import torch

    with torch.random.fork_rng(devices=[]), torch.backends.nnpack.flags(enabled=False):
        torch.manual_seed(inputs["seed"])  # for what is drawn when it is made
        made = subject(**inputs["options"])
        if made is None:
            return None
        if not isinstance(made, torch.nn.Module):
            raise TypeError(f"{type(made).__name__} is no nn.Module")
        return _many_calls(fill(made, inputs["seed"]).train(inputs["training"]), inputs)


def _many_calls(made: Any, inputs: dict[str, Any]) -> Any:
    import torch

    learned = [(key, tensor) for key, _, tensor in arrays_of(made) if tensor.requires_grad]
    x, dout = torch.from_numpy(inputs["x"]).double().requires_grad_(), torch.from_numpy(inputs["dout"]).double()
    ran = {name: 0 for name, value in inputs["options"].items() if isinstance(value, torch.nn.Module)}

    def counting(name: str) -> Any:
        def count(*_: Any) -> None:
            ran[name] += 1

        return count

    for name in ran:
        inputs["options"][name].register_forward_hook(counting(name))
    places: dict[bytes, int] = {}
    outputs, dxs, slopes, runs, orders = [], [], [], [], []
    for seed, calls in ((0, inputs["calls"]), (0, min(inputs["calls"], REPEATED_CALLS)), (1, inputs["calls"])):
        torch.manual_seed(inputs["seed"] + seed)
        orders.append([])
        for _ in range(calls):
            ran.update(dict.fromkeys(ran, 0))
            out = made(x)
            if not isinstance(out, torch.Tensor):
                return out
            shown = out.detach().numpy()
            place = places.setdefault((np.round(shown, 9) + 0.0).tobytes(), len(places))
            orders[-1].append(place)
            if place < len(outputs) or len(outputs) == MOST_OUTPUTS:
                continue
            tensors = [x, *(tensor for _, tensor in learned)]
            back = gradients_of(out, tensors, dout) if out.requires_grad else [None] * len(tensors)
            dx, *back = [torch.zeros_like(tensor) if slope is None else slope for tensor, slope in zip(tensors, back)]
            outputs.append(shown.copy())
            dxs.append(dx.numpy())
            slopes.append(by_kind((key, slope) for (key, _), slope in zip(learned, back)))
            runs.append(dict(ran))
    return outputs, dxs, slopes, runs, orders
