"""random_crop: each image's place is found by comparing its piece with all places, and the places are judged."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks.dropout.chance import OTHER_RANDOMNESS, OWN_SEED, SEED, followed, other_randomness, outline, own_seed, thrice
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract
from autograder.values import Seed

SHAPE, PIECES, APART, REACH, DTYPE = "shape", "pieces", "places", "how far places reach", "dtype"
OWN, EVERYWHERE = "each image its own", "everywhere, equally often"
WHERE = "07, “Crops and flips”"


# --- What is looked at ------------------------------------------------------------------------------------------------


def _view(inputs: dict[str, Any], output: Any) -> tuple[Any, ...]:
    """Of three batches of pieces: shape, and statements about where they were cut."""
    images = inputs["images"]
    first, again, other = output
    shape = outline(first)
    if first.shape != (len(images), images.shape[1], *_pair(inputs["size"])):
        return shape, *("not told",) * 4, str(first.dtype)
    found = _places(first, images, inputs["padding"])
    return (
        shape,
        "cut out of their images" if len(found) else "not all are cut out of their images",
        OWN if len(found) < 10 or (found != found[0]).any() else "the same for all images",
        _reach(found, images.shape[2:], _pair(inputs["size"]), inputs["padding"]),
        followed(first, again, other),
        str(first.dtype),
    )


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _padded(images, padding):
    return np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def _places(pieces: np.ndarray, images: np.ndarray, padding: int) -> np.ndarray:
    """(N, 2) top and left of each piece in its padded image; (0, 2) when one of them is not there."""
    h, w = pieces.shape[2:]
    all_windows = np.lib.stride_tricks.sliding_window_view(_padded(images, padding), (h, w), axis=(2, 3))  # (N, C, tops, lefts, h, w)
    equal = np.stack([(all_windows[:, :, top] == pieces[:, :, None]).all(axis=(1, 3, 4)) for top in range(all_windows.shape[2])], axis=1)
    flat = equal.reshape(len(equal), -1)  # one column per place
    return np.stack(np.divmod(flat.argmax(axis=1), equal.shape[2]), axis=1) if flat.any(axis=1).all() else np.empty((0, 2), int)


def _reach(found: np.ndarray, size: tuple[int, int], piece: tuple[int, int], padding: int) -> str:
    """Whether every place comes up as often as it should.

    Of m expected, a right answer has fewer than m/2 with a probability below exp(-m/8), more than 1.6 m below exp(-0.138 m):
    with 2,400 images and at most 12 places (m = 200 or more) less than 1e-9 in all.
    """
    counts = np.zeros([n + 2 * padding - k + 1 for n, k in zip(size, piece)], int)
    np.add.at(counts, tuple(found.T), 1)
    if counts.size == 1 or len(found) < 200 * counts.size:
        return "too few images to tell"
    expected = len(found) / counts.size
    if ((0.5 * expected < counts) & (counts < 1.6 * expected)).all():
        return EVERYWHERE
    seen = counts > 0
    rows, columns = seen.any(axis=1), seen.any(axis=0)
    if not rows[-1] and not columns[-1] and seen[:-1, :-1].all():
        return "never the last row and column"
    inside = np.pad(np.ones([n - 2 * padding for n in counts.shape], bool), padding)
    if padding and not seen[~inside].any():
        return "only within the image, as if it had no padding"
    if padding and not seen[:padding].any() and not seen[:, :padding].any():
        return "never into the padding above and left"
    if len(counts) == counts.shape[1] and not (seen & ~np.eye(len(counts), dtype=bool)).any():
        return "only along the diagonal"
    if (~seen).any():
        return "some places never come up"
    return "some places more often than others"


# --- Crops, right and wrong -------------------------------------------------------------------------------------------


def _uniform(rng, n, tops, lefts):
    return rng.integers(0, tops, n), rng.integers(0, lefts, n)


def _cropping(draw=_uniform, *, pad=_padded, per_channel=False, then=lambda pieces: pieces, size_of=_pair):
    """Pieces at draw(rng, N, number of tops, number of lefts)."""

    def crop(images, size, rng, padding):
        h, w = size_of(size)
        images = pad(images, padding)
        n, channels = images.shape[:2]
        tops, lefts = images.shape[2] - h + 1, images.shape[3] - w + 1
        places = [draw(rng, n, tops, lefts) for _ in range(channels)] if per_channel else [draw(rng, n, tops, lefts)] * channels
        top, left = np.transpose(places, (1, 2, 0))  # (N, C) each
        windows = np.lib.stride_tricks.sliding_window_view(images, (h, w), axis=(2, 3))  # (N, C, tops, lefts, h, w)
        return then(windows[np.arange(n)[:, None], np.arange(channels), top, left])

    return crop


def _end_excluded(rng, n, tops, lefts):
    """As rng.integers(0, H - h) does it: it raises ValueError where there is one place only."""
    return rng.integers(0, tops - 1, n), rng.integers(0, lefts - 1, n)


def _same_for_all(rng, n, tops, lefts):
    return np.full(n, rng.integers(0, tops)), np.full(n, rng.integers(0, lefts))


def _top_is_left(rng, n, tops, lefts):
    place = rng.integers(0, min(tops, lefts), n)
    return place, place


def _centre(rng, n, tops, lefts):
    return np.full(n, tops // 2), np.full(n, lefts // 2)


def _normal_places(rng, n, tops, lefts):
    """Round the middle."""
    return tuple(np.clip(np.round((k - 1) / 2 + rng.standard_normal(n) * k / 8), 0, k - 1).astype(int) for k in (tops, lefts))


def _edge_padded(images, padding):
    return np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)), mode="edge")


def _padded_once(images, padding):
    return np.pad(images, ((0, 0), (0, 0), (0, padding), (0, padding)))


def _swapped(size):
    return _pair(size)[::-1]


# --- Cases ------------------------------------------------------------------------------------------------------------


def _inputs(rng, n, h, w, size, padding=0, channels=2, dtype=np.float64):
    images = rng.integers(1, 256, (n, channels, h, w)).astype(dtype) if dtype is np.uint8 else normal(rng, n, channels, h, w, dtype=dtype)
    return {"images": images, "size": size, "padding": padding, "rng": Seed(int(rng.integers(2**32)))}


def _draw(rng):
    yield Case("pieces", _inputs(rng, 31, 11, 7, 5, channels=3), compare=(SHAPE, PIECES))
    yield Case("pieces", _inputs(rng, 37, 7, 11, (5, 3)), compare=(SHAPE, PIECES))
    yield Case("pieces", _inputs(rng, 5, 7, 11, (7, 11)), compare=(SHAPE, PIECES))
    yield Case("padding", _inputs(rng, 41, 11, 7, (11, 7), padding=2), compare=(SHAPE, PIECES))
    yield Case("padding", _inputs(rng, 2400, 4, 6, (4, 5), padding=1, channels=1), compare=(SHAPE, PIECES, REACH))
    yield Case("places", _inputs(rng, 43, 13, 11, (3, 5)), compare=(SHAPE, APART))
    yield Case("reach", _inputs(rng, 2400, 5, 4, (3, 2), channels=1), compare=(SHAPE, REACH))
    yield Case("reach", _inputs(rng, 2400, 6, 5, (4, 2), channels=1), compare=(SHAPE, REACH))
    yield Case("generator", _inputs(rng, 43, 13, 11, (3, 5)), compare=(SHAPE, SEED))
    for layout, dtype in (("read-only", np.float64), ("strided", np.float32), ("plain", np.uint8)):
        yield Case("contract", _inputs(rng, 31, 7, 11, (5, 3), padding=1, dtype=dtype), compare=(SHAPE, PIECES, DTYPE), layout=layout)


random_crop = Exercise(
    id="augment.random_crop",
    title="Random crops",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("pieces", 3, "pieces of the right height and width, all channels cut alike"),
        Aspect("places", 2, "each image is cut at a place of its own"),
        Aspect("reach", 2, "all places are equally likely, the last row and column too"),
        Aspect("padding", 1, "zeros around the image first"),
        Aspect("generator", 1, "all randomness comes from rng"),
        contract(),
    ),
    draw=_draw,
    oracle=thrice(_cropping()),
    returns=(SHAPE, PIECES, APART, REACH, SEED, DTYPE),
    view=_view,
    probe="reseeded",
    misconceptions=(
        Misconception(
            "same_place_for_all",
            "All images of the batch are cut at the same place.",
            "Draw N tops and N lefts, one for each image.",
            _cropping(_same_for_all),
            revisit=WHERE,
        ),
        Misconception(
            "last_place_never",
            "The last row and the last column are never reached.",
            "There are H + 2·padding - h + 1 tops, and rng.integers leaves its upper end out.",
            _cropping(_end_excluded),
            revisit=WHERE,
        ),
        Misconception(
            "centre",
            "Every image is cut in its middle.",
            "That is for the test. In training the place is random.",
            _cropping(_centre),
        ),
        Misconception(
            "top_is_left",
            "One number serves as top and as left: pieces lie on the diagonal.",
            "Draw twice: how far down, and how far to the right.",
            _cropping(_top_is_left),
        ),
        Misconception(
            "not_uniform",
            "Places near the middle come up more often than others.",
            "All are equally likely: rng.integers draws so.",
            _cropping(_normal_places),
        ),
        Misconception(
            "channels_apart",
            "Each channel is cut at a place of its own: red, green and blue no longer fit together.",
            "One place for each image; cut all its channels there.",
            _cropping(per_channel=True),
        ),
        Misconception(
            "height_width_swapped",
            "The pieces' height and width are mixed up.",
            "A pair is (height, width).",
            _cropping(size_of=_swapped),
        ),
        Misconception(
            "padding_ignored",
            "The padding is ignored.",
            "First put `padding` rows and columns of zeros on every side, then cut.",
            _cropping(pad=lambda images, padding: images),
            revisit=WHERE,
        ),
        Misconception(
            "padding_at_the_end_only",
            "Zeros are put below and to the right only.",
            "`padding` goes on each of the four sides.",
            _cropping(pad=_padded_once),
        ),
        Misconception(
            "edge_repeated",
            "The padding is not made of zeros.",
            "It is made of zeros.",
            _cropping(pad=_edge_padded),
        ),
        Misconception("own_seed", *OWN_SEED, own_seed(_cropping())),
        Misconception("other_randomness", *OTHER_RANDOMNESS, other_randomness(_cropping())),
        Misconception(
            "float64_result",
            "The pieces are float64 whatever came in.",
            "np.zeros and np.empty make float64 unless told otherwise: give them the dtype of images.",
            _cropping(then=lambda pieces: pieces.astype(np.float64)),
            keeps_dtype=False,
        ),
    ),
    hints=(
        "How many tops are there for a piece of 3 rows in an image of 5? Count them on your fingers, the last one too.",
        "Pad all images at once. Draw N tops and N lefts. Then cut image by image: a slice with that top and left, all channels together.",
        "h, w from size; pad with zeros. tops = N whole numbers from 0 to H + 2·padding - h, both included, lefts alike. An empty array "
        "(N, C, h, w) in the dtype of images; for each n, the h rows from tops[n] and w columns from lefts[n] of image n.",
    ),
)
