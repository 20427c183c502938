"""The chance in a method of its own; NumPy for the rates."""

import numpy as np
import torch
from torch import nn


def survival_rates(blocks, last=0.5):
    return np.linspace(1.0, last, blocks + 1)[1:].tolist()


class StochasticDepth(nn.Module):
    def __init__(self, branch, survival, shortcut=None):
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut or nn.Sequential()
        self.register_buffer("survival", torch.tensor(float(survival)))

    def dropped(self):
        return self.training and torch.rand(1).item() >= self.survival

    def forward(self, x):
        out = self.shortcut(x)
        if self.dropped():
            return out
        return torch.add(out, self.branch(x), alpha=1.0 if self.training else self.survival.item())
