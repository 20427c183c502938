"""random_horizontal_flip: which images were mirrored, and how often."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks.dropout.chance import (
    FIXED_NUMBER,
    MORE,
    OTHER_RANDOMNESS,
    OWN_SEED,
    SEED,
    below,
    fixed_number,
    followed,
    how_many,
    other_randomness,
    outline,
    own_seed,
    share,
    thrice,
)
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract
from autograder.values import Seed

SHAPE, KIND, TOGETHER, SHARE, DTYPE = "shape", "images", "chances", "probability of mirroring", "dtype"
KEPT_OR_MIRRORED = "as they were, or left and right exchanged"
OTHER_KINDS = {
    "upside down": lambda images: images[:, :, ::-1],
    "turned by 180°": lambda images: images[:, :, ::-1, ::-1],
    "with their channels in reverse": lambda images: images[:, ::-1],
}
WHERE = "07, “Crops and flips”"


def _view(inputs: dict[str, Any], output: Any) -> tuple[Any, ...]:
    """Of three batches: shape, and statements about what became of the images."""
    images, p = inputs["images"], inputs["p"]
    first, again, other, *more = output
    shape = outline(first)
    if first.shape != images.shape:
        return shape, *("not told",) * 4, str(first.dtype)
    kept, mirrored = _equal(first, images), _equal(first, images[..., ::-1])
    count, flipped = len(images), float(mirrored.mean())
    as_many = how_many([_equal(one, images[..., ::-1]) for one in (first, other, *more)]) if more else ""
    together = count >= 40 and 0 < p < 1 and flipped in (0.0, 1.0)
    candidates = {"1 - p": 1 - p, "a half": 0.5, "how often normal numbers are below p": below(p), "never": 0.0, "always": 1.0}
    return (
        shape,
        _kind(first, images, kept | mirrored),
        "all images, or none" if together else as_many or "each image by itself",
        "p" if together else share(flipped, count, ("p", p), candidates),
        followed(first, again, other),
        str(first.dtype),
    )


def _equal(a, b):
    """(N,) whether the images are equal."""
    return (a == b).reshape(len(a), -1).all(axis=1)


def _kind(first, images, fine):
    if fine.all():
        return KEPT_OR_MIRRORED
    wrong = next((name for name, turned in OTHER_KINDS.items() if _equal(first[~fine], turned(images[~fine])).all()), "something else")
    return f"some are {wrong}"


# --- Flips, right and wrong -------------------------------------------------------------------------------------------


def _flipping(turned=lambda images: images[..., ::-1], *, draw=lambda rng, n: rng.random(n), chance=lambda p: p):
    def flip(images, rng, p):
        chosen = np.broadcast_to(draw(rng, len(images)) < chance(p), len(images))
        result = images.copy()
        result[chosen] = turned(images)[chosen]
        return result

    return flip


def _fixed_number(images, rng, p):
    chosen = ~fixed_number(rng, (len(images), 1, 1, 1), p)
    return np.where(chosen, images[..., ::-1], images)


def _rows_apart(images, rng, p):
    """Every row of pixels has its own chance."""
    chosen = rng.random((*images.shape[:3], 1)) < p
    return np.choose(chosen, [images, images[..., ::-1]])


def _channels_apart(images, rng, p):
    chosen = rng.random((*images.shape[:2], 1, 1)) < p
    return np.choose(chosen, [images, images[..., ::-1]])


def _in_place(images, rng, p):
    chosen = rng.random(len(images)) < p
    images[chosen] = images[chosen][..., ::-1]
    return images


# --- Cases ------------------------------------------------------------------------------------------------------------


def _inputs(rng, n, p, sizes=(2, 3, 5), dtype=np.float64):
    images = rng.integers(0, 256, (n, *sizes)).astype(dtype) if dtype is np.uint8 else normal(rng, n, *sizes, dtype=dtype)
    return {"images": images, "p": float(p), "rng": Seed(int(rng.integers(2**32)))}


def _draw(rng):
    yield Case("mirror", _inputs(rng, 59, 1.0, (3, 5, 11)), compare=(SHAPE, KIND, SHARE))
    yield Case("mirror", _inputs(rng, 61, 0.5, (3, 7, 5)), compare=(SHAPE, KIND))
    yield Case("mirror", _inputs(rng, 67, 0.5, (2, 5, 5)), compare=(SHAPE, KIND))
    yield Case("chances", _inputs(rng, 71, 0.5), compare=(SHAPE, TOGETHER))
    yield Case("chances", _inputs(rng, 31, 0.5) | {"more": MORE}, compare=(SHAPE, TOGETHER))
    for p in (0.2, 0.9):  # of 6,000 images: the share is then known to ±0.038
        yield Case("share", _inputs(rng, 6000, p), compare=(SHAPE, SHARE))
    yield Case("share", _inputs(rng, 61, 0.0), compare=(SHAPE, SHARE))
    yield Case("generator", _inputs(rng, 61, 0.5), compare=(SHAPE, SEED))
    for layout, dtype in (("read-only", np.float64), ("strided", np.float32), ("plain", np.uint8), ("plain", np.float32)):
        yield Case("contract", _inputs(rng, 61, 0.5, (3, 7, 5), dtype), compare=(SHAPE, KIND, DTYPE), layout=layout)


random_horizontal_flip = Exercise(
    id="augment.random_horizontal_flip",
    title="Random mirror images",
    difficulty=2,
    minutes=10,
    aspects=(
        Aspect("mirror", 1.5, "an image stays as it is, or left and right change places"),
        Aspect("chances", 1, "each image has its own chance"),
        Aspect("share", 1.5, "an image is mirrored with probability p"),
        Aspect("generator", 1, "all randomness comes from rng"),
        contract(),
    ),
    draw=_draw,
    oracle=thrice(_flipping()),
    returns=(SHAPE, KIND, TOGETHER, SHARE, SEED, DTYPE),
    view=_view,
    probe="reseeded",
    misconceptions=(
        Misconception(
            "upside_down",
            "Images are turned upside down.",
            "Left and right change places: reverse the last axis, the width.",
            _flipping(lambda images: images[:, :, ::-1]),
            revisit=WHERE,
        ),
        Misconception(
            "turned",
            "Images are turned by 180°: up and down have changed places, too.",
            "Reverse the last axis alone.",
            _flipping(lambda images: images[:, :, ::-1, ::-1]),
        ),
        Misconception(
            "channels_reversed",
            "The channels are reversed: red has become blue.",
            "An image is (C, H, W): reverse the last axis, the width.",
            _flipping(lambda images: images[:, ::-1]),
        ),
        Misconception(
            "all_or_none",
            "One chance decides for the whole batch: all images are mirrored, or none.",
            "Draw N random numbers, one for each image.",
            _flipping(draw=lambda rng, n: rng.random()),
            revisit=WHERE,
        ),
        Misconception(
            "channels_apart",
            "Each channel has its own chance: red may be mirrored where blue is not.",
            "Draw one number for each image, and mirror all its channels with it.",
            _channels_apart,
        ),
        Misconception(
            "rows_apart",
            "Each row of pixels has its own chance.",
            "Draw one number for each image, and mirror all of it.",
            _rows_apart,
        ),
        Misconception(
            "fixed_number",
            "The same number of images is mirrored at every call.",
            FIXED_NUMBER,
            _fixed_number,
        ),
        Misconception(
            "with_1_minus_p",
            "Images are mirrored with probability 1 - p.",
            "A uniform random number is below p with probability p.",
            _flipping(chance=lambda p: 1 - p),
        ),
        Misconception(
            "p_ignored",
            "Half of the images are mirrored, whatever p is.",
            "½ is only the default: compare with p.",
            _flipping(chance=lambda p: 0.5),
        ),
        Misconception(
            "normal_for_uniform",
            "The chances were drawn from normal random numbers.",
            "Only a uniform random number between 0 and 1 is below p with probability p: rng.random, not rng.standard_normal.",
            _flipping(draw=lambda rng, n: rng.standard_normal(n)),
        ),
        Misconception(
            "all_mirrored",
            "All images are mirrored, always.",
            "Only with probability p: draw a random number for each image.",
            lambda images, rng, p: images[..., ::-1],
        ),
        Misconception(
            "in_place",
            "The images that came in are mirrored themselves: the next epoch starts from other images.",
            "Make a new array: images.copy(), or np.where.",
            _in_place,
        ),
        Misconception("own_seed", *OWN_SEED, own_seed(_flipping())),
        Misconception("other_randomness", *OTHER_RANDOMNESS, other_randomness(_flipping())),
    ),
    hints=(
        "Two questions: which axis is “left to right”? And how many coins are thrown for a batch of N images?",
        "N uniform random numbers; those below p mean “mirror”. A mirrored image is the image with its last axis reversed.",
        "flip = N uniform numbers, less than p. Copy the images; in the copy, replace those chosen by flip with themselves, last axis reversed "
        "(or choose between both with np.where and flip of shape (N, 1, 1, 1)).",
    ),
)
