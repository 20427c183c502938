"""Checks of cnnlib/template.py: the end-to-end exercise of assignment 02, with the learner's own correlate2d."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograder.draw import distinct, telling_apart
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract

# --- Oracle: every window by itself, without any correlation ----------------------------------------------------------


def _windows(image, template):
    """(OH, OW, TH, TW): the window at every place."""
    return sliding_window_view(image.astype(np.float64), template.shape)


def _deviations(pictures):
    return pictures - pictures.mean(axis=(-2, -1), keepdims=True)


def _dot(a, b):
    return (a * b).sum(axis=(-2, -1))


def _length(pictures):
    return np.sqrt(_dot(pictures, pictures))


def _divided(scores, lengths):
    """scores / lengths, and 0 where a window is flat."""
    flat = lengths <= 1e-6
    return np.where(flat, 0, scores / np.where(flat, 1, lengths))


def _scores(image, template):
    windows, template = _deviations(_windows(image, template)), _deviations(template.astype(np.float64))
    return _divided(_dot(windows, template), _length(windows) * _length(template))


def _best(scores):
    row, col = np.unravel_index(np.argmax(scores), scores.shape)
    return int(row), int(col)


def _find(image, template):
    return _best(_scores(image, template))


# --- Cases ------------------------------------------------------------------------------------------------------------


def _scene(rng):
    """A picture with uneven light, a template-sized piece with more contrast in its lower half, and where that is."""
    h, w, th, tw = distinct(rng, (17, 19, 23), (17, 19, 23), (4, 5), (5, 6, 7))
    image = 0.5 + 0.3 * np.linspace(0, 1, w) + 0.05 * rng.standard_normal((h, w))
    row, col = int(rng.integers(h // 2, h - th)), int(rng.integers(1, w - tw))
    place = slice(row, row + th), slice(col, col + tw)
    image[place] = 0.4 + 0.4 * rng.random((th, tw))
    return image, image[place].copy()


def _above(template, rng, width):
    """Room for another piece of the template's size in the upper half."""
    th, tw = template.shape
    row, col = int(rng.integers(0, 3)), int(rng.integers(0, width - tw))
    return slice(row, row + th), slice(col, col + tw)


def _case(aspect, image, template, **options):
    return Case(aspect, {"image": image, "template": template}, **options)


def _draw(rng):
    for _ in range(3):
        yield _case("exact", *_scene(rng))

    for contrast, brightness in ((0.2, 0.7), (3.0, -1.0), (1.0, 0.5)):
        image, template = _scene(rng)
        yield _case("light", image, contrast * template + brightness)
    image, template = _scene(rng)
    template = template + 0.03 * rng.standard_normal(template.shape)  # so its exact negative is a little more like it than its own place
    image[_above(template, rng, image.shape[1])] = 1.2 - template
    yield _case("light", image, template)

    image, template = _scene(rng)
    image[_above(template, rng, image.shape[1])] += 2
    yield _case("distractions", image, template)
    image, template = _scene(rng)
    image[_above(template, rng, image.shape[1])] = 3 * template + 0.8 * rng.random(template.shape)
    yield _case("distractions", image, template)

    image, template = _scene(rng)
    image[: len(image) // 2] = 0.25
    yield _case("flat", image, template)
    yield _case("flat", np.full((11, 13), 0.5), template)

    for layout, dtype in (("read-only", np.float64), ("strided", np.float32)):
        image, template = _scene(rng)
        yield _case("contract", image.astype(dtype), template.astype(dtype), layout=layout)


# --- Exercise ---------------------------------------------------------------------------------------------------------


def _plain(image, template):
    return _best(_dot(_windows(image, template), template))


def _cosine(image, template):
    windows = _windows(image, template)
    return _best(_divided(_dot(windows, template), _length(windows)))


def _template_mean_kept(image, template):
    windows = _windows(image, template)
    return _best(_divided(_dot(windows, template), _length(_deviations(windows))))


def _length_missing(image, template):
    return _best(_dot(_deviations(_windows(image, template)), template))


def _flat_divided(image, template):
    lengths = _length(_deviations(_windows(image, template)))
    scores = _scores(image, template)
    return _best(np.where(lengths <= 1e-6, np.nan, scores))  # argmax takes NaN for the largest


def _differences(image, template):
    return _best(-_length(_windows(image, template) - template))


def _centre(image, template):
    row, col = _find(image, template)
    return row + template.shape[0] // 2, col + template.shape[1] // 2


SLIPS = (
    Misconception(
        "plain_correlation",
        "The brightest place wins: the correlation was not normalised.",
        "A bright window gives large products whatever it shows. Take the means away and divide by the window's length.",
        _plain,
        revisit="02, “Finding Waldo”",
    ),
    Misconception(
        "means_kept",
        "The means were not taken away before dividing by the lengths.",
        "With all pixels positive, every window resembles every other. Only the deviations from the mean show the pattern.",
        _cosine,
    ),
    Misconception(
        "template_mean_kept",
        "The template's mean was not taken away.",
        "Correlate the image with template - template.mean(): its numbers sum to 0, and the brightness of a window drops out.",
        _template_mean_kept,
    ),
    Misconception(
        "length_missing",
        "The window with the most contrast wins: the division by the window's length is missing.",
        "Divide each score by sqrt(sum(d_w**2)) of its own window.",
        _length_missing,
    ),
    Misconception(
        "negative_counts",
        "The template's negative was found: the sign of the score was dropped.",
        "Take the largest score, not the largest absolute value: -1 is the opposite of the template.",
        lambda image, template: _best(np.abs(_scores(image, template))),
    ),
    Misconception(
        "squared_differences",
        "The window with the smallest differences wins.",
        "That fails as soon as the light changes; the normalised correlation does not.",
        _differences,
    ),
    Misconception(
        "flat_windows_divide",
        "A window without any contrast wins: its score is 0 / 0, and argmax takes NaN for the largest number.",
        "Give windows whose length is 0 (up to rounding) the score 0 before you look for the best.",
        _flat_divided,
    ),
    Misconception(
        "row_col_swapped",
        "Row and column are exchanged.",
        "First how far down, then how far to the right.",
        lambda image, template: _find(image, template)[::-1],
    ),
    Misconception(
        "centre",
        "That is the centre of the window; its top left corner is asked for.",
        "Place (i, j) of the correlation belongs to the window that starts at (i, j).",
        _centre,
    ),
    Misconception(
        "not_unravelled",
        "The place is given as one number, counted row by row.",
        "np.unravel_index turns it into (row, col).",
        lambda image, template: int(np.argmax(_scores(image, template))),
    ),
)

find_template = Exercise(
    id="template.find_template",
    title="Find a picture in a picture",
    difficulty=3,
    minutes=25,
    aspects=(
        Aspect("exact", 3, "a piece cut out of the image"),
        Aspect("light", 2, "in other light: brightness and contrast changed"),
        Aspect("distractions", 1, "a bright spot or a region full of contrast does not win"),
        Aspect("flat", 1, "windows whose pixels are all equal"),
        contract(),
    ),
    draw=telling_apart(_draw, _find, SLIPS),
    oracle=_find,
    misconceptions=SLIPS,
    returns=("row", "col"),
    hints=(
        "Try the plain correlation on the photo first, and look where it is largest. Why there?",
        "Everything about a window that the score needs (its sum, its sum of squares, its match with the template) is a correlation of some image "
        "with some kernel.",
        "Three correlations: the image with the template minus its mean; the image with ones; the squared image with ones. The last two give "
        "sum(d_w**2). Divide the first by its root (windows that are flat get 0), take the place of the largest with np.argmax and np.unravel_index.",
    ),
)

EXERCISES = (find_template,)
