"""The vocabulary of a check: exercises, their aspects, cases and misconceptions.

An exercise is one graded unit of a learner's work, such as `conv.conv2d_backward`. Its check is made of

- aspects: parts of the work with points of their own (stride, padding, the arguments left alone …);
- cases: drawn sets of inputs, each belonging to one aspect;
- an oracle: computes what is expected from the inputs (PyTorch in float64, a closed form, a property);
- misconceptions: named wrong solutions. A learner whose outputs agree with one is told so by name.

This module imports neither a judge nor a runner: it only says what an exercise is.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from autograder.values import Given, Seed

CONTRACT = "contract"  # the aspect every NumPy exercise shares: dtype kept, arguments left alone, any memory layout


@dataclass(frozen=True)
class Aspect:
    """A part of an exercise with its own points, described in the learner's words."""

    name: str
    points: float
    says: str


@dataclass(frozen=True)
class Case:
    """One drawn set of inputs.

    aspect        the aspect that this case decides; an aspect is earned when all its cases pass
    inputs        the subject's keyword arguments: plain values, NumPy arrays, `Seed` for a generator, `Given` for a function
    compare       names of the outputs that count here; empty means all of them
    layout        how arrays reach the subject: "plain", "read-only" or "strided" (not contiguous)
    exact_dtype   the outputs' dtype must be the inputs' (elsewhere any float precision is accepted)
    max_slowdown  the subject may take at most so many times the CPU time of the exercise's `baseline`
    tolerance     overrides the judge's relative tolerance (None: from the inputs' dtype)
    hidden        drawn with the course's secret seed: never shown to a learner
    """

    aspect: str
    inputs: Mapping[str, Any]
    compare: tuple[str, ...] = ()
    layout: str = "plain"
    exact_dtype: bool = False
    max_slowdown: float | None = None
    tolerance: float | None = None
    hidden: bool = False

    @cached_property
    def label(self) -> str:
        """The inputs in one line: shapes of arrays, values of the rest."""
        return _described(self.inputs)

    @cached_property
    def dtype(self) -> np.dtype | None:
        """The floating dtype that the outputs should have: that of the floating inputs (None without any)."""
        kinds = [v.dtype for v in _leaves(self.inputs) if isinstance(v, np.ndarray) and v.dtype.kind == "f"]
        return np.result_type(*kinds) if kinds else None


@dataclass(frozen=True)
class Misconception:
    """A named wrong solution.

    `oracle` has the subject's signature and is wrong in exactly the way that `says` states. It may return a wrong shape,
    raise, or modify its arguments: whatever a learner with this misconception would see. Its floating results are
    converted to the inputs' dtype, as correct code would, unless `keeps_dtype` is False.
    `revisit` names the notebook section to read again.
    """

    id: str
    says: str
    hint: str
    oracle: Callable[..., Any]
    keeps_dtype: bool = True
    revisit: str = ""


@dataclass(frozen=True)
class Exercise:
    """One graded unit. `id` is `module.name`: the function or class `name` in `cnnlib/module.py` (`nets.lenet.LeNet5`: in `cnnlib/nets/lenet.py`).

    draw        draw(rng) -> cases. Must be a pure function of the generator.
    oracle      the subject's signature; what is expected, computed in float64.
    returns     names of the outputs in order (one name: the subject returns it bare; more: a tuple; answer cells: the dictionary's keys).
    hints       nudge, method, outline: never the code.
    view        view(inputs, output) -> what is compared, for outputs that may rightly differ (a random order, a random mask): applied to
                the subject's output and the oracle's alike, where it is judged. A view that raises calls the output the wrong kind.
    probe       name of the function in `autograder.probes` that calls the subject with a case.
    baseline    the judge's own plain implementation, timed for cases with `max_slowdown`.
    answer      for answer cells: name of the notebook variable that holds the answer (no function is called).
    artefact    for results that are handed in as a file of arrays, such as trained weights: the file's name. `arrays` has the names and
                shapes that must be in it; `subject_of(arrays)` makes the subject, which runs in the trusted process: it is ours, not theirs.
    uses        other modules of the learner's that the subject builds on: handed in with its own.
    imports     modules beside NumPy and the standard library that this exercise may import.
    """

    id: str
    title: str
    difficulty: int
    minutes: int
    aspects: tuple[Aspect, ...]
    draw: Callable[[np.random.Generator], Iterable[Case]]
    oracle: Callable[..., Any]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, str, str]
    returns: tuple[str, ...] = ("out",)
    view: Callable[[dict[str, Any], Any], Any] | None = None
    probe: str = "call"
    baseline: Callable[..., Any] | None = None
    answer: str | None = None
    artefact: str | None = None
    arrays: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    subject_of: Callable[[dict[str, np.ndarray]], Any] | None = None
    uses: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def module(self) -> str:
        return self.id.rpartition(".")[0]

    @property
    def name(self) -> str:
        return self.id.rpartition(".")[2]

    @property
    def file(self) -> str:
        """Where a learner writes it, relative to the course."""
        return file_of(self.module)

    @property
    def is_function(self) -> bool:
        """Whether the subject is a function or class in cnnlib, not a notebook's answer or a file."""
        return self.answer is None and self.artefact is None

    @property
    def points(self) -> float:
        return sum(aspect.points for aspect in self.aspects)

    def cases(self, seed: int | str, *, hidden: bool = False) -> list[Case]:
        """The cases that `seed` draws: the same seed gives the same cases on every machine."""
        digest = hashlib.sha256(f"{seed}\n{self.id}".encode()).digest()  # all of a secret seed's bits: nobody can try them out
        rng = np.random.default_rng(int.from_bytes(digest, "big"))
        cases = [replace(case, hidden=hidden) for case in self.draw(rng)]
        unknown = {case.aspect for case in cases} ^ {aspect.name for aspect in self.aspects}
        if unknown:
            raise ValueError(f"{self.id}: aspects without cases, or cases without an aspect: {sorted(unknown)}")
        return cases

    def misconception(self, id: str) -> Misconception:
        return next(m for m in self.misconceptions if m.id == id)


class UnknownExercise(LookupError):
    """There is no exercise of that id; the message names the nearest ones."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the sentence alone."""
        return [str(self)]


def file_of(module: str) -> str:
    """A module of the learner's, `conv` or `nets.lenet`, as a file relative to the course: `cnnlib/nets/lenet.py`."""
    return f"cnnlib/{module.replace('.', '/')}.py"


@cache
def load(id: str) -> Exercise:
    """The exercise `module.name`, from `autograder/checks/module.py`."""
    module = id.rpartition(".")[0]
    place = f"autograder.checks.{module}"
    try:
        checks = importlib.import_module(place) if all(map(str.isidentifier, module.split("."))) else None
    except ModuleNotFoundError as error:
        if not f"{place}.".startswith(f"{error.name}."):
            raise
        checks = None
    there = {exercise.id: exercise for exercise in getattr(checks, "EXERCISES", ())}
    if id not in there:
        near = difflib.get_close_matches(id, there, n=3)
        meant = f" (did you mean {' or '.join(near)}?)" if near else ""
        raise UnknownExercise(f"There is no exercise {id!r}{meant}. See them all: stride list")
    return there[id]


def contract(points: float = 1) -> Aspect:
    """The aspect that every NumPy exercise shares."""
    return Aspect(CONTRACT, points, "keeps the input's dtype, leaves its arguments unchanged, accepts any memory layout")


def _described(inputs: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_shape(v)}" if isinstance(v, np.ndarray) else f"{name}={_worded(v)}" for name, v in inputs.items())


def _worded(value: Any) -> str:
    if isinstance(value, Given) and "layers" in value.parameters:  # a network: as short as can be, or it would fill the card
        rest = _described({name: part for name, part in value.parameters.items() if name != "layers"})
        return f"{value.name}({_layers(value.parameters['layers'])}{rest and f'; {rest}'})"
    if isinstance(value, Given):
        return f"{value.name}({_described(value.parameters)})"
    if isinstance(value, (list, tuple)) and any(isinstance(item, (np.ndarray, Mapping, list, tuple)) for item in value):
        return f"[{', '.join(_shape(item) if isinstance(item, np.ndarray) else _worded(item) for item in value)}]"
    return f"{{{_described(value)}}}" if isinstance(value, Mapping) else repr(value)


def _layers(layers: Iterable[Any]) -> str:
    """[Conv2d(2, 3, kernel_size=2), w 5×3 b 5, …] of what the givens call layers."""
    words = []
    for layer in layers:
        if isinstance(layer, Mapping):  # arrays by name
            arrays = {**layer.get("parameters", {}), **{name: part for name, part in layer.items() if name != "parameters"}}
            words.append(" ".join(f"{name} {_shape(array)}" for name, array in arrays.items()) or "–")
        elif isinstance(layer, int):
            words.append(f"number {layer} again")
        elif layer and isinstance(layer[0], str):
            options = (_worded(part) if name.startswith(("in_", "out_", "num_")) else f"{name}={_worded(part)}" for name, part in layer[1].items())
            words.append(f"{layer[0]}({', '.join(options)})")
        else:
            words.append(_layers(layer))
    return f"[{', '.join(words)}]"


def contract_cases(make: Callable[[type], dict[str, Any]]) -> Iterator[Case]:
    """Cases of the contract aspect; `make` draws the inputs in a dtype."""
    for layout, dtype in (("read-only", np.float64), ("strided", np.float32), ("plain", np.float32)):
        yield Case("contract", make(dtype), layout=layout, exact_dtype=True)


def float64_result(oracle: Callable[..., Any], like: str = "x") -> Misconception:
    """Right numbers, always in float64."""
    return Misconception(
        "float64_result",
        "The result is float64 whatever came in.",
        f"np.zeros makes float64 unless told otherwise: give it the dtype of {like}.",
        oracle,
        keeps_dtype=False,
    )


def _shape(array: np.ndarray) -> str:
    shape = "×".join(map(str, array.shape)) or "scalar"
    return shape if array.dtype == np.float64 else f"{shape} {array.dtype}"


def _leaves(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, Given):
        yield from _leaves(value.parameters)
    elif not isinstance(value, Seed):
        yield value
