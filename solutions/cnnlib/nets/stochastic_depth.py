"""Stochastic depth: a network that is shorter in training than in use."""

import torch
from torch import nn


def survival_rates(blocks: int, last: float = 0.5) -> list[float]:
    """With which probability each residual block is kept in training: the linear decay rule.

    blocks   L, how many residual blocks there are
    last     p_L, the probability of the last one
    returns  list of L numbers: p_l = 1 - l/L · (1 - p_L) for l = 1 … L, the first block's first

    Early blocks make what all later ones build on, so they are dropped least. Four blocks: [0.875, 0.75, 0.625, 0.5].
    Source: Huang, Sun, Liu, Sedra, Weinberger 2016, "Deep networks with stochastic depth", equation 4.
    """
    ### BEGIN SOLUTION
    return [1 - number / blocks * (1 - last) for number in range(1, blocks + 1)]
    ### END SOLUTION


class StochasticDepth(nn.Module):
    """A residual block whose branch is dropped as a whole in training, and scaled in use.

    branch    nn.Module, the branch F(x)
    survival  p, the probability with which the branch is KEPT
    shortcut  nn.Module, what goes past the branch; None: x itself
    forward   x -> the sum, in the shape of what the branch gives; no activation behind it

        in training    shortcut(x) + branch(x) with probability p, else shortcut(x)
        in evaluation  shortcut(x) + p · branch(x)

    One chance for the whole batch, at every call anew, as in the paper: a dropped branch is not computed at all, so the step is cheaper, and
    its running statistics stay as they are. (torchvision's StochasticDepth, mode "row", has a chance for each image and computes everything;
    and it divides by p in training where we multiply by p in evaluation, the two ways that you know from dropout.) The shortcut is never
    dropped. Chance comes from PyTorch's own generator (torch.rand), so torch.manual_seed repeats an experiment.
    Source: Huang, Sun, Liu, Sedra, Weinberger 2016, "Deep networks with stochastic depth", equations 2 and 5, without the last ReLU.
    """

    def __init__(self, branch: nn.Module, survival: float, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        if not 0 <= survival <= 1:
            raise ValueError(f"survival is a probability, between 0 and 1, not {survival}")
        ### BEGIN SOLUTION
        self.branch, self.survival = branch, survival
        self.shortcut = nn.Identity() if shortcut is None else shortcut
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """In training with or without the branch, in evaluation with its expected value."""
        ### BEGIN SOLUTION
        skip = self.shortcut(x)
        if not self.training:
            return skip + self.survival * self.branch(x)
        if torch.rand(()) < self.survival:
            return skip + self.branch(x)
        return skip
        ### END SOLUTION
