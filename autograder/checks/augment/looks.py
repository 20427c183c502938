"""ten_crop and predict_multi_crop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases
from autograder.values import Given

PIECES, MIRRORED, TEN = "pieces", "mirror images", "out"
NO_ARRAY = "no NumPy array"
NAMES = ("top left", "top right", "bottom left", "bottom right", "centre")
WHERE = "07, “Ten looks at test time”"


# --- What is looked at ------------------------------------------------------------------------------------------------


def _view(inputs: dict[str, Any], out: Any) -> tuple[Any, ...]:
    """Which of the five pieces, and of their mirror images, are there, in whatever order; and the ten as they are."""
    image, size = inputs["image"], inputs["size"]
    if not isinstance(out, np.ndarray):
        return NO_ARRAY, NO_ARRAY, out
    if out.ndim != 4 or out.shape[1:] != (len(image), size, size):
        other = f"shape {'×'.join(map(str, out.shape)) or '()'}: no pieces of {len(image)}×{size}×{size}"
        return other, other, out
    five = np.array(_five(image, size), out.dtype)
    return _which(out, five), _which(out, five[..., ::-1]), out


def _which(out: np.ndarray, wanted: np.ndarray) -> str:
    missing = [name for name, piece in zip(NAMES, wanted) if not (out == piece).all(axis=(1, 2, 3)).any()]
    if not missing:
        return "all five"
    return "none of the five" if len(missing) == 5 else f"all but {', '.join(missing)}"


# --- Ten looks, right and wrong ---------------------------------------------------------------------------------------


def _five(image, size, *, up=False, middle=None):
    """Corners and centre, by taking rows and columns."""
    h, w = image.shape[1:]
    centre = tuple((n - size + up) // 2 for n in (h, w)) if middle is None else middle
    starts = [(0, 0), (0, w - size), (h - size, 0), (h - size, w - size), centre]
    return [np.take(np.take(image, range(i, i + size), axis=1), range(j, j + size), axis=2) for i, j in starts]


def _ten(order=lambda five, mirrored: five + mirrored, *, mirror=lambda crop: np.flip(crop, axis=2), **middle):
    def ten_crop(image, size):
        five = _five(image, size, **middle)
        return np.array(order(five, [mirror(crop) for crop in five]))

    return ten_crop


def _image_mirrored_first(image, size):
    return np.array(_five(image, size) + _five(np.flip(image, axis=2), size))


def _square_only(image, size):
    """Height for width, as on square images."""
    h = image.shape[1]
    starts = [(0, 0), (0, h - size), (h - size, 0), (h - size, h - size), ((h - size) // 2,) * 2]
    five = [image[:, i : i + size, j : j + size] for i, j in starts]
    return np.array(five + [crop[:, :, ::-1] for crop in five])


def _picked(*numbers):
    """Others of the ten, or the same in another order."""
    return _ten(lambda five, mirrored: [(five + mirrored)[number] for number in numbers])


# --- ten_crop ---------------------------------------------------------------------------------------------------------


def _image(rng, h, w, size, channels=3, dtype=np.float64):
    return {"image": normal(rng, channels, h, w, dtype=dtype), "size": size}


def _draw_ten(rng):
    for h, w, size, channels in ((9, 7, 5, 3), (7, 11, 3, 2)):
        inputs = _image(rng, h, w, size, channels)
        yield Case("five pieces", inputs, compare=(PIECES,))
        yield Case("mirror images", inputs, compare=(MIRRORED,))
        yield Case("order", inputs, compare=(TEN,))
    yield Case("odd rest", _image(rng, 10, 7, 5), compare=(TEN,))
    yield Case("odd rest", _image(rng, 8, 11, 4, channels=1), compare=(TEN,))
    yield Case("whole image", _image(rng, 7, 7, 7, channels=2), compare=(TEN,))
    yield Case("whole image", _image(rng, 5, 8, 5), compare=(TEN,))
    for case in contract_cases(lambda dtype: _image(rng, 7, 11, 3, dtype=dtype)):
        yield replace(case, compare=(TEN,))


ten_crop = Exercise(
    id="augment.ten_crop",
    title="Ten looks at an image",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("five pieces", 1, "the four corners and the centre are there"),
        Aspect("mirror images", 1, "the mirror images of these five are there"),
        Aspect("order", 1, "ten pieces in the order that is asked for"),
        Aspect("odd rest", 1, "an odd number of pixels left over: the centre lies further up and left"),
        Aspect("whole image", 1, "pieces as high as the image, or as large as it"),
        contract(),
    ),
    draw=_draw_ten,
    oracle=_ten(),
    returns=(PIECES, MIRRORED, TEN),
    view=_view,
    misconceptions=(
        Misconception(
            "upside_down",
            "The last five are turned upside down.",
            "Mirror images: left and right change places, the last axis is reversed.",
            _ten(mirror=lambda crop: np.flip(crop, axis=1)),
            revisit=WHERE,
        ),
        Misconception(
            "image_mirrored_first",
            "The image was mirrored before the last five were cut, so left and right corners have changed their order.",
            "Number 5 is number 0, mirrored, and so on: cut first, then mirror. (torchvision does it the other way round.)",
            _image_mirrored_first,
            revisit=WHERE,
        ),
        Misconception(
            "not_mirrored",
            "The last five are not mirrored: every piece comes twice.",
            "Reverse the last axis of the five pieces.",
            _ten(mirror=lambda crop: crop),
        ),
        Misconception(
            "five_only",
            "There are five pieces only.",
            "Put the mirror images of the five behind them.",
            _picked(0, 1, 2, 3, 4),
        ),
        Misconception(
            "pair_by_pair",
            "Each piece is followed by its mirror image.",
            "First all five pieces, then all five mirror images.",
            _picked(0, 5, 1, 6, 2, 7, 3, 8, 4, 9),
        ),
        Misconception(
            "column_by_column",
            "Top right and bottom left have changed places.",
            "The order is top left, top right, bottom left, bottom right, centre.",
            _picked(0, 2, 1, 3, 4, 5, 7, 6, 8, 9),
        ),
        Misconception(
            "clockwise",
            "The corners go round clockwise.",
            "The order is top left, top right, bottom left, bottom right, centre.",
            _picked(0, 1, 3, 2, 4, 5, 6, 8, 7, 9),
        ),
        Misconception(
            "centre_first",
            "The centre comes first.",
            "The order is top left, top right, bottom left, bottom right, centre.",
            _picked(4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
        ),
        Misconception(
            "centre_rounded_up",
            "With an odd rest, the centre lies too far down or to the right.",
            "It starts at (H - size) // 2 and (W - size) // 2.",
            _ten(up=True),
        ),
        Misconception(
            "centre_starts_in_the_middle",
            "The centre piece starts in the middle of the image instead of lying there.",
            "Half of what is left over goes above it: start at row (H - size) // 2.",
            lambda image, size: _ten(middle=tuple(min(n // 2, n - size) for n in image.shape[1:]))(image, size),
        ),
        Misconception(
            "square_only",
            "The width is taken to be the height.",
            "Rows go up to H, columns up to W.",
            _square_only,
        ),
        Misconception(
            "float64_result",
            "The pieces are float64 whatever came in.",
            "np.zeros and np.empty make float64 unless told otherwise: give them the dtype of image.",
            lambda image, size: _ten()(image.astype(np.float64), size),
            keeps_dtype=False,
        ),
    ),
    hints=(
        "A piece is a slice with a start for its rows and one for its columns. What are the five pairs of starts?",
        "The starts: rows 0 or H - size, columns 0 or W - size, and half of each for the centre. Stack the five slices; their mirror images are the "
        "same array with its last axis reversed.",
        "List the five starts (top, left) in order; stack the slices image[:, top … top + size, left … left + size]; then the stack with "
        "its last axis reversed.",
    ),
)


# --- predict_multi_crop -----------------------------------------------------------------------------------------------


def _averaged(
    reduce: Callable[..., Any] = lambda said: said.mean(axis=0), prepare: Callable[..., np.ndarray] = lambda crops: crops
) -> Callable[..., np.ndarray]:
    """reduce(probabilities (10, K)) for every image; prepare(crops) goes to predict."""

    def predict_multi_crop(predict, images, size):
        return np.array([reduce(predict(prepare(_ten()(image, size)))) for image in images])

    return predict_multi_crop


def _votes(said):
    return np.eye(said.shape[1])[said.argmax(axis=1)].mean(axis=0)


def _geometric(said):
    mean = np.exp(np.log(said).mean(axis=0))
    return mean / mean.sum()


def _over_images(predict, images, size):
    """One mean for each crop, over the images."""
    return np.array([predict(_ten()(image, size)) for image in images]).mean(axis=0)


def _all_at_once(read: Callable[..., np.ndarray], *, look_by_look: bool = False) -> Callable[..., np.ndarray]:
    """One call of predict for the pieces of all images: ten of an image follow each other, or (`look_by_look`) all first pieces, all second …

    read(said (M, K), N, K) puts the answers together.
    """

    def predict_multi_crop(predict, images, size):
        crops = np.array([_ten()(image, size) for image in images])  # (N, 10, C, size, size)
        said = predict(np.concatenate(np.swapaxes(crops, 0, 1) if look_by_look else crops))
        return read(said, len(images), said.shape[1])

    return predict_multi_crop


def _inputs(rng, n, h, w, size, channels=3, classes=4, dtype=np.float64):
    weights = 1.5 * normal(rng, classes, channels * size * size, dtype=dtype) / np.sqrt(size)
    return {
        "predict": Given("softmax_classifier", {"weights": weights, "shape": (channels, size, size)}),
        "images": normal(rng, n, channels, h, w, dtype=dtype),
        "size": size,
    }


def _draw_predict(rng):
    # An even rest on both sides: how ten_crop rounds its centre, and in which order it cuts, does not matter here.
    yield Case("one image", _inputs(rng, 1, 7, 9, 5))
    yield Case("one image", _inputs(rng, 1, 11, 7, 3, channels=2, classes=7))
    yield Case("many images", _inputs(rng, 7, 9, 7, 5, channels=1, classes=3))
    yield Case("many images", _inputs(rng, 13, 5, 11, 3, channels=2, classes=5))
    for layout, dtype in (("read-only", np.float64), ("strided", np.float32)):
        yield Case("contract", _inputs(rng, 5, 7, 9, 3, dtype=dtype), layout=layout)


predict_multi_crop = Exercise(
    id="augment.predict_multi_crop",
    title="The mean of ten opinions",
    difficulty=2,
    minutes=10,
    aspects=(
        Aspect("one image", 2, "the mean of the ten probabilities of an image"),
        Aspect("many images", 3, "each image by itself"),
        contract(),
    ),
    draw=_draw_predict,
    oracle=_averaged(),
    misconceptions=(
        Misconception(
            "centre_only",
            "Only the centre was looked at.",
            "Hand all ten pieces to predict, and average what it says.",
            _averaged(lambda said: said[4]),
            revisit=WHERE,
        ),
        Misconception(
            "five_only",
            "The mirror images were left out.",
            "All ten pieces count.",
            _averaged(lambda said: said[:5].mean(axis=0)),
        ),
        Misconception(
            "crops_averaged",
            "The pieces were averaged, not the probabilities: predict saw one blurred picture.",
            "First ask predict about each of the ten, then average the answers.",
            _averaged(lambda said: said[0], prepare=lambda crops: crops.mean(axis=0, keepdims=True)),
            revisit=WHERE,
        ),
        Misconception(
            "votes",
            "Each piece has one vote for its best class: how sure it was is lost.",
            "Average the probabilities themselves.",
            _averaged(_votes),
        ),
        Misconception(
            "largest",
            "The largest of the ten probabilities was taken.",
            "Their mean.",
            _averaged(lambda said: said.max(axis=0)),
        ),
        Misconception(
            "summed",
            "The ten probabilities were added up, but not divided by 10.",
            "A mean of probabilities adds up to 1 again.",
            _averaged(lambda said: said.sum(axis=0)),
        ),
        Misconception(
            "logarithms",
            "The logarithms were averaged: a geometric mean.",
            "Average the probabilities as they are.",
            _averaged(_geometric),
        ),
        Misconception(
            "over_the_images",
            "The mean goes over the images, not over the pieces.",
            "For each image there are ten rows of probabilities: average these.",
            _over_images,
        ),
        Misconception(
            "images_mixed_up",
            "The pieces went to predict look by look, and the answers were read image by image: each mean is of pieces of different images.",
            "Ten rows that follow each other must belong to one image: mind the order when you reshape.",
            _all_at_once(lambda said, n, k: said.reshape(n, 10, k).mean(axis=1), look_by_look=True),
        ),
        Misconception(
            "looks_mixed_up",
            "The pieces went to predict image by image, and the answers were read look by look: each mean is of pieces of different images.",
            "The ten answers about an image follow each other: reshape to (N, 10, K), and take the mean along axis 1.",
            _all_at_once(lambda said, n, k: said.reshape(10, n, k).mean(axis=0)),
        ),
        Misconception(
            "classes_mixed_up",
            "The answers were reshaped as if the classes came before the pieces: each mean is of different classes.",
            "predict gives (M, K), one row for each piece. reshape cuts rows in order and exchanges no axes: (N, 10, K), then the mean along axis 1.",
            _all_at_once(lambda said, n, k: said.reshape(n, k, 10).mean(axis=2)),
        ),
        Misconception(
            "softmax_again",
            "The probabilities went through another softmax.",
            "predict gives probabilities already: only average them.",
            _averaged(lambda said: (np.exp(said) / np.exp(said).sum(axis=1, keepdims=True)).mean(axis=0)),
        ),
    ),
    hints=(
        "predict answers for a whole batch. What batch do you hand it for one image, and what shape has its answer?",
        "For each image: its ten pieces, what predict says of them, (10, K), and the mean over the ten. Collect these rows.",
        "Loop over images: pieces from ten_crop with size; what predict says of the pieces; the mean along its first axis. Stack the means.",
    ),
)
