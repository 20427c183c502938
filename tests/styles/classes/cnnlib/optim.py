"""Optimisers as objects that live in the state: every step works on a copy of the one that came in."""

import copy

import numpy as np


class Remembers:
    """An optimiser of one parameter; subclasses say how the gradient becomes a change."""

    def __init__(self):
        self.count, self.memory = 0, {}

    def average(self, name, new, kept, weight):
        """Fade what is remembered under a name, and mix in something new."""
        self.memory[name] = kept * self.memory[name] + weight * new if name in self.memory else weight * new
        return self.memory[name]


def stepped(w, state, change):
    """A step of the optimiser in the state: change(optimiser) is what is added to w."""
    optimiser = copy.deepcopy(state["optimiser"]) if state else Remembers()
    optimiser.count += 1
    return w + change(optimiser), {"optimiser": optimiser}


def sgd_step(w, grad, state, learning_rate, weight_decay=0.0):
    return stepped(w, state, lambda o: -learning_rate * (grad + weight_decay * w))


def momentum_step(w, grad, state, learning_rate, momentum=0.9, weight_decay=0.0):
    return stepped(w, state, lambda o: o.average("v", grad + weight_decay * w, momentum, -learning_rate))


def nesterov_step(w, gradient, state, learning_rate, momentum=0.9):
    def change(o):
        ahead = w + momentum * o.memory["v"] if o.memory else w
        return o.average("v", gradient(ahead), momentum, -learning_rate)

    return stepped(w, state, change)


def adagrad_step(w, grad, state, learning_rate, eps=1e-8):
    return stepped(w, state, lambda o: -learning_rate * grad / (np.sqrt(o.average("r", grad**2, 1, 1)) + eps))


def rmsprop_step(w, grad, state, learning_rate, decay=0.9, eps=1e-8):
    return stepped(w, state, lambda o: -learning_rate * grad / (np.sqrt(o.average("r", grad**2, decay, 1 - decay)) + eps))


def adam_step(w, grad, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    def change(o):
        s = o.average("s", grad, beta1, 1 - beta1) / (1 - beta1**o.count)
        r = o.average("r", grad**2, beta2, 1 - beta2) / (1 - beta2**o.count)
        return -learning_rate * s / (np.sqrt(r) + eps)

    return stepped(w, state, change)
