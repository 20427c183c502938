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
    raise NotImplementedError("nets.inspect.layer_table: not written yet — stride hint nets.inspect.layer_table")
