"""Checks of cnnlib/preprocess.py."""

from __future__ import annotations

import numpy as np

from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract

# --- to_chw -----------------------------------------------------------------------------------------------------------


def _to_chw(image):
    return np.stack([image[..., c] for c in range(image.shape[2])])


def _photo(rng, channels=3):
    h, w = distinct(rng, (4, 5, 7), (4, 5, 7))
    return rng.integers(0, 256, (h, w, channels), np.uint8)


def _draw_to_chw(rng):
    for _ in range(2):
        yield Case("photos", {"image": _photo(rng)})
    yield Case("any", {"image": normal(rng, 7, 5, 2)})
    yield Case("any", {"image": _photo(rng, channels=1)})
    yield Case("contract", {"image": normal(rng, 4, 7, 3)}, layout="read-only", exact_dtype=True)
    yield Case("contract", {"image": normal(rng, 5, 4, 3, dtype=np.float32)}, layout="strided", exact_dtype=True)


to_chw = Exercise(
    id="preprocess.to_chw",
    title="Channels first",
    difficulty=1,
    minutes=2,
    aspects=(
        Aspect("photos", 2, "colour photos in uint8"),
        Aspect("any", 1, "other numbers of channels, and floats"),
        contract(),
    ),
    draw=_draw_to_chw,
    oracle=_to_chw,
    misconceptions=(
        Misconception(
            "reshaped",
            "The shape is right, but the numbers are jumbled: reshape only cuts the same row of numbers anew.",
            "Nothing may be cut anew; the axes change places: that is what transpose does.",
            lambda image: image.reshape(image.shape[2], *image.shape[:2]),
            revisit="00, “Two layouts”",
        ),
        Misconception(
            "all_axes_reversed",
            "Height and width have changed places too: the picture lies on its side.",
            "image.T, and a swap of the first and the last axis, give (C, W, H). Name the new order of the axes: 2, 0, 1.",
            lambda image: image.T,
        ),
        Misconception(
            "wrong_order",
            "The axes are in the order (W, C, H).",
            "transpose takes the OLD axes in their new order: first the channels, which are axis 2, then 0 and 1.",
            lambda image: image.transpose(1, 2, 0),
        ),
        Misconception(
            "height_and_width_swapped",
            "Only height and width have changed places; the channels are still last.",
            "The channels are axis 2: they come first, height and width follow in their old order.",
            lambda image: image.transpose(1, 0, 2),
        ),
        Misconception(
            "unchanged",
            "The image came back as it was: its channels are still last.",
            "transpose and moveaxis do not change an array, they return a new view of it: return what they give you.",
            lambda image: image,
        ),
        Misconception(
            "colours_reversed",
            "The channels come first, but in the order blue, green, red.",
            "Only the axes change places: channel 0 of the result is channel 0 of the image.",
            lambda image: _to_chw(image)[::-1],
        ),
        Misconception(
            "scaled",
            "The numbers were divided by 255.",
            "Only the layout changes here: the same numbers, in the dtype that came in.",
            lambda image: _to_chw(image) / 255,
        ),
    ),
    hints=(
        "The notebook shows the line: type it in place of the line that raises NotImplementedError, save, and run the check.",
        "An array can change the order of its axes: image.transpose takes the old axes, counted from 0, in their new order.",
        "The channels are axis 2, height is 0, width is 1. Return the image with its axes in the order channels, height, width.",
    ),
)


# --- center_images ----------------------------------------------------------------------------------------------------

PIXELS, EVERYTHING, LAST = (0, 2, 3), (0, 1, 2, 3), (0, 1, 2)


def _like(images, numbers):
    """In the dtype that is asked for: that of floats, float32 for whole numbers."""
    return numbers.astype(images.dtype if images.dtype.kind == "f" else np.float32)


def _mean(images, axis=PIXELS):
    return images.astype(np.float64).mean(axis=axis, keepdims=True)


def _centre(images, train_images):
    mean = np.array([train_images[:, c].astype(np.float64).mean() for c in range(train_images.shape[1])])
    return _like(images, images - mean.reshape(-1, 1, 1))


def _standardised(images, train_images):
    std = train_images.astype(np.float64).std(axis=PIXELS, keepdims=True)
    return _like(images, (images - _mean(train_images)) / std)


def _wrapped(images, train_images):
    """The mean in the images' own dtype: in uint8, what is below it turns large."""
    return images - _mean(train_images).astype(images.dtype)


def _whole_mean(images, train_images):
    """The mean in the training images' own dtype: in uint8, without its fraction."""
    return _like(images, images.astype(np.float64) - _mean(train_images).astype(train_images.dtype))


def _scaled(images, train_images):
    return _like(images, _centre(images, train_images) / 255)


def _axes_lost(images, train_images):
    return _like(images, images - train_images.astype(np.float64).mean(axis=PIXELS))


def _in_place(images, train_images):
    images -= train_images.mean(axis=PIXELS, keepdims=True)
    return images


def _dtype_looked_at(inputs, output):
    """Whole numbers come in without a float dtype to keep: then the dtype that comes back is part of the answer."""
    if inputs["images"].dtype.kind == "f":
        return output
    return {"numbers": output, "dtype": str(output.dtype)}


def _images(rng, n, c, dtype=np.float64, sizes=((5, 6, 7), (5, 6, 7))):
    """Every channel and every image with a brightness of its own, so that no mean can stand in for another."""
    h, w = distinct(rng, *sizes)
    x = normal(rng, n, c, h, w) + 3 * normal(rng, 1, c, 1, 1) + 2 * normal(rng, n, 1, 1, 1) + 5
    if dtype is np.uint8:
        return np.clip(70 + 25 * x, 0, 255).round().astype(np.uint8)
    return x.astype(dtype)


def _sets(rng, n, m, c, dtype=np.float64):
    """Images and other training images of the same size; both cover 0 and 255 when they are uint8."""
    both = _images(rng, n + m, c, dtype)
    images, train = both[:n], both[n:]
    if dtype is np.uint8:
        images[:, :, 0, 0], train[:, :, 0, 0] = 0, 255
    return {"images": images, "train_images": train}


def _draw_center(rng):
    for c in (1, 3):
        images = _images(rng, 4, c)
        yield Case("channels", {"images": images, "train_images": images.copy()})
    for n, m in ((3, 4), (1, 5), (4, 1)):
        yield Case("training", _sets(rng, n, m, 3))
    for n, m, c in ((2, 3, 1), (4, 3, 3)):
        yield Case("whole numbers", _sets(rng, n, m, c, np.uint8), tolerance=1e-4)  # what float32 gives
    for layout, dtype in (("read-only", np.float64), ("strided", np.float32), ("plain", np.float32)):
        yield Case("contract", _sets(rng, 2, 3, 4, dtype), layout=layout, exact_dtype=True)
    mixed = _sets(rng, 2, 3, 4, np.uint8)  # it is the dtype of images that is kept
    yield Case("contract", mixed | {"images": mixed["images"].astype(np.float64)}, exact_dtype=True)
    yield Case("contract", mixed | {"images": mixed["images"].astype(np.float32)}, exact_dtype=True)  # the only float dtype of the two


center_images = Exercise(
    id="preprocess.center_images",
    title="Centre images with the training set's mean",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("channels", 8, "one mean per channel; the images are the training images"),
        Aspect("training", 8, "other images: the mean of the training images alone"),
        Aspect("whole numbers", 6, "uint8 comes in, float32 goes out"),
        contract(2),
    ),
    draw=_draw_center,
    oracle=_centre,
    view=_dtype_looked_at,
    misconceptions=(
        Misconception(
            "own_mean",
            "The images were centred with their own mean, not with that of the training images.",
            "What the network has learned belongs to one zero. At test time nothing may depend on the other test images: "
            "take train_images.mean, also for new images.",
            lambda images, train_images: _like(images, images - _mean(images)),
            revisit="00, “Where is zero?”",
        ),
        Misconception(
            "all_images_together",
            "The mean was taken over training images and images together: what should stay unseen leaks into the preparation.",
            "The mean is something that is learned, so it comes from the training images alone.",
            lambda images, train_images: _like(images, images - _mean(np.concatenate([images, train_images]))),
            revisit="00, “Where is zero?”",
        ),
        Misconception(
            "one_mean_for_all_channels",
            "One mean was taken over everything: all channels share it.",
            "Every channel has a zero of its own: take the mean over images, rows and columns, but not over axis 1.",
            lambda images, train_images: _like(images, images - _mean(train_images, EVERYTHING)),
        ),
        Misconception(
            "mean_image",
            "Every pixel has a mean of its own: the mean image was taken away.",
            "One number per channel is asked for: the mean also runs over rows and columns, axes 2 and 3.",
            lambda images, train_images: _like(images, images - _mean(train_images, 0)),
        ),
        Misconception(
            "each_image_by_itself",
            "Every image was centred with its own mean, so a dark and a bright one come out alike.",
            "The same numbers are taken away from all images: one per channel, from the training images.",
            lambda images, train_images: _like(images, images - _mean(images, (2, 3))),
        ),
        Misconception(
            "channels_last",
            "The mean runs over channels and rows, as if the channels were the last axis.",
            "Our layout is N, C, H, W: what stays is axis 1, so the mean runs over axes 0, 2 and 3.",
            lambda images, train_images: _like(images, images - _mean(train_images, LAST)),
        ),
        Misconception(
            "standardised",
            "The images were also divided by the standard deviation.",
            "Only the mean is taken away: all pixels are measured in the same unit already.",
            _standardised,
            revisit="00, “Why not more?”",
        ),
        Misconception(
            "scaled",
            "The images were also divided by 255.",
            "Only the mean is taken away; the unit stays.",
            _scaled,
        ),
        Misconception(
            "wraps_around",
            "The numbers wrap around: in uint8, 3 - 5 is 254.",
            "The mean was turned into uint8. Leave it a float: then the difference is a float too.",
            _wrapped,
            revisit="00, “Where is zero?”",
        ),
        Misconception(
            "mean_in_whole_numbers",
            "The mean was rounded down to a whole number.",
            "It was turned into uint8, which has no fractions. Turn nothing but the result into another dtype.",
            _whole_mean,
        ),
        Misconception(
            "axes_lost",
            "The means have the shape (C,), and NumPy lines them up with the columns.",
            "They must be (1, C, 1, 1) to meet the channels: mean has the option keepdims, or reshape them.",
            _axes_lost,
        ),
        Misconception(
            "changes_images_in_place",
            "The images that came in have been overwritten.",
            "images -= … changes the caller's array; images - … makes a new one.",
            _in_place,
        ),
        Misconception(
            "float64_result",
            "The result is float64 whatever came in.",
            "Floats keep the dtype of images, whole numbers become float32: end with astype.",
            lambda images, train_images: _centre(images.astype(np.float64), train_images),
            keeps_dtype=False,
        ),
    ),
    hints=(
        "For a colour image three numbers are taken away, one per channel. Which axes of train_images does each of them run over?",
        "train_images.mean takes a tuple of axes; with keepdims=True the result lines up with images. Beware of the dtype at the end.",
        "The mean of train_images over axes 0, 2 and 3, axes kept; images minus that mean; turned into the dtype of images if that is "
        "a float dtype, into float32 otherwise.",
    ),
)

EXERCISES = (to_chw, center_images)
