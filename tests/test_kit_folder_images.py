"""Photographs in folders: squares of one size in a file, made once, gone on with after a stop."""

from __future__ import annotations

import errno
import importlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.test_kit import kit

folder_images = importlib.import_module(f"{kit.__name__}.training.folder_images")
TrainingError = importlib.import_module(f"{kit.__name__}.training.recipe").TrainingError


@pytest.fixture()
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Photographs of two classes, each of one colour from top to bottom; CNNLIB_DATA is the folder above."""
    monkeypatch.setenv("CNNLIB_DATA", str(tmp_path))
    for part, count in (("train", 3), ("val", 2)):
        for one in ("bee", "ant"):
            folder = tmp_path / "photos" / part / one
            folder.mkdir(parents=True)
            for number in range(count):
                save(folder / f"{number}.png", (20 + 10 * number, 0, 100 * (one == "bee")), (40, 20))
    return tmp_path / "photos"


def save(path: Path, colour, size, mode: str = "RGB") -> None:
    Image.new(mode, size, colour).save(path)


def colours(images) -> list:
    return [image.reshape(3, -1).mean(axis=1).tolist() for image in np.asarray(images)]


def test_folders_become_squares_with_labels_in_the_order_of_names(home: Path) -> None:
    found = folder_images.load_folder("photos", 8)
    assert found["classes"] == 2 and found["train_images"].shape == (6, 3, 8, 8) and found["test_images"].shape == (4, 3, 8, 8)
    assert found["train_images"].dtype == np.uint8 and found["train_labels"].tolist() == [0, 0, 0, 1, 1, 1]
    assert colours(found["train_images"]) == [[20, 0, 0], [30, 0, 0], [40, 0, 0], [20, 0, 100], [30, 0, 100], [40, 0, 100]]
    assert folder_images.load_folder("photos", 4)["test_images"].shape == (4, 3, 4, 4)


def test_the_square_is_the_middle_of_the_image_scaled_by_its_shorter_side(home: Path) -> None:
    pixels = np.zeros((30, 90, 3), np.uint8)
    pixels[:, 30:60] = 200  # the middle third is bright
    Image.fromarray(pixels).save(home / "train" / "ant" / "0.png")
    image = np.asarray(folder_images.load_folder("photos", 10)["train_images"][0])
    assert (image[:, :, 1:-1] > 190).all() and image.shape == (3, 10, 10)


def test_what_was_decoded_is_kept_until_other_images_come(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = np.array(folder_images.load_folder("photos", 8)["train_images"])
    with monkeypatch.context() as patched:
        patched.setattr(folder_images, "_square", lambda *_: pytest.fail("decoded again"))
        np.testing.assert_array_equal(folder_images.load_folder("photos", 8)["train_images"], first)
    save(home / "train" / "ant" / "9.png", (9, 9, 9), (20, 20))
    images = folder_images.load_folder("photos", 8)["train_images"]
    assert len(images) == 7 and colours(images)[3] == [9, 9, 9]


@pytest.mark.parametrize("left", (0, 1, 192, 500, 6 * 192))
def test_a_stop_half_way_loses_nothing(home: Path, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
    whole = np.array(folder_images.load_folder("photos", 8)["train_images"])
    (file,) = home.glob("train-8-*.uint8")
    content = file.read_bytes()
    file.rename(f"{file}.part")
    Path(f"{file}.part").write_bytes(content[:left])
    decoded, square = [], folder_images._square
    monkeypatch.setattr(folder_images, "_square", lambda path, side: decoded.append(path) or square(path, side))
    np.testing.assert_array_equal(folder_images.load_folder("photos", 8)["train_images"], whole)
    assert len(decoded) == 6 - left // 192 and file.read_bytes() == content


def test_where_files_cannot_be_locked_it_works_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    assert len(folder_images.load_folder("photos", 8)["train_images"]) == 6 and not list(home.glob("*.part"))


def test_of_several_processes_one_does_the_work(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded, square = [], folder_images._square
    monkeypatch.setattr(folder_images, "_square", lambda path, side: decoded.append(path) or time.sleep(0.02) or square(path, side))
    with ThreadPoolExecutor(3) as pool:  # each opens the file for itself, as a process does
        found = list(pool.map(lambda _: colours(folder_images.load_folder("photos", 8)["train_images"]), range(3)))
    assert found[0] == found[1] == found[2] and len(found[0]) == 6 and len(decoded) == 10, "each of ten images once"


def test_all_kinds_of_photographs_become_three_colours(home: Path) -> None:
    folder = home / "train" / "ant"
    save(folder / "0.png", 77, (5, 9), "L")
    save(folder / "1.png", (50, 60, 70, 255), (9, 5), "RGBA")
    Image.new("CMYK", (12, 12), (0, 0, 0, 0)).save(folder / "2.JPEG")
    (folder / "notes.txt").write_text("not an image")
    images = folder_images.load_folder("photos", 8)["train_images"]
    assert colours(images)[:2] == [[77, 77, 77], [50, 60, 70]] and len(images) == 7
    assert np.array(images[2]).min() > 250, "no ink is white"


def test_nothing_is_written_back(home: Path) -> None:
    images = folder_images.load_folder("photos", 8)["train_images"]
    images[:] = 0
    del images
    assert colours(folder_images.load_folder("photos", 8)["train_images"])[0] == [20, 0, 0]


def test_what_is_missing_or_broken_is_said_in_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrainingError, match=r"imagenet/train, one folder a class.*or choose --size colab or cpu"):
        folder_images.load_folder("imagenet", 8)
    (home / "val" / "wasp").mkdir()
    with pytest.raises(TrainingError, match="has a class 'wasp' that"):
        folder_images.load_folder("photos", 8)
    (home / "val" / "wasp").rmdir()
    broken = home / "train" / "bee" / "1.png"
    broken.write_bytes(broken.read_bytes()[:40])
    with pytest.raises(TrainingError, match="1.png cannot be read as an image"):
        folder_images.load_folder("photos", 8)
    broken.unlink()
    assert len(folder_images.load_folder("photos", 8)["train_images"]) == 5, "what was decoded before is not mixed up with it"
    told = r"5 photographs \(0.0 GB\) cannot be written.*No space left.*run this again"
    with monkeypatch.context() as patched, pytest.raises(TrainingError, match=told):
        patched.setattr(folder_images, "_alone", lambda file: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")))
        folder_images.load_folder("photos", 9)
    for path in (home / "val").glob("*/*.png"):
        path.unlink()
    with pytest.raises(TrainingError, match="There are no images"):
        folder_images.load_folder("photos", 8)
