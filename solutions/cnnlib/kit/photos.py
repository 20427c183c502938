"""The photographs that ship with the course, and the two layouts that images come in."""

from pathlib import Path

import numpy as np
from PIL import Image


def photo(name):
    """One of the course's photographs ("camera", "cat", "coffee", "coins") as (height, width, 3) uint8."""
    folder = _folder()
    names = sorted(path.stem for path in folder.glob("*.png"))
    if name not in names:
        raise ValueError(f"There is no photo {name!r}. Choose one of: {', '.join(names)}")
    with Image.open(folder / f"{name}.png") as image:
        return np.array(image.convert("RGB"))


def grey(image):
    """A colour photo (H, W, 3) uint8 as brightness, (H, W) float64 from 0 (black) to 1 (white).

    The eye sees green best, so green counts most (Rec. 601).
    """
    return image @ np.array([0.299, 0.587, 0.114]) / 255


def to_batch(image):
    """A photo (H, W, 3) uint8, or a grey image (H, W), as a batch of one: (1, C, H, W) float64, photos from 0 to 1."""
    if image.ndim == 2:
        return image[None, None].astype(np.float64)
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None]) / 255


def to_photo(x):
    """The first image of a batch (N, 3, H, W), values 0 to 1, as a photo (H, W, 3) uint8. Values outside are clipped."""
    return (x[0].transpose(1, 2, 0).clip(0, 1) * 255).round().astype(np.uint8)


def _folder():
    """data/photos of the course: beside or above this file, else at or above the working folder."""
    for start in (Path(__file__).resolve(), Path.cwd() / "here"):
        for above in start.parents:
            if (above / "data" / "photos").is_dir():
                return above / "data" / "photos"
    raise FileNotFoundError("The course's photos are not here (data/photos). Run this from the course's folder, the one with course.toml.")
