"""Photographs in folders, one folder a class, as squares of one size: decoded once, into one file that is read where it lies.

    imagenet/train/n01440764/n01440764_10026.JPEG …    what ImageNet is after unpacking; any data set laid out so will do
    imagenet/val/n01440764/ILSVRC2012_val_00000293.JPEG …

Each image is scaled so that its shorter side has `side` pixels, and the square in its middle is kept: Krizhevsky et al. 2012, section 2.
ImageNet's 1.28 million images take 252 GB as squares of 256 pixels. A program that was stopped half-way goes on where it was.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..downloads import data_set_folder
from ..loops import progress
from .recipe import TrainingError

ENDINGS = (".jpeg", ".jpg", ".png", ".webp", ".bmp")
AT_ONCE = 256  # images decoded, then written together


def load_folder(name, side):
    """The four parts and the number of classes, as recipe.Data takes them; images (N, 3, side, side) uint8, read from the disk as they are used.

    name  of the folder in $CNNLIB_DATA (or in the user's cache). Raises TrainingError where it is not, or holds no images
    """
    home = data_set_folder(name)
    folders = {"train": home / "train", "test": home / "val"}
    for folder in folders.values():
        if not folder.is_dir():
            raise TrainingError(
                f"This size of the recipe learns from photographs in {folder}, one folder a class, and there are none: "
                f"put them there (or set CNNLIB_DATA to the folder that holds {name}), or choose --size colab or cpu: they try the recipe out."
            )
    classes = sorted(folder.name for folder in folders["train"].iterdir() if folder.is_dir())
    parts = {"classes": len(classes)}
    for part, folder in folders.items():
        unknown = sorted({inner.name for inner in folder.iterdir() if inner.is_dir()} - set(classes))
        if unknown:
            raise TrainingError(f"{folder} has a class {unknown[0]!r} that {folders['train']} has not: both need the same folders.")
        paths = [(path, label) for label, one in enumerate(classes) for path in _images(folder / one)]
        if not paths:
            raise TrainingError(f"There are no images ({', '.join(ENDINGS)}) in the folders of {folder}.")
        parts[f"{part}_images"] = _squares([path for path, _ in paths], side, home, part)
        parts[f"{part}_labels"] = np.array([label for _, label in paths], np.int64)
    return parts


def _images(folder):
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS) if folder.is_dir() else []


def _squares(paths, side, home, part):
    """All images as squares, (N, 3, side, side): a file that stays on the disk. It is named by what is in it: other images, another file."""
    listing = "\n".join(f"{path.relative_to(home)} {path.stat().st_size}" for path in paths)
    digest = hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    whole = home / f"{part}-{side}-{digest}.uint8"
    shape = (len(paths), 3, side, side)
    if not whole.is_file():
        try:
            _write(paths, side, whole)
        except OSError as error:
            room = f"{len(paths) * 3 * side * side / 1e9:.1f} GB"
            told = f"The squares of {len(paths):,} photographs ({room}) cannot be written to {home}: {error.strerror or error}."
            raise TrainingError(f"{told} Make room or mend its permissions, then run this again: what is decoded already stays.") from error
    return np.memmap(whole, np.uint8, "c", shape=shape)  # "c": read only what is asked for; nothing is ever written back


def _write(paths, side, whole):
    """Decode the images into a file that grows, and give it its name when it is whole."""
    growing = whole.with_name(f"{whole.name}.part")
    with growing.open("ab") as file, ThreadPoolExecutor(os.cpu_count()) as pool:
        alone = _alone(file)
        if not whole.is_file():  # else another process has made it while this one waited
            done = file.tell() // (3 * side * side)
            file.truncate(done * 3 * side * side)  # the last image may be there in part
            for first in progress(range(done, len(paths), AT_ONCE), f"times {AT_ONCE} photographs"):
                for pixels in pool.map(lambda path: _square(path, side), paths[first : first + AT_ONCE]):
                    file.write(pixels)
            file.flush()
            if alone:  # while nobody else can be in the middle of it
                growing.replace(whole)
    if not whole.is_file():  # Windows renames no file that is open
        growing.replace(whole)


def _alone(file):
    """Wait until no other process works on the file, as torchrun begins several at once. False where there is no way to (Windows)."""
    try:
        import fcntl
    except ImportError:
        return False
    fcntl.flock(file, fcntl.LOCK_EX)
    file.seek(0, os.SEEK_END)  # where the other left it
    return True


def _square(path, side):
    """One image as bytes, channels first."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.draft("RGB", (side, side))  # JPEGs that are much larger are decoded at a half, a quarter …
            image = image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise TrainingError(f"{path} cannot be read as an image ({error}): remove or replace it, and run this again.") from None
    short = min(image.size)
    size = [max(round(side * length / short), side) for length in image.size]
    image = image.resize(size, Image.Resampling.BICUBIC)
    left, top = ((length - side) // 2 for length in size)
    return np.asarray(image.crop((left, top, left + side, top + side))).transpose(2, 0, 1).tobytes()
