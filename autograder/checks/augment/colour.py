"""color_jitter: what was added to each image is computed back into the random factors, and these are judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.dropout.chance import OTHER_RANDOMNESS, OWN_SEED, SEED, followed, other_randomness, outline, own_seed, thrice
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract
from autograder.values import Seed

SHAPE, FLAT, APART, COLOURS, LAW, DTYPE = "shape", "what is added", "shifts", "colours vary", "alpha", "dtype"
RIGHT = "along the eigenvectors, by scale * eigenvalue"
NORMAL = "normal, with mean 0"
SAME = "the same for all pixels of an image"
WHERE = "07, “Light and colour”"


# --- What is looked at ------------------------------------------------------------------------------------------------


def _view(inputs: dict[str, Any], output: Any) -> tuple[Any, ...]:
    """Of three batches: shape, and statements about what was added."""
    images = inputs["images"]
    first, again, other = output
    shape = outline(first)
    if first.shape != images.shape:
        return shape, *("not told",) * 5, str(first.dtype)
    added = first.astype(np.float64) - images  # (N, 3, H, W)
    shift = np.median(added, axis=(2, 3))  # (N, 3)
    size = np.abs(shift).max() + 1e-12
    flat = np.abs(added - shift[:, :, None, None]).max() < 1e-3 * size
    apart = len(images) < 3 or np.abs(shift - shift[0]).max() > 1e-3 * size
    large = flat and apart and len(images) >= MANY
    return (
        shape,
        SAME if flat else _unlike(first, images),
        "each image has its own" if apart else "the same for all images",
        _colours(shift, inputs) if large else "not told",
        _law(shift, inputs) if large else "not told",
        followed(first, again, other),
        str(first.dtype),
    )


def _unlike(first: np.ndarray, images: np.ndarray) -> str:
    """What was done instead of adding one number to all pixels of a channel."""
    ratio = first / images
    if np.ptp(ratio, axis=(2, 3)).max() < 1e-3 * np.abs(ratio).max():
        return "nothing: images are multiplied"
    cut = first.min() >= 0 > images.min()
    return "not always the same: nothing is below 0" if cut else "not the same for all pixels of an image"


def _colours(shift: np.ndarray, inputs: dict[str, Any]) -> str:
    """The covariance of the shifts, against those of the ways that one could think of.

    An entry of the covariance of 4,000 shifts, in units of its largest, has a standard deviation of at most 0.023: a right answer
    is off by 0.2 in one of its nine with a probability below 1e-15.
    """
    values, vectors, scale = inputs["eigenvalues"], inputs["eigenvectors"], inputs["scale"]
    ways = {
        RIGHT: (vectors, scale * values),
        "along the rows of eigenvectors, not its columns": (vectors.T, scale * values),
        "without the eigenvalues": (vectors, scale * np.ones(3)),
        "by the eigenvalues' roots": (vectors, scale * np.sqrt(values)),
        "by the eigenvalues, without scale": (vectors, values),
        "by 0.1 whatever scale is": (vectors, 0.1 * values),
        "with scale for the variance": (vectors, np.sqrt(scale) * values),
        "without the eigenvectors": (np.eye(3), scale * values),
        "without the eigenvectors, and alike": (np.eye(3), np.full(3, scale)),
    }
    found = shift.T @ shift / len(shift)
    for name, (axes, lengths) in ways.items():
        expected = (axes * lengths**2) @ axes.T
        if np.abs(found - expected).max() < 0.2 * np.abs(expected).max():
            return name
    alike = scale * vectors @ values  # one alpha for all three
    if np.abs(found - np.outer(alike, alike)).max() < 0.2 * (alike**2).max():
        return "by one alpha for all three eigenvectors"
    return "in another way"


def _law(shift: np.ndarray, inputs: dict[str, Any]) -> str:
    """Of 12,000 right alphas 546 lie beyond two standard deviations (less than 240, or more than 960: 1e-30); uniform ones never."""
    alpha = shift @ inputs["eigenvectors"] / inputs["eigenvalues"]  # (N, 3)
    spread = np.sqrt((alpha**2).mean(axis=0)) + 1e-12
    if (np.abs(alpha.mean(axis=0)) > 0.12 * spread).any():  # 7.6 standard deviations of the mean of 4,000
        return "with another mean than 0"
    return NORMAL if 0.02 < (np.abs(alpha) > 2 * spread).mean() < 0.08 else "not normal"


# --- Jitter, right and wrong ------------------------------------------------------------------------------------------


def _jittering(
    alphas: Callable[..., np.ndarray] = lambda rng, n: rng.standard_normal((n, 3)),
    *,
    stretch: Callable[..., Any] = lambda values: values,
    axes: Callable[..., Any] = lambda vectors: vectors,
    factor: Callable[[float], float] = lambda scale: scale,
) -> Callable[..., np.ndarray]:
    def jitter(images, eigenvalues, eigenvectors, rng, scale):
        lengths = factor(scale) * alphas(rng, len(images)) * stretch(eigenvalues.astype(np.float64))  # (N, 3)
        shift = np.einsum("nk,ck->nc", lengths, axes(eigenvectors))
        return (images + shift[:, :, None, None]).astype(images.dtype)

    return jitter


def _in_float64(images, eigenvalues, eigenvectors, rng, scale):
    return _jittering()(images.astype(np.float64), eigenvalues, eigenvectors, rng, scale)


def _for_each_pixel(images, eigenvalues, eigenvectors, rng, scale):
    alpha = scale * rng.standard_normal((len(images), 3, *images.shape[2:]))
    return images + np.einsum("nkhw,k,ck->nchw", alpha, eigenvalues, eigenvectors)


def _multiplied(images, eigenvalues, eigenvectors, rng, scale):
    alpha = rng.normal(0, scale, (len(images), 3))
    return images * (1 + np.einsum("nk,k,ck->nc", alpha, eigenvalues, eigenvectors))[:, :, None, None]


def _clipped(images, eigenvalues, eigenvectors, rng, scale):
    return np.clip(_jittering()(images, eigenvalues, eigenvectors, rng, scale), 0, 1)


# --- Cases ------------------------------------------------------------------------------------------------------------

MANY = 4000


def _inputs(rng, n, h=3, w=2, dtype=np.float64, scale=None):
    while True:
        vectors = np.linalg.qr(normal(rng, 3, 3))[0]
        values = rng.permutation([0.3, 1.1, 2.7]) * rng.uniform(0.9, 1.1, 3)
        # Rows and columns of the eigenvectors must tell different stories, and so must one alpha and three.
        right, turned = ((axes * values**2) @ axes.T for axes in (vectors, vectors.T))
        if np.abs(right - turned).max() > 0.5 * np.abs(right).max():
            break
    return {
        "images": normal(rng, n, 3, h, w, dtype=dtype),
        "eigenvalues": values.astype(dtype),
        "eigenvectors": vectors.astype(dtype),
        "scale": float(rng.choice([0.3, 0.4, 0.5])) if scale is None else scale,
        "rng": Seed(int(rng.integers(2**32))),
    }


def _draw(rng):
    yield Case("whole image", _inputs(rng, 5, 7, 11), compare=(SHAPE, FLAT))
    yield Case("whole image", _inputs(rng, 1, 5, 2), compare=(SHAPE, FLAT))
    yield Case("each its own", _inputs(rng, 11, 3, 5), compare=(SHAPE, APART))
    for _ in range(2):
        inputs = _inputs(rng, MANY)
        yield Case("directions", inputs, compare=(SHAPE, FLAT, COLOURS))
        yield Case("normal", inputs, compare=(SHAPE, LAW))
    yield Case("generator", _inputs(rng, 11, 3, 5), compare=(SHAPE, SEED))
    for layout, dtype in (("read-only", np.float64), ("strided", np.float32), ("plain", np.float32)):
        yield Case("contract", _inputs(rng, 11, 3, 5, dtype), compare=(SHAPE, FLAT, DTYPE), layout=layout)


color_jitter = Exercise(
    id="augment.color_jitter",
    title="AlexNet's light and colour",
    difficulty=3,
    minutes=15,
    aspects=(
        Aspect("whole image", 1, "all pixels of an image get the same shift"),
        Aspect("each its own", 1, "every image has its own shift"),
        Aspect("directions", 3, "colours vary along the eigenvectors, by scale times eigenvalue"),
        Aspect("normal", 1, "the factors alpha are normal, with mean 0"),
        Aspect("generator", 1, "all randomness comes from rng"),
        contract(),
    ),
    draw=_draw,
    oracle=thrice(_jittering()),
    returns=(SHAPE, FLAT, APART, COLOURS, LAW, SEED, DTYPE),
    view=_view,
    probe="reseeded",
    misconceptions=(
        Misconception(
            "same_for_all",
            "All images of the batch get the same shift.",
            "Draw three alphas for each image: N × 3 numbers.",
            _jittering(lambda rng, n: rng.standard_normal((1, 3)).repeat(n, axis=0)),
            revisit=WHERE,
        ),
        Misconception(
            "for_each_pixel",
            "Every pixel has its own alphas: that is noise, not another light.",
            "Draw three alphas for each image, and add the same shift to all its pixels.",
            _for_each_pixel,
            revisit=WHERE,
        ),
        Misconception(
            "multiplied",
            "The images are multiplied by the shift.",
            "Add it: bright and dark pixels get the same.",
            _multiplied,
        ),
        Misconception(
            "clipped",
            "The result is clipped.",
            "Images may already be centred, with numbers below 0: nothing is clipped here.",
            _clipped,
        ),
        Misconception(
            "rows_for_columns",
            "The rows of eigenvectors are taken, not its columns.",
            "Eigenvector k is the column eigenvectors[:, k]: for a row of alphas that means a product with the transpose.",
            _jittering(axes=lambda vectors: vectors.T),
            revisit=WHERE,
        ),
        Misconception(
            "one_alpha",
            "One alpha serves all three eigenvectors.",
            "Draw three numbers for each image: one for each direction.",
            _jittering(lambda rng, n: rng.standard_normal((n, 1)).repeat(3, axis=1)),
        ),
        Misconception(
            "without_eigenvalues",
            "The eigenvalues are left out: all directions vary alike.",
            "Multiply alpha_k by eigenvalues[k]: colours vary most where the data do.",
            _jittering(stretch=np.ones_like),
        ),
        Misconception(
            "roots_of_eigenvalues",
            "The roots of the eigenvalues are taken.",
            "They would be the data's standard deviations, but AlexNet multiplies by the eigenvalues themselves.",
            _jittering(stretch=np.sqrt),
        ),
        Misconception(
            "without_eigenvectors",
            "The eigenvectors are left out: red, green and blue vary by themselves.",
            "The shift is a sum of eigenvectors, each times alpha_k * eigenvalues[k].",
            _jittering(axes=lambda vectors: np.eye(3)),
        ),
        Misconception(
            "scale_is_variance",
            "scale is taken for the variance of alpha.",
            "It is the standard deviation: scale times a standard normal number.",
            _jittering(factor=np.sqrt),
        ),
        Misconception(
            "scale_ignored",
            "scale is left out.",
            "alpha is scale times a standard normal number.",
            _jittering(factor=lambda scale: 1.0),
        ),
        Misconception(
            "default_scale",
            "scale is always 0.1.",
            "That is only its default: use the argument.",
            _jittering(factor=lambda scale: 0.1),
        ),
        Misconception(
            "uniform_for_normal",
            "The alphas are uniform, not normal.",
            "rng.standard_normal, or rng.normal with scale.",
            _jittering(lambda rng, n: rng.uniform(-np.sqrt(3), np.sqrt(3), (n, 3))),
        ),
        Misconception(
            "only_positive",
            "The alphas are never negative: images only change one way.",
            "Normal numbers have both signs: leave them as they are.",
            _jittering(lambda rng, n: np.abs(rng.standard_normal((n, 3)))),
        ),
        Misconception("own_seed", *OWN_SEED, own_seed(_jittering())),
        Misconception("other_randomness", *OTHER_RANDOMNESS, other_randomness(_jittering())),
        Misconception(
            "float64_result",
            "The result is float64 whatever came in.",
            "rng.standard_normal gives float64, and a sum with it does, too: bring the shift to the dtype of images.",
            _in_float64,
            keeps_dtype=False,
        ),
    ),
    hints=(
        "How many random numbers does a batch of N images need? Then: which three numbers are added to every pixel of one image?",
        "Draw alpha as (N, 3). Multiply each by its eigenvalue. Each row then says how much of each eigenvector to take: a matrix product gives "
        "the shifts (N, 3).",
        "alpha = scale times normal numbers (N, 3); times eigenvalues; a product with the transposed eigenvectors gives red, green, blue for each "
        "image. Bring that to the dtype of images and give it two axes of length 1 for the pixels; add.",
    ),
)
