"""Augmentation and looks of whole batches, held against the learner's own functions of assignment 07, image by image."""

from __future__ import annotations

import importlib
import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.test_kit import ROOT, kit

augmentation = importlib.import_module(f"{kit.__name__}.training.augmentation")
looks = importlib.import_module(f"{kit.__name__}.training.looks")
spec = importlib.util.spec_from_file_location("augment_of_the_course", ROOT / "solutions" / "cnnlib" / "augment.py")
own = importlib.util.module_from_spec(spec)  # what learners write in assignment 07, as the course solves it
spec.loader.exec_module(own)

SIZES = st.integers(1, 9)
quick = settings(max_examples=40, deadline=None)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(*shape: int, dtype=torch.float32) -> torch.Tensor:
    """Images in which no two numbers are equal, and none is 0: where a piece comes from can be seen."""
    return torch.arange(1, int(np.prod(shape)) + 1).reshape(shape).to(dtype)


def photos(*shape: int, seed: int = 0, high: int = 255) -> torch.Tensor:
    return torch.rand(shape, generator=seeded(seed)) * high


def places_of(piece: np.ndarray, image: np.ndarray) -> list[tuple[int, int]]:
    """All (top, left) at which `image` (C, H, W) holds `piece` (C, h, w)."""
    h, w = piece.shape[1:]
    windows = np.lib.stride_tricks.sliding_window_view(image, (h, w), axis=(1, 2)).transpose(1, 2, 0, 3, 4)
    return [tuple(place) for place in np.argwhere(np.isclose(windows, piece, rtol=1e-4, atol=1e-3).all(axis=(2, 3, 4)))]


# --- Crops and flips ---


@quick
@given(N=st.integers(1, 4), C=st.integers(1, 3), H=SIZES, W=SIZES, padding=st.integers(0, 3), seed=st.integers(0, 99), data=st.data())
def test_a_crop_is_the_learners_crop_at_a_place_of_its_own(N, C, H, W, padding, seed, data) -> None:
    h, w = data.draw(st.integers(min(H, padding + 1), H + 2 * padding)), data.draw(st.integers(min(W, padding + 1), W + 2 * padding))
    images = numbered(N, C, H, W, dtype=torch.int32)
    pieces = augmentation.random_crop(images, (h, w), seeded(seed), padding)
    assert pieces.dtype == images.dtype and torch.equal(images, numbered(N, C, H, W, dtype=torch.int32))
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    found = [places_of(piece, image) for piece, image in zip(pieces.numpy(), padded)]
    assert all(found)
    tops, lefts = np.array([places[0] for places in found]).T
    told = iter([tops, lefts])
    rng = SimpleNamespace(integers=lambda low, high, n: next(told))
    np.testing.assert_array_equal(pieces.numpy(), own.random_crop(images.numpy(), (h, w), rng, padding))


@quick
@given(H=st.integers(2, 9), W=st.integers(2, 9), padding=st.integers(1, 4), seed=st.integers(0, 99))
def test_a_mirrored_border_is_the_images_own(H, W, padding, seed) -> None:
    images = numbered(3, 2, H, W, dtype=torch.int32)
    if padding >= min(H, W):
        with pytest.raises(ValueError, match=f"{H if padding >= H else W} rows or columns have no mirror image of {padding}"):
            augmentation.random_crop(images, 1, seeded(), padding, mirrored=True)
        return
    whole = augmentation.random_crop(images, (H + 2 * padding, W + 2 * padding), seeded(), padding, mirrored=True)
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (padding, padding), (padding, padding)), mode="reflect")
    np.testing.assert_array_equal(whole.numpy(), padded)
    crops = [augmentation.random_crop(each, (H, W), seeded(seed), padding, mirrored) for each, mirrored in ((images, True), (images, False))]
    inside = crops[1] != 0
    assert torch.equal(crops[0][inside], crops[1][inside]), "the same places, whatever the border"


def test_every_place_of_a_crop_is_as_likely() -> None:
    images = numbered(1, 1, 4, 5).expand(6000, 1, 4, 5)
    corners = augmentation.random_crop(images, (2, 3), seeded())[:, 0, 0, 0]
    places, counts = corners.unique(return_counts=True)
    assert set(places.tolist()) == {row * 5 + column + 1 for row in range(3) for column in range(3)}
    assert counts.min() > 560 and counts.max() < 780, "each of nine places about 667 times"


def test_images_of_bytes_stay_bytes_and_a_piece_too_large_is_refused() -> None:
    images = photos(2, 3, 6, 6).to(torch.uint8)
    assert augmentation.random_crop(images, 6, seeded(), padding=2).dtype == torch.uint8
    assert augmentation.random_flip(images, seeded()).dtype == augmentation.cutout(images, 3, seeded()).dtype == torch.uint8
    for size, padding in ((7, 0), (9, 1), (0, 0), ((6, 7), 0)):
        with pytest.raises(ValueError, match="cannot be cut out of"):
            augmentation.random_crop(images, size, seeded(), padding)
    assert augmentation.random_crop(images[:0], 4, seeded()).shape == (0, 3, 4, 4)


@quick
@given(N=st.integers(1, 6), W=st.integers(2, 5), p=st.floats(0, 1), seed=st.integers(0, 99))
def test_a_flip_is_the_learners_flip(N, W, p, seed) -> None:
    images = numbered(N, 2, 3, W)
    flipped = augmentation.random_flip(images, seeded(seed), p)
    changed = (flipped != images).flatten(1).any(dim=1).numpy()
    rng = SimpleNamespace(random=lambda n: np.where(changed, -1.0, 2.0))  # below any p, above any p
    np.testing.assert_array_equal(flipped.numpy(), own.random_horizontal_flip(images.numpy(), rng, p))


def test_as_many_images_are_flipped_as_p_says() -> None:
    images = torch.tensor([0.0, 1.0]).expand(4000, 1, 1, 2)
    for p in (0.0, 0.25, 1.0):
        share = (augmentation.random_flip(images, seeded(), p)[:, 0, 0, 0] == 1).float().mean().item()
        assert share == pytest.approx(p, abs=0 if p in (0, 1) else 0.03)


@quick
@given(N=st.integers(1, 4), H=SIZES, W=SIZES, size=st.integers(1, 12), seed=st.integers(0, 99))
def test_cutout_paints_one_square_whose_centre_lies_in_the_image(N, H, W, size, seed) -> None:
    images = numbered(N, 2, H, W)
    painted = augmentation.cutout(images, size, seeded(seed), fill=-1.0)
    squares = set()
    for row in range(H):
        for column in range(W):
            plain = np.zeros((H, W), bool)
            top, left = row - size // 2, column - size // 2
            plain[max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = True
            squares.add(plain.tobytes())
    for image, before in zip(painted.numpy(), images.numpy()):
        assert ((image == -1) == (image[:1] == -1)).all(), "all channels alike"
        assert (image[0] == -1).tobytes() in squares
        np.testing.assert_array_equal(image[image != -1], before[image != -1])


# --- Colours and scales ---


def test_colours_move_as_the_learners_do() -> None:
    images = photos(500, 3, 2, 3) * torch.tensor([1.0, 0.6, 0.2]).view(3, 1, 1)
    images[:, 2] += images[:, 0]
    values, vectors = augmentation.colour_axes(images)
    shifted = augmentation.colour_shift(images, values, vectors, seeded(), scale=0.5)
    shift = (shifted - images)[:, :, 0, 0].double()
    alpha = (shift @ vectors / values / 0.5).numpy()
    assert abs(alpha.mean()) < 0.1 and alpha.std() == pytest.approx(1, abs=0.06) and (np.abs(np.corrcoef(alpha.T) - np.eye(3)) < 0.15).all()
    rng = SimpleNamespace(standard_normal=lambda shape: alpha)
    expected = own.color_jitter(images.numpy(), values.numpy(), vectors.numpy(), rng, 0.5)
    np.testing.assert_allclose(shifted.numpy(), expected, rtol=1e-4, atol=1e-2)
    assert augmentation.colour_shift(images.to(torch.uint8), values, vectors, seeded()).dtype == torch.float32
    with pytest.raises(ValueError, match="3 channels; these have 1"):
        augmentation.colour_shift(images[:, :1], values, vectors, seeded())


def test_the_axes_of_colour_are_those_of_the_covariance_in_parts_too() -> None:
    images = photos(1500, 3, 2, 2).to(torch.uint8)  # more than one part
    images[:, 1] = images[:, 0] // 2
    values, vectors = augmentation.colour_axes(images)
    pixels = images.permute(1, 0, 2, 3).reshape(3, -1).numpy()
    covariance = (vectors * values) @ vectors.T
    np.testing.assert_allclose(covariance.numpy(), np.cov(pixels, bias=True), rtol=1e-9, atol=1e-6)
    assert (values >= 0).all() and all(vector[vector.abs().argmax()] > 0 for vector in vectors.T)


@quick
@given(H=st.integers(5, 9), W=st.integers(5, 9), size=st.integers(1, 6), extra=st.integers(0, 2), seed=st.integers(0, 99))
def test_a_scaled_crop_is_a_piece_of_what_the_learner_scales(H, W, size, extra, seed) -> None:
    images = photos(3, 2, H, W, seed=seed)
    pieces = augmentation.random_scale_crop(images, size, seeded(seed), (6, 6 + extra))
    assert pieces.shape == (3, 2, size, size) and pieces.dtype == torch.float32
    for piece, image in zip(pieces.numpy(), images.numpy()):
        assert any(places_of(piece, own.resize_short_side(image, side)) for side in range(6, 7 + extra))


def test_scales_and_places_are_as_likely_as_each_other() -> None:
    image = torch.arange(12.0).view(1, 1, 1, 12) + 100 * torch.arange(6.0).view(1, 1, 6, 1)  # 6×12: the numbers say where one is
    pieces = augmentation.random_scale_crop(image.expand(9000, 1, 6, 12), 6, seeded(), (6, 12))
    steps = (pieces[:, 0, 2, 3] - pieces[:, 0, 2, 2]).round(decimals=2)
    sides, counts = steps.unique(return_counts=True)
    assert len(sides) == 7 and counts.min() > 1100 and counts.max() < 1480, "seven scales, each about 1286 times"
    same_size = pieces[(steps == 1).nonzero()[:, 0]]
    lefts, counts = same_size[:, 0, 0, 0].round().unique(return_counts=True)
    assert lefts.tolist() == list(range(7)) and counts.min() > 130, "seven places along the longer side, each about 184 times"


def test_what_cannot_be_scaled_is_refused_and_half_precision_keeps_its_places() -> None:
    images = photos(2, 3, 300, 300, high=1)
    for size, sides in ((257, (256, 480)), (10, (20, 15)), (0, (20, 30))):
        with pytest.raises(ValueError, match="must fit into the smallest"):
            augmentation.random_scale_crop(images, size, seeded(), sides)
    half = augmentation.random_scale_crop(images.half(), 224, seeded())
    assert half.dtype == torch.float16
    torch.testing.assert_close(half.float(), augmentation.random_scale_crop(images, 224, seeded()), atol=2e-3, rtol=0)


# --- Seeds and devices ---

ALL = {
    "crop": lambda images, generator: augmentation.random_crop(images, 5, generator, padding=2),
    "flip": augmentation.random_flip,
    "cutout": lambda images, generator: augmentation.cutout(images, 3, generator),
    "colours": lambda images, generator: augmentation.colour_shift(images, torch.ones(3), torch.eye(3), generator),
    "scales": lambda images, generator: augmentation.random_scale_crop(images, 5, generator, (6, 9)),
}


@pytest.mark.parametrize("name", ALL)
def test_the_generator_alone_decides(name: str) -> None:
    images = photos(16, 3, 8, 7)
    before, state = images.clone(), torch.get_rng_state()
    first, again, other = (ALL[name](images, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(images, before) and torch.equal(torch.get_rng_state(), state), "PyTorch's own generator is not touched"
    generator = seeded(1)
    assert torch.equal(ALL[name](images, generator), first) and not torch.equal(ALL[name](images, generator), first)


@pytest.mark.parametrize("name", ALL)
def test_results_lie_where_the_images_lie(name: str) -> None:
    there = ALL[name](photos(4, 3, 8, 7).to("meta"), seeded())
    assert there.device.type == "meta" and there.shape == ALL[name](photos(4, 3, 8, 7), seeded()).shape


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("name", ALL)
def test_a_gpu_gives_what_the_cpu_gives(name: str) -> None:
    images = photos(16, 3, 8, 7)
    torch.testing.assert_close(ALL[name](images.cuda(), seeded(3)).cpu(), ALL[name](images, seeded(3)), rtol=1e-4, atol=1e-2)


def test_normalized_images_have_mean_0_and_deviation_1() -> None:
    images = photos(50, 3, 4, 4).to(torch.uint8)
    mean, std = images.float().mean(dim=(0, 2, 3)), images.float().std(dim=(0, 2, 3), correction=0)
    out = augmentation.normalized(images, mean, std)
    assert out.dtype == torch.float32 and augmentation.normalized(images, mean, std, torch.bfloat16).dtype == torch.bfloat16
    torch.testing.assert_close(out.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.std(dim=(0, 2, 3), correction=0), torch.ones(3))


# --- Looks ---


def classifier(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(), nn.Linear(4, 7))


@quick
@given(H=SIZES, W=SIZES, data=st.data())
def test_ten_crops_are_the_learners(H, W, data) -> None:
    size = data.draw(st.integers(1, min(H, W)))
    images = numbered(2, 3, H, W)
    np.testing.assert_array_equal(looks.ten_crop(images, size).numpy(), [own.ten_crop(image, size) for image in images.numpy()])
    np.testing.assert_array_equal(looks.Middle(size)(images).numpy(), [own.ten_crop(image, size)[4] for image in images.numpy()])
    with pytest.raises(ValueError, match="cannot be cut out"):
        looks.ten_crop(images, min(H, W) + 1)


@quick
@given(H=st.integers(2, 9), W=st.integers(2, 9), side=st.integers(1, 14))
def test_images_are_resized_as_the_learners_are(H, W, side) -> None:
    images = photos(2, 3, H, W)
    expected = [own.resize_short_side(image, side) for image in images.numpy()]
    np.testing.assert_allclose(looks.resized(images, side).numpy(), expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("at_once", (1, 20, 512))
def test_looks_are_averaged_as_the_learner_averages(at_once: int) -> None:
    model, images = classifier().eval(), photos(5, 3, 8, 9, high=1)
    seen = []

    def predict(crops):
        seen.append(len(crops))
        with torch.no_grad():
            return model(torch.from_numpy(np.ascontiguousarray(crops))).softmax(dim=1).numpy()

    expected = own.predict_multi_crop(predict, images.numpy(), 6)
    given = looks.probabilities(model, images, lambda batch: looks.ten_crop(batch, 6), at_once)
    np.testing.assert_allclose(given.numpy(), expected, rtol=1e-4, atol=1e-6)
    assert seen == [10] * 5


def test_several_scales_are_averaged_over_whole_images_or_crops() -> None:
    model, images = classifier(), photos(3, 3, 8, 10, high=1)
    with looks.looking(model):
        whole = [model(looks.resized(batch, side)).softmax(dim=1) for side in (8, 12) for batch in (images, images.flip(-1))]
    torch.testing.assert_close(looks.multi_scale(model, images, (8, 12)), torch.stack(whole).mean(dim=0))
    crops = [looks.probabilities(model, looks.resized(images, side), lambda batch: looks.ten_crop(batch, 7)) for side in (8, 12)]
    torch.testing.assert_close(looks.multi_scale(model, images, (8, 12), size=7), torch.stack(crops).mean(dim=0))


def test_a_model_that_looks_comes_out_as_it_went_in() -> None:
    model = classifier()
    model[1].eval()
    statistics = model[1].running_mean.clone()
    assert not looks.probabilities(model, photos(4, 3, 8, 8)).requires_grad
    assert [module.training for module in model] == [True, False, True, True, True, True, True]
    assert torch.equal(model[1].running_mean, statistics)
    with pytest.raises(RuntimeError):
        looks.probabilities(model, photos(4, 2, 8, 8))
    assert model.training and not model[1].training
    with pytest.raises(ValueError, match="batch is empty"):
        looks.probabilities(model, photos(0, 3, 8, 8))


def test_errors_count_labels_that_are_not_among_the_best() -> None:
    scores = torch.tensor([[5.0, 4, 3, 2, 1, 0]] * 6)
    assert looks.top_k_errors(scores, torch.arange(6)) == pytest.approx({1: 5 / 6, 5: 1 / 6})
    assert looks.top_k_errors(scores, torch.arange(6), ks=(2, 6)) == pytest.approx({2: 4 / 6, 6: 0})
    assert looks.top_k_errors(torch.zeros(2, 6), torch.tensor([0, 3])) == {1: 1.0, 5: 1.0}, "who gives all classes the same has not told them apart"
    scores[0, 3] = torch.nan
    assert looks.top_k_errors(scores, torch.zeros(6, dtype=torch.long), (1,)) == pytest.approx({1: 1 / 6})
    for bad in ((torch.zeros(0, 6), torch.zeros(0).long()), (scores, torch.zeros(3).long())):
        with pytest.raises(ValueError, match="rows of scores"):
            looks.top_k_errors(*bad)
    with pytest.raises(ValueError, match="best 5 of 3 classes"):
        looks.top_k_errors(torch.zeros(2, 3), torch.zeros(2).long())
