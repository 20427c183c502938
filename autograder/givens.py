"""Functions and layers that exercises hand to the subject: a loss to differentiate, a branch to add to, a gradient to follow.

A case names one with `values.Given(name, parameters)`; `probes.arrange` makes it where the subject runs, and for the oracle.
So this module comes into the sandbox: it imports NumPy alone and holds nothing that an exercise asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.torch_blocks import BLOCK_GIVENS
from autograder.torch_givens import TORCH_GIVENS


def weighted_sines(weights: np.ndarray) -> Callable[[np.ndarray], float]:
    """f(x) = sum(weights * sin(x)), whose gradient is weights * cos(x)."""
    return lambda x: float(np.sum(weights * np.sin(x)))


def quadratic_gradient(curvature: np.ndarray, centre: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The gradient of sum(curvature * (w - centre)**2) / 2 at w."""
    return lambda w: (curvature * (w - centre)).astype(w.dtype)


def wave(weights: np.ndarray) -> Callable[[np.ndarray], float]:
    """f(x) = sin(sum(weights * x)): every partial derivative depends on all of x."""
    return lambda x: float(np.sin(np.sum(weights * x)))


LossAndGradients = Callable[[dict[str, np.ndarray], np.ndarray, np.ndarray], tuple[float, dict[str, np.ndarray]]]


def least_squares() -> LossAndGradients:
    """The mean squared error of images (N, D) @ w (D,) + b (1,) against labels (N,), and its gradients with respect to w and b."""

    def loss_and_gradients(parameters: dict[str, Any], images: np.ndarray, labels: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
        error = images @ parameters["w"] + parameters["b"] - labels.astype(images.dtype)
        return float(np.mean(error**2)), {"w": 2 * images.T @ error / len(error), "b": 2 * error.mean(keepdims=True)}

    return loss_and_gradients


def ledger() -> LossAndGradients:
    """No loss, but a book that learning itself keeps: with learning rate 1, the parameters come to say what was learned from when.

    The images are the rows of the unit matrix. Parameters, all starting at zero: `batches` (1,) counts the updates, `sizes` (N,)
    holds the size of the k-th batch, and for every image `uses` (N,) counts how often it came, `batch` (N,) adds up the numbers of
    those batches (from 1), `labels` (N,) the labels that came with it.
    """

    def loss_and_gradients(parameters: dict[str, Any], images: np.ndarray, labels: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
        number, uses = parameters["batches"][0], images.sum(axis=0)
        size = np.where(np.arange(images.shape[1]) == number, len(images), 0.0)
        made = {"batches": np.ones(1), "sizes": size, "uses": uses, "batch": uses * (number + 1), "labels": images.T @ labels}
        return 0.0, {name: -value for name, value in made.items()}  # descent subtracts

    return loss_and_gradients


def summed_squares() -> LossAndGradients:
    """As `least_squares`, but with the gradients of the sum over the examples: a batch of another size gives other ones."""
    averaged = least_squares()

    def loss_and_gradients(parameters: dict[str, Any], images: np.ndarray, labels: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
        loss, gradients = averaged(parameters, images, labels)
        return loss, {name: value * len(images) for name, value in gradients.items()}

    return loss_and_gradients


DIARY_BASE, DIARY_STRANGER = 16, 15  # one hexadecimal digit for every example; a float64 holds thirteen of them


def diary(count: int) -> LossAndGradients:
    """Nothing to learn, but a diary whose pages are the losses: which examples came, in which order?

    The training set are `count` (at most 13) examples: the rows of the unit matrix as images, each with its own number as label. An
    image of zeros is one for validation: the loss of a batch with one in it is the last `count` training examples that came, in
    hexadecimal digits, the latest one last; an example that came with another's label is DIARY_STRANGER. All gradients are 1.
    """
    seen: list[int] = []

    def loss_and_gradients(parameters: dict[str, Any], images: np.ndarray, labels: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
        gradients = {name: np.ones_like(value) for name, value in parameters.items()}
        if not images.any(axis=1).all():
            return float(sum(digit * DIARY_BASE**place for place, digit in enumerate(reversed(seen[-count:])))), gradients
        seen.extend(int(number) if number == label else DIARY_STRANGER for number, label in zip(images.argmax(axis=1), labels))
        return 0.0, gradients

    return loss_and_gradients


def softmax_classifier(weights: np.ndarray, shape: tuple[int, ...]) -> Callable[[np.ndarray], np.ndarray]:
    """Probabilities (M, K) of images (M, *shape): the softmax of |flattened images| times weights (K, D). ValueError for another shape.

    Not linear before the softmax, so that neither a mean of images nor a mean of scores gives what a mean of probabilities does.
    """

    def predict(images: np.ndarray) -> np.ndarray:
        if images.shape[1:] != tuple(shape):
            raise ValueError(f"predict takes images of shape (M, {', '.join(map(str, shape))}); it got {images.shape}")
        scores = np.abs(images).reshape(len(images), -1) @ weights.T
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    return predict


class _Layer:
    """What the kit's layers offer beside forward and backward."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self.forward(x)


class mixing_layer(_Layer):
    """A layer: out[n, f, i, j] = tanh(sum over c of weights[f, c] * x[n, c, stride*i, stride*j]), without parameters that could be learned.

    As the kit's layers do, it remembers its last forward for backward, and needs what it has handed out: changing that changes its gradient.
    """

    def __init__(self, weights: np.ndarray, stride: int = 1) -> None:
        self.weights, self.stride, self._out = weights, stride, None

    def forward(self, x: np.ndarray) -> np.ndarray:
        self._shape = x.shape
        self._out = np.tanh(np.einsum("fc,nchw->nfhw", self.weights, x[:, :, :: self.stride, :: self.stride])).astype(x.dtype, copy=False)
        return self._out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        if self._out is None:
            raise RuntimeError("this layer has not seen an x yet: forward comes before backward")
        dx = np.zeros(self._shape, dout.dtype)
        dx[:, :, :: self.stride, :: self.stride] = np.einsum("fc,nfhw->nchw", self.weights, dout * (1 - self._out**2))
        return dx


class handing_on(_Layer):
    """A layer that does nothing: it hands out the very array that it was given, forwards and backwards."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout


class locking(handing_on):
    """As `handing_on`; but it keeps what its backward hands out, and locks it: writing into that raises ValueError."""

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dout.flags.writeable = False
        return dout


class layers_with_numbers:
    """A network that only holds numbers: layers() gives its layers in order, each with what the kit's have.

    layers  for each a dictionary: "parameters", and "running_mean" and "running_var" where it keeps such
    """

    def __init__(self, layers: list[dict[str, Any]]) -> None:
        self._layers = [_Numbers(**layer) for layer in layers]

    def layers(self) -> list[_Numbers]:
        return list(self._layers)


class _Numbers:
    def __init__(self, parameters: dict[str, np.ndarray], **statistics: np.ndarray) -> None:
        self.parameters, self.gradients = dict(parameters), {}  # its own: a subject that empties it does not empty what was drawn
        vars(self).update(statistics)


def by_step(factors: list[float]) -> Callable[[int], float]:
    """A schedule: after so many steps, the factor at that place."""
    return lambda step: factors[step]


FUNCTIONS = (weighted_sines, quadratic_gradient, wave, least_squares, summed_squares, ledger, diary, softmax_classifier, by_step)
LAYERS = (mixing_layer, handing_on, locking, layers_with_numbers)
GIVENS = {given.__name__: given for given in (*FUNCTIONS, *LAYERS, *TORCH_GIVENS, *BLOCK_GIVENS)}
