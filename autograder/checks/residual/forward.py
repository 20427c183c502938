"""residual_forward: the sum of a branch and what goes past it."""

from __future__ import annotations

import numpy as np

from autograder.checks.residual.common import add, function, past_a_shortcut, past_a_shortcut_of_the_same_shape, past_nothing
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import tensor
from autograder.values import Given


def _forward(x, branch, shortcut=None):
    return add(tensor(x), branch, shortcut).relu().numpy()


def _draw(rng):
    yield Case("identity", past_nothing(rng))
    yield Case("identity", past_nothing(rng, n=4))
    yield Case("shortcut", past_a_shortcut(rng))
    yield Case("shortcut", past_a_shortcut(rng, n=1, stride=1))
    yield Case("shortcut", past_a_shortcut_of_the_same_shape(rng))
    yield from contract_cases(lambda dtype: past_nothing(rng, n=2, dtype=dtype))
    yield from contract_cases(lambda dtype: past_a_shortcut(rng, dtype=dtype))
    yield Case("contract", {"x": past_nothing(rng, n=2)["x"], "branch": Given("handing_on", {})})


def _wrong(compute):
    """compute(x, F, S) on tensors, where S is None without a shortcut. Raises ValueError where shapes do not fit."""

    def forward(x, branch, shortcut=None):
        try:
            return compute(tensor(x), function(branch), shortcut and function(shortcut)).numpy()
        except RuntimeError as error:
            raise ValueError(str(error)) from error

    return forward


def _past(x, past):
    return past(x) if past else x


def _concatenated(x, branch, past):
    import torch

    return torch.cat([branch(x), _past(x, past)], dim=1).relu()


def _in_place(x, branch, shortcut=None):
    out = branch.forward(x)
    out += x if shortcut is None else shortcut.forward(x)
    return np.maximum(out, 0)


residual_forward = Exercise(
    id="residual.residual_forward",
    title="A branch and the way past it",
    difficulty=1,
    minutes=10,
    aspects=(
        Aspect("identity", 3, "the branch's output plus x, then a ReLU"),
        Aspect("shortcut", 4, "with a shortcut, its output in place of x"),
        contract(),
    ),
    draw=_draw,
    oracle=_forward,
    misconceptions=(
        Misconception(
            "skip_forgotten",
            "x is not added: this is the plain branch with a ReLU behind it.",
            "The point is the sum: the branch's output plus x (or plus the shortcut's output), and only then the ReLU.",
            _wrong(lambda x, branch, past: branch(x).relu()),
            revisit="08, “Learn the difference”",
        ),
        Misconception(
            "branch_forgotten",
            "Only x went through the ReLU: the branch's output is missing.",
            "The branch learns what to add: branch.forward(x) belongs to the sum.",
            _wrong(lambda x, branch, past: _past(x, past).relu()),
            revisit="08, “Learn the difference”",
        ),
        Misconception(
            "relu_before_sum",
            "The ReLU stands before the sum: it saw the branch alone.",
            "Add first; the ReLU comes last and sees the sum. (Before it, the branch could only ever add, never take away.)",
            _wrong(lambda x, branch, past: branch(x).relu() + _past(x, past)),
            revisit="08, “Learn the difference”",
        ),
        Misconception(
            "relu_missing",
            "There is no ReLU after the sum.",
            "Negative sums become 0.",
            _wrong(lambda x, branch, past: branch(x) + _past(x, past)),
        ),
        Misconception(
            "relu_twice",
            "The branch went through a ReLU before the sum as well.",
            "One ReLU, after the sum: the branch may be negative when it is added.",
            _wrong(lambda x, branch, past: (branch(x).relu() + _past(x, past)).relu()),
        ),
        Misconception(
            "x_through_relu",
            "x went through a ReLU before it was added.",
            "What goes past the branch goes as it is; the ReLU sees the sum.",
            _wrong(lambda x, branch, past: (branch(x) + _past(x, past).relu()).relu()),
        ),
        Misconception(
            "branch_of_relu",
            "The branch got x after a ReLU.",
            "Branch and shortcut both get x as it came in; the ReLU sees the sum.",
            _wrong(lambda x, branch, past: (branch(x.relu()) + _past(x, past)).relu()),
        ),
        Misconception(
            "shortcut_ignored",
            "x itself is added although there is a shortcut.",
            "Where there is a shortcut, its output takes the place of x: shortcut.forward(x).",
            _wrong(lambda x, branch, past: (branch(x) + x).relu()),
            revisit="08, “Learn the difference”",
        ),
        Misconception(
            "shortcut_and_x",
            "With a shortcut, x itself is added as well.",
            "The shortcut's output takes the place of x.",
            _wrong(lambda x, branch, past: (branch(x) + (past(x) if past else 0) + x).relu()),
        ),
        Misconception(
            "shortcut_of_branch",
            "The shortcut got the branch's output.",
            "It leads past the branch: it gets x, as the branch does.",
            _wrong(lambda x, branch, past: (branch(x) + _past(branch(x) if past else x, past)).relu()),
        ),
        Misconception(
            "concatenated",
            "Branch and x stand behind one another along the channels.",
            "They are added, number by number. (Put behind one another they are in a DenseNet.)",
            _wrong(_concatenated),
            revisit="08, “Learn the difference”",
        ),
        Misconception(
            "subtracted",
            "x is subtracted from the branch's output.",
            "It is added. (The branch then learns the difference between what is wanted and x: hence the name residual.)",
            _wrong(lambda x, branch, past: (branch(x) - _past(x, past)).relu()),
            revisit="08, “Learn the difference”",
        ),
        Misconception(
            "in_place",
            "The sum was written into the array that the branch returned; that may be x itself.",
            "out += … changes that array for everyone who holds it. Write out = out + …: that is a new one.",
            _in_place,
        ),
        float64_result(_forward),
    ),
    hints=(
        "Three things happen to x: it goes through the branch, it goes past it, and what comes out of both meets. What is the last step?",
        "branch.forward(x) gives F(x). Beside it stands x, or what shortcut.forward makes of it where there is one. Add, then keep what is positive.",
        "Take as skip x if shortcut is None, and the shortcut's output otherwise; add it to the branch's output without +=; return the "
        "maximum of the sum and 0.",
    ),
)
