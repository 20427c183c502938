"""copy_weights: numbers from a network of the kit into a PyTorch model."""

from __future__ import annotations

import numpy as np

from autograder import torch_probes
from autograder.checks.nets.modules import OF_MODEL
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given

NAMES = {"w": "weight", "b": "bias", "gamma": "weight", "beta": "bias", "running_mean": "running_mean", "running_var": "running_var"}


def copied(*, left_out=(), only=None, swapped=(), how="copy", checked="number shape", among="modules", returns=lambda model: model):
    """The judge's own function; every keyword-only argument is a way to get it wrong."""

    def copy_weights(network, model):
        import torch
        from torch import nn

        given_layers = [layer for layer in network.layers() if layer.parameters]
        own_layers = [made for made in getattr(model, among)() if list(made.parameters(recurse=False))]
        if "number" in checked and len(given_layers) != len(own_layers):
            raise ValueError("another number of layers")
        for given_layer, own_layer in list(zip(given_layers, own_layers))[:only]:
            for name, array in vars(given_layer).items():
                arrays = array if name == "parameters" else {name: array} if name in NAMES else {}
                for kind, numbers in arrays.items():
                    if kind in left_out:
                        continue
                    name_there = NAMES[dict(swapped).get(kind, kind)]
                    there = getattr(own_layer, name_there)
                    if "shape" in checked and tuple(there.shape) != numbers.shape:
                        raise ValueError("another shape")
                    if "size" in checked and there.numel() != numbers.size:
                        raise ValueError("another size")
                    fresh = torch.from_numpy(numbers)
                    if how == "new" and name_there in ("weight", "bias"):
                        setattr(own_layer, name_there, nn.Parameter(fresh.clone().to(there.dtype)))
                    elif how == "data":
                        there.data = fresh
                    elif how == "float32":
                        there.data = fresh.to(torch.float32, copy=True)
                    elif how == "reshaped":
                        there.data.copy_(fresh.reshape(there.shape))
                    else:
                        there.data.copy_(fresh)
                    if how == "frozen":
                        there.requires_grad_(False)
        return returns(model)

    return copy_weights


def _expected(**inputs):
    return torch_probes.of_model(copied(), inputs)


LAYERS = (
    ("Conv2d", {"in_channels": 2, "out_channels": 3, "kernel_size": 2}, ("w", "b")),
    ("BatchNorm2d", {"num_features": 3}, ("gamma", "beta", "running_mean", "running_var")),
    ("ReLU", {}, ()),
    ("Conv2d", {"in_channels": 3, "out_channels": 5, "kernel_size": (3, 2), "bias": False}, ("w",)),
    ("Flatten", {}, ()),
    ("Linear", {"in_features": 5, "out_features": 5}, ("w", "b")),
    ("BatchNorm1d", {"num_features": 5}, ("gamma", "beta", "running_mean", "running_var")),
    ("Linear", {"in_features": 5, "out_features": 4}, ("w", "b")),
)


def _shape(options, name):
    """Of an array of a layer with these options of PyTorch's."""
    if "num_features" in options:
        return (options["num_features"],)
    if name == "b":
        return (options.get("out_channels") or options["out_features"],)
    if "in_features" in options:
        return options["out_features"], options["in_features"]
    kernel = options["kernel_size"]
    return options["out_channels"], options["in_channels"], *((kernel, kernel) if isinstance(kernel, int) else kernel)


def _drawn(rng, layers, dtype=np.float64, training=False, model_dtype="float64", nested=False):
    network = []
    for _, options, names in layers:
        arrays = {name: normal(rng, *_shape(options, name), dtype=dtype) for name in names}
        arrays |= {"running_var": abs(arrays["running_var"]) + dtype(0.1)} if "running_var" in arrays else {}
        parameters = {name: arrays.pop(name) for name in ("w", "b", "gamma", "beta") if name in arrays}
        network.append({"parameters": parameters, **arrays})
    made = [[name, options] for name, options, _ in layers]
    made = [made[:2], [made[2:-2]], *made[-2:]] if nested else made
    model = {"layers": made, "seed": int(rng.integers(10**6)), "training": training, "dtype": model_dtype}
    return {"network": Given("layers_with_numbers", {"layers": network}), "model": Given("sequential", model)}


def _without(rng, number):
    """A network with a layer less than its model."""
    drawn = _drawn(rng, LAYERS)
    layers = drawn["network"].parameters["layers"]
    return drawn | {"network": Given("layers_with_numbers", {"layers": layers[:number] + layers[number + 1 :]})}


def _narrow(rng):
    """A network that gives one number where its model gives four: its last arrays would broadcast."""
    (name, options, names), drawn = LAYERS[-1], _drawn(rng, LAYERS)
    return drawn | {"network": _drawn(rng, (*LAYERS[:-1], (name, options | {"out_features": 1}, names)))["network"]}


def _turned(rng):
    """A network whose second filters are 2×3 where its model's are 3×2: as many numbers, in another shape."""
    name, options, names = LAYERS[3]
    return _drawn(rng, LAYERS) | {"network": _drawn(rng, (*LAYERS[:3], (name, options | {"kernel_size": (2, 3)}, names), *LAYERS[4:]))["network"]}


def _draw(rng):
    plain, normed = LAYERS[:1] + LAYERS[2:6] + LAYERS[7:], LAYERS
    yield Case("weights", _drawn(rng, plain), compare=("parameters",))
    yield Case("weights", _drawn(rng, plain[3:]), compare=("parameters",))
    yield Case("weights", _drawn(rng, plain, nested=True), compare=("parameters",))
    yield Case("batch norm", _drawn(rng, normed), compare=("parameters", "statistics"))
    yield Case("batch norm", _drawn(rng, normed[:2], training=True), compare=("parameters", "statistics", "modes"))
    yield Case("own memory", _drawn(rng, normed), compare=("kept", "own"))
    yield Case("own memory", _drawn(rng, normed, np.float32), compare=("kept", "own", "parameters"), tolerance=1e-6)
    for dtype in ("float64", "float32"):
        yield Case("own memory", _drawn(rng, normed, model_dtype=dtype), compare=("dtypes", "learns"))
    yield Case("own memory", _drawn(rng, plain), compare=("returned",))
    for given in (_without(rng, 7), _narrow(rng), _turned(rng)):
        yield Case("refuses", given | {"refuses": True}, compare=("returned",))


copy_weights = Exercise(
    id="nets.bridge.copy_weights",
    title="Copy your weights across",
    difficulty=3,
    minutes=25,
    aspects=(
        Aspect("weights", 6, "weights and biases of convolutions and fully connected layers"),
        Aspect("batch norm", 5, "batch norm: γ, β and the running statistics"),
        Aspect("own memory", 3, "the model's own parameters hold the numbers, in their own memory and dtype, and can learn; the model comes back"),
        Aspect("refuses", 2, "a ValueError where the layers do not match"),
    ),
    draw=_draw,
    oracle=_expected,
    probe="of_model",
    returns=OF_MODEL,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "statistics_left",
            "The running statistics were not copied.",
            "They are no parameters, but in evaluation batch norm computes with them: copy running_mean and running_var too.",
            copied(left_out=("running_mean", "running_var")),
        ),
        Misconception("biases_left", "The biases were not copied.", "parameters[\"b\"] goes to bias.", copied(left_out=("b",))),
        Misconception(
            "beta_left", "γ and β of batch norm were not copied.", "γ is PyTorch's weight, β its bias.", copied(left_out=("gamma", "beta"))
        ),
        Misconception(
            "gamma_for_beta", "γ and β have changed places.", "γ multiplies: it is the weight. β is added: it is the bias.",
            copied(swapped=(("gamma", "beta"), ("beta", "gamma"))),
        ),
        Misconception(
            "mean_for_variance",
            "Running mean and running variance have changed places.",
            "Give each to its own name.",
            copied(swapped=(("running_mean", "running_var"), ("running_var", "running_mean"))),
        ),
        Misconception(
            "first_only", "Only the first layer was copied.", "Go through all pairs of layers: a return inside the loop ends it early.",
            copied(only=1),
        ),
        Misconception(
            "shared_memory",
            "The model's tensors share their memory with the network's arrays: what trains one will change the other.",
            "torch.from_numpy shares memory. Copy into the tensor that is there: tensor.copy_(…), within torch.no_grad().",
            copied(how="data"),
        ),
        Misconception(
            "new_parameters",
            "The layers have new parameters: an optimizer that was made before still holds the old ones.",
            "Write into the parameters that are there: tensor.copy_(…), within torch.no_grad().",
            copied(how="new"),
        ),
        Misconception(
            "no_refusal",
            "Layers that do not match are copied as far as they go, without a word.",
            "zip ends with the shorter list. Compare the two numbers of layers first, and raise ValueError.",
            copied(checked=""),
        ),
        Misconception(
            "numbers_unchecked",
            "Where one side has fewer layers, the rest of the other is left over, without a word.",
            "zip ends with the shorter list. Compare the two numbers of layers first, and raise ValueError.",
            copied(checked="shape"),
        ),
        Misconception(
            "spread_out",
            "An array of another shape is spread out to fill the tensor, without a word.",
            "copy_ broadcasts, as NumPy does: compare the shapes first, and raise ValueError where they differ.",
            copied(checked="number"),
        ),
        Misconception(
            "reshaped",
            "An array of another shape is reshaped to fit, without a word.",
            "As many numbers in another order are other filters: compare the shapes, and raise ValueError where they differ.",
            copied(how="reshaped", checked="number size"),
        ),
        Misconception(
            "float32_always",
            "The model's numbers are float32 now, whatever they were before.",
            "tensor.copy_(…) keeps the dtype of the tensor that is there.",
            copied(how="float32"),
        ),
        Misconception(
            "frozen",
            "The parameters cannot learn any more: requires_grad is off.",
            "Leave requires_grad as it is: within torch.no_grad() one may write into parameters.",
            copied(how="frozen"),
        ),
        Misconception(
            "top_only",
            "Only the layers at the top of the model are found.",
            "model.modules() goes all the way down, model.children() does not.",
            copied(among="children"),
        ),
        Misconception("returns_nothing", "The model does not come back.", "Return model.", copied(returns=lambda model: None)),
    ),
    hints=(
        "Print both sides for one small network: the shapes of network.layers()' parameters, and of model.named_parameters(). Which belongs to "
        "which?",
        "Keep the layers with parameters on both sides, and go through them in pairs. On the kit's side a dictionary says what a layer has; "
        "on PyTorch's side getattr finds a tensor by its name.",
        "Make two lists: layers with parameters, and modules that hold parameters themselves (parameters(recurse=False)). "
        "Compare their lengths. Within torch.no_grad(), for each pair and each array, find the tensor of the name in the table, compare shapes, and "
        "copy_ into it. Then the running statistics where the layer has them. Return the model.",
    ),
)

EXERCISES = (copy_weights,)
