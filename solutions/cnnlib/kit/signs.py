"""Sign digits: 2,059 colour photographs of hands that show 0 to 9, 100×100 pixels. Fetched once (about 10 MB).

Students took them one after the other, ten signs each, and the files are numbered in that order. The collection has no
test set of its own: ours are the last ones by number, so that nobody is on both sides, as far as the numbers tell.

Source: Mavi 2020, "A new dataset and proposed convolutional neural network architecture for classification of American Sign Language
digits" (arXiv:2011.08927), Apache-2.0.
"""

import hashlib
import io
import re
import tarfile

import numpy as np

from .downloads import fetched

NAME = "sign_digits.tar.gz"
COMMIT = "4b09433ef9d5c60602e8805bb54b8aa2428527f8"
ADDRESSES = (f"https://codeload.github.com/ardamavi/Sign-Language-Digits-Dataset/tar.gz/{COMMIT}",)
# Of the photographs, not of the archive: GitHub packs it anew whenever it likes.
SHA256 = "9e2f86a21a285af22412c4a8573e54f2b91f6e73fe54789a73abf214f8155e65"
OTHER_SIZE = {"7/IMG_5874.JPG", "7/IMG_5935.JPG", "7/IMG_5978.JPG"}  # 3024×3024: left out
FIRST_TEST_NUMBER = 5582  # a student's first photograph


def read_sign_digits():
    """The four parts: images (N, 3, 100, 100) uint8 and labels (N,) int64, by name."""
    from PIL import Image

    path = fetched("sign_digits", NAME, ADDRESSES)
    photos = _photos(path)
    parts = {f"{part}_{what}": [] for part in ("train", "test") for what in ("images", "labels")}
    for name, jpeg in photos.items():
        part = "test" if int(re.search(r"_(\d+)", name)[1]) >= FIRST_TEST_NUMBER else "train"
        parts[f"{part}_images"].append(np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")).transpose(2, 0, 1))
        parts[f"{part}_labels"].append(int(name[0]))
    return {name: np.stack(part) if name.endswith("images") else np.array(part, np.int64) for name, part in parts.items()}


def _photos(path):
    """The JPEG files by "label/name", sorted; whatever folders the archive has around them."""
    photos, whole = {}, hashlib.sha256()
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = "/".join(member.name.split("/")[-2:])
                if member.isfile() and re.fullmatch(r"\d/IMG_\d+\.JPG", name) and name not in OTHER_SIZE:
                    photos[name] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError):
        photos = {}
    photos = dict(sorted(photos.items()))
    for name, jpeg in photos.items():
        whole.update(name.encode() + hashlib.sha256(jpeg).digest())
    if whole.hexdigest() != SHA256:
        raise ValueError(f"{path} does not hold the photographs that it should. Remove it, then run this cell again.")
    return photos
