"""What several recipes share: schedules, augmentations, and the data at each size. Each says where it comes from."""

import numpy as np

from ..data import load
from .augmentation import colour_shift, cutout, random_crop, random_flip, random_scale_crop
from .recipe import Data

# --- Schedules: (epoch, epochs) -> factor on the learning rate ---


def steps(*shares, factor=0.1):
    """The rate falls by `factor` when each of these shares of the training has passed: steps(1/2, 3/4)."""
    return lambda epoch, epochs: factor ** sum(epoch >= share * epochs for share in shares)


def up_and_down(peak):
    """The rate rises in a straight line until the share `peak` of the training has passed, and falls in one to 0 (as David Page's)."""
    return lambda epoch, epochs: min(epoch / (peak * epochs), (epochs - epoch) / ((1 - peak) * epochs)) if epoch < epochs else 0.0


# --- Augmentations: (images, generator) -> images, normalised ones ---


def shifted_and_flipped(images, generator):
    """Four pixels of border, a crop of the old size, half of them mirrored: He et al. 2016, section 4.2, after Lee et al. 2015."""
    return random_flip(random_crop(images, tuple(images.shape[2:]), generator, padding=4), generator)


def shifted_flipped_and_cut(size):
    """The same with a border that mirrors the image, and a square of `size` pixels painted over with the mean: David Page's."""

    def augment(images, generator):
        images = random_crop(images, tuple(images.shape[2:]), generator, padding=4, mirrored=True)
        return cutout(random_flip(images, generator), size, generator)

    return augment


# Mean and deviation of ImageNet's pixels, and the directions in which their colours vary, black 0 and white 1: the numbers of
# fb.resnet.torch, datasets/imagenet.lua, which everybody has used since.
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGENET_EIGENVALUES = (0.2175, 0.0188, 0.0045)
IMAGENET_EIGENVECTORS = ((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203))
# The images that are shifted are normalised: each colour's row in units of its deviation.
_NORMALISED = tuple(tuple(number / std for number in row) for row, std in zip(IMAGENET_EIGENVECTORS, IMAGENET_STD))


def imagenet_crop(size, scales=None):
    """Crops of size×size, mirrored by half, colours shifted (Krizhevsky et al. 2012, section 4.1).

    scales  None: from the image as it is; (smallest, largest): scaled first, its shorter side anything between them
    """

    def augment(images, generator):
        images = random_crop(images, size, generator) if scales is None else random_scale_crop(images, size, generator, scales)
        return colour_shift(random_flip(images, generator), IMAGENET_EIGENVALUES, _NORMALISED, generator, scale=0.1)

    return augment


# --- Data: (size) -> Data ---


def small_images(name, counts=None, enlarged=1):
    """A data set of the kit: whole, or at some sizes only the first images of each class.

    counts    {size: (training images, test images)}, of all classes together; sizes that it does not name learn from all
    enlarged  each pixel becomes so many in height and width
    """

    def data(size):
        whole = load(name)
        parts = {}
        for part, count in zip(("train", "test"), (counts or {}).get(size, (None, None))):
            images, labels = getattr(whole, f"{part}_images"), getattr(whole, f"{part}_labels")
            if count is not None:
                images, labels = first_of_each(images, labels, count, len(whole.classes))
            parts |= {f"{part}_images": images.repeat(enlarged, axis=2).repeat(enlarged, axis=3), f"{part}_labels": labels}
        return Data(**parts, classes=len(whole.classes), name=NAMES.get(name, name), note=whole.note)

    return data


def first_of_each(images, labels, count, classes):
    """The first images of each class, `count` of all classes together, in the order in which they came. (Copies of data sets are sorted by class.)"""
    if count % classes:
        raise ValueError(f"{count} images are not equally many of each of {classes} classes: choose a multiple of {classes}.")
    fewest = np.bincount(labels, minlength=classes).min()
    if fewest < count // classes:
        raise ValueError(f"{count // classes} images of each class are wanted, and of one there are only {fewest} images: choose a smaller count.")
    chosen = np.sort(np.concatenate([np.flatnonzero(labels == label)[: count // classes] for label in range(classes)]))
    return images[chosen], labels[chosen]


def imagenet(side, stand_in):
    """At the size "gpu" the folder imagenet/ in $CNNLIB_DATA, as squares of `side` pixels (kit/folder_images.py); else CIFAR-10, enlarged 8 times.

    stand_in  {size: (training images, test images)} of CIFAR-10: they try out the recipe, and their errors say nothing about ImageNet
    """

    def data(size):
        from .folder_images import load_folder

        if size == "gpu":
            scale = [[255 * number for number in numbers] for numbers in (IMAGENET_MEAN, IMAGENET_STD)]
            return Data(**load_folder("imagenet", side), mean=scale[0], std=scale[1], name="ImageNet")
        return small_images("cifar10", stand_in, enlarged=8)(size)

    return data


NAMES = {"cifar10": "CIFAR-10", "mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
