"""Checks of cnnlib/linear.py: the fully connected layer and its gradients."""

from __future__ import annotations

import numpy as np

from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import gradients, tensor


def _linear(x, w, b):
    import torch.nn.functional as F

    return F.linear(x, w, b)


def _layer(rng, n=None, d=None, m=None, dtype=np.float64):
    """A layer whose batch, inputs and units differ in number, unless they are given."""
    sizes = distinct(rng, (2, 3, 5), (7, 11, 13), (3, 5, 6))
    n, d, m = (given or drawn for given, drawn in zip((n, d, m), sizes))
    return {"x": normal(rng, n, d, dtype=dtype), "w": normal(rng, m, d, dtype=dtype), "b": normal(rng, m, dtype=dtype)}


# --- linear_forward ---------------------------------------------------------------------------------------------------


def _forward(x, w, b):
    return _linear(tensor(x), tensor(w), tensor(b)).numpy()


def _without_bias(inputs):
    return inputs | {"b": np.zeros_like(inputs["b"])}


def _draw_forward(rng):
    yield Case("weights", _without_bias(_layer(rng, n=1)))
    yield Case("weights", _without_bias(_layer(rng, n=4)))
    yield Case("weights", _without_bias(_layer(rng, d=5, m=5, n=3)))
    yield Case("bias", _layer(rng, n=1))
    yield Case("bias", _layer(rng))
    yield Case("bias", _layer(rng, n=5, m=5))
    yield from contract_cases(lambda dtype: _layer(rng, dtype=dtype))


linear_forward = Exercise(
    id="linear.linear_forward",
    title="A fully connected layer",
    difficulty=1,
    minutes=8,
    aspects=(
        Aspect("weights", 2, "the weighted sums of every example"),
        Aspect("bias", 2, "each unit adds its own bias, to every example"),
        contract(),
    ),
    draw=_draw_forward,
    oracle=_forward,
    misconceptions=(
        Misconception(
            "weights_not_transposed",
            "The weights are used the other way round, as (D, M).",
            "Row m of w belongs to unit m: out[n, m] is the sum over d of x[n, d] * w[m, d]. For a matrix product, w must be transposed.",
            lambda x, w, b: x @ w + b,
        ),
        Misconception(
            "output_transposed",
            "Rows and columns of the output are mixed up.",
            "One row per example, one column per unit: (N, M).",
            lambda x, w, b: _forward(x, w, b).T,
        ),
        Misconception(
            "bias_forgotten",
            "The bias is not added.",
            "Every unit adds its own number b[m] to its sum.",
            lambda x, w, b: _forward(x, w, 0 * b),
        ),
        Misconception(
            "bias_subtracted",
            "The bias is subtracted.",
            "A bias is added; a threshold would be subtracted.",
            lambda x, w, b: _forward(x, w, -b),
        ),
        Misconception(
            "bias_per_example",
            "The biases run down the batch: every example gets one, not every unit.",
            "b has one number per unit, so it goes along the last axis of the output, the same for all rows.",
            lambda x, w, b: _forward(x, w, 0 * b) + b[:, None],
        ),
        float64_result(_forward),
    ),
    hints=(
        "Write the shapes side by side: x is (N, D), w is (M, D), and the result (N, M). Over which letter is the sum?",
        "A matrix product sums over the last axis of the left factor and the first axis of the right one: one of the two must be turned round.",
        "Multiply x with w transposed, (N, D) times (D, M), and add b: NumPy repeats it for every row.",
    ),
)


# --- linear_backward --------------------------------------------------------------------------------------------------


def _backward(dout, x, w, b):
    return gradients(_linear, dout, x, w, b)


def _with_dout(rng, inputs):
    """The layer's inputs with a random gradient of its output's shape."""
    return {"dout": normal(rng, len(inputs["x"]), len(inputs["w"]), dtype=inputs["x"].dtype)} | inputs


def _draw_backward(rng):
    for name, aspect in (("db", "bias"), ("dw", "weights"), ("dx", "input")):
        for sizes in ({}, {"n": 1}, {"n": 5, "d": 5, "m": 5}):  # equal sizes: a mixed-up axis no longer shows in the shape
            yield Case(aspect, _with_dout(rng, _layer(rng, **sizes)), compare=(name,))
    yield from contract_cases(lambda dtype: _with_dout(rng, _layer(rng, dtype=dtype)))


def _wrong(dx=None, dw=None, db=None):
    """The right gradients, one or more of them replaced by what dx(dout, x, w) and so on give."""

    def backward(dout, x, w, b):
        right = _backward(dout, x, w, b)
        return tuple(slip(dout, x, w) if slip else gradient for slip, gradient in zip((dx, dw, db), right))

    return backward


def _order_mixed(dout, x, w, b):
    dx, dw, db = _backward(dout, x, w, b)
    return dw, dx, db


linear_backward = Exercise(
    id="linear.linear_backward",
    title="The gradients of a fully connected layer",
    difficulty=3,
    minutes=25,
    aspects=(
        Aspect("bias", 2, "the bias's gradient"),
        Aspect("weights", 3, "the weights' gradient"),
        Aspect("input", 3, "the input's gradient"),
        contract(2),
    ),
    draw=_draw_backward,
    oracle=_backward,
    returns=("dx", "dw", "db"),
    misconceptions=(
        Misconception(
            "weights_gradient_transposed",
            "dw is transposed: (D, M) instead of (M, D).",
            "A gradient has the shape of what it is the gradient of: dw[m, d] belongs to w[m, d].",
            _wrong(dw=lambda dout, x, w: x.T @ dout),
        ),
        Misconception(
            "weights_transposed",
            "dx is made with the weights the wrong way round.",
            "dx[n, d] is the sum over m of dout[n, m] * w[m, d]: w, (M, D), already stands as the product needs it.",
            _wrong(dx=lambda dout, x, w: dout @ w.T),
        ),
        Misconception(
            "batch_averaged",
            "dw and db were divided by the number of examples.",
            "Sum over the batch: a loss that averages has done so in dout.",
            _wrong(dw=lambda dout, x, w: dout.T @ x / len(x), db=lambda dout, x, w: dout.mean(axis=0)),
        ),
        Misconception(
            "bias_averaged",
            "db is an average over the batch.",
            "Every example adds its dout to the same bias: sum over the batch, do not average.",
            _wrong(db=lambda dout, x, w: dout.mean(axis=0)),
        ),
        Misconception(
            "bias_over_wrong_axis",
            "db was summed over the units: one number per example is left.",
            "All examples share the biases. dout is (N, M): sum over axis 0, keep one number per unit.",
            _wrong(db=lambda dout, x, w: dout.sum(axis=1)),
        ),
        Misconception(
            "bias_not_summed",
            "db is dout itself: it was not summed over the batch.",
            "One number per unit: the same bias was added to every example, so their gradients add up.",
            _wrong(db=lambda dout, x, w: dout.copy()),
        ),
        Misconception(
            "last_one_only",
            "The sums hold their last term only: each term was written over the one before it.",
            "In a loop, a sum starts at 0 and grows with +=; with = it forgets.",
            _wrong(
                dx=lambda dout, x, w: dout[:, -1:] * w[-1],
                dw=lambda dout, x, w: dout[-1][:, None] * x[-1],
                db=lambda dout, x, w: dout[-1].copy(),
            ),
        ),
        Misconception(
            "bias_keeps_batch_axis",
            "db has the shape (1, M).",
            "b is (M,), and so is its gradient: leave keepdims away.",
            _wrong(db=lambda dout, x, w: dout.sum(axis=0, keepdims=True)),
        ),
        Misconception(
            "order_mixed",
            "dx and dw are in the wrong order.",
            "The gradients come in the order of the arguments: dx, dw, db.",
            _order_mixed,
        ),
        float64_result(_backward),
    ),
    hints=(
        "Each gradient has the shape of what it belongs to. With dout (N, M), x (N, D) and w (M, D), how can you get (N, D), (M, D) and (M,)?",
        "Write down the sum for one number: which outputs did x[n, d] take part in? Only those of row n, one per unit. And w[m, d]? "
        "Those of column m, one per example.",
        "dx: dout times w, summed over the units. dw: dout transposed times x, summed over the examples. db: dout summed over the examples.",
    ),
)

EXERCISES = (linear_forward, linear_backward)
