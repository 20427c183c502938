"""CIFAR-10: 60,000 colour images of 32×32 pixels, ten classes. Fetched once (170 MB) in its binary form: nothing is unpickled.

Where the folder cifar10/ in $CNNLIB_DATA holds a copy of the images as JPEGs instead, that is read, and the data set's
note says so: its pixels are not the original ones, and accuracies on it cannot be held against published ones to the digit.

Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images", University of Toronto.
"""

import io
import tarfile

import numpy as np

from .downloads import data_set_folder, fetched

ARCHIVE = "cifar-10-binary.tar.gz"
ADDRESSES = (f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}",)
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
JPEG_COPY = "cifar10_jpeg_q75_bytes.npz"
JPEG_NOTE = "CIFAR-10 (JPEG copy, quality 75): not the original pixels, so do not compare with published numbers to the digit"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
PARTS = {"train": [f"data_batch_{number}.bin" for number in range(1, 6)], "test": ["test_batch.bin"]}
RECORD = 1 + 3 * 32 * 32  # a label, then the red, green and blue planes


def read_cifar10():
    """The four parts, images (N, 3, 32, 32) uint8 and labels (N,) int64, by name; and a note ("" for the original)."""
    folder = data_set_folder("cifar10")
    if (folder / JPEG_COPY).is_file() and not (folder / ARCHIVE).is_file():
        return _from_jpegs(folder / JPEG_COPY), JPEG_NOTE
    return _from_records(fetched("cifar10", ARCHIVE, ADDRESSES, SHA256)), ""


def _from_records(path):
    with tarfile.open(path) as archive:
        files = {member.name.rpartition("/")[2]: archive.extractfile(member).read() for member in archive if member.isfile()}
    parts = {}
    for part, names in PARTS.items():
        records = np.frombuffer(b"".join(files[name] for name in names), np.uint8).reshape(-1, RECORD)
        parts[f"{part}_images"] = records[:, 1:].reshape(-1, 3, 32, 32)
        parts[f"{part}_labels"] = records[:, 0].astype(np.int64)
    return parts


def _from_jpegs(path):
    from PIL import Image

    parts = {}
    with np.load(path, allow_pickle=False) as stored:
        for part in ("train", "test"):
            jpegs, ends = stored[f"jpeg_{part}"].tobytes(), stored[f"offsets_{part}"]
            images = [np.asarray(Image.open(io.BytesIO(jpegs[a:b])).convert("RGB")) for a, b in zip(ends, ends[1:])]
            parts[f"{part}_images"] = np.stack(images).transpose(0, 3, 1, 2)
            parts[f"{part}_labels"] = stored[f"y_{part}"].astype(np.int64)
    return parts
