"""resize_short_side: judged by torch.nn.functional.interpolate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.dropout.chance import outline
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import tensor

SIZE, INSIDE, OUT = "size of the result", "out, away from the edge", "out"
WHERE = "07, “Sizes”"
NOT_EXACT = "size / short is not exact in floats, and 15 may come out as 14."
MULTIPLY_FIRST = "Multiply first, then divide with //: size * long // short is exact."
Size = tuple[int, int]


# --- What is looked at ------------------------------------------------------------------------------------------------


def _view(inputs: dict[str, Any], out: Any) -> tuple[Any, ...]:
    """An array as large as the result, what lies between four pixels of the image, and all of it."""
    image = inputs["image"]
    if not isinstance(out, np.ndarray) or out.ndim != 3 or not out.size:
        return out, out, out  # to be told by its kind or shape
    rows, columns = (_between(new, old) for new, old in zip(out.shape[1:], image.shape[1:]))
    return outline(out), out[:, rows, columns], out


def _between(new: int, old: int) -> slice:
    """Which of `new` pixels lie between the centres of the first and the last of `old` ones."""
    edge = int(((np.arange(new) + 0.5) * old / new < 0.5).sum())  # as many at the other end
    return slice(edge, new - edge)


# --- Resizing, right and wrong ----------------------------------------------------------------------------------------


def _short_side(h: int, w: int, size: int) -> Size:
    return size * h // min(h, w), size * w // min(h, w)


def _interpolated(new_size: Callable[[int, int, int], Size] = _short_side, **options: Any) -> Callable[..., np.ndarray]:
    """PyTorch's interpolation to new_size(H, W, size)."""
    options = {"mode": "bilinear", "align_corners": False} | options

    def resize(image, size):
        import torch.nn.functional as F

        return F.interpolate(tensor(image)[None], size=new_size(*image.shape[1:], size), **options)[0].numpy()

    return resize


def _by_places(place: Callable[[np.ndarray, int, int], np.ndarray], *, wraps: bool = False, beyond: bool = False) -> Callable[..., np.ndarray]:
    """Bilinear with place(index of the new pixel, new length, old length); outside the image the edge is repeated, unless

    wraps   a row or column number of -1 takes the last one, as Python's indices do
    beyond  the line through the two pixels at the edge is carried on
    """

    def matrix(new: int, old: int) -> np.ndarray:
        """(new, old): how much each old row (or column) counts in each new one."""
        where = place(np.arange(new), new, old)
        if not wraps and not beyond:
            where = np.clip(where, 0, old - 1)
        low = np.floor(where).astype(int)
        if not wraps:
            low = np.clip(low, 0, max(old - 2, 0))
        weights, rows = np.zeros((new, old)), np.arange(new)
        high = (low + 1) % old if wraps else np.minimum(low + 1, old - 1)
        np.add.at(weights, (rows, low % old), 1 - (where - low))
        np.add.at(weights, (rows, high), where - low)
        return weights

    def resize(image, size):
        h, w = image.shape[1:]
        oh, ow = _short_side(h, w, size)
        return np.einsum("ih,jw,chw->cij", matrix(oh, h), matrix(ow, w), image.astype(np.float64))

    return resize


def _centres(index, new, old):
    return (index + 0.5) * old / new - 0.5


def _nearest_in(round_to):
    """The nearest pixel alone, by rounding its place."""

    def resize(image, size):
        h, w = image.shape[1:]
        rows, columns = (np.clip(round_to(np.arange(n), n, old), 0, old - 1).astype(int) for n, old in zip(_short_side(h, w, size), (h, w)))
        return image[:, rows][:, :, columns]

    return resize


def _weights_swapped(image, size):
    """The weight of the near pixel goes to the far one."""

    def matrix(new, old):
        where = np.clip(_centres(np.arange(new), new, old), 0, old - 1)
        low = np.floor(where).astype(int)
        weights = np.zeros((new, old))
        np.add.at(weights, (np.arange(new), low), where - low)
        np.add.at(weights, (np.arange(new), np.minimum(low + 1, old - 1)), 1 - (where - low))
        return weights

    oh, ow = _short_side(*image.shape[1:], size)
    return np.einsum("ih,jw,chw->cij", matrix(oh, image.shape[1]), matrix(ow, image.shape[2]), image.astype(np.float64))


# --- Cases ------------------------------------------------------------------------------------------------------------


def _inputs(rng, h, w, size, channels=3, dtype=np.float64):
    return {"image": normal(rng, channels, h, w, dtype=dtype), "size": size}


def _draw(rng):
    yield Case("wide", _inputs(rng, 5, 11, 7, channels=1), compare=(SIZE,))  # 15.4 -> 15
    yield Case("wide", _inputs(rng, 7, 13, 11), compare=(SIZE,))  # 20.43 -> 20
    yield Case("wide", _inputs(rng, 7, 21, 17, channels=1), compare=(SIZE,))  # in floats 21 * (17 / 7) is below 51
    yield Case("wide", _inputs(rng, 11, 15, 11, channels=1), compare=(SIZE,))  # and 11 * (15 / 11) below 15
    yield Case("high", _inputs(rng, 11, 7, 9, channels=2), compare=(SIZE,))  # 14.14 -> 14
    yield Case("high", _inputs(rng, 13, 5, 11), compare=(SIZE,))  # 28.6 -> 28
    yield Case("high", _inputs(rng, 21, 7, 17, channels=1), compare=(SIZE,))
    # Here nothing needs to be rounded: who rounds otherwise gets these sizes right, too.
    for aspect, compare in (("inside", INSIDE), ("edge", OUT)):
        yield Case(aspect, _inputs(rng, 5, 10, 7), compare=(compare,))
        yield Case(aspect, _inputs(rng, 9, 3, 7, channels=2), compare=(compare,))
    yield Case("rounded sizes", _inputs(rng, 5, 11, 7), compare=(OUT,))
    yield Case("rounded sizes", _inputs(rng, 13, 5, 11, channels=2), compare=(OUT,))
    yield Case("smaller", _inputs(rng, 11, 17, 5), compare=(OUT,))  # 7.7 -> 7
    yield Case("smaller", _inputs(rng, 23, 13, 3, channels=2), compare=(OUT,))  # 5.3 -> 5
    yield Case("same and square", _inputs(rng, 7, 7, 7), compare=(OUT,))
    yield Case("same and square", _inputs(rng, 5, 5, 13, channels=2), compare=(OUT,))
    yield Case("same and square", _inputs(rng, 11, 11, 15, channels=1), compare=(OUT,))  # in floats 11 * (15 / 11) is below 15
    yield Case("same and square", _inputs(rng, 3, 11, 3), compare=(OUT,))
    for case in contract_cases(lambda dtype: _inputs(rng, 7, 11, 5, dtype=dtype)):
        yield replace(case, compare=(OUT,))


resize_short_side = Exercise(
    id="augment.resize_short_side",
    title="Scale to a short side",
    difficulty=4,
    minutes=35,
    aspects=(
        Aspect("wide", 1, "the size of the result, when the image is wider than high"),
        Aspect("high", 1, "the size of the result, when it is higher than wide"),
        Aspect("inside", 3, "a number between four pixels is their mean, weighted by nearness"),
        Aspect("edge", 2, "beyond the outermost pixels, these count"),
        Aspect("rounded sizes", 1, "places are right where a side was rounded down, too"),
        Aspect("smaller", 2, "make an image smaller"),
        Aspect("same and square", 1, "square images, and images that have the size already"),
        contract(),
    ),
    draw=_draw,
    oracle=_interpolated(),
    returns=(SIZE, INSIDE, OUT),
    view=_view,
    misconceptions=(
        Misconception(
            "long_side",
            "The longer side becomes `size`.",
            "The shorter one: divide by min(H, W), so that a crop of that size fits in.",
            _interpolated(lambda h, w, size: (size * h // max(h, w), size * w // max(h, w))),
            revisit=WHERE,
        ),
        Misconception(
            "square",
            "Both sides become `size`: things are squeezed.",
            "Both sides are multiplied by the same factor, size / min(H, W).",
            _interpolated(lambda h, w, size: (size, size)),
            revisit=WHERE,
        ),
        Misconception(
            "height_always",
            "The height becomes `size`, even where the width is the shorter side.",
            "Divide by min(H, W).",
            _interpolated(lambda h, w, size: (size, size * w // h)),
        ),
        Misconception(
            "width_always",
            "The width becomes `size`, even where the height is the shorter side.",
            "Divide by min(H, W).",
            _interpolated(lambda h, w, size: (size * h // w, size)),
        ),
        Misconception(
            "rounded_up",
            "The longer side is rounded up.",
            "Round down: size * long // short.",
            _interpolated(lambda h, w, size: (-(-size * h // min(h, w)), -(-size * w // min(h, w)))),
        ),
        Misconception(
            "rounded",
            "The longer side is rounded to the nearest number.",
            "Round down: size * long // short.",
            _interpolated(lambda h, w, size: (round(size * h / min(h, w)), round(size * w / min(h, w)))),
        ),
        Misconception(
            "float_scale",
            f"Lengths are multiplied by size / short and cut off: {NOT_EXACT}",
            MULTIPLY_FIRST,
            _interpolated(lambda h, w, size: (int(h * (size / min(h, w))), int(w * (size / min(h, w))))),
        ),
        Misconception(
            "float_scale_of_the_long_side",
            f"The longer side is multiplied by size / short and cut off: {NOT_EXACT}",
            MULTIPLY_FIRST,
            _interpolated(lambda h, w, size: (size, int(w * (size / h))) if h <= w else (int(h * (size / w)), size)),
        ),
        Misconception(
            "float_proportions",
            "`size` is multiplied by long / short and cut off: a quotient of floats is not exact, and 15 may come out as 14.",
            MULTIPLY_FIRST,
            _interpolated(lambda h, w, size: (size, int(size * (w / h))) if h <= w else (int(size * (h / w)), size)),
        ),
        Misconception(
            "transposed",
            "Height and width of the result are mixed up.",
            "An image is (C, H, W): the first size is the height.",
            _interpolated(lambda h, w, size: _short_side(h, w, size)[::-1]),
        ),
        Misconception(
            "corners_aligned",
            "First and last pixels are laid on each other: y = i * (H - 1) / (OH - 1).",
            "That is align_corners=True. Here centres of pixels stand at halves: y = (i + 0.5) * H / OH - 0.5.",
            _interpolated(align_corners=True),
            revisit=WHERE,
        ),
        Misconception(
            "without_halves",
            "The halves are missing: y = i * H / OH moves the picture towards the upper left corner.",
            "A pixel is a small square, and its centre stands at i + 0.5: y = (i + 0.5) * H / OH - 0.5.",
            _by_places(lambda index, new, old: index * old / new),
            revisit=WHERE,
        ),
        Misconception(
            "half_not_taken_off",
            "Only one half is there: y = (i + 0.5) * H / OH.",
            "Add a half in the new image's pixels, and take one off again in the old one's.",
            _by_places(lambda index, new, old: (index + 0.5) * old / new),
        ),
        Misconception(
            "scale_from_size",
            "The places were computed with the factor size / short, although the longer side was rounded.",
            "For each axis use its own H / OH and W / OW, with the rounded sizes.",
            lambda image, size: _by_places(lambda index, new, old: (index + 0.5) * min(image.shape[1:]) / size - 0.5)(image, size),
        ),
        Misconception(
            "nearest",
            "Each new pixel is a copy of one old pixel.",
            "Bilinear means a weighted mean of the four pixels around.",
            _nearest_in(lambda index, new, old: np.floor(index * old / new)),
            revisit=WHERE,
        ),
        Misconception(
            "nearest_centre",
            "Each new pixel is a copy of the nearest old pixel.",
            "Bilinear means a weighted mean of the four pixels around.",
            _nearest_in(lambda index, new, old: np.round(_centres(index, new, old))),
        ),
        Misconception(
            "weights_swapped",
            "The near pixel counts little, the far one much.",
            "With u the way from the left pixel, the left one counts 1 - u, the right one u.",
            _weights_swapped,
        ),
        Misconception(
            "wraps_around",
            "At the edge, pixels of the opposite edge come in.",
            "y and x below 0 count as 0, beyond the last pixel as the last: index -1 is not the edge, but the other end.",
            _by_places(_centres, wraps=True),
        ),
        Misconception(
            "beyond_the_edge",
            "At the edge the picture is carried on as a straight line.",
            "Clip y to 0 … H - 1 and x to 0 … W - 1 before the weights are computed.",
            _by_places(_centres, beyond=True),
        ),
        float64_result(_interpolated(), like="image"),
    ),
    hints=(
        "Think of one row of pixels first. Where in the old row does the centre of new pixel j lie, and between which two old pixels?",
        "Sizes first. Then, for rows and for columns alike: the place of each new one, clipped to the image; the whole part says which old one is "
        "before it, the rest how near the next one is. Mix rows first, then columns.",
        "OH, OW from size, the shorter side, and rounding down. y for all rows at once, clipped to 0 … H - 1; its floor, and the row after that (at "
        "most H - 1); v, what is left. Rows: (1 - v) of the upper plus v of the lower. The same for columns with x. Keep the dtype of image.",
    ),
)
