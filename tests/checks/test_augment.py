"""The checks of cnnlib/augment.py: whatever right way to draw places, chances and colours gets full marks, and only those."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import check
from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("augment", seeds=(1, 2))


def solution(name: str):
    return load_subject(load(f"augment.{name}"), SOLUTIONS)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.integers(1, 17), st.integers(1, 17), st.integers(1, 23), st.integers(0, 99))
def test_the_solution_resizes_as_pytorch_does(channels: int, h: int, w: int, size: int, seed: int) -> None:
    image = np.random.default_rng(seed).standard_normal((channels, h, w))
    out = solution("resize_short_side")(image, size)
    assert min(out.shape[1:]) == size and max(out.shape[1:]) == size * max(h, w) // min(h, w)
    expected = F.interpolate(torch.from_numpy(image)[None], size=out.shape[1:], mode="bilinear", align_corners=False)[0]
    np.testing.assert_allclose(out, expected.numpy(), atol=1e-12)


def test_ten_crops_of_a_small_image_by_hand() -> None:
    crops = solution("ten_crop")(np.arange(12.0).reshape(1, 3, 4), 2)[:, 0]
    assert crops[:5].tolist() == [[[0, 1], [4, 5]], [[2, 3], [6, 7]], [[4, 5], [8, 9]], [[6, 7], [10, 11]], [[1, 2], [5, 6]]]
    assert crops[9].tolist() == [[2, 1], [6, 5]]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["random_crop", "random_horizontal_flip", "color_jitter"])
def test_right_chances_are_never_called_wrong(name: str, seed: int) -> None:
    assert check(f"augment.{name}", seed=100 + seed, cnnlib=SOLUTIONS).passed


def lost(name: str, subject) -> list[str]:
    return [aspect.name for aspect in check(f"augment.{name}", subject, seed=1).aspects if not aspect.passed]


def test_a_shift_along_one_axis_alone_is_told() -> None:
    def sideways(images, size, rng, padding):
        size = (size, size) if isinstance(size, int) else size
        out = solution("random_crop")(images, (images.shape[2] + 2 * padding, size[1]), rng, padding)
        return out[:, :, : size[0]]

    assert lost("random_crop", sideways) == ["reach", "padding"]


def test_mirroring_a_little_too_seldom_is_told() -> None:
    assert lost("random_horizontal_flip", lambda images, rng, p: solution("random_horizontal_flip")(images, rng, 0.92 * p)) == ["share"]


def test_colours_that_vary_a_little_too_much_are_told() -> None:
    def stronger(images, eigenvalues, eigenvectors, rng, scale):
        return solution("color_jitter")(images, eigenvalues, eigenvectors, rng, 1.25 * scale)

    assert lost("color_jitter", stronger) == ["directions"]


def test_noise_on_top_of_the_shift_is_told() -> None:
    def grainy(images, eigenvalues, eigenvectors, rng, scale):
        out = solution("color_jitter")(images, eigenvalues, eigenvectors, rng, scale)
        return out + 0.01 * rng.standard_normal(images.shape).astype(images.dtype)

    assert {"whole image", "directions"} <= set(lost("color_jitter", grainy))


def earned(name: str, subject) -> list[str]:
    return [aspect.name for aspect in check(f"augment.{name}", subject, seed=1).aspects if aspect.passed]


def test_ten_looks_are_earned_one_after_the_other() -> None:
    ten = solution("ten_crop")
    assert earned("ten_crop", lambda image, size: ten(image, size)[:4]) == []
    assert earned("ten_crop", lambda image, size: ten(image, size)[:5]) == ["five pieces"]
    assert earned("ten_crop", lambda image, size: ten(image, size)[::-1]) == ["five pieces", "mirror images"]
    assert earned("ten_crop", lambda image, size: list(ten(image, size))) == []
    assert earned("ten_crop", lambda image, size: ten(image, size).transpose(0, 2, 3, 1)) == []
    assert earned("ten_crop", lambda image, size: ten(image, size)[:0]) == []


def test_a_resized_image_is_earned_one_after_the_other() -> None:
    right = solution("resize_short_side")

    def edges_off(image, size):
        out = right(image, size).copy()
        if out.shape[1] > image.shape[1]:
            out[:, [0, -1]] = 0
        return out

    sizes = ["wide", "high"]
    assert earned("resize_short_side", lambda image, size: np.zeros_like(right(image, size))) == sizes
    assert earned("resize_short_side", edges_off) == [*sizes, "inside", "smaller", "contract"]
    assert earned("resize_short_side", lambda image, size: right(image, size)[:, :, :-1]) == []
    assert earned("resize_short_side", lambda image, size: list(right(image, size))) == []
    assert earned("resize_short_side", lambda image, size: np.zeros((0, 0, 0))) == []


def test_another_shape_is_told_as_one() -> None:
    for name in ("random_crop", "random_horizontal_flip", "color_jitter"):
        shape = check(f"augment.{name}", lambda images, **_: images[:, 0], seed=1).aspects[0].difference
        assert shape.kind == "shape" and shape.text.count("×") == 5, shape.text  # of three axes, and of four


def test_ten_answers_put_together_the_wrong_way_are_named() -> None:
    ten = solution("ten_crop")

    def at_once(read):
        return lambda predict, images, size: read(predict(np.concatenate([ten(image, size) for image in images])), len(images))

    right = check("augment.predict_multi_crop", at_once(lambda said, n: said.reshape(n, 10, -1).mean(axis=1)), seed=1)
    assert right.passed, str(right)
    slips = (
        ("looks_mixed_up", lambda said, n: said.reshape(10, n, -1).mean(axis=0)),
        ("classes_mixed_up", lambda said, n: said.reshape(n, -1, 10).mean(axis=2)),
    )
    for name, read in slips:
        assert check("augment.predict_multi_crop", at_once(read), seed=2).misconception == name
