"""drop_connect_forward: which weights were used is computed back from what came out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.dropout.chance import (
    FIXED_NUMBER,
    MORE,
    OTHER_RANDOMNESS,
    OWN_SEED,
    SEED,
    factors,
    fixed_number,
    followed,
    how_many,
    other_randomness,
    own_seed,
    thrice,
)
from autograder.checks.dropout.numbers import BIG, SHAPE, SMALL, shape_of, share_dropped, shown, shown_beside_zeros, some_zeros
from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import tensor
from autograder.values import Seed

OUT, LAYER, TIMES, BIAS = "out", "weights", "w is multiplied by", "b is multiplied by"
SHARE, PLACES, MASK = "probability of dropping", "chances", "mask"
BY_ITSELF = "each weight by itself"
WHERE = "07, “DropConnect”"


def _view(inputs: dict[str, Any], output: Any) -> tuple[Any, ...]:
    """Of three (out, mask): out itself, what was done to w and b to get it, and statements."""
    x, w, b, p = (inputs[name] for name in ("x", "w", "b", "p"))
    (out, mask), (again, _), (other, _), *more = output
    shape = shape_of(out, (len(x), len(w)), "x @ w.T")
    if out.shape != (len(x), len(w)):
        return (shape, out, *("not told",) * 7)
    on_w, on_b, linear = _used(inputs, out)
    kept = np.abs(on_w) > 0.01
    if (w == 0).any():  # what became of zeros, only the mask can tell
        return shape, out, *("not told",) * 5, _shown(mask, kept, x, linear, w == 0), followed(out, again, other)
    places, chances = _where_dropped(kept)
    if more:
        places = how_many([np.abs(_used(inputs, one)[0]) > 0.01 for one in (out, other, *(one for one, _ in more))]) or BY_ITSELF
    return (
        shape,
        out,
        "the same for the whole batch" if linear else "not the same for all examples",
        factors(on_w, out.dtype),
        factors(on_b, out.dtype),
        share_dropped(kept, p, chances),
        places,
        _shown(mask, kept, x, linear),
        followed(out, again, other),
    )


def _used(inputs: dict[str, Any], out: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """By what w and b were multiplied to get out (1 where w is 0), and whether these are the same for the whole batch.

    x has more rows than columns, so that out = x @ used.T + shift tells `used` and `shift` (least squares, by the pseudo-inverse of
    our own x: whatever stands in out, LAPACK does not get to see it).
    """
    x, w, b = (inputs[name] for name in ("x", "w", "b"))
    design = np.concatenate([x, np.ones((len(x), 1))], axis=1).astype(np.float64)  # (N, D + 1)
    found = np.linalg.pinv(design) @ np.nan_to_num(out.astype(np.float64))  # (D + 1, M)
    linear = np.abs(design @ found - out).max() < 1e-3 * np.abs(out).max()
    return np.divide(found[:-1].T, w, out=np.ones(w.shape), where=w != 0), found[-1] / b, bool(linear)


def _shown(mask: Any, kept: np.ndarray, x: np.ndarray, linear: bool, zeros: np.ndarray | None = None) -> str:
    if isinstance(mask, np.ndarray) and mask.shape != kept.shape:
        return {x.shape: "one of x's shape", (len(x), len(kept)): "one of out's shape", (len(x), *kept.shape): "one for each example"}.get(
            mask.shape, "another shape"
        )
    if not linear:
        return "not told"
    return shown(mask, kept) if zeros is None else shown_beside_zeros(mask, kept, zeros)


def _where_dropped(kept: np.ndarray) -> tuple[str, int]:
    """Whether each weight has its own chance, and how many chances there are."""
    if not kept.all() and kept.any():
        if (kept == kept[0]).all():
            return "the same for all outputs: whole inputs are dropped", kept.shape[1]
        if (kept == kept[:, :1]).all():
            return "the same for all inputs: whole outputs are dropped", kept.shape[0]
    return BY_ITSELF, kept.size


# --- DropConnect, right and wrong -------------------------------------------------------------------------------------


def _layer(x, w, b):
    return (tensor(x) @ tensor(w).T + tensor(b)).numpy()


def _connect(
    scale: Callable[[float], float] = lambda p: 1 / (1 - p),
    test: Callable[[float], float] = lambda p: 1.0,
    *,
    kept: Callable[..., np.ndarray] = lambda rng, shape, p: rng.random(shape) > p,
    bias: Callable[..., Any] = lambda rng, b, p: b,
    mask_of: Callable[..., Any] = lambda mask, p: mask * 1.0,
    at_test: bool = False,
    calm_mask: Callable[..., Any] = np.ones,
) -> Callable[..., Any]:
    """Weights times kept(rng, shape, p) and scale(p) in training, times test(p) at test time, with the mask calm_mask(shape) then."""

    def forward(x, w, b, p, training, rng):
        if not training and not at_test:
            return _layer(x, w * test(p), b), calm_mask(w.shape)
        mask = np.broadcast_to(kept(rng, w.shape, p), w.shape)
        return _layer(x, w * mask * scale(p), bias(rng, b, p)), mask_of(mask, p)

    return forward


def _scaled(mask, p):
    return mask / (1 - p)


def _by_p(p):
    return 1 / p if p else np.inf


def _none(shape):
    return None


def _on_inputs(x, w, b, p, training, rng):
    mask = (rng.random(x.shape) > p) * 1.0 if training else np.ones(x.shape)
    return _layer(x * mask / (1 - p) if training else x, w, b), mask


def _on_outputs(x, w, b, p, training, rng):
    out = _layer(x, w, b)
    mask = (rng.random(out.shape) > p) * 1.0 if training else np.ones(out.shape)
    return out * mask / (1 - p) if training else out, mask


def _all_scaled(x, w, b, p, training, rng):
    out, mask = _connect(lambda p: 1.0)(x, w, b, p, training, rng)
    return out / (1 - p) if training else out, mask


def _for_each_example(x, w, b, p, training, rng):
    if not training:
        return _layer(x, w, b), np.ones(w.shape)
    masks = (rng.random((len(x), *w.shape)) > p) * 1.0
    return np.einsum("nd,nmd->nm", x, w * masks) / (1 - p) + b, masks


def _mask_of_the_weights(*, at_test):
    def forward(x, w, b, p, training, rng):
        out, mask = _connect()(x, w, b, p, training, rng)
        return out, w * mask != 0 if training or at_test else mask

    return forward


# --- Cases ------------------------------------------------------------------------------------------------------------

LARGE = (47, 41, 300)  # 12,300 weights: shares are then known to ±0.027
WITH_ZEROS = (31, 23, 37)  # some 425 weights that are zero: all of them kept, or all dropped, a right mask has never (below 1e-30)
FEW = (11, 7, 5)  # 35 weights, drawn 22 times: for how their number varies


def _zero_weights(rng, training):
    inputs = _inputs(rng, WITH_ZEROS, rng.choice(SMALL), training)
    return inputs | {"w": some_zeros(rng, inputs["w"])}


def _inputs(rng, sizes, p, training=True, dtype=np.float64):
    n, d, m = sizes
    w, b = (np.copysign(0.3 + np.abs(a), a) for a in (normal(rng, m, d), normal(rng, m)))  # nothing near zero: see _view
    return {
        "x": normal(rng, n, d, dtype=dtype),
        "w": w.astype(dtype),
        "b": b.astype(dtype),
        "p": float(p),
        "training": training,
        "rng": Seed(int(rng.integers(2**32))),
    }


def _draw(rng):
    small = (23, *distinct(rng, (11, 13), (17, 19)))
    for candidates in (SMALL, BIG):
        yield Case("weights", _inputs(rng, small, rng.choice(SMALL)), compare=(SHAPE, LAYER, TIMES))
        yield Case("share", _inputs(rng, LARGE, rng.choice(candidates)), compare=(SHAPE, SHARE))
        yield Case("places", _inputs(rng, small, rng.choice(SMALL)), compare=(SHAPE, LAYER, PLACES))
        yield Case("test time", _inputs(rng, distinct(rng, (3, 5), (7, 11), (13, 17)), rng.choice(candidates), training=False), compare=(SHAPE, OUT))
    yield Case("weights", _inputs(rng, (3, 7, 5), 0.0), compare=(SHAPE, OUT))
    yield Case("bias", _inputs(rng, small, rng.choice(SMALL)), compare=(SHAPE, LAYER, BIAS))
    yield Case("mask", _inputs(rng, small, rng.choice(SMALL)), compare=(SHAPE, MASK))
    for training in (True, False):
        yield Case("mask", _zero_weights(rng, training), compare=(SHAPE, MASK))
    yield Case("places", _inputs(rng, FEW, rng.choice(SMALL)) | {"more": MORE}, compare=(SHAPE, PLACES))
    yield Case("generator", _inputs(rng, small, rng.choice(SMALL)), compare=(SHAPE, SEED))
    for case in contract_cases(lambda dtype: _inputs(rng, small, rng.choice(SMALL), dtype=dtype)):
        yield Case(case.aspect, case.inputs, compare=(SHAPE, TIMES), layout=case.layout, exact_dtype=True)


READ_OFF = "The mask says where the weights that were used are not 0: a weight that was 0 before counts as dropped, whatever happened to it."

drop_connect_forward = Exercise(
    id="dropout.drop_connect_forward",
    title="DropConnect: drop weights instead of numbers",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("weights", 2, "in training a weight becomes 0, or w / (1 - p)"),
        Aspect("share", 1, "a weight is dropped with probability p"),
        Aspect("places", 1, "every weight has its own chance; the whole batch uses the same weights"),
        Aspect("bias", 0.5, "biases are neither dropped nor scaled"),
        Aspect("mask", 0.5, "mask has w's shape: 1 where a weight was kept, 0 where it was dropped"),
        Aspect("test time", 1, "at test time out is x @ w.T + b"),
        Aspect("generator", 1, "all randomness comes from rng"),
        contract(),
    ),
    draw=_draw,
    oracle=thrice(_connect()),
    returns=(SHAPE, OUT, LAYER, TIMES, BIAS, SHARE, PLACES, MASK, SEED),
    view=_view,
    probe="reseeded",
    misconceptions=(
        Misconception(
            "dropout_on_inputs",
            "Inputs are dropped, not weights: that is dropout before the layer.",
            "The mask has the shape of w: an input may reach one output and not another.",
            _on_inputs,
            revisit=WHERE,
        ),
        Misconception(
            "dropout_on_outputs",
            "Outputs are dropped, not weights: that is dropout after the layer.",
            "The mask has the shape of w, and w is multiplied by it before x comes in.",
            _on_outputs,
            revisit=WHERE,
        ),
        Misconception(
            "mask_for_each_example",
            "Each example of the batch has a mask of its own.",
            "So does the paper. Here one mask of w's shape serves the whole batch.",
            _for_each_example,
            revisit=WHERE,
        ),
        Misconception(
            "whole_inputs",
            "The mask is the same for all outputs, so whole inputs are dropped.",
            "Draw one random number for each weight: M × D of them.",
            _connect(kept=lambda rng, shape, p: rng.random(shape[1]) > p),
        ),
        Misconception(
            "whole_outputs",
            "The mask is the same for all inputs of an output: it keeps all its weights, or loses all.",
            "Draw one random number for each weight: M × D of them.",
            _connect(kept=lambda rng, shape, p: rng.random((shape[0], 1)) > p),
        ),
        Misconception(
            "p_is_keep",
            "p is taken for the probability of keeping: kept with probability p, scaled by 1/p.",
            "Here p is the probability of dropping: keep with 1 - p, and scale by 1/(1 - p).",
            _connect(_by_p, kept=lambda rng, shape, p: rng.random(shape) < p),
        ),
        Misconception(
            "mask_turned_round",
            "Weights are kept with probability p, and dropped with 1 - p.",
            "Here p is the probability of dropping: a weight stays where a uniform random number is at least p.",
            _connect(kept=lambda rng, shape, p: rng.random(shape) < p),
        ),
        Misconception(
            "normal_for_uniform",
            "The mask was drawn from normal random numbers.",
            "Only a uniform random number between 0 and 1 is below p with probability p: rng.random, not rng.standard_normal.",
            _connect(kept=lambda rng, shape, p: rng.standard_normal(shape) > p),
        ),
        Misconception(
            "not_scaled",
            "The weights that are kept are not scaled up.",
            "On average only 1 - p of the sum comes out: divide the weights by 1 - p in training.",
            _connect(lambda p: 1.0),
        ),
        Misconception(
            "scaled_at_test_on_top",
            "The weights are scaled up in training, and down at test time on top.",
            "One of the two is enough: at test time out is x @ w.T + b.",
            _connect(test=lambda p: 1 - p),
        ),
        Misconception(
            "classic",
            "Nothing is scaled in training; the weights are multiplied by 1 - p at test time.",
            "Here the scaling is inverted: divide by 1 - p in training, and leave the weights alone at test time.",
            _connect(lambda p: 1.0, lambda p: 1 - p),
        ),
        Misconception(
            "dropped_at_test",
            "Weights are dropped at test time, too.",
            "When training is False nothing is random: look at `training` first.",
            _connect(at_test=True),
        ),
        Misconception(
            "bias_scaled",
            "The bias is scaled up together with the sum.",
            "Scale the weights, then add b as it is: nothing of it was lost.",
            _all_scaled,
        ),
        Misconception(
            "bias_dropped",
            "Biases are dropped, too.",
            "The mask is for w alone; b is added whole.",
            _connect(bias=lambda rng, b, p: b * (rng.random(b.shape) > p)),
        ),
        Misconception(
            "mask_scaled",
            "The mask is scaled already: it holds 1/(1 - p) where ours has 1.",
            "out is right. But the mask is asked for as 1 and 0.",
            _connect(mask_of=_scaled),
        ),
        Misconception(
            "mask_scaled_and_none_at_test",
            "The mask is scaled already: it holds 1/(1 - p) where ours has 1. And there is none at test time.",
            "out is right. But the mask is asked for as 1 and 0; at test time it is ones.",
            _connect(mask_of=_scaled, calm_mask=_none),
        ),
        Misconception(
            "published",
            "p is taken for the probability of keeping, and the mask is scaled already: it holds 1/p where ours has 1.",
            "Here p is the probability of dropping: keep with 1 - p, divide the weights by 1 - p, and return a mask of 1 and 0.",
            _connect(_by_p, kept=lambda rng, shape, p: rng.random(shape) < p, mask_of=lambda mask, p: mask * _by_p(p)),
        ),
        Misconception(
            "no_mask_at_test",
            "There is no mask at test time.",
            "Nothing was dropped then: the mask is ones, in the shape of w.",
            _connect(calm_mask=_none),
        ),
        Misconception(
            "mask_read_off_the_weights",
            READ_OFF,
            "Return the mask that was drawn, not one read off w.",
            _mask_of_the_weights(at_test=False),
        ),
        Misconception(
            "mask_read_off_the_weights_always",
            READ_OFF,
            "Return the mask that was drawn, and ones at test time, not one read off w.",
            _mask_of_the_weights(at_test=True),
        ),
        Misconception(
            "fixed_number",
            "The same number of weights is dropped at every call.",
            FIXED_NUMBER,
            _connect(kept=fixed_number),
        ),
        Misconception("own_seed", *OWN_SEED, own_seed(_connect())),
        Misconception("other_randomness", *OTHER_RANDOMNESS, other_randomness(_connect())),
        float64_result(_connect()),
    ),
    hints=(
        "Dropout's mask has the shape of the numbers that are dropped. What is dropped here, and which shape has that?",
        "In training, use other weights: w times a mask of its own shape, scaled as dropout scales. The rest is a fully connected layer.",
        "If not training: x @ w.T + b and a mask of ones. Else draw a mask of w's shape; multiply w by it, divide by the probability of keeping, "
        "take the layer with these weights, add b as it is. Return both.",
    ),
)
