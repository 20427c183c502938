"""What a model is made of: shapes, parameters and operations, layer by layer."""

import torch
from torch import nn


def layer_table(model, shape):
    """A row for every layer, in the order in which the layers compute.

    model    nn.Module
    shape    of one image, without the batch: (C, H, W). Zeros of this shape go through, in the dtype and on the device of the parameters
    returns  list of rows (name, kind, output shape, parameters, operations)
                 name          as model.named_modules() calls it: "features.0"
                 kind          name of its class: "Conv2d"
                 output shape  without the batch, a tuple: (6, 28, 28)
                 parameters    how many numbers it learns: 156
                 operations    multiplications and additions for one image, a pair counts as one:
                               C/groups · KH · KW for each output number of a convolution, in_features for each of an nn.Linear; 0 for
                               all other layers, and biases do not count

    A layer is a module that holds no others. One that computes twice has two rows; its parameters count in the first of them.
    The model comes out as it went in: the mode of every module, running statistics and gradients, and no hook stays behind.
    """
    ### BEGIN SOLUTION
    rows, counted, hooks = [], set(), []

    def note(name):
        def add_row(layer, inputs, output):
            operations = 0
            if isinstance(layer, nn.Conv2d):
                operations = output[0].numel() * layer.weight[0].numel()
            elif isinstance(layer, nn.Linear):
                operations = output[0].numel() * layer.in_features
            parameters = 0 if layer in counted else sum(p.numel() for p in layer.parameters())
            counted.add(layer)
            rows.append((name, type(layer).__name__, tuple(output.shape[1:]), parameters, operations))

        return add_row

    for name, layer in model.named_modules():
        if not list(layer.children()):
            hooks.append(layer.register_forward_hook(note(name)))
    modes = {module: module.training for module in model.modules()}
    example = next(model.parameters(), torch.zeros(()))
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, *shape, dtype=example.dtype, device=example.device))
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes.items():
            module.training = training
    return rows
    ### END SOLUTION
