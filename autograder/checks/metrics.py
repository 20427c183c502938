"""Checks of cnnlib/metrics.py."""

from __future__ import annotations

import numpy as np

from autograder.draw import normal, telling_apart
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract


def _ahead(scores, labels):
    """For every image: how many scores are strictly higher than the label's."""
    return np.array([sum(bool(score > row[label]) for score in row) for row, label in zip(scores, labels)])


def _error(scores, labels, k):
    return float(np.mean(_ahead(scores, labels) >= k))


def _among(guesses, labels):
    """The error of guesses (N, k)."""
    return float(np.mean([label not in row for row, label in zip(guesses, labels)]))


def _highest_first(scores):
    return np.argsort(-scores, axis=1, kind="stable")


def _highest_last(scores):
    return np.argsort(scores, axis=1, kind="stable")


def _ties_against(scores, labels, k):
    not_lower = [sum(bool(score >= row[label]) for score in row) for row, label in zip(scores, labels)]
    return float(np.mean(np.array(not_lower) > k))


def _over_all_guesses(scores, labels, k):
    return float(np.mean(_highest_first(scores)[:, :k] != labels[:, None]))


# --- Cases ------------------------------------------------------------------------------------------------------------


def _guesses(rng, n, classes, dtype=np.float64):
    """Scores that know something: the label's is a little higher than the others."""
    labels = rng.integers(0, classes, n)
    scores = normal(rng, n, classes)
    scores[np.arange(n), labels] += rng.choice([0.0, 1.0], n)
    return {"scores": scores.astype(dtype), "labels": labels}


def _tied(rng, n, classes):
    """Scores of few different values, none of them all alike."""
    inputs = _guesses(rng, n, classes)
    return inputs | {"scores": np.clip(inputs["scores"].round(), -1, 1)}


def _draw(rng):
    for n, classes in ((13, 3), (19, 10)):
        yield Case("top1", _guesses(rng, n, classes) | {"k": 1})
    inputs = _guesses(rng, 17, 4)  # all below zero, as minus a distance is
    yield Case("top1", inputs | {"scores": inputs["scores"] - 20, "k": 1})
    for classes, k in ((7, 2), (10, 5), (11, 3)):
        yield Case("topk", _guesses(rng, 23, classes) | {"k": k})
    for classes, k in ((5, 1), (8, 3), (8, 2)):
        yield Case("ties", _tied(rng, 17, classes) | {"k": k})
    yield Case("ties", {"scores": np.full((5, 4), 0.25), "labels": rng.integers(0, 4, 5), "k": 1})
    yield Case("edges", _guesses(rng, 7, 4) | {"k": 4})
    yield Case("edges", _guesses(rng, 7, 3) | {"k": 5})
    yield Case("edges", {"scores": np.array([[0.1, 0.7, 0.2]]), "labels": np.array([2]), "k": 1})
    for layout, dtype in (("read-only", np.float64), ("strided", np.float32)):
        inputs = _guesses(rng, 21, 9, dtype)
        yield Case("contract", inputs | {"labels": inputs["labels"].astype(np.uint8), "k": 2}, layout=layout)


SLIPS = (
    Misconception(
        "accuracy",
        "That is the share of images that are right.",
        "The error is the share that are wrong: 1 minus the accuracy.",
        lambda scores, labels, k: 1 - _error(scores, labels, k),
    ),
    Misconception(
        "k_ignored",
        "Only the best guess counts, whatever k is.",
        "With k guesses, an image is wrong only if none of its k highest scores is the label's.",
        lambda scores, labels, k: _error(scores, labels, 1),
        revisit="00, “Five guesses”",
    ),
    Misconception(
        "percent",
        "The error was given in per cent.",
        "A share is asked for, from 0 to 1.",
        lambda scores, labels, k: 100 * _error(scores, labels, k),
    ),
    Misconception(
        "number_of_errors",
        "The wrong images were counted, but not divided by the number of images.",
        "A share is asked for: the mean of right (0) and wrong (1).",
        lambda scores, labels, k: float(np.sum(_ahead(scores, labels) >= k)),
    ),
    Misconception(
        "lowest_scores",
        "The k lowest scores were taken for the guesses.",
        "Higher means more likely, and np.argsort puts the lowest first.",
        lambda scores, labels, k: _among(_highest_last(scores)[:, :k], labels),
    ),
    Misconception(
        "lowest_score_alone",
        "The lowest score was taken for the only guess, whatever k is.",
        "Higher means more likely, and np.argsort puts the lowest first; and any of the k best guesses may be right.",
        lambda scores, labels, k: _among(_highest_last(scores)[:, :1], labels),
        revisit="00, “Five guesses”",
    ),
    Misconception(
        "one_guess_too_many",
        "There is one guess too many: with k + 1 of them the error is smaller.",
        "If exactly k scores are higher than the label's, the label is in place k + 1: not found.",
        lambda scores, labels, k: _error(scores, labels, k + 1),
    ),
    Misconception(
        "best_left_out",
        "The highest score is missing among the guesses.",
        "A slice ends before its end: [:, -k:-1] leaves the last one out, [:, -k:] does not.",
        lambda scores, labels, k: _among(_highest_last(scores)[:, -k:-1], labels),
    ),
    Misconception(
        "only_the_kth_guess",
        "The label was compared with one guess only, the one in place k.",
        "Any of the k guesses may be right.",
        lambda scores, labels, k: float(np.mean(_highest_first(scores)[:, min(k, scores.shape[1]) - 1] != labels)),
    ),
    Misconception(
        "over_all_guesses",
        "The wrong guesses were averaged, k of them per image.",
        "Count images, not guesses: an image is right as soon as one of its k guesses is.",
        _over_all_guesses,
    ),
    Misconception(
        "ties_against_the_label",
        "A tie counts against the label.",
        "Only scores that are strictly higher are ahead of it: > and not >=.",
        _ties_against,
    ),
    Misconception(
        "ties_to_the_last",
        "Among equal scores, the order of the classes decides: the last ones win.",
        "Sorting must put equal scores in some order. Count how many scores are strictly higher than the label's instead.",
        lambda scores, labels, k: _among(_highest_last(scores)[:, -k:], labels),
    ),
    Misconception(
        "ties_to_the_first",
        "Among equal scores, the order of the classes decides: the first ones win.",
        "Sorting must put equal scores in some order. Count how many scores are strictly higher than the label's instead.",
        lambda scores, labels, k: _among(_highest_first(scores)[:, :k], labels),
    ),
)

top_k_error = Exercise(
    id="metrics.top_k_error",
    title="Wrong after k guesses",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("top1", 6, "one guess per image"),
        Aspect("topk", 8, "several guesses"),
        Aspect("ties", 4, "equal scores: never against the label"),
        Aspect("edges", 2, "as many guesses as classes, or more; a single image"),
        contract(2),
    ),
    draw=telling_apart(_draw, _error, SLIPS),
    oracle=_error,
    misconceptions=SLIPS,
    hints=(
        "Do one row by hand: scores 0.1, 0.7, 0.2 and label 2. How many classes are ahead of the label? For which k is that an error?",
        "You need no sorting. For every image: the score of its label, then the number of scores that are strictly higher.",
        "own = the score of the label in every row, as a column; higher = how many numbers of the row exceed it; an image is wrong when "
        "higher is at least k; return the mean of that as a float.",
    ),
)

EXERCISES = (top_k_error,)
