"""Checks of cnnlib/baseline.py: the end-to-end exercise of assignment 00, with the learner's own centring and error."""

from __future__ import annotations

import numpy as np

from autograder.draw import distinct, telling_apart
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract

# --- Oracle: every image with every class by itself --------------------------------------------------------------------


def _flat(images):
    return images.astype(np.float64).reshape(len(images), -1)


def _centre(images, train_images):
    return images - train_images.astype(np.float64).mean(axis=(0, 2, 3), keepdims=True)


def _class_means(images, labels, classes):
    return np.array([_flat(images)[labels == c].mean(axis=0) for c in range(classes)])


def _squared_distances(images, means):
    return np.array([[np.sum((image - mean) ** 2) for mean in means] for image in _flat(images)])


def _scores(train_images, train_labels, test_images):
    means = _class_means(_centre(train_images, train_images), train_labels, train_labels.max() + 1)
    return -_squared_distances(_centre(test_images, train_images), means)


def _top_k(scores, labels, k):
    ahead = (scores > scores[range(len(labels)), labels][:, None]).sum(axis=1)
    return float(np.mean(ahead >= k))


def _error(train_images, train_labels, test_images, test_labels, k):
    return _top_k(_scores(train_images, train_labels, test_images), test_labels, k)


# --- Wrong in one place -----------------------------------------------------------------------------------------------


def _scored_by(score):
    """The error when `score(train, train_labels, test)` gives the scores, of images centred as they should be."""

    def error(train_images, train_labels, test_images, test_labels, k):
        train, test = _centre(train_images, train_images), _centre(test_images, train_images)
        return _top_k(score(train, train_labels, test), test_labels, k)

    return error


def _with_means(change):
    """Scores by the distance to other means than those of the classes."""

    def score(train, labels, test):
        classes = range(labels.max() + 1)
        return -_squared_distances(test, np.array([change(_flat(train)[labels == c]) for c in classes]))

    return score


def _nearest_image(train, labels, test):
    distances = _squared_distances(test, _flat(train))
    return -np.array([distances[:, labels == c].min(axis=1) for c in range(labels.max() + 1)]).T


def _products(train, labels, test):
    return _flat(test) @ _class_means(train, labels, labels.max() + 1).T


def _difference_of_sums(train, labels, test):
    means = _class_means(train, labels, labels.max() + 1)
    return -np.abs(_flat(test).sum(axis=1)[:, None] - means.sum(axis=1))


def _absolute(train, labels, test):
    means = _class_means(train, labels, labels.max() + 1)
    return -np.array([[np.abs(image - mean).sum() for mean in means] for image in _flat(test)])


def _test_centred_by_itself(train_images, train_labels, test_images, test_labels, k):
    means = _class_means(_centre(train_images, train_images), train_labels, train_labels.max() + 1)
    return _top_k(-_squared_distances(_centre(test_images, test_images), means), test_labels, k)


def _learned_from_test(train_images, train_labels, test_images, test_labels, k):
    means = _class_means(_centre(test_images, train_images), test_labels, test_labels.max() + 1)
    return _top_k(-_squared_distances(_centre(test_images, train_images), means), test_labels, k)


def _classes_of_the_test(train_images, train_labels, test_images, test_labels, k):
    return _top_k(_scores(train_images, train_labels, test_images)[:, : test_labels.max() + 1], test_labels, k)


def _ten_classes(train_images, train_labels, test_images, test_labels, k):
    """Only classes 0 to 9 have a mean; those that have no image never win, and a label that has none is out of bounds."""
    return _top_k(_scores(train_images, train_labels, test_images)[:, :10], test_labels, k)


def _not_centred_bytes(train_images, train_labels, test_images, test_labels, k):
    """Whole-number means and differences, as when nothing was centred: uint8 wraps around."""
    if train_images.dtype.kind == "f":
        return _error(train_images, train_labels, test_images, test_labels, k)
    means = _class_means(train_images, train_labels, train_labels.max() + 1).astype(train_images.dtype)
    scores = [[-float(((image - mean) ** 2).sum()) for mean in means] for image in test_images.reshape(len(test_images), -1)]
    return _top_k(np.array(scores), test_labels, k)


# --- Cases ------------------------------------------------------------------------------------------------------------


def _problem(rng, k, classes=6, channels=1, dtype=np.float64, asked=None, apart=1e-4):
    """Classes that overlap, of different sizes; the test images are a little brighter; no two scores too near to each other.

    asked  only so many of the classes are in the test
    apart  how far any two scores of an image are from each other, as a share of the largest
    """
    asked = asked or classes
    while True:
        h, w = distinct(rng, (3, 4, 5), (3, 4, 5))
        sizes = rng.integers(1, 6, classes) ** 2 // 3 + 1
        centres = rng.standard_normal((classes, channels, h, w)) * rng.uniform(0.6, 1.4, (classes, 1, 1, 1))
        train_labels = rng.permutation(np.repeat(np.arange(classes), sizes))
        test_labels = np.concatenate([np.arange(asked), rng.integers(0, asked, 31)])
        images = [centres[y] + 1.5 * rng.standard_normal((len(y), channels, h, w)) for y in (train_labels, test_labels)]
        train, test = (_in(dtype, x) for x in (images[0] + 0.5, images[1] + 0.9))
        scores = np.sort(_scores(train, train_labels, test), axis=1)
        if np.diff(scores, axis=1).min() > apart * np.abs(scores).max():
            return {"train_images": train, "train_labels": train_labels, "test_images": test, "test_labels": test_labels, "k": k}


def _in(dtype, images):
    return np.clip(110 + 35 * images, 0, 255).round().astype(np.uint8) if dtype is np.uint8 else images.astype(dtype)


def _draw(rng):
    for channels, asked in ((1, 6), (3, 6), (1, 3)):
        yield Case("top1", _problem(rng, 1, channels=channels, asked=asked))
    for k, channels in ((2, 1), (3, 3)):
        yield Case("topk", _problem(rng, k, classes=7, channels=channels))
    yield Case("topk", _problem(rng, 3, classes=12, apart=1e-6))
    for k in (1, 2):
        yield Case("whole numbers", _problem(rng, k, channels=2, dtype=np.uint8))
    for layout, dtype in (("read-only", np.float64), ("strided", np.float32)):
        yield Case("contract", _problem(rng, 2, dtype=dtype), layout=layout)


SLIPS = (
    Misconception(
        "test_centred_by_itself",
        "The test images were centred with their own mean.",
        "Both sets are centred with the mean of the training images: center_images takes them as its second argument.",
        _test_centred_by_itself,
        revisit="00, “Where is zero?”",
    ),
    Misconception(
        "learned_from_test",
        "The class means were taken from the test images: the model has seen the answers.",
        "The model is made of training images and training labels alone.",
        _learned_from_test,
        revisit="00, “Three parts”",
    ),
    Misconception(
        "classes_of_the_test",
        "Only the classes that the test images belong to compete.",
        "Nobody knows beforehand which classes will be asked for: the model has one mean per class of the training labels.",
        _classes_of_the_test,
    ),
    Misconception(
        "ten_classes",
        "There are means for ten classes, however many there are.",
        "Ten is the number of digits, not of classes: take it from the training labels, train_labels.max() + 1.",
        _ten_classes,
    ),
    Misconception(
        "farthest",
        "The class that is farthest away wins.",
        "A score is high where the distance is small: minus the sum of squared differences.",
        _scored_by(lambda train, labels, test: -_with_means(lambda images: images.mean(axis=0))(train, labels, test)),
    ),
    Misconception(
        "sums_for_means",
        "The images of a class were added up, but not divided by their number.",
        "The model is the mean image of every class.",
        _scored_by(_with_means(lambda images: images.sum(axis=0))),
    ),
    Misconception(
        "one_image_for_the_class",
        "One image stands for its whole class.",
        "The model is the mean of all training images with that label.",
        _scored_by(_with_means(lambda images: images[0])),
    ),
    Misconception(
        "nearest_image",
        "The class of the nearest training image wins, not that of the nearest mean.",
        "First make one mean image per class, then compare with these alone.",
        _scored_by(_nearest_image),
    ),
    Misconception(
        "products",
        "The score is the product with the mean image, so bright means win.",
        "Take minus the sum of squared differences.",
        _scored_by(_products),
    ),
    Misconception(
        "absolute_differences",
        "The differences were made positive instead of squared.",
        "The score is minus the sum of (image - mean)**2.",
        _scored_by(_absolute),
    ),
    Misconception(
        "brightness_only",
        "Only the sums of image and mean were compared: the brightness.",
        "First the difference pixel by pixel, then its square, and only then the sum.",
        _scored_by(_difference_of_sums),
    ),
    Misconception(
        "k_fixed",
        "Only one guess counts, whatever k is.",
        "Hand k on to top_k_error.",
        lambda train_images, train_labels, test_images, test_labels, k: _error(train_images, train_labels, test_images, test_labels, 1),
    ),
    Misconception(
        "accuracy",
        "That is the share of images that are right.",
        "The error is asked for, as top_k_error gives it.",
        lambda train_images, train_labels, test_images, test_labels, k: 1 - _error(train_images, train_labels, test_images, test_labels, k),
    ),
    Misconception(
        "whole_numbers",
        "The differences were computed in uint8, where 3 - 5 is 254.",
        "Centre first: center_images gives floats, also for whole numbers.",
        _not_centred_bytes,
    ),
)

nearest_mean_error = Exercise(
    id="baseline.nearest_mean_error",
    title="A first classifier, end to end",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("top1", 6, "one guess per image"),
        Aspect("topk", 6, "several guesses"),
        Aspect("whole numbers", 4, "images in uint8"),
        contract(2),
    ),
    draw=telling_apart(_draw, _error, SLIPS),
    oracle=_error,
    misconceptions=SLIPS,
    hints=(
        "You have the first step and the last: center_images and top_k_error. What is in between turns an image into one score per class.",
        "The model is an array with one row per class: the mean over the centred training images with that label. An image's score for a "
        "class is minus the sum of squared differences to that row.",
        "Centre both sets with the training images and flatten every image to a row. For each class c take the mean of the rows whose label is "
        "c. For each test row and each class: minus the sum of the squared difference. Hand scores, labels and k to top_k_error.",
    ),
)

EXERCISES = (nearest_mean_error,)
