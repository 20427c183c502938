"""By replacing nn.Module's call while one image goes through."""

import math
from unittest import mock

import torch
from torch import nn


def layer_table(model, shape):
    names = {layer: name for name, layer in model.named_modules() if next(layer.children(), None) is None}
    rows, seen, call = [], set(), nn.Module.__call__

    def watched(layer, *inputs, **more):
        out = call(layer, *inputs, **more)
        if layer in names:
            each = {nn.Conv2d: lambda: math.prod(layer.weight.shape[1:]), nn.Linear: lambda: layer.in_features}.get(type(layer), lambda: 0)()
            learned = 0 if layer in seen else sum(math.prod(p.shape) for p in layer.parameters())
            seen.add(layer)
            rows.append([names[layer], layer.__class__.__name__, list(out.shape)[1:], learned, each * math.prod(out.shape[1:])])
        return out

    modes = [(layer, layer.training) for layer in model.modules()]
    model.eval()
    with mock.patch.object(nn.Module, "__call__", watched), torch.inference_mode():
        model(torch.zeros(2, *shape).to(next(model.parameters())))
    for layer, mode in modes:
        layer.train(mode) if next(layer.children(), None) is None else setattr(layer, "training", mode)
    return rows
