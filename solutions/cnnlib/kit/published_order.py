"""Which layer of yours is which of theirs, where names do not tell: the order in which layers compute, and shapes.

What comes one after the other in their network does so in yours. Only branches beside each other (a shortcut, Inception) may be computed in any
order. There the shapes of the convolutions tell, and one answer has to fit all blocks that are made alike.
"""

import itertools

import torch
from torch import nn

from .published_names import ALEXNET, chain_of, family, our_names

CONVOLUTION, NORM, LINEAR, OTHER = "convolution", "batch norm", "fully connected layer", "other layer"


def layers_of(state):
    """Tensors of a state dict by layer, and by their name there: {"conv1": {"weight": …}, …}."""
    layers = {}
    for name, tensor in state.items():
        layer, _, part = name.rpartition(".")
        layers.setdefault(layer, {})[part] = tensor
    return layers


def kind_of(layer):
    if "running_mean" in layer:
        return NORM
    axes = layer["weight"].ndim if "weight" in layer else 0
    return {4: CONVOLUTION, 2: LINEAR}.get(axes, OTHER)


def shape_of(layer):
    return tuple(layer.get("weight", next(iter(layer.values()))).shape)


def said(name, layer):
    name = name or next(iter(layer))  # a tensor that is in no layer has a name of its own alone
    return f"{name} ({kind_of(layer)}, {'×'.join(map(str, shape_of(layer)))})"


def scores(model, image):
    """A network's scores for one image, in eval mode and without gradients; the mode of each module is afterwards what it was."""
    modes = {module: module.training for module in model.modules()}
    try:
        with torch.no_grad():
            return model.eval()(image)
    except RuntimeError as error:
        raise ValueError(f"An image of {tuple(image.shape[1:])} does not go through ({error}). Say with image=(C, H, W) which one does") from error
    finally:
        for module, training in modes.items():
            module.training = training


class Trace:
    """What happens when a network computes the scores of one image.

    layers  names of the layers with tensors, in the order in which they first compute
    norms   {convolution: the batch norm that takes what it gives}
    pools   (name, module) of each call of an nn.MaxPool2d with stride 2
    """

    def __init__(self, model, image):
        self.layers, self.norms, self.pools = [], {}, []
        made, hooks = {}, []  # made: by id, what came from which layer; it is kept, so that no id is given twice

        def note(name, module):
            def after(_, inputs, output):
                if isinstance(module, nn.MaxPool2d):
                    self.pools.append((name, module))
                    return
                if name not in self.layers:
                    self.layers.append(name)
                if inputs and id(inputs[0]) in made:
                    self.norms[made[id(inputs[0])][0]] = name
                made[id(output)] = name, output

            hooks.append(module.register_forward_hook(after))

        for name in layers_of(model.state_dict()):
            note(name, model.get_submodule(name))
        for name, module in model.named_modules():
            if isinstance(module, nn.MaxPool2d) and module.stride in (2, (2, 2)):
                note(name, module)
        try:
            scores(model, image)
        finally:
            for hook in hooks:
                hook.remove()


def pairs_of(source, target, trace):
    """Pairs of names, theirs and ours: by names where these are the same or those that we know, else by the order of computing.

    source, target  layers of theirs and of ours, as layers_of gives them
    trace           a function without arguments that gives the Trace of our network
    """
    names = our_names(source)
    if set(source) == set(target):
        return [(name, name) for name in source]
    if names and len(names) == len(source) and set(names.values()) == set(target):
        return list(names.items())
    seen = trace()
    unseen = [name for name in target if name not in seen.layers]
    if unseen:
        raise ValueError(f"{said(unseen[0], target[unseen[0]])} is not called when your network computes, so what it corresponds to cannot be told")
    ours = _in_their_order(source, target, seen)
    pairs = []
    for kind, names in ours.items():
        for their, our in itertools.zip_longest(_of_kind(source, source, kind), names):
            if kind == OTHER or their is None or our is None or shape_of(source[their]) != shape_of(target[our]):
                raise ValueError(does_not_fit(source, target, their, our))
            pairs.append((their, our))
    return pairs


def _of_kind(names, layers, kind):
    return [name for name in names if kind_of(layers[name]) == kind]


def _in_their_order(source, target, seen):
    """Names of our layers by kind, each kind in the order that theirs have."""
    ours = {kind: _of_kind(seen.layers, target, kind) for kind in (CONVOLUTION, NORM, LINEAR, OTHER)}
    theirs, computed = _of_kind(source, source, CONVOLUTION), ours[CONVOLUTION]
    if len(theirs) != len(computed):
        return ours
    order = list(range(len(theirs)))  # for each of theirs, the place of ours among those computed
    for places in _alike(theirs):
        chains = [chain_of(theirs[place])[1] for place in places[0]]
        fitting = [found for found in _merged(chains) if _fits(found, places, theirs, computed, source, target)]
        if len(fitting) > 1:
            names = ", ".join(theirs[place] for place in places[0])
            raise ValueError(
                f"{computed[places[0][0]]} is in a block with branches, and shapes do not tell which is which of their {names}. "
                "Hand in theirs as a dict whose names are those of your state_dict(): then nothing is guessed"
            )
        for block in places if fitting else ():
            for place, at in zip(block, fitting[0]):
                order[place] = block[at]
    ours[CONVOLUTION] = [computed[place] for place in order]
    norms = _of_kind(source, source, NORM)
    if len(norms) == len(theirs) == len(ours[NORM]):  # one behind each convolution
        told = [seen.norms.get(name) for name in ours[CONVOLUTION]]
        ours[NORM] = told if set(told) == set(ours[NORM]) else [ours[NORM][place] for place in order]
    return ours


def _alike(theirs):
    """Groups of blocks with the same branches; of each block the places of its convolutions, which follow each other."""
    blocks, groups = {}, {}
    for place, name in enumerate(theirs):
        block, _ = chain_of(name)
        if block:
            blocks.setdefault(block, []).append(place)
    for block, places in blocks.items():
        groups.setdefault(tuple(theirs[place].removeprefix(block) for place in places), []).append(places)
    return list(groups.values())


def _merged(chains):
    """All orders in which branches may have been computed: what is in one of them keeps its order. For each of theirs, the place of ours."""
    for order in itertools.permutations(range(len(chains))):
        if all(order[i] < order[j] for i, j in itertools.combinations(range(len(chains)), 2) if chains[i] == chains[j]):
            yield order


def _fits(order, places, theirs, computed, source, target):
    return all(
        shape_of(source[theirs[place]]) == shape_of(target[computed[block[at]]]) for block in places for place, at in zip(block, order)
    )


def does_not_fit(source, target, their, our):
    """One sentence on the first two layers that do not go together, either of which may be None."""
    hint = f" {ALEXNET}" if family(source) == "alexnet" else ""
    kind = kind_of(target[our] if their is None else source[their])
    if kind == OTHER:
        name = said(our, target[our]) if their is None else said(their, source[their])
        return f"{name} is neither convolution, nor batch norm with running statistics, nor fully connected layer; only these are carried over.{hint}"
    counts = [len(_of_kind(layers, layers, kind)) for layers in (source, target)]
    plural = "" if counts[0] == 1 else "s"
    numbers = f"theirs has {counts[0] or 'no'} {kind}{plural}, yours {counts[1] or 'none'}"
    if our is None:
        return f"Your network has nothing for their {said(their, source[their])}: {numbers}.{hint}"
    if their is None:
        return f"{said(our, target[our])} has no partner in theirs: {numbers}.{hint}"
    more = f" ({numbers})" if counts[0] != counts[1] else ""
    return f"{said(our, target[our])} does not fit their {said(their, source[their])}, which stands in the same place{more}.{hint}"
