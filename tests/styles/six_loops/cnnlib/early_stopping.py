"""Early stopping that keeps the whole history, and looks back over it."""

import copy


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.history = []  # (loss, parameters) of every improvement, None for all others

    @property
    def improvements(self):
        return [entry for entry in self.history if entry is not None]

    @property
    def best_loss(self):
        return self.improvements[-1][0] if self.improvements else float("inf")

    @property
    def best_parameters(self):
        return self.improvements[-1][1] if self.improvements else None

    def step(self, loss, parameters):
        better = self.best_loss - loss > self.min_delta
        self.history.append((loss, copy.deepcopy(parameters)) if better else None)
        recent = self.history[-self.patience - 1 :]
        return len(recent) == self.patience + 1 and not any(recent)
