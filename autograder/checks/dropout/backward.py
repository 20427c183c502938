"""dropout_backward: the mask is handed in, so the gradient is a matter of numbers."""

from __future__ import annotations

import numpy as np

from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import gradients, tensor

PROBABILITIES = (0.15, 0.2, 0.3, 0.6, 0.7, 0.85)


def _inputs(rng, ndim=2, training=True, p=None, dtype=np.float64, mask_type=None):
    shape = distinct(rng, *[(3, 5, 7, 11)] * ndim)
    p = float(rng.choice(PROBABILITIES)) if p is None else p
    kept = rng.random(shape) > p
    kept.flat[:2] = True, p == 0 or not training  # one at least of both kinds
    mask = kept if training else np.ones(shape, bool)
    return {
        "dout": normal(rng, *shape, dtype=dtype),
        "x": normal(rng, *shape, dtype=dtype),
        "p": p,
        "training": training,
        "mask": mask.astype(mask_type or dtype),
    }


def _draw(rng):
    yield Case("training", _inputs(rng))
    yield Case("training", _inputs(rng, ndim=4))
    yield Case("training", _inputs(rng, ndim=1, mask_type=bool))
    yield Case("training", _inputs(rng, p=0.0))
    yield Case("test time", _inputs(rng, training=False))
    yield Case("test time", _inputs(rng, ndim=4, training=False))
    yield from contract_cases(lambda dtype: _inputs(rng, ndim=3, dtype=dtype))


def _oracle(dout, x, p, training, mask):
    kept = tensor(mask)
    return gradients(lambda x: x * kept / (1 - p) if training else x * 1, dout, x)[0]


def _wrong(train=lambda p: 1 / (1 - p), *, kept=lambda mask: mask, test=lambda p: 1.0, of="dout"):
    """Training multiplies by kept(mask) and train(p), test time by test(p)."""

    def backward(dout, x, p, training, mask):
        upstream = (dout if of == "dout" else x).astype(np.float64)
        return upstream * kept(mask.astype(np.float64)) * train(p) if training else upstream * test(p)

    return backward


dropout_backward = Exercise(
    id="dropout.dropout_backward",
    title="The gradient of dropout",
    difficulty=2,
    minutes=10,
    aspects=(
        Aspect("training", 5, "the gradient passes where numbers were kept, scaled as they were"),
        Aspect("test time", 2, "at test time everything passes"),
        contract(),
    ),
    draw=_draw,
    oracle=_oracle,
    returns=("dx",),
    misconceptions=(
        Misconception(
            "not_scaled",
            "The gradient is not scaled: it is dout times mask.",
            "out = x * mask / (1 - p) has the slope mask / (1 - p). The mask itself is not scaled: ours is 1 or 0.",
            _wrong(lambda p: 1.0),
            revisit="07, “Backwards”",
        ),
        Misconception(
            "mask_ignored",
            "The gradient passes everywhere, also where numbers were dropped.",
            "A dropped number changed nothing in the output, so its gradient is 0: multiply by the mask.",
            _wrong(kept=lambda mask: 1.0),
            revisit="07, “Backwards”",
        ),
        Misconception(
            "mask_ignored_and_not_scaled",
            "dout passes as it came, in training too.",
            "That is right at test time. In training, out = x * mask / (1 - p).",
            _wrong(lambda p: 1.0, kept=lambda mask: 1.0),
            revisit="07, “Backwards”",
        ),
        Misconception(
            "mask_turned_round",
            "The gradient passes where numbers were dropped.",
            "The mask is 1 where a number was kept: there the gradient passes.",
            _wrong(kept=lambda mask: 1 - mask),
        ),
        Misconception(
            "scaled_down",
            "The gradient is multiplied by 1 - p instead of divided.",
            "The slope of out = x * mask / (1 - p) is mask / (1 - p).",
            _wrong(lambda p: 1 - p),
        ),
        Misconception(
            "divided_by_p",
            "The gradient is divided by p.",
            "p is the probability of dropping: what was kept had been divided by 1 - p.",
            _wrong(lambda p: 1 / p if p else np.inf),
        ),
        Misconception(
            "nothing_at_test",
            "At test time the gradient is 0.",
            "Then out = x, whose slope is 1: return dout.",
            _wrong(test=lambda p: 0.0),
        ),
        Misconception(
            "scaled_at_test",
            "The gradient is scaled at test time, too.",
            "Then out = x, whose slope is 1: return dout. Look at `training` first.",
            _wrong(test=lambda p: 1 / (1 - p)),
        ),
        Misconception(
            "scaled_down_at_test",
            "At test time the gradient is multiplied by 1 - p.",
            "That belongs to the classic form. Here out = x at test time, whose slope is 1.",
            _wrong(test=lambda p: 1 - p),
        ),
        Misconception(
            "forward_again",
            "That is the forward pass once more, of x: dout is not in it.",
            "What comes back is the gradient of the loss: the slope of each number, times its dout.",
            _wrong(of="x"),
        ),
        float64_result(_oracle, like="dout"),
    ),
    hints=(
        "Each number of x went to one number of out. What was it multiplied by on its way?",
        "The slope of out = x * factor is the factor. In training it depends on the mask, at test time it is 1.",
        "If training: dout times mask, divided by the probability of keeping. Otherwise dout.",
    ),
)
