"""A run as an object, one method for each thing that happens in it."""

import numpy as np

from cnnlib.early_stopping import EarlyStopping
from cnnlib.optim import adam_step
from cnnlib.schedules import cosine_with_warmup


class Run:
    def __init__(self, parameters, loss_and_gradients, rate, patience):
        self.parameters, self.ask, self.rate = dict(parameters), loss_and_gradients, rate
        self.states, self.updates = {}, 0
        self.stopper, self.losses = EarlyStopping(patience=patience), []

    def update(self, images, labels):
        gradients = self.ask(self.parameters, images, labels)[1]
        rate = float(self.rate(self.updates))
        for name, gradient in gradients.items():
            before = self.parameters[name], gradient, self.states.get(name, {})
            self.parameters[name], self.states[name] = adam_step(*before, learning_rate=rate)
        self.updates += 1

    def epoch(self, images, labels, cuts, rng):
        both = list(zip(images, labels))
        order = np.arange(len(both))
        rng.shuffle(order)
        for batch in np.split(order, cuts):
            self.update(np.stack([both[k][0] for k in batch]), np.array([both[k][1] for k in batch]))

    def should_stop(self, images, labels):
        loss, _ = self.ask(self.parameters, images, labels)
        self.losses += [loss]
        return self.stopper.step(loss, self.parameters)


def fit(parameters, loss_and_gradients, train, validation, learning_rate, epochs, batch_size, warmup_steps, patience, rng):
    cuts = range(batch_size, len(train[0]), batch_size)
    steps = epochs * (len(cuts) + 1)
    run = Run(parameters, loss_and_gradients, lambda k: cosine_with_warmup(k, steps, learning_rate, warmup_steps), patience)
    while len(run.losses) < epochs:
        run.epoch(*train, cuts, rng)
        if run.should_stop(*validation):
            break
    return run.stopper.best_parameters, run.losses
