"""Probes for what is made of layers: a whole network of the learner's own pieces, and a block of layers around given ones.

Parameters and running statistics are handed in, and what is computed comes back: an initialisation is nobody's concern but
the generator's. Layers are asked as the kit's are: `layers()`, `parameters`, `gradients`, `training`, `running_mean`, `running_var`.
"""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from autograder import given_pieces

STATISTICS = ("running_mean", "running_var")


def network(subject: Any, inputs: dict[str, Any]) -> Any:
    """The subject builds a network from a generator: how it is made, and what it computes with given parameters.

    rng, again, other  generators: the first two of the same seed
    options            further arguments of the builder, by name (may be left out)
    parameters         arrays for its parameters, in the order of its layers; one of another shape but equal size is reshaped
    statistics         arrays for its running means and variances, layer by layer (may be left out: it has none)
    training           True or False, for all its layers (may be left out: as they are built)
    x, dout            what goes forward, and what comes back

    Returns the parameters' shapes; whether the same generator gives the same network, and another one another; the output; dx and the
    parameters' gradients (empty where one was never filled in); and, where statistics were handed in, what has become of them. All but the
    first two are None where parameters or statistics do not fit. Nobody stands in for a piece that is not written.
    """
    with _pieces():
        net, *others = _built(subject, inputs)
        if net is None:
            return None
        names = [(layer, name) for layer in _layers(net) for name in layer.parameters]
        keepers = [(layer, name) for layer in _layers(net) for name in STATISTICS if hasattr(layer, name)]
        shapes = tuple(np.shape(layer.parameters[name]) for layer, name in names)
        made = shapes, _reproducible(net, *others)
        sizes = [array.size for array in inputs["parameters"]], [array.size for array in inputs.get("statistics", ())]
        if ([math.prod(shape) for shape in shapes], [np.size(getattr(*keeper)) for keeper in keepers] if "statistics" in inputs else []) != sizes:
            return *made, None, None, None, *([None] if "statistics" in inputs else [])
        for (layer, name), shape, array in zip(names, shapes, inputs["parameters"]):
            layer.parameters[name] = array.reshape(shape)
        for (layer, name), array in zip(keepers, inputs.get("statistics", ())):
            setattr(layer, name, array)
        if "training" in inputs:
            _set_training(net, inputs["training"])
        out = np.array(net.forward(inputs["x"]))
        dx = np.array(net.backward(inputs["dout"]))
        gradients = [np.array(layer.gradients.get(name, np.zeros(0, dx.dtype))) for layer, name in names]
        gradients = [g.reshape(p.shape) if g.size == p.size else g for g, p in zip(gradients, inputs["parameters"])]
        return *made, out, dx, gradients, *([[np.array(getattr(*keeper)) for keeper in keepers]] if "statistics" in inputs else [])


def block(subject: Any, inputs: dict[str, Any]) -> Any:
    """The subject is a class of layers inside a layer: what it is made of, and what it computes with given arrays and given pieces.

    options            arguments of the class, by name
    rng, again, other  generators: the first two of the same seed
    arrays             for each layer inside that has parameters a dictionary of these and of its running statistics, in the asked order
    shortcut           how many of them, the last ones, belong to the shortcut
    training, x, dout  the mode, what goes forward, and what comes back (may be left out together: nothing is computed then)

    Convolution, ReLU and batch norm are `given_pieces`, whatever the learner's own are like. Returns the parameters' shapes in the learner's
    order; whether they follow the generator; output, dx, gradients and running statistics in the asked order (None where the arrays do
    not fit; a gradient that was never filled in is empty). A bias that was not asked for is set to zero.
    """
    with _pieces(given_pieces.PIECES):
        made, *others = _built(subject, inputs)
        if made is None:
            return None
        layers = [layer for layer in _layers(made) if layer.parameters]
        facts = tuple(np.shape(array) for layer in layers for array in layer.parameters.values()), _reproducible(made, *others)
        chosen = _in_asked_order(layers, inputs["arrays"], inputs["shortcut"])
        if chosen is None or "x" not in inputs:
            if "x" in inputs:  # a sum of shapes that do not fit says more than that the arrays do not
                made.forward(inputs["x"])
            return *facts, None, None, None, None
        for layer, arrays in zip(chosen, inputs["arrays"]):
            layer.parameters = {name: arrays[name] if name in arrays else 0 * array for name, array in layer.parameters.items()}
            for name in STATISTICS:
                if name in arrays:
                    setattr(layer, name, arrays[name])
        _set_training(made, inputs["training"])
        out = np.array(made.forward(inputs["x"]))
        dx = np.array(made.backward(inputs["dout"]))
        pairs = [(layer, name) for layer, arrays in zip(chosen, inputs["arrays"]) for name in arrays]
        gradients = [np.array(layer.gradients.get(name, np.zeros(0, dx.dtype))) for layer, name in pairs if name not in STATISTICS]
        return *facts, out, dx, gradients, [np.array(getattr(layer, name)) for layer, name in pairs if name in STATISTICS]


@contextlib.contextmanager
def _pieces(given: dict[str, Any] | None = None) -> Iterator[None]:
    """Within, layers are made around the pieces that are given, or else around the learner's own: nobody stands in."""
    pieces = sys.modules.get("cnnlib.kit.pieces")  # only there when the subject's own file has asked for layers
    with pieces.own_pieces_only() if pieces else contextlib.nullcontext(), pieces.given_pieces(given or {}) if pieces else contextlib.nullcontext():
        yield


def _built(subject: Any, inputs: dict[str, Any]) -> list[Any]:
    return [subject(**inputs.get("options", {}), rng=inputs[name]) for name in ("rng", "again", "other")]


def _layers(made: Any) -> list[Any]:
    """What the learner's `layers()` gives. Raises TypeError with a sentence where that is no layers: Python's own would speak of our code."""
    method = getattr(made, "layers", None)
    if not callable(method):
        found = "there is none" if method is None else f"it is a {type(method).__name__}"
        raise TypeError(f"a {type(made).__name__} should have a method layers(); {found}")
    layers = method()
    if not isinstance(layers, Iterable):
        found = "None" if layers is None else f"something of the type {type(layers).__name__}"
        raise TypeError(f"layers() should yield the layers inside, or return a list of them; it returns {found}")
    layers = list(layers)
    for layer in layers:
        if not isinstance(getattr(layer, "parameters", None), dict):
            raise TypeError(f"layers() gives a {type(layer).__name__} in place of a layer: hand on the layers that are in it, with yield from")
    return layers


def _reproducible(built: Any, again: Any, other: Any) -> bool:
    """Whether equal generators give equal parameters, and another generator others: each array of weights, what has but one axis aside."""
    first, second, third = ([np.array(array) for layer in _layers(made) for array in layer.parameters.values()] for made in (built, again, other))
    drawn = all(a.ndim < 2 or not np.array_equal(a, b) for a, b in zip(first, third))
    return len(first) > 0 and _equal(first, second) and not _equal(first, third) and drawn


def _equal(some: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> bool:
    return len(some) == len(others) and all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(some, others))


def _set_training(made: Any, training: bool) -> None:
    for layer in (made, *_layers(made)):
        layer.training = training


def _in_asked_order(layers: Sequence[Any], wanted: Sequence[dict[str, np.ndarray]], shortcut: int) -> list[Any] | None:
    """The learner's layers as the arrays are ordered, also where the shortcut's come before the branch's; None where they do not fit."""
    order = range(len(wanted))
    branch, past = order[: len(order) - shortcut], order[len(order) - shortcut :]
    for places in ([*branch, *past], [*past, *branch]):
        # Convolutions among themselves and norms among themselves: whether all norms come at the end, say, is of no concern.
        found: dict[int, Any] = {}
        for is_norm in (False, True):
            own = [layer for layer in layers if hasattr(layer, STATISTICS[0]) == is_norm]
            asked = [place for place in places if (STATISTICS[0] in wanted[place]) == is_norm]
            if len(own) == len(asked):
                found |= {place: layer for place, layer in zip(asked, own) if _fits(layer, wanted[place])}
        if len(found) == len(wanted):
            return [found[place] for place in order]
    return None


def _fits(layer: Any, arrays: dict[str, np.ndarray]) -> bool:
    return all(np.shape(getattr(layer, name) if name in STATISTICS else layer.parameters.get(name)) == array.shape for name, array in arrays.items())
