"""The checks of cnnlib/preprocess.py."""

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from tests.checks.common import proofs

TestProofs = proofs("preprocess")


@pytest.mark.parametrize(
    "style",
    [
        lambda image: image.transpose(2, 0, 1),  # as the notebook shows it
        lambda image: np.stack([image[:, :, c] for c in range(image.shape[2])]),
        lambda image: np.einsum("hwc->chw", image),
        lambda image: np.swapaxes(np.swapaxes(image, 0, 2), 1, 2),
    ],
)
def test_every_way_to_put_channels_first_is_right(style):
    assert check("preprocess.to_chw", style, seed=1).passed


def with_loops(images, train_images):
    out = np.empty(images.shape, images.dtype if images.dtype in (np.float32, np.float64) else np.float32)
    for c in range(images.shape[1]):
        out[:, c] = images[:, c] - np.mean(train_images[:, c])
    return out


def reshaped(images, train_images):
    mean = np.moveaxis(train_images, 1, 0).reshape(train_images.shape[1], -1).mean(axis=1)
    kind = np.result_type(images.dtype, np.float32)
    return images.astype(kind) - mean.astype(kind)[:, None, None]


@pytest.mark.parametrize("style", [with_loops, reshaped])
@pytest.mark.parametrize("seed", [1, 2])
def test_other_ways_to_centre_are_right(style, seed):
    verdict = check("preprocess.center_images", style, seed=seed)
    assert verdict.passed, str(verdict)


def test_training_images_come_out_with_mean_zero_and_others_do_not():
    images, train = (load("preprocess.center_images").cases(1)[2].inputs[name] for name in ("images", "train_images"))
    centre = load("preprocess.center_images").oracle
    assert np.allclose(centre(train, train).mean(axis=(0, 2, 3)), 0)
    assert np.abs(centre(images, train).mean(axis=(0, 2, 3))).min() > 1e-3


def test_a_slip_costs_its_own_aspects_only():
    def lost(slip):
        verdict = check("preprocess.center_images", load("preprocess.center_images").misconception(slip).oracle, seed=1)
        return [aspect.name for aspect in verdict.aspects if not aspect.passed]

    assert lost("own_mean") == ["training", "whole numbers", "contract"]
    assert lost("wraps_around") == ["whole numbers"]
    assert lost("float64_result") == ["whole numbers", "contract"]


def test_whole_numbers_must_become_float32():
    verdict = check("preprocess.center_images", lambda images, train_images: images - train_images.mean(axis=(0, 2, 3), keepdims=True), seed=1)
    lost = {aspect.name: aspect.difference.text for aspect in verdict.aspects if not aspect.passed}
    assert lost["whole numbers"] == "dtype: got 'float64', expected 'float32'"
    assert lost.keys() == {"whole numbers", "contract"}


def test_the_first_exercise_says_that_a_reshape_jumbles():
    verdict = check("preprocess.to_chw", lambda image: image.reshape(image.shape[2], *image.shape[:2]))
    assert (verdict.points, verdict.misconception) == (0, "reshaped")
