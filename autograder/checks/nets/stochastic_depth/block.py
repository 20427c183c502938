"""StochasticDepth: a block that is kept or not."""

from __future__ import annotations

import math

import numpy as np

from autograder import random_probes
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given

FALSE_ALARM = 1e-7  # the probability with which a right answer fails a statement about shares
SAME_SEED, ALWAYS, ELSEWHERE = "PyTorch's generator", "nothing: the result is always the same", "something else than PyTorch's generator"


def _one_chance(block, p, skip):
    import torch

    return bool(torch.rand(()) < p)


def _chance_for_each(axes):
    """Of every image (1 axis), or of every number (4)."""

    def draws(block, p, skip):
        import torch

        return torch.rand(*skip.shape[:axes], *[1] * (4 - axes)) < p

    return draws


def _once(block, p, skip):
    return block.once < p


def _own_generator(block, p, skip):
    import torch

    return bool(torch.rand((), generator=block.own) < p)


def _or_not(skip, branch, on, p):
    return skip + branch() if on else skip


def _masked(skip, branch, on, p):
    return skip + on * branch()


def _scaled(skip, branch, p):
    return skip + p * branch()


def stochastic_depth(*, training=_or_not, use=_scaled, draws=_one_chance, past=True, swapped=False, x_alone=False):
    """A builder of the judge's own block; every keyword-only argument is a way to get it wrong.

    training(skip, branch, on, p) is the sum in training, use(skip, branch, p) that in evaluation; draws(block, p, skip) gives `on`.
    """

    def build(branch, survival, shortcut=None):
        import torch
        from torch import nn

        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                self.branch, self.shortcut = branch, shortcut
                self.once, self.own = float(torch.rand(())), torch.Generator()

            def forward(self, x):
                skip = x if shortcut is None or not past else self.shortcut(x)
                if self.training is not swapped or use is None:
                    on = draws(self, survival, skip)
                    return x if x_alone and not on else training(skip, lambda: self.branch(x), on, survival)
                return use(skip, lambda: self.branch(x), survival)

        return Block()

    return build


def _in_place(skip, branch, on, p):
    if on:
        skip += branch()
    return skip


def _relu(function):
    return lambda *given: function(*given).relu()


def _view(inputs, output):
    """Statements that every right block makes true: the outputs sorted, so that chance does not decide about their order."""
    outputs, dxs, gradients, runs, (first, again, other) = output
    count = len(set(first) | set(again) | set(other))
    order = sorted(range(len(outputs)), key=lambda i: [round(number, 6) for number in np.ravel(outputs[i])[:20].tolist()])
    calls = first + other  # `again` repeats what `first` had: those are no new chances
    shares = [_share(calls.count(i) / len(calls), len(calls), inputs["options"]["survival"]) for i in order]
    chance = SAME_SEED if first[: len(again)] == again else ELSEWHERE
    return (
        f"{count} different result{'s' * (count > 1)}" if count <= random_probes.MOST_OUTPUTS else "a different result at every call",
        *([values[i] for i in order] for values in (outputs, dxs, gradients)),
        shares, [f"{runs[i]['branch']} times" for i in order], ALWAYS if count == 1 else chance,
    )


def _share(found, count, survival):
    """Which probability a share among so many calls comes from (Hoeffding's inequality)."""
    margin = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * count))
    names = {"survival": survival, "1 - survival": 1 - survival}
    return next((name for name, p in names.items() if abs(found - p) <= margin), "another probability")


def _draw(rng):
    def layers(made, channels, stride=1, normed=True):
        conv = {"in_channels": channels, "out_channels": made, "kernel_size": 1, "stride": stride, "bias": not normed}
        return {"layers": [["Conv2d", conv], *([["BatchNorm2d", {"num_features": made}]] * normed)], "seed": int(rng.integers(10**6))}

    def drawn(survival, calls, training=True, stride=0, n=2):
        made = {"branch": Given("sequential", layers(5 if stride else 3, 3, stride or 1)), "survival": survival}
        made |= {"shortcut": Given("sequential", layers(5, 3, stride, normed=False))} if stride else {}
        size = (5, (4 - 1) // stride + 1, (5 - 1) // stride + 1) if stride else (3, 4, 5)
        inputs = {"options": made, "seed": int(rng.integers(10**6)), "training": training, "calls": calls}
        return inputs | {"x": normal(rng, n, 3, 4, 5), "dout": normal(rng, n, *size)}

    def survival():
        return float(rng.choice([0.375, 0.4375, 0.5625, 0.625]))  # the same number in float32, in which some will keep it

    for stride in (0, 2):
        yield Case("training", drawn(survival(), 50, stride=stride), compare=("different", "outputs", "dx", "gradients"))
    for certain in (0.0, 1.0):
        yield Case("training", drawn(certain, 10), compare=("different", "outputs", "dx", "gradients"))
    for often in rng.permutation([0.15, 0.8]).tolist():
        yield Case("share", drawn(often, 200, n=3), compare=("different", "shares"))
    for stride in (0, 2, 1):
        yield Case("evaluation", drawn(survival(), 10, training=False, stride=stride), compare=("different", "outputs", "dx", "gradients"))
    yield Case("skipped", drawn(survival(), 30), compare=("computed",))
    yield Case("skipped", drawn(0.0, 5), compare=("computed",))
    yield Case("generator", drawn(survival(), 40), compare=("chance",))


StochasticDepth = Exercise(
    id="nets.stochastic_depth.StochasticDepth",
    title="A block that is sometimes left out",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("training", 4, "in training the whole sum, or what goes past the branch alone, and nothing between"),
        Aspect("share", 2, "in training the branch is kept with probability `survival`"),
        Aspect("evaluation", 3, "in evaluation nothing is random, and the branch is scaled"),
        Aspect("skipped", 2, "a dropped branch is not computed"),
        Aspect("generator", 1, "chance comes from PyTorch's generator, at every call anew"),
    ),
    draw=_draw,
    oracle=lambda **inputs: random_probes.random_module(stochastic_depth(), inputs),
    view=_view,
    probe="random_module",
    returns=("different", "outputs", "dx", "gradients", "shares", "computed", "chance"),
    imports=("torch",),
    misconceptions=(
        Misconception(
            "each_image", "Every image of the batch has a chance of its own.",
            "Many libraries do it that way. Here, as in the paper, one chance decides for the whole batch: a dropped branch need not be computed.",
            stochastic_depth(draws=_chance_for_each(1), training=_masked),
        ),
        Misconception(
            "each_number", "Single numbers of the branch are dropped: that is dropout.",
            "The branch is kept or dropped as a whole: one random number for the whole call.",
            stochastic_depth(draws=_chance_for_each(4), training=_masked),
        ),
        Misconception(
            "not_scaled", "In evaluation the branch is not scaled.",
            "In training it was there with probability `survival` only; what comes after it expects survival · branch(x).",
            stochastic_depth(use=lambda skip, branch, p: skip + branch()),
        ),
        Misconception(
            "scaled_in_training", "The branch is divided by `survival` in training, and not scaled in evaluation.",
            "So do today's libraries, and it is right on average. Here, as in the paper: as it is in training, times `survival` in evaluation.",
            stochastic_depth(
                training=lambda skip, branch, on, p: skip + branch() / p if on else skip, use=lambda skip, branch, p: skip + branch()
            ),
        ),
        Misconception(
            "divided_and_scaled", "The branch is divided by `survival` in training, and multiplied by it in evaluation as well.",
            "One of the two keeps the average. Here it is evaluation: in training the branch comes as it is.",
            stochastic_depth(training=lambda skip, branch, on, p: skip + branch() / p if on else skip),
        ),
        Misconception(
            "scaled_twice", "The branch is multiplied by `survival` in training, too.",
            "In training it comes as it is, or not at all. The scale belongs to evaluation.",
            stochastic_depth(training=lambda skip, branch, on, p: skip + p * branch() if on else skip),
        ),
        Misconception(
            "dropping", "`survival` was taken for the probability of dropping.",
            "It is the probability of keeping: torch.rand(()) < survival keeps, and in evaluation it is the scale.",
            stochastic_depth(draws=lambda block, p, skip: _one_chance(block, 1 - p, skip), use=lambda skip, branch, p: skip + (1 - p) * branch()),
        ),
        Misconception(
            "dropped_with_survival", "In training the branch is dropped with probability `survival`.",
            "That is the probability of keeping it: torch.rand(()) < survival keeps.",
            stochastic_depth(draws=lambda block, p, skip: _one_chance(block, 1 - p, skip)),
        ),
        Misconception(
            "scaled_by_dropping", "In evaluation the branch is scaled by 1 - survival.",
            "It was there with probability `survival`: that is the scale.",
            stochastic_depth(use=lambda skip, branch, p: skip + (1 - p) * branch()),
        ),
        Misconception(
            "everything_dropped", "With the branch, what goes past it is dropped as well: nothing is left.",
            "The shortcut always stays: it is what makes dropping a block harmless.",
            stochastic_depth(training=lambda skip, branch, on, p: skip + branch() if on else 0 * skip),
        ),
        Misconception(
            "shortcut_dropped", "What goes past the branch is dropped, and the branch stays.",
            "It is the branch that is dropped; the shortcut always stays.",
            stochastic_depth(
                training=lambda skip, branch, on, p: skip + branch() if on else branch(), use=lambda skip, branch, p: p * skip + branch()
            ),
        ),
        Misconception(
            "sum_scaled", "In evaluation the whole sum is scaled, the shortcut too.",
            "The shortcut was always there: only the branch is multiplied by `survival`.",
            stochastic_depth(use=lambda skip, branch, p: p * (skip + branch())),
        ),
        Misconception(
            "random_in_use", "The branch is dropped in evaluation, too: the same image gets different results.",
            "Ask self.training: in evaluation nothing is random, and the branch is multiplied by `survival`.",
            stochastic_depth(use=None),
        ),
        Misconception(
            "never_dropped", "Nothing is ever dropped in training.",
            "At every call in training one random number decides whether the branch is added.",
            stochastic_depth(training=lambda skip, branch, on, p: skip + branch()),
        ),
        Misconception(
            "scaled_in_both", "In training the branch is scaled in place of being dropped: nothing is random.",
            "That is right in evaluation. In training one random number decides whether the branch is added, as it is.",
            stochastic_depth(training=lambda skip, branch, on, p: skip + p * branch()),
        ),
        Misconception(
            "modes_swapped", "Training and evaluation are swapped: evaluation is random, training is not.",
            "self.training is True in training: there the branch is kept or dropped. In evaluation it is scaled.", stochastic_depth(swapped=True),
        ),
        Misconception(
            "weighted_mean", "In evaluation the shortcut is scaled by 1 - survival.",
            "The shortcut is always there, with or without the branch: shortcut + survival · branch.",
            stochastic_depth(use=lambda skip, branch, p: (1 - p) * skip + p * branch()),
        ),
        Misconception(
            "no_branch_in_use", "In evaluation the branch is missing.",
            "In evaluation every branch takes part: shortcut + survival · branch.", stochastic_depth(use=lambda skip, branch, p: skip),
        ),
        Misconception(
            "drawn_once", "Every call decides the same: the number was drawn when the block was made, or comes from a generator that begins anew.",
            "Every call of forward in training draws the next number of PyTorch's generator: torch.rand(()) belongs into forward.",
            stochastic_depth(draws=_once),
        ),
        Misconception(
            "other_randomness", "The random numbers do not come from PyTorch's generator: torch.manual_seed does not repeat them.",
            "torch.rand(()) draws from it. Python's random and NumPy have generators of their own.", stochastic_depth(draws=_own_generator),
        ),
        Misconception(
            "computed_anyway", "The branch is computed and then multiplied by 0 when it is dropped: no time is saved, and its statistics move.",
            "Draw first. If the branch is dropped, return what goes past it without calling the branch.", stochastic_depth(training=_masked),
        ),
        Misconception(
            "x_for_shortcut", "When the branch is dropped, x comes out, even where a shortcut is given.",
            "What goes past the branch is shortcut(x), with the branch and without it.", stochastic_depth(x_alone=True),
        ),
        Misconception(
            "shortcut_ignored", "The shortcut is not used: x itself is added, and does not fit where shapes change.",
            "Where a shortcut is given, its output goes past the branch.", stochastic_depth(past=False),
        ),
        Misconception(
            "relu_at_end", "A ReLU follows the sum.", "Here nothing does: forward returns the sum, as pre-activation blocks do.",
            stochastic_depth(training=_relu(_or_not), use=_relu(_scaled)),
        ),
        Misconception(
            "in_place", "The branch is added into x itself: autograd, and whoever else holds x, still needs it as it was.",
            "skip + branch makes a new tensor; += does not.", stochastic_depth(training=_in_place),
        ),
    ),
    hints=(
        "What should come out when the branch is dropped? And in evaluation, where nothing is dropped: what would be the average?",
        "self.training tells the mode. In training one random number for the whole call decides between two results; in evaluation there is one.",
        "Keep branch, survival and shortcut (or nn.Identity) in __init__. In forward: skip = shortcut(x). In evaluation return "
        "skip + survival · branch(x). In training draw torch.rand(()): below survival return skip + branch(x), otherwise skip alone.",
    ),
)
