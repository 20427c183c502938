"""local_response_norm."""

from __future__ import annotations

import numpy as np

from autograder.checks.norm.common import contracts
from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, float64_result
from autograder.oracles import tensor

REVISIT = "06, “What AlexNet did: local response normalization”"


def _images(rng, c=None, n=2, dtype=np.float64, **options):
    h, w = distinct(rng, (3, 4), (5, 6))
    # Of size 10, so that alpha = 1e-4 and k = 2 both matter.
    return {"x": (10 * normal(rng, n, c or int(rng.choice([11, 13])), h, w)).astype(dtype)} | options


def _constants(rng):
    return {"alpha": float(rng.uniform(0.001, 0.01)), "beta": float(rng.uniform(0.3, 1.4)), "k": float(rng.uniform(0.5, 3))}


def _draw(rng):
    yield Case("channels", _images(rng, n=1))
    yield Case("channels", _images(rng))
    yield Case("size", _images(rng, size=3))
    yield Case("size", _images(rng, size=1))
    yield Case("size", _images(rng, size=7, c=3))  # more neighbours than there are
    yield Case("constants", _images(rng, **_constants(rng)))
    yield Case("constants", _images(rng, size=3, **_constants(rng)))
    yield from contracts(lambda dtype: _images(rng, dtype=dtype))


def _oracle(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    import torch.nn.functional as F

    return F.local_response_norm(tensor(x), size, alpha * size, beta, k).numpy()


def _neighbours(c, count, size):
    """As it should be: the channels that divide channel c."""
    reach = size // 2
    return [q for q in range(c - reach, c + reach + 1) if 0 <= q < count]


def _with(*, channels=_neighbours, power=np.square, divide=lambda x, total, size, alpha, beta, k: x / (k + alpha * total) ** beta):
    """The formula channel by channel, with parts replaced."""

    def wrong(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
        x = np.asarray(x, np.float64)
        powers = power(x)
        total = np.stack([powers[:, channels(c, x.shape[1], size)].sum(axis=1) for c in range(x.shape[1])], axis=1)
        return divide(x, total, size, alpha, beta, k)

    return wrong


def _across_rows(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    """The neighbours are rows of the same channel."""
    return _oracle(x.transpose(0, 2, 1, 3), size, alpha, beta, k).transpose(0, 2, 1, 3)


def _only_full(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    """Channels without all neighbours stay as they are."""
    reach, count = size // 2, x.shape[1]
    whole = [c for c in range(count) if reach <= c < count - reach]
    out = x.astype(np.float64)
    out[:, whole] = _oracle(x, size, alpha, beta, k)[:, whole]
    return out


def _one_less(c, count, size):
    return [q for q in range(c - size // 2, c + size // 2) if 0 <= q < count]


local_response_norm = Exercise(
    id="norm.local_response_norm",
    title="AlexNet's local response normalization",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("channels", 2, "the squares of neighbouring channels at the same pixel, as far as there are any"),
        Aspect("size", 1, "one, three or more channels than there are"),
        Aspect("constants", 2, "other alpha, beta and k"),
        contract(),
    ),
    draw=_draw,
    oracle=_oracle,
    misconceptions=(
        Misconception(
            "alpha_divided_by_size",
            "alpha is divided by size, so the squares are averaged.",
            "That is PyTorch's way; AlexNet's formula has the plain sum of the squares.",
            _with(divide=lambda x, total, size, alpha, beta, k: x / (k + alpha / size * total) ** beta),
            revisit=REVISIT,
        ),
        Misconception(
            "squares_forgotten",
            "The numbers themselves are added up, not their squares.",
            "How strongly a neighbour answers counts, not with which sign: square before you add.",
            _with(power=lambda x: x),
        ),
        Misconception(
            "absolute_values",
            "Absolute values are added up instead of squares.",
            "The formula has squares: x².",
            _with(power=np.abs),
        ),
        Misconception(
            "across_rows",
            "The neighbours are taken from the rows of the same channel.",
            "Neighbours are other channels at the same pixel: axis 1.",
            _across_rows,
            revisit=REVISIT,
        ),
        Misconception(
            "size_on_each_side",
            "size channels on either side take part.",
            "size counts all that take part: (size - 1)/2 on either side, and the channel itself.",
            _with(channels=lambda c, count, size: _neighbours(c, count, 2 * size + 1)),
        ),
        Misconception(
            "last_one_missing",
            "The last neighbour is missing: the sum ends one channel early.",
            "A slice leaves out its end: it goes up to c + size // 2 + 1.",
            _with(channels=_one_less),
        ),
        Misconception(
            "only_following",
            "Only the channels that follow take part.",
            "Neighbours lie on both sides: from c - (size - 1)/2 to c + (size - 1)/2.",
            _with(channels=lambda c, count, size: [q for q in range(c, c + size) if q < count]),
        ),
        Misconception(
            "itself_left_out",
            "The channel itself is left out of the sum.",
            "It counts among its neighbours: the sum runs over all size channels.",
            _with(channels=lambda c, count, size: [q for q in _neighbours(c, count, size) if q != c]),
        ),
        Misconception(
            "around_the_end",
            "The first channel's neighbours are taken from the last ones.",
            "There is nothing beyond the ends: there, the sum has fewer channels.",
            _with(channels=lambda c, count, size: [q % count for q in range(c - size // 2, c + size // 2 + 1)]),
        ),
        Misconception(
            "negative_channels",
            "A channel number below 0 counts from the end: the first channels take the last ones for neighbours.",
            "In NumPy -1 is the last channel. There is nothing before the first: begin at max(c - size // 2, 0).",
            _with(channels=lambda c, count, size: [q for q in range(c - size // 2, c + size // 2 + 1) if q < count]),
        ),
        Misconception(
            "slice_from_below_zero",
            "The slice of the first channels begins below 0: NumPy counts that from the end, and hardly anything, or nothing, is left to add up.",
            "There is nothing before the first channel: begin the slice at max(c - size // 2, 0).",
            _with(channels=lambda c, count, size: list(range(count))[c - size // 2 : c + size // 2 + 1]),
        ),
        Misconception(
            "ends_left_alone",
            "The first and last channels, which lack neighbours, are returned as they came.",
            "They are divided too, by the neighbours that there are.",
            _only_full,
        ),
        Misconception(
            "root_for_beta",
            "The sum has the root taken of it, whatever beta is.",
            "It is raised to the power beta, which is 0.75 unless told otherwise.",
            _with(divide=lambda x, total, size, alpha, beta, k: x / (k + alpha * total) ** 0.5),
        ),
        Misconception(
            "beta_forgotten",
            "The power beta is missing.",
            "x is divided by (k + alpha * sum) ** beta.",
            _with(divide=lambda x, total, size, alpha, beta, k: x / (k + alpha * total)),
        ),
        Misconception(
            "k_is_one",
            "k is always 1.",
            "Use the argument: AlexNet's k is 2. (1 is PyTorch's default.)",
            _with(divide=lambda x, total, size, alpha, beta, k: x / (1 + alpha * total) ** beta),
        ),
        Misconception(
            "multiplied",
            "The numbers are multiplied instead of divided.",
            "Strong neighbours make a channel weaker: divide.",
            _with(divide=lambda x, total, size, alpha, beta, k: x * (k + alpha * total) ** beta),
        ),
        float64_result(_oracle),
    ),
    hints=(
        "At one pixel there is a column of C numbers. Which of them does the third one look at when size is 5? And the first one?",
        "Square x once. For each channel add up the squares of the channels around it: a slice of axis 1 that does not begin before 0.",
        "For each c: the sum over axis 1 of the squares from max(c - size // 2, 0) to c + size // 2, both included. Then one division for all: x "
        "over (k + alpha times the sums) to the power beta.",
    ),
)
