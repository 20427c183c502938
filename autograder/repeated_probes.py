"""Probes that call a learner's code more than once: what only shows from one call to the next.

`probes` registers them and says what a probe is. They run where the subject runs, so this module imports NumPy and `values` alone.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from autograder import values


def reseeded(subject: Any, inputs: dict[str, Any]) -> list[Any]:
    """Call the subject with its generator, with an equal one, and with another: for what must follow its generator alone.

    An input `more` is not handed on: so many further calls go on with the first generator, for what only many draws tell.
    """
    handed = {name: value for name, value in inputs.items() if name != "more"}
    equal = copy.deepcopy(handed)
    other = {name: value.spawn(1)[0] if isinstance(value, np.random.Generator) else value for name, value in copy.deepcopy(handed).items()}
    return [subject(**handed), subject(**equal), subject(**other), *(subject(**handed) for _ in range(inputs.get("more", 0)))]


def steps(subject: Any, inputs: dict[str, Any]) -> Any:
    """Call an update rule, subject(w=…, state=…, …) -> w, state, step after step, each with the w and state that the one before returned.

    w, state  what the first step is given
    each      names of the inputs that hold one value for every step: lists, or arrays whose first axis is the step
    all other inputs are handed to every step as they are

    Returns {"after step 1": w, "after step 2": w, …}, or what the subject returned where that is not a pair. A w or a state that a
    step has changed instead of returning a new one counts as an input that was changed, also when it is a later step's.
    """
    w, state = inputs["w"], inputs["state"]
    constant = {name: value for name, value in inputs.items() if name not in ("w", "state", "each", *inputs["each"])}
    found = {}
    for number in range(len(inputs[inputs["each"][0]])):
        before = {"w": _frozen(w), "state": _frozen(state)}
        returned = subject(w=w, state=state, **constant, **{name: _item(inputs[name], number) for name in inputs["each"]})
        for name, now in (("w", w), ("state", state)):
            if _frozen(now) != before[name]:
                inputs[name] = None  # so that it is seen to be another one than what came in
        if not isinstance(returned, (tuple, list)) or len(returned) != 2:
            return returned
        w, state = returned
        found[f"after step {number + 1}"] = copy.deepcopy(w)
    return found


def methods(subject: Any, inputs: dict[str, Any]) -> Any:
    """Make an object of a class and call its methods.

    create      keyword arguments of the class
    calls       list of pairs (name of a method, arguments), called one after the other. Arguments are held as in `steps`: of a list the
                k-th item, of an array the k-th along its first axis is for the k-th call, and so inside of dictionaries
    in_place    True: all calls are handed the same arrays, with other numbers written into them, as by training that works in place
    attributes  names of attributes to look at in the end

    Returns {"step 1": what the first call of a method `step` returned, …, and every attribute by its name}, or None when the
    subject makes no object.
    """
    thing = subject(**inputs["create"])
    if thing is None:
        return None
    found, counts = {}, {}
    for method, arguments in inputs["calls"]:
        handed: Any = None
        for number in range(_length(arguments)):
            now = _item(arguments, number)
            if inputs["in_place"]:
                now = handed = copy.deepcopy(now) if handed is None else _overwritten(handed, now)
            counts[method] = counts.get(method, 0) + 1
            found[f"{method} {counts[method]}"] = copy.deepcopy(getattr(thing, method)(**now))
    return found | {name: getattr(thing, name) for name in inputs["attributes"]}


def _item(value: Any, number: int) -> Any:
    """What belongs to one call. Numbers are Python's own: one of NumPy's in float64 would turn float32 into float64."""
    if isinstance(value, dict):
        return {name: _item(part, number) for name, part in value.items()}
    found = value[number]
    return found.item() if isinstance(found, np.generic) else found


def _length(arguments: dict[str, Any]) -> int:
    """How many calls the arguments are for."""
    first = next(iter(arguments.values()))
    return _length(first) if isinstance(first, dict) else len(first)


def _overwritten(kept: Any, now: Any) -> Any:
    """`now`, its arrays written into those of `kept`, in the same dictionaries."""
    if isinstance(kept, dict):
        for name in kept:
            kept[name] = _overwritten(kept[name], now[name])
        return kept
    if isinstance(kept, np.ndarray):
        kept[...] = now
        return kept
    return now


def _frozen(value: Any) -> bytes | None:
    """All of a plain value as bytes; None for what is not plain, of which nobody can say whether it has changed."""
    try:
        return values.encode(value)
    except values.NotPlain:
        return None
