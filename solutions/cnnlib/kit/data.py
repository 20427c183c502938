"""Images to learn from: `load("digits")` ships with the course, the others are fetched once and kept."""

from dataclasses import dataclass

import numpy as np

from .cifar import CLASSES as CIFAR_CLASSES
from .cifar import read_cifar10
from .files import data_folder
from .idx import read_idx
from .signs import read_sign_digits

DIGITS = tuple("0123456789")
FASHION = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


@dataclass(frozen=True)
class Dataset:
    """Images with labels, in two parts: one to learn from, one to test with.

    train_images, test_images   (N, C, H, W) uint8, 0 (black) to 255
    train_labels, test_labels   (N,) int64: positions in `classes`
    note                        what must be said beside every number that was measured with it ("": nothing)
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple
    note: str = ""


def load(name):
    """One of the data sets, as a Dataset.

    "digits"         1,797 handwritten digits, grey, 8×8      ship with the course
    "fashion_small"  3,000 pieces of clothing, grey, 28×28    ship with the course
    "signs_small"    1,200 hands that show digits, 32×32      ship with the course
    "mnist"          70,000 handwritten digits, grey, 28×28   11 MB
    "fashion_mnist"  70,000 pieces of clothing, grey, 28×28   30 MB
    "cifar10"        60,000 photographs, 32×32                170 MB
    "sign_digits"    2,059 hands that show digits, 100×100    10 MB

    What does not ship is fetched once, or taken from the folder of its name in $CNNLIB_DATA.
    """
    if name not in READERS:
        raise ValueError(f"There is no data set {name!r}. Choose one of: {', '.join(READERS)}")
    return READERS[name]()


def lenet_images(images):
    """Images (N, 1, H, W) uint8 as LeNet-5 wants them: (N, 1, 32, 32) float32, enlarged by a whole number, with a border, mean about 0.

    8×8 becomes 24×24 with a border of 4, 28×28 gets a border of 2. Black (0) becomes -0.1 and white (255) 1.175, as in
    LeCun et al. 1998, "Gradient-based learning applied to document recognition", section II.B.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] != 1 or images.shape[2] != images.shape[3] or images.shape[2] > 32:
        raise ValueError(f"images should be (N, 1, H, H) uint8 with H up to 32; these are {images.shape} {images.dtype}")
    factor = max(28 // images.shape[2], 1)
    images = images.repeat(factor, axis=2).repeat(factor, axis=3)
    before = (32 - images.shape[2]) // 2
    border = (before, 32 - images.shape[2] - before)
    images = np.pad(images, ((0, 0), (0, 0), border, border))
    return images * np.float32(1.275 / 255) - np.float32(0.1)


def _digits():
    """8×8 digits; their numbers, 0 to 16 in the file, are stretched to 0 to 255."""
    with np.load(data_folder() / "digits.npz", allow_pickle=False) as stored:
        parts = {name: stored[name] for name in stored.files}
    images = {part: (parts[f"{part}_images"] * np.float32(255 / 16)).round().astype(np.uint8) for part in ("train", "test")}
    labels = {part: parts[f"{part}_labels"].astype(np.int64) for part in ("train", "test")}
    return Dataset("digits", images["train"], labels["train"], images["test"], labels["test"], DIGITS)


def _shipped(name, classes):
    with np.load(data_folder() / f"{name}.npz", allow_pickle=False) as stored:
        return Dataset(name, **{part: stored[part] for part in stored.files}, classes=classes)


def _cifar10():
    parts, note = read_cifar10()
    return Dataset("cifar10", **parts, classes=CIFAR_CLASSES, note=note)


READERS = {
    "digits": _digits,
    "fashion_small": lambda: _shipped("fashion_small", FASHION),
    "signs_small": lambda: _shipped("signs_small", DIGITS),
    "mnist": lambda: Dataset("mnist", **read_idx("mnist"), classes=DIGITS),
    "fashion_mnist": lambda: Dataset("fashion_mnist", **read_idx("fashion_mnist"), classes=FASHION),
    "cifar10": _cifar10,
    "sign_digits": lambda: Dataset("sign_digits", **read_sign_digits(), classes=DIGITS),
}
