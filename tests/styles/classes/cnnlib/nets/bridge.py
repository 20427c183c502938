"""Through the model's state_dict, in the order of its entries."""

import numpy as np
import torch


def copy_weights(network, model):
    arrays = []
    for layer in network.layers():
        arrays += [layer.parameters[name] for name in ("w", "b", "gamma", "beta") if name in layer.parameters]
        arrays += [getattr(layer, name) for name in ("running_mean", "running_var") if hasattr(layer, name)]
    entries = {name: tensor for name, tensor in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    if len(arrays) != len(entries):
        raise ValueError("the network and the model do not have the same arrays")
    for (name, tensor), array in zip(entries.items(), arrays):
        if tuple(tensor.shape) != np.shape(array):
            raise ValueError(f"{name} has another shape")
        tensor[...] = torch.tensor(array)
    return model
