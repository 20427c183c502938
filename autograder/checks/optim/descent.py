"""sgd_step and momentum_step."""

from __future__ import annotations

import numpy as np

from autograder.checks.optim.common import (
    after_each_step,
    always_float64,
    forgets,
    optimiser,
    overwrites_state,
    overwrites_w,
    rate,
    rates,
    steps_of,
    uphill,
)
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases
from autograder.oracles import tensor

# --- sgd_step ---------------------------------------------------------------------------------------------------------


def _sgd_of_torch(parameters, weight_decay=0.0):
    import torch

    return torch.optim.SGD(parameters, lr=1.0, weight_decay=weight_decay)


def _sgd(w, grad, state, learning_rate, weight_decay=0.0):
    return (1 - learning_rate * weight_decay) * w - learning_rate * grad, {}


def _sgd_by(new):
    """Descent by another formula: new(w, grad, learning_rate, weight_decay)."""
    return lambda w, grad, state, learning_rate, weight_decay=0.0: (new(w, grad, learning_rate, weight_decay), {})


def _draw_sgd(rng):
    yield Case("step", steps_of(rng, (3, 5), 1, learning_rate=rate(rng)))
    yield Case("step", steps_of(rng, (2, 3, 5, 7), 3, learning_rate=rates(rng, 3)))
    for decay in (0.3, 0.7):  # far larger than anybody's, so that it shows
        yield Case("weight decay", steps_of(rng, (7, 5), 2, learning_rate=rate(rng), weight_decay=decay))
    yield from contract_cases(lambda dtype: steps_of(rng, (5, 3), 2, dtype, learning_rate=rate(rng), weight_decay=0.25))


sgd_step = Exercise(
    id="optim.sgd_step",
    title="Gradient descent, with weight decay",
    difficulty=1,
    minutes=8,
    aspects=(
        Aspect("step", 2, "a step against the gradient"),
        Aspect("weight decay", 1, "and towards zero"),
        contract(),
    ),
    draw=_draw_sgd,
    oracle=optimiser(_sgd_of_torch),
    returns=("w",),
    view=after_each_step,
    probe="steps",
    misconceptions=(
        uphill(_sgd),
        Misconception(
            "no_decay",
            "The weight decay has no effect.",
            "The penalty's own gradient, weight_decay * w, is added to grad.",
            _sgd_by(lambda w, grad, rate, decay: w - rate * grad),
            revisit="05, “Weight decay”",
        ),
        Misconception(
            "away_from_zero",
            "The weight decay drives the weights away from zero.",
            "It is added to the gradient, and so subtracted from w together with it.",
            _sgd_by(lambda w, grad, rate, decay: w - rate * (grad - decay * w)),
            revisit="05, “Weight decay”",
        ),
        Misconception(
            "decay_without_rate",
            "The decay is not multiplied by the learning rate.",
            "It is a part of the gradient: learning_rate is multiplied with the sum of both.",
            _sgd_by(lambda w, grad, rate, decay: w - rate * grad - decay * w),
        ),
        Misconception(
            "decay_twice",
            "The decay is twice as strong as it should be.",
            "The penalty is weight_decay/2 * sum(w**2): its gradient is weight_decay * w, the 2 and the 1/2 cancel.",
            _sgd_by(lambda w, grad, rate, decay: w - rate * (grad + 2 * decay * w)),
            revisit="05, “Weight decay”",
        ),
        Misconception(
            "decays_afterwards",
            "The decay takes its share of the parameter after the step, instead of the one before.",
            "grad and weight_decay * w both belong to the parameter that came in: add them first, then make one step.",
            _sgd_by(lambda w, grad, rate, decay: (w - rate * grad) * (1 - rate * decay)),
        ),
        Misconception(
            "decay_of_the_sign",
            "The decay pulls all weights equally, the large ones no more than the small ones.",
            "weight_decay * w, not its sign: that would be the gradient of the sum of absolute values.",
            _sgd_by(lambda w, grad, rate, decay: w - rate * (grad + decay * np.sign(w))),
        ),
        overwrites_w(_sgd),
        always_float64(_sgd),
    ),
    hints=(
        "Where does the gradient point, and where should the parameter go?",
        "Weight decay is the gradient of a penalty. Add it to grad, and treat the sum as the gradient.",
        "Subtract from w: learning_rate times the sum of grad and weight_decay times w. Return that and an empty dictionary.",
    ),
)


# --- momentum_step ----------------------------------------------------------------------------------------------------


def _followed(w, grad, state, each, learning_rate, momentum=0.9, weight_decay=0.0):
    """PyTorch keeps the rate outside the velocity. At a rate of 1, with gradients that carry the rate already, it is inside."""
    import torch

    parameter = torch.nn.Parameter(tensor(w).clone())
    made, found = torch.optim.SGD([parameter], lr=1.0, momentum=momentum), {}
    for k, slope in enumerate(grad):
        rate = learning_rate[k] if "learning_rate" in each else learning_rate
        parameter.grad = rate * (tensor(slope) + weight_decay * parameter.detach())
        made.step()
        found[f"after step {k + 1}"] = parameter.detach().numpy().copy()
    return found


def _momentum(w, grad, state, learning_rate, momentum=0.9, weight_decay=0.0):
    v = momentum * state.get("v", 0.0) - learning_rate * (grad + weight_decay * w)
    return w + v, {"v": v}


def _momentum_by(velocity, new=lambda w, v, old, grad, momentum, rate, decay: w + v):
    """Momentum by another velocity, velocity(w, grad, v, momentum, rate, decay), or another step."""

    def step(w, grad, state, learning_rate, momentum=0.9, weight_decay=0.0):
        old = state.get("v", np.zeros_like(w))
        v = velocity(w, grad, old, momentum, learning_rate, weight_decay)
        return new(w, v, old, grad, momentum, learning_rate, weight_decay), {"v": v}

    return step


def _right(w, grad, v, momentum, rate, decay):
    return momentum * v - rate * (grad + decay * w)


def _fixed(w, grad, state, learning_rate, momentum=0.9, weight_decay=0.0):
    return _momentum(w, grad, state, learning_rate, 0.9, weight_decay)


def _draw_momentum(rng):
    yield Case("velocity", steps_of(rng, (3, 5), 2, learning_rate=rate(rng)))
    yield Case("velocity", steps_of(rng, (7,), 5, learning_rate=rate(rng), momentum=0.7))
    yield Case("velocity", steps_of(rng, (2, 3, 5, 7), 3, learning_rate=rate(rng), momentum=0.5))
    yield Case("changing rate", steps_of(rng, (5, 7), 4, learning_rate=rates(rng, 4), momentum=0.8))
    yield Case("weight decay", steps_of(rng, (3, 7), 3, learning_rate=rate(rng), weight_decay=0.3))
    yield Case("weight decay", steps_of(rng, (5, 2), 4, learning_rate=rate(rng), momentum=0.6, weight_decay=0.7))
    yield from contract_cases(lambda dtype: steps_of(rng, (5, 3), 3, dtype, learning_rate=rate(rng), momentum=0.7, weight_decay=0.25))


momentum_step = Exercise(
    id="optim.momentum_step",
    title="Momentum",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("velocity", 3, "the velocity collects gradients, and moves the parameter"),
        Aspect("changing rate", 1, "each gradient enters the velocity with the learning rate of its step"),
        Aspect("weight decay", 2, "a part of the gradient"),
        contract(),
    ),
    draw=_draw_momentum,
    oracle=_followed,
    returns=("w",),
    view=after_each_step,
    probe="steps",
    misconceptions=(
        uphill(_momentum, "The gradient is subtracted from the velocity, and the velocity added to w: one minus, not none or two."),
        forgets(
            _momentum, "this is plain gradient descent", "Put the new velocity into the state that you return, and begin with the one that comes in."
        ),
        Misconception(
            "rate_outside",
            "The learning rate is outside the velocity, as in PyTorch: when the rate changes, old gradients change with it.",
            "In our convention a gradient enters the velocity with the rate of its own step; then w <- w + v, without any rate.",
            _momentum_by(lambda w, grad, v, m, rate, decay: m * v + grad + decay * w, lambda w, v, old, grad, m, rate, decay: w - rate * v),
            revisit="05, “Momentum”",
        ),
        Misconception(
            "averaged",
            "The new gradient is weighed by 1 - momentum: the velocity is an average, and ten times slower at momentum 0.9.",
            "Here the velocity is a sum that fades: momentum * v - learning_rate * gradient. (Adam averages.)",
            _momentum_by(lambda w, grad, v, m, rate, decay: m * v - (1 - m) * rate * (grad + decay * w)),
            revisit="05, “Momentum”",
        ),
        Misconception(
            "old_velocity",
            "The parameter moves by the velocity of the step before: the first step goes nowhere.",
            "First the new velocity, then the step with it.",
            _momentum_by(_right, lambda w, v, old, grad, m, rate, decay: w + old),
            revisit="05, “Momentum”",
        ),
        Misconception(
            "gradient_twice",
            "The gradient moves the parameter twice: inside the velocity, and once more beside it.",
            "w <- w + v is all: the velocity holds the gradient already.",
            _momentum_by(_right, lambda w, v, old, grad, m, rate, decay: w + v - rate * (grad + decay * w)),
            revisit="05, “Momentum”",
        ),
        Misconception(
            "looks_ahead",
            "The step is Nesterov's, as PyTorch writes it: the new velocity is multiplied by momentum once more.",
            "Plain momentum moves by the velocity itself: w <- w + v.",
            _momentum_by(_right, lambda w, v, old, grad, m, rate, decay: w + m * v - rate * (grad + decay * w)),
        ),
        Misconception(
            "never_slows_down",
            "The old velocity is kept whole, and only the gradient is multiplied by momentum.",
            "Momentum is what is left of the velocity: momentum * v, minus learning_rate * gradient.",
            _momentum_by(lambda w, grad, v, m, rate, decay: v - m * rate * (grad + decay * w)),
        ),
        Misconception(
            "always_0_9",
            "The momentum is 0.9, whatever was asked.",
            "0.9 is the default of the argument momentum: use the argument.",
            _fixed,
        ),
        Misconception(
            "no_decay",
            "The weight decay has no effect.",
            "Add weight_decay * w to the gradient, before the velocity sees it.",
            _momentum_by(lambda w, grad, v, m, rate, decay: m * v - rate * grad),
            revisit="05, “Weight decay”",
        ),
        Misconception(
            "decay_beside_velocity",
            "The weight decay acts on w directly, past the velocity.",
            "That is another rule, decoupled decay. Here weight_decay * w is a part of the gradient, and the velocity remembers it.",
            _momentum_by(lambda w, grad, v, m, rate, decay: m * v - rate * grad, lambda w, v, old, grad, m, rate, decay: w + v - rate * decay * w),
            revisit="05, “Weight decay”",
        ),
        overwrites_w(_momentum),
        overwrites_state(_momentum),
        always_float64(_momentum),
    ),
    hints=(
        "A ball that rolls: what does it keep from the moment before, and what does the slope add?",
        "state holds the velocity. At the first step it is not there yet: state.get(name, 0.0) gives zero then.",
        "New velocity: momentum times the old one, minus learning_rate times the sum of grad and weight_decay * w. New w: w plus the new velocity. "
        "Return the new w and a new dictionary with the new velocity.",
    ),
)
