"""Loops, and a random number by another of PyTorch's functions."""

import torch
from torch import nn


def survival_rates(blocks, last=0.5):
    rates, step = [], (1.0 - last) / blocks
    for block in range(blocks):
        rates.append(1.0 - (block + 1) * step)
    return rates


class StochasticDepth(nn.Module):
    def __init__(self, branch, survival, shortcut=None):
        super().__init__()
        self.f, self.p, self.past = branch, survival, shortcut

    def forward(self, x):
        if self.training:
            keep = torch.bernoulli(torch.tensor(float(self.p))).item() == 1
            scale = 1.0
        else:
            keep, scale = True, self.p
        past = x
        if self.past is not None:
            past = self.past(x)
        if not keep:
            return past
        return scale * self.f(x) + past
