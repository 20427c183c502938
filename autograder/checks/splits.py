"""Checks of cnnlib/splits.py: the division is random, so its properties are judged, not its numbers."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Seed

# --- What must hold ---------------------------------------------------------------------------------------------------

KIND, SIZES, ONCE, MIXED, SEED = "kind of answer", "sizes of train, val, test", "indices", "order", "chance comes from"
# Of at least 90: a right division has such a part in one run with probability 79 / C(90, 12) < 1e-11, in order with 1 / 12! < 1e-8.
ENOUGH_TO_BE_MIXED = 12


def _looked_at(inputs, output):
    """Sizes as they are; the rest as words. `output` holds the divisions by a generator, by an equal one, and by another."""
    kind = _kind(output[0])
    output = [[np.asarray(part) for part in _three(division)] for division in output]  # lists are judged as well
    kinds = {part.dtype.kind for division in output for part in division if part.size}
    if kinds == {"b"}:
        return (kind, *("masks of True and False",) * 4)
    if not kinds <= {"i", "u"}:
        raise TypeError("not arrays of whole numbers")
    first, again, other = ([_listed(part) for part in division] for division in output)
    return kind, tuple(map(len, first)), _once(inputs["count"], first), _mixed(first), _followed(first, again, other)


def _kind(division):
    for name, part in zip(("train", "val", "test"), _three(division)):
        if not isinstance(part, np.ndarray):
            return f"{name} is a {type(part).__name__}, not a NumPy array"
    return "three arrays"


def _three(division):
    train, val, test = division
    return train, val, test


def _listed(part):
    if part.ndim != 1:
        raise TypeError("not one line of indices")
    return part.tolist()


def _followed(first, again, other):
    if again != first:
        return "something else than rng: the same state gives other parts"
    return "nothing: the parts are always the same" if other == first else "rng"


def _once(count, parts):
    train, val, test = map(set, parts)
    found = []
    if sum(map(len, (train, val, test))) < sum(map(len, parts)):
        found.append("twice in one part")
    if train & test or train & val or val & test:
        found.append("in two parts")
    if train | val | test != set(range(count)):
        found.append("missing or outside")
    return "some are " + ", some ".join(found) if found else "in one part, once"


def _mixed(parts):
    """Whether the parts come from everywhere, and in which order they stand."""
    large = [part for part in parts if len(part) >= ENOUGH_TO_BE_MIXED]
    if any(max(part) - min(part) < len(part) for part in large):
        return "a part is one run of neighbours"
    return "ascending" if any(part == sorted(part) for part in large) else "random"


# --- Divisions, right and wrong ---------------------------------------------------------------------------------------


def _sizes(count, val_fraction, test_fraction):
    n_val, n_test = (int(np.floor(count * fraction + 0.5)) for fraction in (val_fraction, test_fraction))
    return count - n_val - n_test, n_val, n_test


def _cut(order, sizes):
    ends = np.cumsum(sizes)
    return order[: ends[0]], order[ends[0] : ends[1]], order[ends[1] : ends[2]]


def _split(count, val_fraction, test_fraction, rng):
    return _cut(rng.permutation(count), _sizes(count, val_fraction, test_fraction))


def _three_divisions(count, val_fraction, test_fraction, rng):
    """As `probes.reseeded` gets them from the subject."""
    first, other = (_split(count, val_fraction, test_fraction, generator) for generator in (rng, rng.spawn(1)[0]))
    return [first, first, other]


def _not_shuffled(count, val_fraction, test_fraction, rng):
    return _cut(np.arange(count), _sizes(count, val_fraction, test_fraction))


def _shuffled_inside(count, val_fraction, test_fraction, rng):
    return tuple(rng.permutation(part) for part in _not_shuffled(count, val_fraction, test_fraction, rng))


def _in_order(count, val_fraction, test_fraction, rng):
    return tuple(np.sort(part) for part in _split(count, val_fraction, test_fraction, rng))


def _with_repetition(count, val_fraction, test_fraction, rng):
    return _cut(rng.integers(0, count, count), _sizes(count, val_fraction, test_fraction))


def _drawn_apart(count, val_fraction, test_fraction, rng):
    return tuple(rng.permutation(count)[:size] for size in _sizes(count, val_fraction, test_fraction))


def _train_is_everything(count, val_fraction, test_fraction, rng):
    train, val, test = _split(count, val_fraction, test_fraction, rng)
    return np.concatenate([val, test, train]), val, test


def _val_out_of_train(count, val_fraction, test_fraction, rng):
    """Test apart, but validation images stay in training."""
    train, val, test = _split(count, val_fraction, test_fraction, rng)
    return np.concatenate([train, val]), val, test


def _swapped(count, val_fraction, test_fraction, rng):
    train, val, test = _split(count, val_fraction, test_fraction, rng)
    return train, test, val


def _train_last(count, val_fraction, test_fraction, rng):
    train, val, test = _split(count, val_fraction, test_fraction, rng)
    return val, test, train


def _last_of_none(count, val_fraction, test_fraction, rng):
    """The test part cut from the end: order[-0:] is everything, and nothing is left for train."""
    order, (_, n_val, n_test) = rng.permutation(count), _sizes(count, val_fraction, test_fraction)
    return order[n_val:-n_test], order[:n_val], order[-n_test:]


def _test_from_the_end(count, val_fraction, test_fraction, rng):
    """As `_last_of_none`, but train's end was counted from the front."""
    train, val, test = _last_of_none(count, val_fraction, test_fraction, rng)
    return (train if len(test) < count else test[len(val) :]), val, test


def _of_the_rest(count, val_fraction, test_fraction, rng):
    _, _, n_test = _sizes(count, val_fraction, test_fraction)
    n_val = round((count - n_test) * val_fraction)
    return _cut(rng.permutation(count), (count - n_val - n_test, n_val, n_test))


def _rounded_down(count, val_fraction, test_fraction, rng):
    n_val, n_test = int(count * val_fraction), int(count * test_fraction)
    return _cut(rng.permutation(count), (count - n_val - n_test, n_val, n_test))


def _train_rounded_too(count, val_fraction, test_fraction, rng):
    _, n_val, n_test = _sizes(count, val_fraction, test_fraction)
    return _cut(rng.permutation(count), (round(count * (1 - val_fraction - test_fraction)), n_val, n_test))


def _own_seed(count, val_fraction, test_fraction, rng):
    return _split(count, val_fraction, test_fraction, np.random.default_rng(0))


def _other_randomness(count, val_fraction, test_fraction, rng):
    return _split(count, val_fraction, test_fraction, np.random.default_rng())


def _masks(count, val_fraction, test_fraction, rng):
    return tuple(np.isin(np.arange(count), part) for part in _split(count, val_fraction, test_fraction, rng))


# --- Cases ------------------------------------------------------------------------------------------------------------


def _safe(count, *fractions):
    """Far enough from a half that rounding can be done in any way."""
    return all(abs(count * fraction % 1 - 0.5) > 0.1 for fraction in fractions)


def _inputs(rng, up):
    """A count and fractions with parts of different sizes; `up`: both sizes are rounded up, and so is what is left."""
    while True:
        count = int(rng.integers(90, 130))
        val, test = (int(hundredths) / 100 for hundredths in rng.choice(np.arange(13, 30), 2, replace=False))
        parts = [count * f % 1 > 0.5 for f in (val, test, 1 - val - test)]
        if _safe(count, val, test, 1 - val - test) and all(parts) == up and _all_differ(count, val, test):
            return {"count": count, "val_fraction": val, "test_fraction": test, "rng": Seed(int(rng.integers(2**32)))}


def _all_differ(count, val, test):
    """Sizes by the fractions of the rest must be other sizes."""
    train, n_val, n_test = _sizes(count, val, test)
    return len({train, n_val, n_test}) == 3 and round((count - n_test) * val) != n_val


def _draw(rng):
    for up in (True, False):
        yield Case("sizes", _inputs(rng, up), compare=(KIND, SIZES))
    for up in (True, False):
        yield Case("once", _inputs(rng, up), compare=(ONCE,))
    for up in (True, False):
        yield Case("shuffled", _inputs(rng, up), compare=(MIXED,))
    for up in (True, False):
        yield Case("generator", _inputs(rng, up), compare=(SEED,))
    whole = {"count": 40, "val_fraction": 0.0, "test_fraction": 0.25, "rng": Seed(int(rng.integers(2**32)))}
    yield Case("edges", whole, compare=(SIZES, ONCE))
    yield Case("edges", whole | {"val_fraction": 0.75}, compare=(SIZES, ONCE))
    yield Case("edges", whole | {"val_fraction": 0.3, "test_fraction": 0.0}, compare=(SIZES, ONCE))
    yield Case("edges", whole | {"test_fraction": 0.0}, compare=(SIZES, ONCE))


split = Exercise(
    id="splits.train_val_test_split",
    title="Divide a data set in three",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("sizes", 6, "train, val and test have the sizes asked for, in this order"),
        Aspect("once", 8, "every index stands in exactly one part, once"),
        Aspect("shuffled", 4, "the parts come from everywhere, in random order"),
        Aspect("generator", 4, "all randomness comes from rng"),
        Aspect("edges", 2, "empty parts"),
    ),
    draw=_draw,
    oracle=_three_divisions,
    returns=(KIND, SIZES, ONCE, MIXED, SEED),
    view=_looked_at,
    probe="reseeded",
    misconceptions=(
        Misconception(
            "not_shuffled",
            "The indices were not shuffled.",
            "Data often come sorted by class or by day: then the test part shows something that training never saw. Draw the order from rng.",
            _not_shuffled,
            revisit="00, “Three parts”",
        ),
        Misconception(
            "shuffled_inside_the_parts",
            "The indices were cut first and shuffled afterwards: every part is one run of neighbours.",
            "Shuffle all indices, then cut.",
            _shuffled_inside,
            revisit="00, “Three parts”",
        ),
        Misconception(
            "in_order_again",
            "The parts are random, but sorted again.",
            "Mini-batches are cut from the training part one after the other: leave it in random order.",
            _in_order,
        ),
        Misconception(
            "with_repetition",
            "Indices were drawn with repetition: some stand there twice, others nowhere.",
            "A permutation has every index exactly once: rng.permutation.",
            _with_repetition,
        ),
        Misconception(
            "drawn_apart",
            "Each part was drawn by itself from all indices, so the parts overlap: test images are trained on.",
            "Draw one order of all indices, and cut it into three.",
            _drawn_apart,
            revisit="00, “Three parts”",
        ),
        Misconception(
            "train_is_everything",
            "The training part has all indices, those of val and test too.",
            "What is in val or test may not be in train: take only what is left.",
            _train_is_everything,
            revisit="00, “Three parts”",
        ),
        Misconception(
            "val_stays_in_train",
            "The validation images are in the training part too.",
            "What the hyperparameters are chosen by must not have been learned by heart: take val out of train.",
            _val_out_of_train,
            revisit="00, “Three parts”",
        ),
        Misconception(
            "val_and_test_swapped",
            "Validation and test part have changed places.",
            "The order is train, val, test, and each has its own fraction.",
            _swapped,
        ),
        Misconception(
            "train_last",
            "The parts come in another order: val, test, train.",
            "Return train first, then val, then test.",
            _train_last,
        ),
        Misconception(
            "last_of_none",
            "Without a test part, the whole order becomes the test part: order[-0:] is order[0:], everything.",
            "Cut from the front, at n_val and n_val + n_test, or count the ends from `count`: there a size of 0 does no harm.",
            _last_of_none,
        ),
        Misconception(
            "test_from_the_end",
            "Without a test part, test is the whole order: order[-0:] is order[0:], everything.",
            "Cut from the front, at n_val and n_val + n_test, or from count - n_test to the end.",
            _test_from_the_end,
        ),
        Misconception(
            "fraction_of_the_rest",
            "val_fraction was taken of what the test part had left over.",
            "Both fractions are shares of all `count` images.",
            _of_the_rest,
        ),
        Misconception(
            "rounded_down",
            "The sizes were rounded down.",
            "int() cuts off what follows the point: 0.29 * 100 is 28.999…, and int of that is 28. Use round.",
            _rounded_down,
        ),
        Misconception(
            "train_rounded_too",
            "The size of train was rounded as well, so the three sizes need not add up to count.",
            "Only val and test have a rounded size; train has all that is left.",
            _train_rounded_too,
        ),
        Misconception(
            "own_seed",
            "The same division comes out whatever rng is handed in.",
            "No generator of your own with a fixed seed: the caller decides, through rng.",
            _own_seed,
        ),
        Misconception(
            "other_randomness",
            "The same state of rng gives another division every time.",
            "np.random.… and a new default_rng() know nothing of rng: nobody could repeat your experiment. Draw from rng only.",
            _other_randomness,
        ),
        Misconception(
            "masks",
            "The parts are masks of True and False.",
            "Indices are asked for: whole numbers from 0 to count - 1.",
            _masks,
        ),
    ),
    hints=(
        "Think of a deck of cards: how do you deal three hands so that no card is in two of them, and nobody knows who gets which?",
        "One random order of all indices (rng has a method for that), cut at two places.",
        "order = a permutation of count; the sizes of val and test by round; the first n_val of order are val, the next n_test are test, "
        "the others are train. Return train, val, test.",
    ),
)

EXERCISES = (split,)
