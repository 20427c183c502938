"""Blocks of layers as the judge sees them: in PyTorch and float64, behind the face of the kit's layers, with ways to build them wrongly.

A block has a plan, its layers with parameters in the asked order, and a computation on tensors that calls them by their place in it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.draw import normal
from autograder.exercise import Case
from autograder.oracles import tensor
from autograder.values import Seed

RETURNS = ("shapes", "from_rng", "out", "dx", "gradients", "statistics")
Plan = Sequence[tuple[int, ...]]  # (out, in, height, width) is a convolution, (features,) a batch norm, (out, in) a fully connected layer


@dataclass
class _Conv:
    parameters: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray] = field(default_factory=dict)
    training: bool = True


@dataclass
class _Norm(_Conv):
    running_mean: np.ndarray = field(default_factory=lambda: np.zeros(0))
    running_var: np.ndarray = field(default_factory=lambda: np.zeros(0))


class Block:
    """compute(x, self) on tensors, results in the dtype that came in. Raises ValueError where shapes do not fit.

    order   places of the plan in which `layers()` gives them, where it does not give all as planned
    biased  the convolutions have a bias, as if nobody had asked for none; or the places of those that have
    runs    how often a forward pass computes: the statistics move each time
    same    place -> an earlier place whose layer stands here once more
    """

    def __init__(
        self,
        plan: Plan,
        compute: Callable[..., Any],
        rng: np.random.Generator,
        order: Sequence[int] | None = None,
        biased: bool | Sequence[int] = False,
        runs: int = 1,
        same: Mapping[int, int] | None = None,
    ) -> None:
        has_bias = (lambda place: biased) if isinstance(biased, bool) else (lambda place: place in biased)
        self._layers, self._compute, self._runs = [_made(rng, shape, has_bias(place)) for place, shape in enumerate(plan)], compute, runs
        for place, earlier in (same or {}).items():
            self._layers[place] = self._layers[earlier]
        self._order = range(len(plan)) if order is None else order

    def layers(self) -> list[_Conv]:
        return [self._layers[place] for place in self._order]

    def forward(self, x: np.ndarray) -> np.ndarray:
        self._x = tensor(x).requires_grad_()
        self._leaves = [{name: tensor(array).requires_grad_() for name, array in layer.parameters.items()} for layer in self._layers]
        try:
            for _ in range(self._runs):
                self._out = self._compute(self._x, self)
        except (RuntimeError, IndexError) as error:
            raise ValueError(str(error)) from error
        return self._out.detach().numpy().astype(x.dtype)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        import torch

        product = (self._out * tensor(dout)).sum()  # as in oracles.gradients
        dx, *found = torch.autograd.grad(product, [self._x, *self.leaves()], allow_unused=True)
        found = iter(found)
        for layer in self._layers:
            slopes = {name: next(found) for name in layer.parameters}
            layer.gradients = {name: slope.numpy().astype(dout.dtype) for name, slope in slopes.items() if slope is not None}
        return (np.zeros(self._x.shape) if dx is None else dx.numpy()).astype(dout.dtype)

    def conv(self, place: int, x: Any, stride: int = 1, padding: int = 0) -> Any:
        import torch.nn.functional as F

        return F.conv2d(x, self._leaves[place]["w"], self._leaves[place].get("b"), stride, padding)

    def linear(self, place: int, x: Any) -> Any:
        import torch.nn.functional as F

        return F.linear(x, self._leaves[place]["w"], self._leaves[place]["b"])

    def leaves(self) -> list[Any]:
        """All parameters as tensors, in the order of the plan."""
        return [leaf for leaves in self._leaves for leaf in leaves.values()]

    def norm(self, place: int, x: Any, momentum: float = 0.1) -> Any:
        import torch.nn.functional as F

        layer, leaves = self._layers[place], self._leaves[place]
        mean, var = tensor(layer.running_mean).clone(), tensor(layer.running_var).clone()
        out = F.batch_norm(x, mean, var, leaves["gamma"], leaves["beta"], layer.training, momentum)
        dtype = layer.running_mean.dtype
        layer.running_mean, layer.running_var = mean.numpy().astype(dtype), var.numpy().astype(dtype)
        return out


def _made(rng: np.random.Generator, shape: tuple[int, ...], biased: bool) -> _Conv:
    biased |= len(shape) == 2
    if len(shape) == 1:
        return _Norm({"gamma": np.ones(shape), "beta": np.zeros(shape)}, running_mean=np.zeros(shape), running_var=np.ones(shape))
    return _Conv({"w": rng.standard_normal(shape)} | ({"b": np.zeros(shape[0])} if biased else {}))


def slopes_only(values: Any, slopes: Any) -> Any:
    """A tensor with these values, that differentiates as the other one does: right forwards, wrong backwards."""
    return slopes + (values - slopes).detach()


def ended(
    branch: Any, skip: Any, projects: int, *, last: str = "relu of sum", way: str | None = None, normed: Callable[[Any], Any] = lambda x: x
) -> Any:
    """How a block ends: the sum of its two ways, and a ReLU. The keyword-only arguments are ways to get it wrong.

    last, way  where the ReLU stands, and what of the way back is missing
    normed     what the sum goes through before the ReLU
    """
    if way == "projection":  # where there is none, nothing comes back past the branch
        skip = skip if projects else skip.detach()
    skip, branch = skip.detach() if way == "branch" else skip, branch.detach() if way == "skip" else branch
    if last == "relu before":
        return branch.relu() + skip
    total = normed((branch.relu() if last == "relu twice" else branch) + skip)
    if way == "kink":
        return slopes_only(total.relu(), total * (total.detach() >= 0))
    if way == "no gate":
        return slopes_only(total.relu(), total)
    return total if last == "sum" else total.relu()


def builder(planned: Callable[..., tuple[Plan, int]], compute: Callable[..., Any]) -> Callable[..., Any]:
    """What makes builders of a block: build(**slips) is one, as the class is: in_channels, channels, stride, rng -> Block.

    A slip that planned(in_channels, channels, stride, …) takes goes there; what it does not take, or is a keyword of compute(x, block, stride,
    projections, …) too, goes to that; these go to the block: handed, biased (each called with the plan's length and the shortcut's), own_rng, runs.
    """
    of_plan = set(inspect.signature(planned).parameters)
    keywords = {name for name, parameter in inspect.signature(compute).parameters.items() if parameter.kind is parameter.KEYWORD_ONLY}

    def build(*, handed=None, own_rng=False, biased=None, runs=1, **slips):
        plans = {name: value for name, value in slips.items() if name in of_plan}
        computes = {name: value for name, value in slips.items() if name not in of_plan or name in keywords}

        def built(in_channels, channels, stride=1, rng=None):
            plan, past = planned(in_channels, channels, stride, **plans)
            order, bias = handed(len(plan), past) if handed else None, biased(len(plan), past) if biased else False
            rng = np.random.default_rng(0) if own_rng else rng
            return Block(plan, lambda x, b: compute(x, b, stride, past, **computes), rng, order, bias, runs)

        return built

    return build


# --- What a block is judged by ----------------------------------------------------------------------------------------


def arrays(rng, plan: Plan, dtype=np.float64) -> list[dict[str, np.ndarray]]:
    """Parameters and running statistics with which every layer's numbers are of size 1, and no two features are alike."""
    found = []
    for shape in plan:
        if len(shape) > 1:
            made = {"w": normal(rng, *shape) * 1.5 / np.sqrt(np.prod(shape[1:]))}
            made |= {"b": 0.5 * normal(rng, shape[0])} if len(shape) == 2 else {}
        else:
            made = {"gamma": rng.uniform(0.5, 1.5, shape), "beta": 0.5 * normal(rng, *shape)}
            made |= {"running_mean": 0.5 * normal(rng, *shape), "running_var": rng.uniform(0.5, 2, shape)}
        found.append({name: array.astype(dtype) for name, array in made.items()})
    return found


Planned = Callable[[int, int, int], tuple[Plan, int]]  # in_channels, channels, stride -> plan, and how many layers of it are the shortcut's


def inputs(rng, planned: Planned, options: tuple[int, int, int], out_channels: int, training: bool | None, dtype=np.float64) -> dict[str, Any]:
    """The inputs of one case; training None: only the layers count, nothing is computed."""
    in_channels, channels, stride = options
    plan, shortcut = planned(*options)
    same, other = (int(number) for number in rng.choice(10**6, 2, replace=False))
    given = {"options": {"in_channels": in_channels, "channels": channels, "stride": stride}}
    given |= {"rng": Seed(same), "again": Seed(same), "other": Seed(other), "arrays": arrays(rng, plan, dtype), "shortcut": shortcut}
    if training is None:
        return given
    n, h, w = (int(part) for part in rng.permutation([3, 5, 6]))
    x = normal(rng, n, in_channels, h, w, dtype=dtype)
    return given | {"training": training, "x": x, "dout": normal(rng, n, out_channels, -(-h // stride), -(-w // stride), dtype=dtype)}


Options = tuple[int, int, int]


def _with_zero_sums(rng, given: dict[str, Any]) -> dict[str, Any]:
    """The branch gives 0 (its last batch norm multiplies by 0), and so does x in a third of its places: there the sum is exactly 0."""
    for name in ("gamma", "beta"):
        given["arrays"][-1][name] = 0 * given["arrays"][-1][name]
    x = given["x"]
    return given | {"x": x * (rng.random((len(x), 1, *x.shape[2:])) > 1 / 3)}


def cases(
    rng, planned: Planned, expansion: int, same: Options, changed: Sequence[Options], *, split: bool, bends: bool = True
) -> Iterator[Case]:
    """`same` are the options of a block whose shortcut is x itself, `changed` of such that project.

    split  these are an aspect of their own
    bends  the block ends with a ReLU, whose slope at exactly 0 is judged
    """

    def drawn(options, training=True, dtype=np.float64):
        return inputs(rng, planned, options, expansion * options[1], training, dtype)

    for options in (same, *changed):
        yield Case("layers", drawn(options, None), compare=("shapes",))
    for options in (same, changed[0]):
        yield Case("rng", drawn(options, None), compare=("from_rng",))
    for options in (same, same):
        yield Case("identity" if split else "forward", drawn(options), compare=("out",))
    for options in changed:
        yield Case("projection" if split else "forward", drawn(options), compare=("out",))
    for options in (same, *changed):
        yield Case("backward", drawn(options), compare=("dx", "gradients", "statistics"))
    if bends:
        yield Case("backward", _with_zero_sums(rng, drawn(same)), compare=("dx", "gradients", "statistics"))
    for options in (same, changed[0]):
        yield Case("evaluation", drawn(options, False), compare=("out", "dx", "gradients", "statistics"))
    for layout, dtype, options in (("read-only", np.float64, same), ("strided", np.float32, changed[0]), ("plain", np.float32, same)):
        yield Case("contract", drawn(options, dtype=dtype), compare=("out", "dx"), layout=layout, exact_dtype=True)


def expected(build: Callable[..., Block]) -> Callable[..., tuple]:
    """The oracle: what the probe `block` should give back of the right block."""

    def answers(options, rng, again, other, arrays, shortcut, training=None, x=None, dout=None):
        block = build(**options, rng=rng)
        shapes = tuple(array.shape for layer in block.layers() for array in layer.parameters.values())
        if x is None:
            return shapes, True, None, None, None, None
        for layer, given in zip(block.layers(), arrays):
            layer.parameters = {name: given[name].astype(np.float64) for name in layer.parameters}
            layer.training = training
            for name in given.keys() - layer.parameters.keys():
                setattr(layer, name, given[name].astype(np.float64))
        out, dx = block.forward(x.astype(np.float64)), block.backward(dout.astype(np.float64))
        gradients = [layer.gradients[name] for layer in block.layers() for name in layer.parameters]
        norms = [layer for layer in block.layers() if isinstance(layer, _Norm)]
        return shapes, True, out, dx, gradients, [array for norm in norms for array in (norm.running_mean, norm.running_var)]

    return answers
