"""AlexNet on CIFAR-10, each image enlarged to the 224 pixels that its layers want: what the architecture gives where ImageNet is not at hand."""

import torch
from torch import nn

from cnnlib.kit.training import starts
from cnnlib.kit.training.recipe import Recipe
from cnnlib.kit.training.recipe_parts import shifted_and_flipped, small_images, steps


def model(classes=10, width=96, hidden=4096):
    from cnnlib.nets.alexnet import AlexNet

    # Enlarged on the device, batch by batch: stored at 224 pixels, CIFAR-10 would take 9 GB.
    return starts.he(nn.Sequential(nn.Upsample((224, 224), mode="bilinear"), AlexNet(classes, width=width, hidden=hidden)))


RECIPE = Recipe(
    name="alexnet_cifar",
    about="AlexNet on CIFAR-10 enlarged to 224 pixels.",
    model=model,
    model_options={"classes": 10, "width": 96, "hidden": 4096},
    data=small_images("cifar10", {"cpu": (2000, 1000)}),
    epochs=60,  # 23,000 steps; the paper's 90 epochs are of a set 25 times as large
    batch_size=128,  # batch, momentum and decay: Krizhevsky et al. 2012, section 5
    optimizer=torch.optim.SGD,
    optimizer_options={"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4},
    schedule=steps(1 / 3, 2 / 3, 8 / 9),  # as in recipes/alexnet.py
    augment=shifted_and_flipped,  # on the 32 pixels that there are; colour shifts are ImageNet's
    precision="bf16",
    channels_last=True,
    drop_last=True,
    sizes={
        "cpu": {"epochs": 4, "batch_size": 50, "model.width": 12, "model.hidden": 128, "precision": "float32"},
        "colab": {"epochs": 20, "model.hidden": 1024, "precision": "fp16"},
    },
)
