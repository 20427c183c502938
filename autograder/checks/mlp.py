"""Checks of cnnlib/mlp.py: a multilayer perceptron from the learner's own pieces."""

from __future__ import annotations

import numpy as np

from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases
from autograder.oracles import tensor

NAMES = ("w1", "b1", "w2", "b2")
KEYS = "names of the gradients"
# Loops over every number take 70 times the baseline, gradients measured by moving one number at a time 2,000 (one-sided) or 4,000 times.
MAX_SLOWDOWN = 400


def _loss_and_gradients(
    parameters, images, labels, *, activation="relu", scores_activated=False, gate=True, gate_at_scores=True, gate_at_gradient=False
):
    """Loss and gradients by autograd in float64; every keyword-only argument is a way to get it wrong."""
    import torch
    import torch.nn.functional as F

    leaves = [tensor(parameters[name]).requires_grad_() for name in NAMES]
    w1, b1, w2, b2 = leaves
    before = F.linear(tensor(images), w1, b1)
    hidden = getattr(torch, activation)(before) if activation else before
    if not gate:  # the output of the activation, but its slope taken as 1
        hidden = before + (hidden - before).detach()
    if gate_at_gradient:  # the gradient behind the activation passes where it is positive itself
        hidden = before + (hidden - before).detach()
        hidden.register_hook(F.relu)
    linear = scores = F.linear(hidden, w2, b2)
    if scores_activated:
        scores = F.relu(linear) if gate_at_scores else linear + (F.relu(linear) - linear).detach()
    loss = F.cross_entropy(scores, torch.from_numpy(labels.astype(np.int64)))
    return loss.item(), {name: g.numpy() for name, g in zip(NAMES, torch.autograd.grad(loss, leaves))}


def _perceptron(parameters, images, labels):
    return _loss_and_gradients(parameters, images, labels)


def _view(inputs, output):
    """The loss, the names of the gradients, and the gradients one by one, so that each counts for itself."""
    loss, gradients = output
    return loss, ", ".join(sorted(map(str, gradients))), *(gradients.get(name) for name in NAMES)


def _plain(parameters, images, labels):
    """The baseline: forward and back in matrix products."""
    w1, b1, w2, b2 = (parameters[name] for name in NAMES)
    before = images @ w1.T + b1
    hidden, picked = np.maximum(before, 0), (np.arange(len(labels)), labels)
    scores = hidden @ w2.T + b2
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    loss = -np.log(shares[picked]).mean()
    shares[picked] -= 1
    dscores = shares / len(labels)
    dbefore = dscores @ w2 * (before > 0)
    return loss, {"w1": dbefore.T @ images, "b1": dbefore.sum(axis=0), "w2": dscores.T @ hidden, "b2": dscores.sum(axis=0)}


# --- Cases ------------------------------------------------------------------------------------------------------------


def _problem(rng, dtype=np.float64, sizes=None):
    n, d, h, c = sizes or distinct(rng, (5, 7), (11, 13), (6, 8), (3, 4))
    shapes = {"w1": (h, d), "b1": (h,), "w2": (c, h), "b2": (c,)}
    parameters = {name: (0.5 * normal(rng, *shape)).astype(dtype) for name, shape in shapes.items()}
    return {"parameters": parameters, "images": normal(rng, n, d, dtype=dtype), "labels": rng.integers(0, c, n)}


def _draw(rng):
    for aspect, names in (("loss", ("loss",)), ("output layer", (KEYS, "w2", "b2")), ("hidden layer", (KEYS, "w1", "b1"))):
        for _ in range(2):
            yield Case(aspect, _problem(rng), compare=names)
    # One image and many weights: whoever moves them one by one goes up ten thousand times, a loop over all numbers once.
    yield Case("way back", _problem(rng, sizes=(1, 151, 61, 7)), compare=(KEYS, *NAMES), max_slowdown=MAX_SLOWDOWN)
    for case in contract_cases(lambda dtype: _problem(rng, dtype)):
        yield Case(case.aspect, case.inputs, compare=(KEYS, *NAMES), layout=case.layout, exact_dtype=True)


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _wrong(**slip):
    return lambda parameters, images, labels: _loss_and_gradients(parameters, images, labels, **slip)


def _averaged_again(parameters, images, labels):
    loss, gradients = _perceptron(parameters, images, labels)
    return loss, {name: value / len(images) for name, value in gradients.items()}


def _layers_mixed_up(parameters, images, labels):
    loss, g = _perceptron(parameters, images, labels)
    return loss, {"w1": g["w2"], "b1": g["b2"], "w2": g["w1"], "b2": g["b1"]}


def _updates(parameters, images, labels):
    found = _perceptron(parameters, images, labels)
    for name in NAMES:
        parameters[name] -= (0.1 * found[1][name]).astype(parameters[name].dtype)
    return found


mlp_loss_and_gradients = Exercise(
    id="mlp.mlp_loss_and_gradients",
    title="A multilayer perceptron from your own pieces",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("loss", 2, "forward: the loss of a batch"),
        Aspect("output layer", 2, "backward: w2 and b2"),
        Aspect("hidden layer", 3, "backward: w1 and b1"),
        Aspect("way back", 2, "all gradients from one way back: derived by the chain rule, not measured by moving one number after the other"),
        contract(),
    ),
    draw=_draw,
    oracle=_perceptron,
    baseline=_plain,
    returns=("loss", KEYS, *NAMES),
    view=_view,
    misconceptions=(
        Misconception(
            "no_activation",
            "There is no ReLU between the layers: two linear layers in a row are one linear layer.",
            "Send the hidden layer's sums through relu_forward, and dout through relu_backward on the way back.",
            _wrong(activation=None),
        ),
        Misconception(
            "relu_not_reversed",
            "On the way back, the gradient passes the ReLU as if it were not there.",
            "Between the two linear_backward calls stands relu_backward: where the hidden sum was not positive, nothing comes back.",
            _wrong(gate=False),
        ),
        Misconception(
            "scores_activated",
            "The scores went through a ReLU as well: negative ones were lost.",
            "The output layer is linear; its scores go to the loss as they are.",
            _wrong(scores_activated=True),
        ),
        Misconception(
            "scores_activated_forward",
            "The scores went through a ReLU as well, on the way up: negative ones were lost.",
            "The output layer is linear; its scores go to the loss as they are.",
            _wrong(scores_activated=True, gate_at_scores=False),
        ),
        Misconception(
            "gate_at_gradient",
            "On the way back, the gate looks at the gradient: negative ones are lost.",
            "Whether a gradient passes is decided by the hidden sums, which relu_forward received: hand those to relu_backward.",
            _wrong(gate_at_gradient=True),
        ),
        Misconception(
            "other_activation",
            "The hidden layer uses tanh; here it is ReLU.",
            "Use relu_forward and relu_backward.",
            _wrong(activation="tanh"),
        ),
        Misconception(
            "averaged_again",
            "The gradients were divided by the number of images a second time.",
            "The loss is a mean, so dscores is divided already; the layers only sum.",
            _averaged_again,
        ),
        Misconception(
            "layers_mixed_up",
            "The gradients of the two layers have each other's names.",
            "On the way back the output layer comes first: what it gives is w2 and b2.",
            _layers_mixed_up,
        ),
        Misconception(
            "updates_parameters",
            "The parameters have been changed: this function only measures.",
            "Return the gradients; the training loop takes the step.",
            _updates,
        ),
        Misconception(
            "float64_result",
            "The gradients are float64 whatever came in.",
            "Give each of your pieces float32 and look which one answers in float64.",
            _perceptron,
            keeps_dtype=False,
        ),
    ),
    hints=(
        "Draw the chain: images, hidden sums, hidden values, scores, loss. On the way back you meet the same stations in reverse order.",
        "Keep what each station received: backward wants it. The loss gives dscores; each backward function turns the gradient behind its "
        "station into the one before it.",
        "Up: linear, ReLU, linear, loss. Down: linear_backward with the hidden values gives w2's and b2's gradients and the hidden values' one; "
        "relu_backward with the hidden sums; linear_backward with the images gives w1's and b1's. Return the loss and a dict of the four.",
    ),
)

EXERCISES = (mlp_loss_and_gradients,)
