"""Batch norm on and off over learning rates, on CIFAR-10: with it larger rates still learn, and the same error takes fewer steps."""

import torch
from torch import nn

from cnnlib.kit.training import starts
from cnnlib.kit.training.recipe import Recipe
from cnnlib.kit.training.recipe_parts import shifted_and_flipped, small_images

RATES = (0.01, 0.03, 0.1, 0.3, 1.0)  # half a power of ten apart, from what every network stands to what few do


def model(batch_norm=True, width=64, classes=10):
    """Three of the learner's own VGG blocks of two convolutions each, the mean over all places, a classifier."""
    from cnnlib.nets.vgg import vgg_block

    widths = (3, width, 2 * width, 4 * width)
    blocks = [vgg_block(before, after, 2, batch_norm) for before, after in zip(widths, widths[1:])]
    # He's start for both: without batch norm PyTorch's own is too small for six layers, and the comparison would be unfair.
    return starts.he(nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], classes)))


RECIPE = Recipe(
    name="bn_on_off",
    about="The same network of VGG blocks with and without batch norm, at five learning rates.",
    model=model,
    model_options={"batch_norm": True, "width": 64, "classes": 10},
    data=small_images("cifar10", {"cpu": (2000, 1000)}),
    epochs=30,  # as many for all; what needs more shows a larger error
    batch_size=128,  # large enough for the statistics of batch norm
    optimizer=torch.optim.SGD,
    optimizer_options={
        "lr": 0.1,
        "momentum": 0.9,
        "weight_decay": 5e-4,  # Simonyan and Zisserman 2015, section 3.1
    },
    # One rate from beginning to end: a schedule would hide what is compared. (Ioffe and Szegedy 2015, section 4.2, multiply theirs by 5 and 30.)
    augment=shifted_and_flipped,
    drop_last=True,
    precision="bf16",
    channels_last=True,
    sizes={
        "cpu": {"epochs": 6, "batch_size": 50, "model.width": 8, "precision": "float32"},
        "colab": {"epochs": 15, "precision": "fp16"},
    },
)
ARMS = {
    f"{words}, rate {rate:g}": {"model.batch_norm": on, "optimizer.lr": rate}
    for words, on in (("without batch norm", False), ("with batch norm", True))
    for rate in RATES
}
REACH = 0.76  # how many steps until no more than 76 % are mistaken: at the small size, where the network without batch norm ends at its best rate
