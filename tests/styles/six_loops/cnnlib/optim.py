"""Number by number: every weight is updated by itself. What is remembered are lists of numbers."""

import math

import numpy as np


def one_by_one(w, remembered, rule):
    """rule(k, number, *what is remembered of it) -> its new value, *what to remember; `remembered` are lists."""
    new, kept = np.empty_like(w), [[] for _ in remembered]
    for k, place in enumerate(np.ndindex(w.shape)):
        new[place], *numbers = rule(place, float(w[place]), *(row[k] for row in remembered))
        for row, number in zip(kept, numbers):
            row.append(number)
    return new, kept


def sgd_step(w, grad, state, learning_rate, weight_decay=0.0):
    def rule(place, number):
        return (number - learning_rate * (float(grad[place]) + weight_decay * number),)

    return one_by_one(w, [], rule)[0], state


def momentum_step(w, grad, state, learning_rate, momentum=0.9, weight_decay=0.0):
    def rule(place, number, v):
        v = momentum * v - learning_rate * (float(grad[place]) + weight_decay * number)
        return number + v, v

    new, (v,) = one_by_one(w, [state.get("v", [0.0] * w.size)], rule)
    return new, {"v": v}


def nesterov_step(w, gradient, state, learning_rate, momentum=0.9):
    before = state.get("v", [0.0] * w.size)
    slopes = gradient(w + momentum * np.array(before, w.dtype).reshape(w.shape))

    def rule(place, number, v):
        v = momentum * v - learning_rate * float(slopes[place])
        return number + v, v

    new, (v,) = one_by_one(w, [before], rule)
    return new, {"v": v}


def adagrad_step(w, grad, state, learning_rate, eps=1e-8):
    def rule(place, number, r):
        slope = float(grad[place])
        r += slope**2
        return number - learning_rate * slope / (eps + math.sqrt(r)), r

    new, (r,) = one_by_one(w, [state.get("r", [0.0] * w.size)], rule)
    return new, {"r": r}


def rmsprop_step(w, grad, state, learning_rate, decay=0.9, eps=1e-8):
    def rule(place, number, r):
        slope = float(grad[place])
        r = decay * r + (1 - decay) * slope**2
        return number - learning_rate * slope / (eps + math.sqrt(r)), r

    new, (r,) = one_by_one(w, [state.get("r", [0.0] * w.size)], rule)
    return new, {"r": r}


def adam_step(w, grad, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    t = 1 + state.get("t", 0)

    def rule(place, number, s, r):
        slope = float(grad[place])
        s, r = beta1 * s + (1 - beta1) * slope, beta2 * r + (1 - beta2) * slope**2
        step = s / (1 - math.pow(beta1, t)) / (math.sqrt(r / (1 - math.pow(beta2, t))) + eps)
        return number - learning_rate * step, s, r

    new, (s, r) = one_by_one(w, [state.get(name, [0.0] * w.size) for name in "sr"], rule)
    return new, {"t": t, "s": s, "r": r}
