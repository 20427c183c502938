"""Functions that exercises hand out: what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.givens import GIVENS


def slope(f, x: np.ndarray, direction: np.ndarray) -> float:
    return (f(x + 1e-6 * direction) - f(x - 1e-6 * direction)) / 2e-6


def test_least_squares_gives_the_gradients_of_its_loss() -> None:
    rng = np.random.default_rng(0)
    loss_and_gradients = GIVENS["least_squares"]()
    parameters, images, labels = {"w": rng.standard_normal(5), "b": rng.standard_normal(1)}, rng.standard_normal((7, 5)), rng.integers(0, 9, 7)
    loss, gradients = loss_and_gradients(parameters, images, labels)
    assert loss == pytest.approx(np.mean((images @ parameters["w"] + parameters["b"] - labels) ** 2))
    for name, value in parameters.items():
        direction = rng.standard_normal(value.shape)
        along = slope(lambda moved, name=name: loss_and_gradients(parameters | {name: moved}, images, labels)[0], value, direction)
        assert along == pytest.approx(np.sum(gradients[name] * direction), rel=1e-6)


def test_least_squares_keeps_float32() -> None:
    parameters = {"w": np.ones(5, np.float32), "b": np.ones(1, np.float32)}
    _, gradients = GIVENS["least_squares"]()(parameters, np.ones((3, 5), np.float32), np.array([1, 2, 3]))
    assert {value.dtype for value in gradients.values()} == {np.dtype(np.float32)}


def test_quadratic_gradient_and_the_two_functions_to_differentiate() -> None:
    rng = np.random.default_rng(1)
    weights, x, direction = rng.standard_normal((3, 5))
    assert slope(GIVENS["weighted_sines"](weights), x, direction) == pytest.approx(np.sum(weights * np.cos(x) * direction), rel=1e-6)
    assert slope(GIVENS["wave"](weights), x, direction) == pytest.approx(np.cos(weights @ x) * (weights @ direction), rel=1e-6)
    assert GIVENS["quadratic_gradient"](weights, x)(x).tolist() == [0] * 5


def test_the_ledger_keeps_the_book_of_a_descent_with_rate_1() -> None:
    parameters = {"batches": np.zeros(1)} | {name: np.zeros(5) for name in ("sizes", "uses", "batch", "labels")}
    images, labels = np.eye(5), np.array([11, 12, 13, 14, 15])
    for batch in ([4, 0, 2], [1, 4]):
        _, gradients = GIVENS["ledger"]()(parameters, images[batch], labels[batch])
        parameters = {name: value - gradients[name] for name, value in parameters.items()}
    assert parameters["batches"] == 2
    assert parameters["sizes"].tolist() == [3, 2, 0, 0, 0]
    assert parameters["uses"].tolist() == [1, 1, 1, 0, 2]
    assert parameters["batch"].tolist() == [1, 2, 1, 0, 3]
    assert parameters["labels"].tolist() == [11, 12, 13, 0, 30]


def test_summed_squares_averages_the_loss_and_adds_up_the_gradients() -> None:
    rng = np.random.default_rng(2)
    parameters, images, labels = {"w": rng.standard_normal(5), "b": rng.standard_normal(1)}, rng.standard_normal((7, 5)), rng.integers(0, 9, 7)
    (loss, mean), (same, total) = (GIVENS[name]()(parameters, images, labels) for name in ("least_squares", "summed_squares"))
    assert loss == same and all(np.allclose(total[name], 7 * mean[name]) for name in mean)


def test_the_diary_tells_which_examples_came_and_in_which_order() -> None:
    loss_and_gradients, images, labels, none = GIVENS["diary"](5), np.eye(5), np.arange(5), np.zeros((2, 5))
    parameters = {"w": np.zeros(3, np.float32)}
    for batch in ([4, 0, 2], [1, 3], [2, 1]):
        loss_and_gradients(parameters, images[batch], labels[batch])
    loss, gradients = loss_and_gradients(parameters, none, labels[:2])
    assert f"{int(loss):05x}" == "21321" and gradients["w"].tolist() == [1, 1, 1] and gradients["w"].dtype == np.float32
    loss_and_gradients(parameters, images[[3, 0]], labels[[0, 3]])
    assert f"{int(loss_and_gradients(parameters, none, labels[:2])[0]):05x}" == "321ff"
    largest = GIVENS["diary"](13)
    largest(parameters, np.eye(13), np.zeros(13))
    assert f"{int(largest(parameters, np.zeros((1, 13)), labels[:1])[0]):013x}" == "0" + 12 * "f"


def test_the_softmax_classifier_gives_probabilities_and_takes_its_own_shape_alone() -> None:
    rng = np.random.default_rng(2)
    weights, images = rng.standard_normal((3, 8)), rng.standard_normal((5, 2, 2, 2))
    said = GIVENS["softmax_classifier"](weights, (2, 2, 2))(images)
    np.testing.assert_allclose(said.sum(axis=1), 1)
    np.testing.assert_allclose(np.log(said[:, 0] / said[:, 1]), np.abs(images).reshape(5, 8) @ (weights[0] - weights[1]))
    with pytest.raises(ValueError, match="it got"):
        GIVENS["softmax_classifier"](weights, (2, 2, 2))(images[0])


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_mixing_layer_has_the_gradient_that_it_says(stride: int) -> None:
    rng = np.random.default_rng(2)
    layer, x = GIVENS["mixing_layer"](rng.standard_normal((5, 3)), stride), rng.standard_normal((2, 3, 7, 4))
    out = layer.forward(x)
    assert out.shape == (2, 5, -(-7 // stride), -(-4 // stride))
    np.testing.assert_allclose(out[1, 4, 1, 0], np.tanh(layer.weights[4] @ x[1, :, stride, 0]))
    dout, direction = rng.standard_normal(out.shape), rng.standard_normal(x.shape)
    dx = layer.backward(dout)
    assert slope(lambda x: np.sum(layer.forward(x) * dout), x, direction) == pytest.approx(np.sum(dx * direction), rel=1e-6)


def test_the_mixing_layer_needs_its_forward_and_what_it_handed_out() -> None:
    layer, x = GIVENS["mixing_layer"](np.ones((1, 1), np.float32)), np.full((1, 1, 1, 1), 0.5, np.float32)
    with pytest.raises(RuntimeError, match="forward comes before backward"):
        layer.backward(x)
    out = layer.forward(x)
    before = layer.backward(x)
    out += 1
    assert layer.backward(x) != before and before.dtype == out.dtype == np.float32


def test_what_is_handed_on_is_the_array_itself() -> None:
    layer, x = GIVENS["handing_on"](), np.ones(3)
    assert layer.forward(x) is x and layer.backward(x) is x
