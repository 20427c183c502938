"""Through the model's state, which is loaded as a whole."""

import torch


def copy_weights(network, model):
    arrays = []
    for layer in network.layers():
        arrays.extend(layer.parameters.values())
        if hasattr(layer, "running_mean"):
            arrays.extend([layer.running_mean, layer.running_var])
    names = [name for name in model.state_dict() if not name.endswith("num_batches_tracked")]
    if len(names) != len(arrays):
        raise ValueError("not as many arrays as tensors")
    state = model.state_dict()
    for name, array in zip(names, arrays):
        if state[name].shape != array.shape:
            raise ValueError(name)
        state[name] = torch.tensor(array)
    model.load_state_dict(state)
    return model
