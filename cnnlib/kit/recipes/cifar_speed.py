"""CIFAR-10 in seconds. The aim: at least 94 % on the original images in under 30 s on a large GPU, from your own residual blocks.

After David Page's "How to train your ResNet" (myrtle.ai, 2018-2019), the nine layers that took 79 s on a V100 with 24 epochs and the settings marked
[4], 26 s with more tricks, those marked [8] among them. The learner's BasicBlock stands where his residual branches stood. The images lie on the GPU,
and are augmented there, batch by batch. On a CPU only the small size can be tried.
"""

import torch
from torch import nn
from torch.nn import functional as F

from cnnlib.kit.training.looks import mirrored, probabilities
from cnnlib.kit.training.recipe import Recipe
from cnnlib.kit.training.recipe_parts import shifted_flipped_and_cut, small_images, up_and_down


class SpeedNet(nn.Module):
    """Nine layers: (N, 3, 32, 32) -> (N, classes). Wide and shallow: few layers for a GPU to wait for, each with much to do."""

    def __init__(self, width=64, classes=10):
        from cnnlib.nets.resnet import BasicBlock

        super().__init__()

        def halved(before, after):
            # [8]: pooling before batch norm and ReLU, which then have a quarter to do
            return nn.Conv2d(before, after, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(after), nn.ReLU()

        self.features = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            *halved(width, 2 * width), BasicBlock(2 * width, 2 * width),
            *halved(2 * width, 4 * width),
            *halved(4 * width, 8 * width), BasicBlock(8 * width, 8 * width),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(8 * width, classes, bias=False)

    def forward(self, x):
        return 0.125 * self.classifier(self.features(x))  # [4]: scores that begin small, so that the first steps are not wasted on their size


def smoothed(scores, labels):
    return F.cross_entropy(scores, labels, label_smoothing=0.2)  # [8]


RECIPE = Recipe(
    name="cifar_speed",
    about="CIFAR-10 in seconds, from the learner's own residual blocks; the aim is 94 % in under 30 seconds of a large GPU.",
    model=SpeedNet,
    model_options={"width": 64, "classes": 10},
    data=small_images("cifar10", {"cpu": (2000, 1000)}),
    epochs=20,  # between the 24 of [4] and the 10 of [8], whose tricks are here in part
    batch_size=512,  # [4]
    optimizer=torch.optim.SGD,
    optimizer_options={"lr": 0.4, "momentum": 0.9, "weight_decay": 5e-4, "nesterov": True},  # [4]
    schedule=up_and_down(5 / 24),  # [4]: up for 5 of 24 epochs, then down to 0
    loss=smoothed,
    augment=shifted_flipped_and_cut(8),  # [4]: crops from a mirrored border of 4, mirror images, squares of 8 pixels painted over
    predict=lambda model, images: probabilities(model, images, mirrored),  # [8]: each image and its mirror image
    precision="bf16",  # [4] has fp16; bf16 needs no scaled losses
    channels_last=True,
    compile=False,  # the time it takes would count
    drop_last=True,  # [4]
    test_every=20,  # once, at the end: it is time that counts
    test_batch=2000,
    checkpoint_every=10_000,  # at the end only: a run is too short to be gone on with
    sizes={
        # Smaller batches and rate: 2000 images are four batches of 512, too few steps.
        "cpu": {"epochs": 6, "batch_size": 50, "optimizer.lr": 0.1, "model.width": 8, "test_batch": 500, "test_every": 6, "precision": "float32"},
        "colab": {"precision": "fp16"},
    },
)
PUBLISHED = {"": "94 % in 79 s on a V100 (David Page 2018, How to train your ResNet, part 4)"}
