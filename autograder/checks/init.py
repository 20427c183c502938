"""Checks of cnnlib/init.py: the weights are random, so their statistics are judged, not their numbers.

Bounds are in standard errors of the estimates; right weights are outside of one with a probability below 1e-7:
2.0e-9 for six of them, normal estimates of about 20,000 numbers, and there are less than twenty estimates in all cases together.
"""

from __future__ import annotations

import math

import numpy as np

from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Seed

# --- What must hold ---------------------------------------------------------------------------------------------------

KIND, MEAN, SPREAD, DISTRIBUTION, CHANCE = "weights", "mean", "variance", "distribution", "chance comes from"
ERRORS = 6  # standard errors
ENOUGH = 18_000  # numbers: then the spread is known to 6 / sqrt(2 * 18,000) = 3.2%
SHARES = ((1, math.erf(1 / math.sqrt(2))), (2, math.erf(2 / math.sqrt(2))))  # of normal numbers within one and two standard deviations


def _fans(shape):
    pixels = math.prod(shape[2:])
    return shape[1] * pixels, shape[0] * pixels


def _deviations(shape):
    """Standard deviations that one meets, by what their squares are."""
    (fan_in, fan_out), (out, inner) = _fans(shape), shape[:2]
    found = {
        "2 / (fan_in + fan_out)": math.sqrt(2 / (fan_in + fan_out)),
        "2 / fan_in": math.sqrt(2 / fan_in),
        "2 / fan_out": math.sqrt(2 / fan_out),
        "1 / fan_in": math.sqrt(1 / fan_in),
        "1 / (fan_in + fan_out)": math.sqrt(1 / (fan_in + fan_out)),
        "6 / (fan_in + fan_out)": math.sqrt(6 / (fan_in + fan_out)),
        "6 / fan_in": math.sqrt(6 / fan_in),
        "(2 / (fan_in + fan_out)) squared": 2 / (fan_in + fan_out),
        "(2 / fan_in) squared": 2 / fan_in,
        "0.01 squared": 0.01,
        "1": 1.0,
    }
    if len(shape) > 2:
        found |= {
            "2 / (C + F)": math.sqrt(2 / (inner + out)),
            "2 / (C*KH*KW + F)": math.sqrt(2 / (fan_in + out)),
            "2 / C": math.sqrt(2 / inner),
        }
    return found


def _looked_at(inputs, output):
    """Statements about the weights of a generator; `output` holds those of an equal one and of another, too."""
    weights, again, other = output
    if not isinstance(weights, np.ndarray) or weights.dtype.kind != "f":
        raise TypeError("no array of floats")
    kind = f"{weights.dtype}, {'×'.join(map(str, weights.shape))}"
    chance = "rng" if np.array_equal(weights, again) else "something else than rng: the same state gives other weights"
    if chance == "rng" and np.array_equal(weights, other):
        chance = "nothing: the weights are always the same"
    return kind, _mean(weights), _spread(weights, inputs["shape"]), _distribution(weights), chance


def _mean(weights):
    error = weights.std() / math.sqrt(weights.size)
    return "0" if abs(weights.mean()) <= ERRORS * error else f"{weights.mean():.3g}"


def _spread(weights, shape):
    deviation, room = float(weights.std()), ERRORS / math.sqrt(2 * weights.size)
    for words, candidate in _deviations(shape).items():
        if abs(deviation / candidate - 1) <= room:
            return words
    return f"{deviation**2:.3g}"


def _distribution(weights):
    if len(np.unique(weights)) < weights.size:
        return "numbers that come more than once"
    size = np.abs(weights - weights.mean()) / weights.std()
    for reach, share in SHARES:
        if abs((size <= reach).mean() - share) > ERRORS * math.sqrt(share * (1 - share) / weights.size):
            return "not normal"
    return "normal"


# --- Weights, right and wrong -----------------------------------------------------------------------------------------


def _normal(variance):
    """Normal weights of a variance by its name above."""
    return lambda shape, rng: rng.standard_normal(shape) * _deviations(shape).get(variance, 1.0)


def _three(variance):
    """As `probes.reseeded` gets them from the subject."""

    def weights(shape, rng):
        first, other = (_normal(variance)(shape, generator) for generator in (rng, rng.spawn(1)[0]))
        return [first, first, other]

    return weights


def _kernel_forgotten(variance):
    """The channels alone, also for a convolution."""
    return lambda shape, rng: rng.standard_normal(shape) * _deviations(shape[:2])[variance]


def _uniform(variance):
    """Of the right variance, but uniform."""

    def weights(shape, rng):
        bound = math.sqrt(3) * _deviations(shape)[variance]
        return rng.uniform(-bound, bound, shape)

    return weights


def _positive(variance):
    return lambda shape, rng: np.abs(_normal(variance)(shape, rng))


def _alike(variance):
    """One neuron or filter, copied for all."""
    return lambda shape, rng: np.repeat(_normal(variance)((1, *shape[1:]), rng) * _ratio(variance, shape), shape[0], axis=0)


def _ratio(variance, shape):
    return _deviations(shape)[variance] / _deviations((1, *shape[1:]))[variance]


def _own_seed(variance):
    return lambda shape, rng: _normal(variance)(shape, np.random.default_rng(0))


def _other_randomness(variance):
    return lambda shape, rng: _normal(variance)(shape, np.random.default_rng())


def _in_float32(variance):
    return lambda shape, rng: _normal(variance)(shape, rng).astype(np.float32)


# --- Cases ------------------------------------------------------------------------------------------------------------


def _shape(rng, pixels=False):
    """A shape for which every two of the deviations above are alike, or told apart by far more than chance."""
    while True:
        out, inner = (int(n) for n in rng.choice([7, 11, 13, 17, 23, 31, 43, 61, 83] if pixels else np.arange(60, 600), 2, replace=False))
        shape = (out, inner, *(int(n) for n in rng.choice([2, 3, 5, 7], 2, replace=False))) if pixels else (out, inner)
        known = sorted(set(_deviations(shape).values()))
        if ENOUGH <= math.prod(shape) <= 3 * ENOUGH and all(b > 1.08 * a for a, b in zip(known, known[1:])):
            return shape


def _draw(rng):
    def case(aspect, shape, *compare):
        return Case(aspect, {"shape": shape, "rng": Seed(int(rng.integers(2**32)))}, compare=compare)

    for _ in range(2):
        yield case("fully connected", _shape(rng), KIND, SPREAD)
    for _ in range(2):
        yield case("convolution", _shape(rng, pixels=True), KIND, SPREAD)
    yield case("normal", _shape(rng), MEAN, DISTRIBUTION)
    yield case("normal", _shape(rng, pixels=True), MEAN, DISTRIBUTION)
    yield case("generator", _shape(rng), CHANCE)
    yield case("generator", _shape(rng, pixels=True), CHANCE)


def _slips(right):
    """Those that both exercises share."""
    return (
        Misconception(
            "kernel_forgotten",
            "For a convolution only the channels were counted, not the pixels of the kernel.",
            "One output is computed from C*KH*KW numbers, and one number goes into F*KH*KW outputs.",
            _kernel_forgotten(right),
            revisit="05, “Where to begin”",
        ),
        Misconception(
            "variance_for_deviation",
            f"The standard deviation is {right}: that should be the variance.",
            "The root of the variance is what normal numbers are multiplied by.",
            _normal(f"({right}) squared"),
        ),
        Misconception(
            "not_scaled",
            "The variance is 1: plain normal numbers.",
            "Multiply them by the standard deviation that is asked for.",
            _normal("1"),
        ),
        Misconception(
            "always_0_01",
            "The standard deviation is 0.01, as in AlexNet, whatever the shape.",
            "It follows from the shape: the more numbers are added up, the smaller each weight.",
            _normal("0.01 squared"),
            revisit="05, “Where to begin”",
        ),
        Misconception(
            "uniform",
            "The numbers have the right variance, but are uniform, not normal.",
            "rng.standard_normal; the uniform kind of this initialisation is another function.",
            _uniform(right),
        ),
        Misconception(
            "positive",
            "All weights are positive.",
            "Normal numbers around 0: half of them are negative.",
            _positive(right),
        ),
        Misconception(
            "all_alike",
            "All neurons (or filters) have the same weights: they will learn the same, too.",
            "Draw every number by itself: an array of the whole shape.",
            _alike(right),
            revisit="05, “Where to begin”",
        ),
        Misconception(
            "own_seed",
            "The same weights come out whatever rng is handed in.",
            "No generator of your own with a fixed seed: two layers of one shape would be the same. Draw from rng.",
            _own_seed(right),
        ),
        Misconception(
            "other_randomness",
            "The same state of rng gives other weights every time.",
            "np.random.… and a new default_rng() know nothing of rng: nobody could repeat your experiment. Draw from rng only.",
            _other_randomness(right),
        ),
        Misconception(
            "float32",
            "The weights are float32.",
            "float64 is asked for: what rng.standard_normal gives.",
            _in_float32(right),
        ),
    )


def _aspects(connected, convolution):
    return (
        Aspect("fully connected", connected, "the variance for a shape (out, in)"),
        Aspect("convolution", convolution, "the variance for a shape (F, C, KH, KW)"),
        Aspect("normal", 1, "independent normal numbers with mean 0"),
        Aspect("generator", 1, "all randomness comes from rng"),
    )


XAVIER, HE = "2 / (fan_in + fan_out)", "2 / fan_in"

xavier_normal = Exercise(
    id="init.xavier_normal",
    title="Xavier's initialisation",
    difficulty=2,
    minutes=12,
    aspects=_aspects(2, 2),
    draw=_draw,
    oracle=_three(XAVIER),
    returns=(KIND, MEAN, SPREAD, DISTRIBUTION, CHANCE),
    view=_looked_at,
    probe="reseeded",
    misconceptions=(
        Misconception(
            "he",
            "The variance is 2 / fan_in: that is He's.",
            "Xavier's looks both ways: 2 / (fan_in + fan_out).",
            _normal(HE),
        ),
        Misconception(
            "fan_in_only",
            "The variance is 1 / fan_in: gradients on their way down were not thought of.",
            "2 / (fan_in + fan_out): the mean of both fans.",
            _normal("1 / fan_in"),
        ),
        Misconception(
            "half",
            "The variance is half of what it should be.",
            "2 / (fan_in + fan_out): one over the mean of both fans, not over their sum.",
            _normal("1 / (fan_in + fan_out)"),
        ),
        Misconception(
            "bound_for_deviation",
            "The standard deviation is sqrt(6 / (fan_in + fan_out)): that is the bound of the uniform kind.",
            "A uniform number between -a and a has the variance a*a/3; the normal kind takes 2 / (fan_in + fan_out) directly.",
            _normal("6 / (fan_in + fan_out)"),
        ),
        Misconception(
            "kernel_forgotten_above",
            "For a convolution fan_out counts the filters alone.",
            "A pixel goes into KH*KW places of every one of F filters' outputs: fan_out = F*KH*KW.",
            lambda shape, rng: rng.standard_normal(shape) * math.sqrt(2 / (_fans(shape)[0] + shape[0])),
        ),
        *_slips(XAVIER),
    ),
    hints=(
        "How many numbers does one output add up, and into how many outputs does one number go? The more, the smaller each weight must be.",
        "Both fans from the shape: the first two axes, and what the others multiply to (1 if there are none). Then normal numbers, scaled.",
        "fan_in is shape[1] times the product of shape[2:], fan_out shape[0] times the same. Draw normal numbers of that shape from rng and "
        "multiply them by the root of 2 over the sum of both fans.",
    ),
)

he_normal = Exercise(
    id="init.he_normal",
    title="He's initialisation",
    difficulty=1,
    minutes=6,
    aspects=_aspects(1, 2),
    draw=_draw,
    oracle=_three(HE),
    returns=(KIND, MEAN, SPREAD, DISTRIBUTION, CHANCE),
    view=_looked_at,
    probe="reseeded",
    misconceptions=(
        Misconception(
            "xavier",
            "The variance is 2 / (fan_in + fan_out): that is Xavier's.",
            "He's looks at the way up alone: 2 / fan_in.",
            _normal(XAVIER),
        ),
        Misconception(
            "one_for_two",
            "The variance is 1 / fan_in: ReLU was not thought of.",
            "ReLU sets half of the numbers to zero; the 2 makes up for it.",
            _normal("1 / fan_in"),
        ),
        Misconception(
            "fan_out",
            "The variance is 2 / fan_out.",
            "2 / fan_in: axis 0 of the shape are the outputs, all other axes together the inputs of one.",
            _normal("2 / fan_out"),
        ),
        Misconception(
            "bound_for_deviation",
            "The standard deviation is sqrt(6 / fan_in): that is the bound of the uniform kind.",
            "A uniform number between -a and a has the variance a*a/3; the normal kind takes 2 / fan_in directly.",
            _normal("6 / fan_in"),
        ),
        *_slips(HE),
    ),
    hints=(
        "A neuron adds up fan_in products, and ReLU lets half of the results through. Which variance of the weights makes up for both?",
        "fan_in is all of the shape but its first axis, multiplied. Draw normal numbers from rng and scale them.",
        "Draw normal numbers of that shape from rng, and multiply them by the root of 2 over the product of shape[1:].",
    ),
)

EXERCISES = (xavier_normal, he_normal)
