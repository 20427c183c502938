"""layer_table: shapes, parameters and operations of a model, layer by layer."""

from __future__ import annotations

import numpy as np

from autograder import torch_probes
from autograder.checks.nets.modules import OF_MODEL
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given

COLUMNS = ("names", "kinds", "shapes", "parameter_counts", "operations")


def table(
    *, batch=False, places=True, grouped=True, biases=False, twofold=False, only="all", which="leaves", again=False, hooks="removed", mode="kept",
    rows_of_linear=True, named="own",
):
    """The judge's own function; every keyword-only argument is a way to get it wrong."""

    def layer_table(model, shape):
        import torch
        from torch import nn

        rows, counted = [], set()

        def operations(layer, output):
            if isinstance(layer, nn.Linear):
                each = layer.weight.numel() + (biases is True) * layer.out_features
                return each * (output[0].numel() // layer.out_features if rows_of_linear else 1)
            if not isinstance(layer, nn.Conv2d):
                return 0
            each = layer.in_channels // (layer.groups if grouped else 1) * layer.kernel_size[0] * layer.kernel_size[1] + bool(biases)
            return each * (output[0].numel() if places else layer.out_channels)

        def parameters(layer):
            found = [p.numel() for name, p in layer.named_parameters() if only == "all" or name.endswith(only)]
            return 0 if layer in counted and not again else sum(found)

        def note(name):
            def hook(layer, _, output):
                shown = tuple(output.shape) if batch else tuple(output.shape[1:])
                called = watched[-1][0] if named == "last" else name
                rows.append((called, type(layer).__name__, shown, parameters(layer), operations(layer, output) * (1 + twofold)))
                counted.add(layer)

            return hook

        modules = model.named_children() if which == "children" else model.named_modules()
        watched = [(name, made) for name, made in modules if which in ("all", "children") or not list(made.children())]
        watched = [(name, made) for name, made in watched if which != "learning" or list(made.parameters())]
        handles = [made.register_forward_hook(note(name)) for name, made in watched]
        modes = {made: made.training for made in model.modules()}
        if mode != "untouched":
            model.eval()
        with torch.no_grad():
            model(torch.zeros(1, *shape))
        for handle in handles if hooks == "removed" else ():
            handle.remove()
        if mode != "left":
            for made, training in modes.items():
                made.training = {"train": True, "whole": modes[model]}.get(mode, training)
        return rows

    return layer_table


def _expected(**inputs):
    return torch_probes.of_model(table(), inputs)


def _view(inputs, output):
    """The rows' columns, of which a count may be a tensor; and what has become of the model."""
    rows, *rest = output
    if not isinstance(rows, list) or not all(isinstance(row, (list, tuple)) and len(row) == len(COLUMNS) for row in rows):
        raise ValueError("rows of another form")
    rows = [[value.item() if isinstance(value, np.ndarray) and not value.ndim else value for value in row] for row in rows]
    columns = zip(*rows) if rows else [()] * len(COLUMNS)
    return *map(tuple, columns), *rest


def _draw(rng):
    def drawn(layers, shape, training, **more):
        model = {"layers": layers, "seed": int(rng.integers(10**6)), "training": training, "dtype": "float32", **more}
        return {"model": Given("sequential", model), "shape": shape}

    def conv(given, made, kernel, **more):
        return ["Conv2d", {"in_channels": given, "out_channels": made, "kernel_size": kernel, **more}]

    def linear(given, made, **more):
        return ["Linear", {"in_features": given, "out_features": made, **more}]

    a, b, c = (int(n) for n in rng.permutation([2, 4, 6]))
    classes = int(rng.choice([5, 7]))
    plain = [conv(3, a, 3), ["ReLU", {}], ["MaxPool2d", {"kernel_size": 2}], conv(a, b, (3, 2), bias=False), ["Flatten", {}], linear(b * 6, classes)]
    normed = [[conv(2, a, 3, padding=1), ["BatchNorm2d", {"num_features": a}], ["ReLU", {}]],
              [conv(a, 2 * b, 3, stride=2, groups=2), [["Dropout", {"p": 0.5}]]], ["Flatten", {}], linear(2 * b * 6, classes, bias=False)]
    twice = [conv(c, c, 3, padding=1), ["ReLU", {}], 0, 1, ["AdaptiveAvgPool2d", {"output_size": 1}], ["Flatten", {}], linear(c, classes)]
    rowwise = [linear(5, a), ["ReLU", {}], ["Flatten", {}], linear(4 * c * a, classes)]
    for layers, shape in ((plain, (3, 12, 9)), (normed, (2, 6, 8))):
        yield Case("shapes", drawn(layers, shape, False), compare=COLUMNS[:3])
        yield Case("parameters", drawn(layers, shape, False), compare=COLUMNS[3:4])
        yield Case("operations", drawn(layers, shape, False), compare=COLUMNS[4:])
    yield Case("operations", drawn(rowwise, (c, 4, 5), False), compare=COLUMNS[4:])
    yield Case("nested", drawn(normed, (2, 6, 8), False), compare=COLUMNS[:2])
    yield Case("nested", drawn(twice, (c, 4, 5), False), compare=COLUMNS)
    for training in (True, False):
        yield Case("clean", drawn(normed, (2, 6, 8), training), compare=("statistics", "modes", "kept", "hooks"))
    yield Case("clean", drawn(normed, (2, 6, 8), True, resting=[0]), compare=("statistics", "modes"))


layer_table = Exercise(
    id="nets.inspect.layer_table",
    title="A table of layers",
    difficulty=3,
    minutes=35,
    aspects=(
        Aspect("shapes", 5, "a row for each layer of a plain chain: its name, its kind, the shape that comes out of it"),
        Aspect("parameters", 4, "how many numbers each layer learns"),
        Aspect("operations", 5, "how many multiplications with additions each layer needs for one image"),
        Aspect("nested", 3, "layers within layers, and a layer that computes twice"),
        Aspect("clean", 3, "the model comes out as it went in"),
    ),
    draw=_draw,
    oracle=_expected,
    view=_view,
    probe="of_model",
    returns=(*COLUMNS, *OF_MODEL[1:]),
    imports=("torch",),
    misconceptions=(
        Misconception("batch_in_shape", "The shapes include the batch.", "Leave the first axis away: output.shape[1:].", table(batch=True)),
        Misconception(
            "operations_of_one_place",
            "A convolution's operations are counted for one place of the image only.",
            "Every number that comes out costs C/groups · KH · KW: multiply by all of them, F · OH · OW.",
            table(places=False),
        ),
        Misconception(
            "groups_ignored", "Operations are counted as if every filter saw all channels.",
            "With groups a filter sees C / groups channels: its weight tells, its shape is (F, C / groups, KH, KW).", table(grouped=False),
        ),
        Misconception("biases_counted", "The additions of biases are counted as operations.", "Only multiplications with their additions count.",
                      table(biases=True)),
        Misconception("biases_of_filters", "The biases of convolutions are counted as operations.",
                      "Only multiplications with their additions count: C/groups · KH · KW for each number that comes out.", table(biases="filters")),
        Misconception("counted_twice", "A multiplication and its addition are counted as two.", "Here a pair counts as one.", table(twofold=True)),
        Misconception("weights_only", "The biases are missing among the parameters.", "Add up p.numel() over all of layer.parameters().",
                      table(only="weight")),
        Misconception(
            "containers_too", "Modules that only hold others have rows of their own.", "A layer is a module without children.", table(which="all")
        ),
        Misconception(
            "children_only", "Only the modules at the top have rows.", "named_modules() goes all the way down, named_children() does not.",
            table(which="children"),
        ),
        Misconception(
            "parameters_again", "A layer that computes twice counts its parameters twice.", "It learns them once: remember which were counted.",
            table(again=True),
        ),
        Misconception("hooks_left", "The hooks stay behind: whoever uses the model next calls them too.",
                      "register_forward_hook returns a handle: call its remove() in the end.", table(hooks="left")),
        Misconception(
            "statistics_moved", "The running statistics have moved: the model ran in training mode.",
            "Call model.eval() before, and put every module's mode back afterwards.", table(mode="untouched"),
        ),
        Misconception("mode_left", "The model is left in evaluation mode.", "Note module.training of every module before, and put it back.",
                      table(mode="left")),
        Misconception(
            "mode_train",
            "The model is left in training mode, however it came.",
            "Note module.training of every module before, and put it back.",
            table(mode="train"),
        ),
        Misconception(
            "mode_of_the_whole",
            "All parts are in the model's own mode afterwards. Some had another: batch norm that is frozen, for example.",
            "model.train(…) reaches all parts. Note module.training of every module before, and put each back.",
            table(mode="whole"),
        ),
        Misconception(
            "learning_only", "Layers without parameters have no rows.",
            "Activations, pooling and flattening are layers too: watch every module without children.",
            table(which="learning"),
        ),
        Misconception(
            "last_name", "Every row has the name of the last layer.",
            "Your hook looks the name up when it is called, and by then the loop is over. Make each hook in a function that takes the name.",
            table(named="last"),
        ),
        Misconception(
            "linear_once", "An nn.Linear's operations are counted for one row only.",
            "It acts on the last axis, as often as there are rows: in_features for each number that comes out.", table(rows_of_linear=False),
        ),
    ),
    hints=(
        "A layer knows its parameters by itself. But the shape that comes out is only known when something goes through: what could you send?",
        "register_forward_hook(f) has f(layer, inputs, output) called after each forward pass of a layer. Give every layer without children such a "
        "hook that adds a row, send one image of zeros through, and take the hooks off.",
        "For each (name, module) of named_modules() without children: make a hook that knows the name. In it: output.shape[1:], the sum of "
        "numel() over the layer's parameters (0 if it was counted before), and operations by kind: output[0].numel() times the numbers in one "
        "filter, or times in_features. Note all modes, eval(), no_grad, run zeros of (1, *shape) in the parameters' dtype; then remove hooks, "
        "put modes back.",
    ),
)

EXERCISES = (layer_table,)
