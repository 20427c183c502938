"""A recipe: everything that decides how an experiment comes out, in one place. `stride train` runs it; see kit/recipes/ for those of the course.

What trains is your own network: a recipe's `model` builds it from `cnnlib.nets`. This file knows no network and no data.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch.nn import functional as F

SIZES = {  # how large an experiment is; `machine.size_here` says which one fits a machine
    "cpu": "two CPU cores, minutes",
    "colab": "one small GPU such as Colab's T4, below an hour",
    "gpu": "one or several large GPUs (Ampere or newer, 30 GB and more), the published setting",
}
PRECISIONS = ("float32", "bf16", "fp16")
MOST = 2**32  # seeds: as many as NumPy's generators take
OPTIONS = {"model": "model_options", "optimizer": "optimizer_options"}  # `model.depth` is an entry of model_options


class TrainingError(Exception):
    """Something that a person can mend; the message is one or two sentences that name what to do next."""

    def _render_traceback_(self):
        """What a notebook shows: the sentence. Where in the engine it was said helps nobody."""
        return [str(self)]


@dataclass(frozen=True)
class Data:
    """Images with labels, whole in memory: a part to learn from, and one to test with.

    train_images, test_images   (N, C, H, W) uint8, arrays or tensors; N ≥ 1
    train_labels, test_labels   (N,) whole numbers, 0 to classes - 1
    classes                     how many kinds there are
    mean, std                   a number per channel, in the unit of the images (0 … 255): images become (images - mean) / std.
                                None: those of the training images
    name                        for the log: "CIFAR-10"
    note                        what must be said beside every number measured with it ("": nothing)
    """

    train_images: Any
    train_labels: Any
    test_images: Any
    test_labels: Any
    classes: int
    mean: Any = None
    std: Any = None
    name: str = ""
    note: str = ""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained and tested. Plain values can be changed from outside: `stride train NAME --set batch_size=64`.

    what
      name               as its file is called: kit/recipes/NAME.py
      about              one sentence: what is trained on what, and what for
      model              (**model_options) -> nn.Module: images (n, C, H, W) -> scores (n, classes). Import from cnnlib.nets inside of it
      model_options      what `model` is called with; `--set model.depth=56` changes an entry
      data               (size) -> Data, size one of SIZES

    learning
      epochs             passes over the training images
      batch_size         images of one optimizer step, over all pieces and all processes
      optimizer          (list of parameters, **optimizer_options) -> torch.optim.Optimizer
      optimizer_options  such as {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4}; `--set optimizer.lr=0.05`
      schedule           (epoch, epochs) -> factor on each group's lr, asked before every step. epoch: passes done, fractional, 0 at first
      loss               (scores, labels) -> mean loss of the examples, a tensor
      augment            (images, generator) -> images: a training batch, normalised (0 is the mean colour), float32, on the device; height
                         and width may change. generator: torch.Generator on the CPU. None: as they are
      clip_norm          longest gradient, in the norm of all parameters together; 0: any length
      drop_last          whether the last batch of an epoch is left out when it is smaller than the others
      pieces             a batch is computed in so many pieces whose gradients add up: less memory, same step (batch norm sees the pieces)

    testing
      test_every         epochs between two looks at held-out (else test) images; after the last epoch always
      test_batch         images at once
      predict            (model, images (n, C, H, W), normalised) -> probabilities (n, classes), for the final test: several looks at each image,
                         as kit/looks.py takes them (`lambda model, images: probabilities(model, images, looks)`, multi_scale). None: one look
      held_out           training images kept from learning, to watch while training (chosen by the seed); 0: none, the test images are watched
      patience           early stopping: so many looks in a row without fewer errors on held-out images, and training stops; the best weights
                         are tested. 0: never

    the machine
      precision          "float32", "bf16" or "fp16": mixed precision, fp16 with scaled losses. A device that cannot do it takes float32 and says so
      channels_last      whether images and filters lie in memory with their channels last (faster on tensor cores)
      compile            whether torch.compile fuses the network
      loop               "engine", or "own": your cnnlib.training.train_one_epoch and evaluate (no pieces, no clip_norm, no fp16)
      seed               of weights, order, augmentation and dropout
      checkpoint_every   optimizer steps between two checkpoints; 0: after every epoch

    sizes                {size: {key: value}}: what changes at a size, keys as for --set: {"cpu": {"epochs": 3, "model.width": 8}}
    """

    name: str
    about: str
    model: Callable
    data: Callable
    epochs: int
    batch_size: int
    optimizer: Callable
    optimizer_options: Mapping[str, Any] = field(default_factory=dict)
    model_options: Mapping[str, Any] = field(default_factory=dict)
    schedule: Callable = lambda epoch, epochs: 1.0
    loss: Callable = F.cross_entropy
    augment: Callable | None = None
    clip_norm: float = 0.0
    drop_last: bool = False
    pieces: int = 1
    test_every: int = 1
    test_batch: int = 500
    predict: Callable | None = None
    held_out: int = 0
    patience: int = 0
    precision: str = "float32"
    channels_last: bool = False
    compile: bool = False
    loop: str = "engine"
    seed: int = 0
    checkpoint_every: int = 0
    sizes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self):
        least = {"epochs": 1, "batch_size": 1, "pieces": 1, "test_every": 1, "test_batch": 1}
        for name in (*least, "held_out", "patience", "seed", "checkpoint_every"):
            if getattr(self, name) < least.get(name, 0):
                raise TrainingError(f"{name} should be at least {least.get(name, 0)}, it is {getattr(self, name)}.")
        if self.seed >= MOST:
            raise TrainingError(f"seed should be below {MOST:,}, it is {self.seed:,}.")
        for name, allowed in (("precision", PRECISIONS), ("loop", ("engine", "own"))):
            if getattr(self, name) not in allowed:
                raise TrainingError(f"{name} should be one of {', '.join(allowed)}, it is {getattr(self, name)!r}.")
        if not self.clip_norm >= 0:
            raise TrainingError(f"clip_norm should be 0 (any length) or more, it is {self.clip_norm}.")
        if self.pieces > self.batch_size:
            raise TrainingError(f"A batch of {self.batch_size} images cannot be cut into {self.pieces} pieces: choose fewer.")
        if self.patience and not self.held_out:
            raise TrainingError("Early stopping looks at held-out images, never at the test images: set held_out=500, say, with patience.")
        if self.loop == "own" and (self.pieces > 1 or self.clip_norm or self.precision == "fp16"):
            told = 'Your own loop (loop="own") knows no pieces, no clip_norm and no fp16'
            raise TrainingError(f"{told}: leave these out (--set precision=float32, say), or train with --set loop=engine.")
        if unknown := self.sizes.keys() - SIZES.keys():
            raise TrainingError(f"There is no size {sorted(unknown)[0]!r}: {_listed(SIZES)}.")

    def settings(self):
        """The plain values, {key: value}: what --set can change, and what a run's log keeps."""
        plain = {}
        for one in dataclasses.fields(self):
            value = getattr(self, one.name)
            if one.name in OPTIONS.values():
                plain |= {f"{prefix}.{key}": entry for prefix, name in OPTIONS.items() if name == one.name for key, entry in value.items()}
            elif one.type in (int, float, bool, str) and one.name not in ("name", "about"):
                plain[one.name] = value
        return plain

    def changed(self, changes):
        """The recipe with other plain values, {key: value}, keys as in `settings()`.

        An option that the recipe does not state may be set too (`model.depth`); the model says if it knows none of that name.
        Raises TrainingError for a key that there is not, or a value of another kind.
        """
        kinds = {one.name: one.type for one in dataclasses.fields(self)}
        fresh = {}
        for key, value in changes.items():
            prefix, dot, entry = key.partition(".")
            if dot and prefix in OPTIONS and entry.isidentifier():
                name = OPTIONS[prefix]
                fresh[name] = {**fresh.get(name, getattr(self, name)), entry: _like(key, value, getattr(self, name).get(entry))}
            elif key in self.settings():
                fresh[key] = _like(key, value, getattr(self, key), kinds[key])
            else:
                raise TrainingError(f"There is no setting {key!r}: {_listed(self.settings())}, and other options as model.… and optimizer.….")
        return dataclasses.replace(self, **fresh)

    def at(self, size):
        """The recipe with what changes at a size."""
        if size not in SIZES:
            raise TrainingError(f"There is no size {size!r}: {_listed(SIZES)}.")
        return self.changed(self.sizes.get(size, {}))


def _like(key, value, before, kind=None):
    """The value, if it is of the kind that the setting has; a whole number may stand for a float."""
    kind = kind or type(before)
    if kind is type(None) or type(value) is kind:  # an option that the recipe leaves open may be anything
        return value
    if kind is float and type(value) is int:
        return float(value)
    if kind is tuple and type(value) is list:
        return tuple(value)
    kinds = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}
    raise TrainingError(f"{key} should be {kinds.get(kind, f'like {before!r}')}, it is {value!r}.")


def _listed(names):
    return f"there are {', '.join(sorted(names))}"
