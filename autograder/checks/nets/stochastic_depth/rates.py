"""survival_rates: how often each block is kept."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Aspect, Case, Exercise, Misconception


def _rates(rate):
    """rate(l, L, p_L) for the blocks l = 1 … L."""
    return lambda blocks, last=0.5: [rate(number, blocks, last) for number in range(1, blocks + 1)]


def _draw_rates(rng):
    blocks = int(rng.choice([4, 5, 6, 8, 9]))
    yield Case("values", {"blocks": blocks, "last": float(rng.choice([0.3, 0.4, 0.6, 0.7]))}, tolerance=1e-6)
    yield Case("values", {"blocks": blocks + 5, "last": float(rng.choice([0.2, 0.45, 0.8]))}, tolerance=1e-6)
    yield Case("values", {"blocks": blocks + 1}, tolerance=1e-6)
    yield Case("ends", {"blocks": 1, "last": 0.7}, tolerance=1e-6)
    yield Case("ends", {"blocks": 3, "last": 1.0}, tolerance=1e-6)
    yield Case("ends", {"blocks": 54, "last": 0.0}, tolerance=1e-6)


def _as_list(inputs, output):
    """A row of numbers is as good as a list of them."""
    return output.tolist() if isinstance(output, np.ndarray) and output.ndim == 1 else output


LINEAR = "p_l = 1 - l/L · (1 - p_L), for l = 1 … L."
survival_rates = Exercise(
    id="nets.stochastic_depth.survival_rates",
    title="The linear decay rule",
    difficulty=1,
    minutes=5,
    aspects=(
        Aspect("values", 2, "probabilities that fall along a line, a list with the first block's first"),
        Aspect("ends", 1, "one block alone, no decay at all, and a last block that is never kept"),
    ),
    draw=_draw_rates,
    oracle=_rates(lambda l, L, last: 1 - l / L * (1 - last)),
    view=_as_list,
    returns=("rates",),
    imports=("torch",),
    misconceptions=(
        Misconception(
            "counted_from_0", "The blocks are counted from 0: the first is always kept, and the last never reaches p_L.",
            f"The input counts as number 0, the first block as 1: {LINEAR}", _rates(lambda l, L, last: 1 - (l - 1) / L * (1 - last)),
        ),
        Misconception(
            "first_always_kept", "The probabilities fall from 1 at the first block to p_L at the last.",
            f"1 belongs to the input, number 0. The first block comes one step after it: {LINEAR}",
            _rates(lambda l, L, last: 1 - (l - 1) / max(L - 1, 1) * (1 - last)),
        ),
        Misconception(
            "dropping", "These are the probabilities of dropping a block.", "A block is kept with probability p_l: take 1 minus yours.",
            _rates(lambda l, L, last: l / L * (1 - last)),
        ),
        Misconception(
            "reversed", "The first block has the smallest probability, the last the largest.",
            "What all others build on is dropped least: the probabilities fall from the first block to the last.",
            _rates(lambda l, L, last: 1 - (L + 1 - l) / L * (1 - last)),
        ),
        Misconception(
            "all_alike", "All blocks have the last one's probability.", f"They fall along a line: {LINEAR}", _rates(lambda l, L, last: last),
        ),
        Misconception(
            "last_is_dropping", "`last` was taken for the probability of dropping the last block.", f"It is kept with probability `last`: {LINEAR}",
            _rates(lambda l, L, last: 1 - l / L * last),
        ),
        Misconception(
            "last_ignored", "The last block's probability is 0.5, whatever is asked for.", f"It is `last`: {LINEAR}",
            _rates(lambda l, L, last: 1 - l / L * 0.5),
        ),
        Misconception(
            "geometric", "The probabilities fall by the same factor from block to block.", f"They fall by the same amount: {LINEAR}",
            _rates(lambda l, L, last: last ** (l / L)),
        ),
    ),
    hints=(
        "Which probability has the last block, and which would a block number 0 have?",
        "From block to block the probability falls by the same amount, (1 - p_L) / L.",
        "For each l from 1 to L, both included: 1 minus l/L times (1 - last). Collect them in a list.",
    ),
)
