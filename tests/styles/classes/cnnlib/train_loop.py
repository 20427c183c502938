"""A pack of examples that deals hands, and a running mean."""

from dataclasses import dataclass

import numpy as np


class Pack:
    def __init__(self, images, labels, rng):
        self.images, self.labels = images, labels
        self.order = np.arange(len(images))
        rng.shuffle(self.order)

    def hands(self, size):
        for hand in np.array_split(self.order, range(size, len(self.order), size)):
            yield self.images[hand], self.labels[hand]


@dataclass
class Mean:
    total: float = 0.0
    count: int = 0

    def add(self, value, weight):
        self.total += value * weight
        self.count += weight

    @property
    def value(self):
        return self.total / self.count


def sgd_epoch(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
    parameters, mean = {name: value.copy() for name, value in parameters.items()}, Mean()
    for some_images, some_labels in Pack(images, labels, rng).hands(batch_size):
        loss, gradients = loss_and_gradients(parameters, some_images, some_labels)
        mean.add(loss, len(some_labels))
        for name in parameters:
            parameters[name] -= (learning_rate * gradients[name]).astype(parameters[name].dtype)
    return parameters, mean.value
