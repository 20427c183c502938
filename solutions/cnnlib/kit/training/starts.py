"""Numbers that networks begin with, by published rules. They find layers by their kind and order, whatever a learner calls them.

Each takes a model, changes its numbers in place (drawn by PyTorch's own generator, which training has seeded) and returns it.
"""

from torch import nn


def he(model):
    """Normal with variance 2 / fan-in, biases 0: He et al. 2015, "Delving deep into rectifiers", section 2.2. For ReLUs."""
    for layer in _layers(model, nn.Conv2d, nn.Linear):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        _biases(layer, 0)
    return model


def glorot(model):
    """Uniform with variance 2 / (fan-in + fan-out), biases 0: Glorot and Bengio 2010, section 4.2."""
    for layer in _layers(model, nn.Conv2d, nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        _biases(layer, 0)
    return model


def alexnet(model):
    """Normal with deviation 0.01; biases 1 in convolutions 2, 4, 5 and in the hidden fully connected layers, else 0.

    Krizhevsky et al. 2012, section 5.
    """
    convolutions, connected = _layers(model, nn.Conv2d), _layers(model, nn.Linear)
    ones = {convolutions[number] for number in (1, 3, 4) if number < len(convolutions)} | set(connected[:-1])
    for layer in (*convolutions, *connected):
        nn.init.normal_(layer.weight, std=0.01)
        _biases(layer, 1 if layer in ones else 0)
    return model


def _layers(model, *kinds):
    return [module for module in model.modules() if isinstance(module, kinds)]


def _biases(layer, number):
    if layer.bias is not None:
        nn.init.constant_(layer.bias, number)
