"""The images of a run, and its batches: batch number 7 is the same, augmentation included, whatever happened before it.

All randomness comes from the recipe's seed and the number of the epoch or step. So a run that goes on after a break sees what it would have seen.
Images lie on the device; where there is no room, in memory; and those of a file that is read as it lies (np.memmap) stay on the disk. What does not
lie on the device is read ahead: the next batch while the device works on this one. Nothing here waits for the device: what travels there is small,
or comes from memory that the device reads by itself (pinned).
"""

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from .augmentation import normalized
from .recipe import TrainingError

ORDER, AUGMENT, HELD_OUT = 1, 2, 3  # each kind of random numbers has a stream of its own
ROOM = 0.25  # the part of a GPU's free memory that images may take


@dataclass(frozen=True)
class Part:
    """Some of the images: images (N, C, H, W) uint8 and labels (N,) int64, of which those at `places` belong to this part. All on one device."""

    images: torch.Tensor
    labels: torch.Tensor
    places: torch.Tensor

    def __len__(self):
        return len(self.places)

    def __getitem__(self, chosen):
        """Images and labels, numbered within the part; chosen is an index tensor on the CPU."""
        places = self.places[chosen.to(self.places.device, non_blocking=True)]
        return self.images[places], self.labels[places]


class Batches:
    """A process's shares of the training batches, and the parts that are looked at.

    learn, watch, test   Parts: what is learned from, watched while training (the test part where nothing is held out), tested at the end
    per_epoch            steps
    mean, std            per channel, in the unit of the images
    """

    def __init__(self, data, recipe, processes):
        self.recipe, self.processes, self.device = recipe, processes, processes.device
        images, labels = _checked(data, "train")
        tests, test_labels = _checked(data, "test")
        if recipe.held_out >= len(labels):
            raise TrainingError(f"{recipe.held_out} of {len(labels)} training images cannot be held out: choose a smaller held_out.")
        self.mean, self.std = (torch.as_tensor(numbers, dtype=torch.float32, device=self.device) for numbers in _statistics(data, images))
        on_disk = isinstance(data.train_images, np.memmap)
        if not on_disk:
            images, tests = (_at_home(each, self.device) for each in (images, tests))
        self._reader = _reader(self.device) if on_disk or images.device != self.device else None
        self._ahead = (None, None)
        places = torch.arange(len(labels))
        if recipe.held_out:
            places = torch.randperm(len(labels), generator=drawing(recipe.seed, HELD_OUT))
        self.learn = _part(images, labels, places[recipe.held_out :])
        self.test = _part(tests, test_labels, torch.arange(len(test_labels)))
        self.watch = _part(images, labels, places[: recipe.held_out]) if recipe.held_out else self.test
        n = len(self.learn)
        self.per_epoch = n // recipe.batch_size if recipe.drop_last else -(-n // recipe.batch_size)
        if not self.per_epoch:
            raise TrainingError(f"There are {n} training images, fewer than one batch of {recipe.batch_size}: choose a smaller batch_size.")
        self._order = (None, None)

    def __getitem__(self, step):
        """This process's share of batch number `step`, counted from the beginning of the run.

        Images normalised and augmented, float32, and labels, on the device; and the weight of their mean in the mean over all processes.
        """
        if self._reader is None:
            images, labels, weight = self._read(step)
        else:
            images, labels, weight = self._ahead[1].result() if self._ahead[0] == step else self._read(step)
            self._ahead = step + 1, self._reader.submit(self._read, step + 1)
        images, labels = self.normalized(images), labels.to(self.device, non_blocking=True)
        if self.recipe.augment is not None:
            images = self.recipe.augment(images, drawing(self.recipe.seed, AUGMENT, step, self.processes.rank))
        return images, labels, weight

    def _read(self, step):
        epoch, place = divmod(step, self.per_epoch)
        whole = self.order(epoch)[place * self.recipe.batch_size :][: self.recipe.batch_size]
        mine, weight = self.processes.share(whole)
        images, labels = self.learn[mine]
        if self._reader is not None and self.device.type == "cuda":
            images, labels = images.pin_memory(), labels.pin_memory()
        return images, labels, weight

    def order(self, epoch):
        """The order of an epoch's images, numbered within the part that is learned from."""
        known, order = self._order
        if known != epoch:
            order = torch.randperm(len(self.learn), generator=drawing(self.recipe.seed, ORDER, epoch))
            self._order = epoch, order
        return order

    def normalized(self, images):
        """(images - mean) / std, float32, on the device."""
        return normalized(images.to(self.device, non_blocking=True), self.mean, self.std)

    def close(self):
        if self._reader:
            self._reader.shutdown()


def drawing(*numbers):
    """A generator on the CPU whose numbers depend on nothing but these."""
    return torch.Generator().manual_seed(int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1))


def _checked(data, part):
    """The part's images and labels as tensors, (N, C, H, W) uint8 and (N,) int64. Raises TrainingError where they are not what a recipe needs."""
    images, labels = (_tensor(getattr(data, f"{part}_{name}")) for name in ("images", "labels"))
    if images.ndim != 4 or images.dtype != torch.uint8:
        raise TrainingError(f"{part}_images should be (N, C, H, W) uint8, they are {tuple(images.shape)} {images.dtype}: mend the recipe's data.")
    if labels.shape != images.shape[:1]:
        raise TrainingError(f"There are {len(images)} {part}_images and labels of shape {tuple(labels.shape)}: mend the recipe's data.")
    if not images.numel():
        raise TrainingError(f"There are no {part}_images: mend the recipe's data.")
    if labels.is_floating_point() or labels.min() < 0 or labels.max() >= data.classes:
        raise TrainingError(f"{part}_labels should be whole numbers from 0 to {data.classes - 1}, one per class: mend the recipe's data.")
    return images, labels.long()


def _tensor(array):
    """An array as a tensor, on the same memory (nothing here writes into it)."""
    if isinstance(array, torch.Tensor):
        return array
    array = np.asarray(array)
    with warnings.catch_warnings(action="ignore"):  # that a read-only array could be written to
        return torch.from_numpy(array if all(stride >= 0 for stride in array.strides) else array.copy())


def _statistics(data, images):
    """Mean and standard deviation per channel: those that the data state, else the training images' own."""
    if data.mean is not None and data.std is not None:
        return data.mean, data.std
    total = squares = 0
    for part in images.split(4096):  # in parts: all of them as float64 would not fit
        channels = part.movedim(1, 0).flatten(1).double()
        total, squares = total + channels.sum(dim=1), squares + channels.square().sum(dim=1)
    count = images.numel() / images.shape[1]
    mean = total / count
    std = (squares / count - mean.square()).clamp(min=0).sqrt()
    return mean.tolist(), torch.where(std > 0, std, 1.0).tolist()  # a channel that never changes stays 0


def _reader(device):
    """One thread that reads ahead. On a machine of several GPUs it has to know which is its own: new threads begin with the first."""
    if device.type == "cuda":
        return ThreadPoolExecutor(1, initializer=torch.cuda.set_device, initargs=(device,))
    return ThreadPoolExecutor(1)


def _part(images, labels, places):
    """A Part whose labels and places lie where its images do."""
    return Part(images, labels.to(images.device), places.to(images.device))


def _at_home(images, device):
    """The images on the device, if there is room."""
    large = device.type == "cuda" and images.numel() > ROOM * torch.cuda.mem_get_info(device)[0]
    return images if large else images.to(device)
