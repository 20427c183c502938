"""The small network with batch norm as the judge sees it: in PyTorch and float64, with ways to build it wrongly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.oracles import tensor

CHANNELS = (1, 8, 16, 32)
CLASSES = 10


@dataclass
class _Layer:
    """A layer with parameters, and running statistics if it is a batch norm, as the probe looks for them."""

    parameters: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray] = field(default_factory=dict)
    training: bool = True


@dataclass
class _Norm(_Layer):
    running_mean: np.ndarray = field(default_factory=lambda: np.zeros(0))
    running_var: np.ndarray = field(default_factory=lambda: np.zeros(0))


def shapes(normed: Sequence[bool] = (True, True, True), at_end: bool = False) -> tuple[tuple[int, ...], ...]:
    """The parameters' shapes in order: of each convolution, and of the batch norm behind it, where there is one; of the last layer."""
    found = []
    for below, above, norm in zip(CHANNELS, CHANNELS[1:], normed):
        found += [(above, below, 3, 3), (above,), *[(above,)] * (2 * norm)]
    return (*found, (CLASSES, CHANNELS[-1]), (CLASSES,), *[(CLASSES,)] * (2 * at_end))


class Network:
    """Three stages and a last layer, behind the face of the kit's Sequential; every keyword-only argument is a way to get it wrong.

    order        of what follows a convolution: "n" batch norm, "r" the activation, "p" pooling (the last stage has none)
    normed, bent after which convolutions there is a batch norm, and an activation
    at_end       a batch norm of the scores
    last         what is done with the scores
    biased       the convolutions have a bias
    training     the mode in which it is built
    """

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        order: str = "nrp",
        normed: Sequence[bool] = (True, True, True),
        bent: Sequence[bool] = (True, True, True),
        activation: str = "relu",
        pooling: str = "max_pool2d",
        everywhere: Callable[[Any], Any] = lambda x: x.mean(dim=(2, 3)),
        padding: int = 1,
        momentum: float = 0.1,
        eps: float = 1e-5,
        at_end: bool = False,
        last: Callable[[Any], Any] = lambda scores: scores,
        own_rng: bool = False,
        biased: bool = True,
        training: bool = True,
    ) -> None:
        rng = np.random.default_rng(0) if own_rng else rng
        self.order, self.normed, self.bent, self.activation, self.pooling = order, normed, bent, activation, pooling
        self.everywhere, self.padding, self.momentum, self.eps, self.at_end, self.last = everywhere, padding, momentum, eps, at_end, last
        arrays = iter(rng.standard_normal(shape) for shape in shapes(normed, at_end))
        self._layers = []
        for above, norm in zip(CHANNELS[1:], normed):
            convolution = {"w": next(arrays), "b": next(arrays)}
            self._layers.append(_Layer(convolution if biased else {"w": convolution["w"]}))  # without: nobody computes with it
            if norm:
                self._layers.append(_Norm({"gamma": next(arrays), "beta": next(arrays)}, running_mean=np.zeros(above), running_var=np.ones(above)))
        self._layers.append(_Layer({"w": next(arrays), "b": next(arrays)}))
        if at_end:
            gamma_beta = {"gamma": next(arrays), "beta": next(arrays)}
            self._layers.append(_Norm(gamma_beta, running_mean=np.zeros(CLASSES), running_var=np.ones(CLASSES)))
        for layer in self._layers:
            layer.training = training

    def layers(self) -> list[_Layer]:
        return self._layers

    def norms(self) -> list[_Norm]:
        return [layer for layer in self._layers if isinstance(layer, _Norm)]

    def forward(self, x: np.ndarray) -> np.ndarray:
        self._leaves = [tensor(array).requires_grad_() for array in (x, *(a for layer in self._layers for a in layer.parameters.values()))]
        x, *leaves = self._leaves
        self._out = self._computed(x, iter(zip(self._layers, zip(leaves[::2], leaves[1::2]))))
        return self._out.detach().numpy()

    def backward(self, dout: np.ndarray) -> np.ndarray:
        import torch

        dx, *gradients = (g.numpy() for g in torch.autograd.grad(self._out, self._leaves, tensor(dout)))
        found = iter(gradients)
        for layer in self._layers:
            layer.gradients = {name: next(found) for name in layer.parameters}
        return dx

    def _computed(self, x: Any, pieces: Any) -> Any:
        import torch
        import torch.nn.functional as F

        for stage in range(3):
            x = F.conv2d(x, *next(pieces)[1], padding=self.padding)
            for step in self.order:
                if step == "n" and self.normed[stage]:
                    x = self._normalized(x, *next(pieces))
                if step == "r" and self.bent[stage]:
                    x = getattr(torch, self.activation)(x)
                if step == "p" and stage < 2:
                    x = getattr(F, self.pooling)(x, 2)
        scores = F.linear(self.everywhere(x), *next(pieces)[1])
        return self.last(self._normalized(scores, *next(pieces)) if self.at_end else scores)

    def _normalized(self, x: Any, layer: _Norm, scale: tuple) -> Any:
        import torch.nn.functional as F

        mean, var = tensor(layer.running_mean).clone(), tensor(layer.running_var).clone()
        out = F.batch_norm(x, mean, var, *scale, layer.training, self.momentum, self.eps)
        layer.running_mean, layer.running_var = mean.numpy(), var.numpy()
        return out


def normalized_net(**slips: Any) -> Callable[..., Network]:
    """A builder: rng -> Network."""
    return lambda rng: Network(rng, **slips)
