"""Checks of cnnlib/loss.py: the softmax cross-entropy and its gradient."""

from __future__ import annotations

import numpy as np

from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases
from autograder.oracles import tensor


def _cross_entropy(scores, labels):
    import torch
    import torch.nn.functional as F

    scores = tensor(scores).requires_grad_()
    loss = F.cross_entropy(scores, torch.from_numpy(np.asarray(labels, np.int64)))
    (dscores,) = torch.autograd.grad(loss, scores)
    return loss.item(), dscores.numpy()


# --- Cases ------------------------------------------------------------------------------------------------------------


def _batch(rng, n=None, dtype=np.float64):
    """Scores and labels; the labels are not just one class, and not 0, 1, 2 in order."""
    drawn, classes = distinct(rng, (5, 7, 11), (3, 4, 6))
    n = n or drawn
    while True:
        labels = rng.integers(0, classes, n)
        if n == 1 or len(set(labels.tolist())) > 1:
            return {"scores": 2 * normal(rng, n, classes, dtype=dtype), "labels": labels}


def _sure(rng, dtype=np.float64, size=1000.0):
    """Scores of ±size, right and wrong: example 0 is sure and right, 1 sure and wrong; 2 and 3 are alike but for their level."""
    classes = int(rng.choice([5, 7]))
    labels = rng.permutation(classes)[:4]
    scores = normal(rng, 4, classes, dtype=dtype)
    scores[0, labels[0]] += size
    scores[1, labels[1]] -= size
    scores[2] += size
    scores[3] -= size
    return {"scores": scores, "labels": labels}


def _draw(rng):
    for aspect, name in (("loss", "loss"), ("gradient", "dscores")):
        for n in (None, None, 1):
            yield Case(aspect, _batch(rng, n), compare=(name,))
    yield Case("large", _sure(rng))
    yield Case("large", _sure(rng))
    yield Case("large", _sure(rng, np.float32, 200.0))  # in float32, exp overflows from 89 on
    for case in contract_cases(lambda dtype: _batch(rng, dtype=dtype)):
        yield Case(case.aspect, case.inputs, compare=("dscores",), layout=case.layout, exact_dtype=True)


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _softmax(scores, shift=lambda scores: scores.max(axis=1, keepdims=True), axis=1):
    e = np.exp(scores - shift(scores))
    return e / e.sum(axis=axis, keepdims=True)


def _gradient(p, labels):
    p = p.copy()
    p[np.arange(len(p)), labels] -= 1
    return p / len(p)


def _by_probability(softmax, log=np.log):
    """Loss and gradient from probabilities: the loss is the logarithm of what softmax gives."""

    def cross_entropy(scores, labels):
        p = softmax(scores)
        return float(-log(p[np.arange(len(p)), labels]).mean()), _gradient(p, labels)

    return cross_entropy


def _by_logarithm(shift, p_by_fraction=False):
    """The loss from log p, the shifted score minus the logarithm of the sum of exponentials; the gradient from that, or from a fraction."""

    def cross_entropy(scores, labels):
        shifted = scores - shift(scores)
        log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1))[:, None]
        return float(-log_p[np.arange(len(labels)), labels].mean()), _gradient(_softmax(scores, shift) if p_by_fraction else np.exp(log_p), labels)

    return cross_entropy


def _row_means(scores):
    return scores.mean(axis=1, keepdims=True)


def _changed(change):
    """The right loss and gradient, changed afterwards by change(loss, dscores, labels)."""
    return lambda scores, labels: change(*_cross_entropy(scores, labels), labels)


def _one_hot_missing(loss, dscores, labels):
    dscores[np.arange(len(labels)), labels] += 1 / len(labels)
    return loss, dscores


def _columns_of_all_labels(loss, dscores, labels):
    """p[:, labels] -= 1: the columns of all labels, in every row."""
    loss, p = _one_hot_missing(loss, dscores, labels)
    p[:, labels] -= 1 / len(labels)
    return loss, p


def _changes_scores(scores, labels):
    found = _cross_entropy(scores, labels)
    scores -= scores.max(axis=1, keepdims=True)
    return found


softmax_cross_entropy = Exercise(
    id="loss.softmax_cross_entropy",
    title="Softmax cross-entropy that does not overflow",
    difficulty=4,
    minutes=35,
    aspects=(
        Aspect("loss", 4, "the loss of a batch"),
        Aspect("gradient", 5, "its gradient with respect to the scores"),
        Aspect("large", 5, "scores of ±1000 (±200 in float32): finite and right"),
        contract(2),
    ),
    draw=_draw,
    oracle=_cross_entropy,
    returns=("loss", "dscores"),
    misconceptions=(
        Misconception(
            "not_shifted",
            "Large scores overflow: exp(1000) is infinite, and infinity over infinity is not a number.",
            "Subtract each example's largest score from all its scores first: the softmax stays the same.",
            _by_probability(lambda scores: _softmax(scores, lambda scores: 0)),
        ),
        Misconception(
            "not_shifted_logarithm",
            "Large scores overflow: exp(1000) is infinite, and so is the logarithm of a sum that it is in.",
            "Subtract each example's largest score from all its scores first: the softmax stays the same.",
            _by_logarithm(lambda scores: 0),
        ),
        Misconception(
            "shifted_by_mean",
            "Each row's mean was subtracted: a score far above the mean overflows all the same.",
            "Subtract each example's largest score: then no exponent is positive.",
            _by_probability(lambda scores: _softmax(scores, _row_means)),
        ),
        Misconception(
            "shifted_by_mean_logarithm",
            "Each row's mean was subtracted: a score far above the mean overflows all the same.",
            "Subtract each example's largest score: then no exponent is positive.",
            _by_logarithm(_row_means),
        ),
        Misconception(
            "shifted_by_mean_both_ways",
            "Each row's mean was subtracted: a score far above the mean overflows all the same.",
            "Subtract each example's largest score: then no exponent is positive.",
            _by_logarithm(_row_means, p_by_fraction=True),
        ),
        Misconception(
            "shifted_by_global_maximum",
            "One maximum was subtracted from the whole batch: an example far below it is left with 0 over 0.",
            "Every example needs a shift of its own: the maximum over the classes, axis 1, with keepdims=True.",
            _by_probability(lambda scores: _softmax(scores, np.max)),
        ),
        Misconception(
            "shifted_by_global_maximum_logarithm",
            "One maximum was subtracted from the whole batch: an example far below it is left with the logarithm of 0.",
            "Every example needs a shift of its own: the maximum over the classes, axis 1, with keepdims=True.",
            _by_logarithm(np.max),
        ),
        Misconception(
            "shifted_by_global_maximum_both_ways",
            "One maximum was subtracted from the whole batch: an example far below it is left with the logarithm of 0.",
            "Every example needs a shift of its own: the maximum over the classes, axis 1, with keepdims=True.",
            _by_logarithm(np.max, p_by_fraction=True),
        ),
        Misconception(
            "log_of_underflow",
            "The logarithm is taken of a probability that has become 0: the loss is infinite.",
            "Do not go through p: its logarithm is the shifted score minus the logarithm of the sum of exponentials.",
            _by_probability(_softmax),
        ),
        Misconception(
            "log_clipped",
            "A tiny number, added to p or as its lower bound, keeps the logarithm finite, but the loss of a very wrong answer is no longer right.",
            "The logarithm of p is the shifted score minus the logarithm of the sum of exponentials: exact, without any clipping.",
            _by_probability(_softmax, lambda p: np.log(p + 1e-12)),
        ),
        Misconception(
            "minus_forgotten",
            "The loss has the wrong sign.",
            "log p is never positive: the loss is minus its mean, 0 at best.",
            _changed(lambda loss, dscores, labels: (-loss, dscores)),
        ),
        Misconception(
            "sum_for_mean",
            "Loss and gradient are sums over the batch.",
            "The loss is a mean: divide it and its gradient by the number of examples.",
            _changed(lambda loss, dscores, labels: (loss * len(labels), dscores * len(labels))),
        ),
        Misconception(
            "loss_summed",
            "The loss is a sum over the batch; its gradient is that of the mean.",
            "Divide the loss by the number of examples, too.",
            _changed(lambda loss, dscores, labels: (loss * len(labels), dscores)),
        ),
        Misconception(
            "gradient_not_divided",
            "The loss is a mean, but its gradient was not divided by N.",
            "A mean divides by the number of examples, and so does its gradient.",
            _changed(lambda loss, dscores, labels: (loss, dscores * len(labels))),
        ),
        Misconception(
            "divided_by_classes",
            "Loss and gradient were divided by the number of classes as well.",
            "The mean runs over the N examples only: each has one right class.",
            _changed(lambda loss, dscores, labels: (loss / dscores.shape[1], dscores / dscores.shape[1])),
        ),
        Misconception(
            "one_hot_missing",
            "The gradient is the probabilities alone: nothing pushes the right class up.",
            "Subtract 1 from the probability of the right class of each example.",
            _changed(_one_hot_missing),
        ),
        Misconception(
            "columns_of_all_labels",
            "The 1 was subtracted in every row at the columns of all labels: p[:, labels] names whole columns.",
            "Name one place per row: the row's own number, and its label.",
            _changed(_columns_of_all_labels),
        ),
        Misconception(
            "gradient_of_the_opposite",
            "The gradient has the wrong sign.",
            "Raising a wrong class's score raises the loss: there the gradient is p/N, positive.",
            _changed(lambda loss, dscores, labels: (loss, -dscores)),
        ),
        Misconception(
            "softmax_over_batch",
            "The probabilities add up to 1 over the batch, not over the classes.",
            "Each row is one example; sum its exponentials over axis 1.",
            _by_probability(lambda scores: _softmax(scores, axis=0)),
        ),
        Misconception(
            "changes_scores",
            "The scores that came in have been overwritten.",
            "scores -= … changes the caller's array; give the shifted scores a name of their own.",
            _changes_scores,
        ),
        Misconception(
            "float64_result",
            "dscores is float64 whatever came in.",
            "np.zeros and np.eye make float64 unless told otherwise: give them the dtype of scores.",
            _cross_entropy,
            keeps_dtype=False,
        ),
    ),
    hints=(
        "Try exp(1000) and log(0) in a cell. Which score of an example can you subtract from all others, so that neither happens?",
        "Shift every row by its maximum. Then log p is the shifted score minus the log of the sum of the row's exponentials; the loss picks "
        "one number from each row, and p comes back as exp(log p).",
        "With rows 0 … N-1: the loss is minus the mean of log p at (row, label). The gradient starts as a copy of p, loses 1 at these "
        "same N places, and is divided by N.",
    ),
)

EXERCISES = (softmax_cross_entropy,)
